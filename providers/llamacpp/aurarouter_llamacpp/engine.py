"""A GGUF model in memory, through llama.cpp's C interface. Importing this loads the native library.

The C interface and not the `Llama` class, because that one can't live inside a program that does other work: while it
loads it points file descriptors 1 and 2 at the null device, which loses what other threads print (the answers of a
server on stdio, say), and it can neither report how far loading is nor leave `use_extra_bufts` off.
"""

import ctypes
import importlib
import logging
import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aurarouter_hooks import Chunk, ProviderReplyError, ProviderUnavailableError, Usage
from aurarouter_llamacpp.request import Sampling
from aurarouter_llamacpp.sampler import make_sampler
from aurarouter_llamacpp.text import Unrolled
from aurarouter_llamacpp.worker import StopFlag

# Typed as Any: type checkers run where llama.cpp isn't built, too.
C: Any = importlib.import_module("llama_cpp.llama_cpp")
Formatter: Any = importlib.import_module("llama_cpp.llama_chat_format").Jinja2ChatFormatter
TemplateError: type[Exception] = importlib.import_module("jinja2").TemplateError

log = logging.getLogger(__name__)

_DEFAULT_CONTEXT = 4096
_BATCH = 512
_ERROR_LEVEL = 4
_complaint = threading.local()  # the first thing that llama.cpp called an error since a thread began to load

# For a model that brings no template: what llama.cpp's own server falls back to.
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)

# llama.cpp asks "stop?" before each step of a calculation, hundreds of times a token. A Python function would wait for
# the interpreter lock each time (measured beside one busy thread: a third of the speed). C's strlen() on the flag's
# memory says the same without the lock: 0 is "go on", 1 is "stop".
_libc = ctypes.CDLL(None) if os.name == "posix" else ctypes.CDLL("msvcrt")
_flag_is_set = ctypes.cast(_libc.strlen, C.ggml_abort_callback)


def _log(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace").strip()
    log.debug("%s", line)
    if level == _ERROR_LEVEL:
        _complaint.text = getattr(_complaint, "text", "") or line


_log_callback = C.llama_log_callback(_log)


class Engine:
    """One loaded model with one context. Only the thread that made it may use it.

    Args:
        path: The GGUF file.
        n_ctx: Tokens of context; None for what the model was trained for, 4096 at most.
        n_threads: Threads that calculate.
        gpu_layers: Layers for the GPU, -1 for all; None for all where the library has GPU support.
        progress: Told how far loading is, 0 to 1. False from it gives up.

    Raises:
        ProviderUnavailableError: The file can't be loaded.
    """

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int | None,
        n_threads: int,
        gpu_layers: int | None,
        progress: Callable[[float], bool],
    ) -> None:
        self._model: Any = None
        self._context: Any = None
        self._held: list[int] = []  # the tokens that the context remembers
        C.llama_log_set(_log_callback, None)
        C.llama_backend_init()
        _complaint.text = ""
        try:
            self._load(path, gpu_layers, progress)
            self._open(n_ctx or min(C.llama_model_n_ctx_train(self._model), _DEFAULT_CONTEXT), n_threads)
            self._template = self._read_template()
        except BaseException:
            self.close()
            raise

    def _load(self, path: Path, gpu_layers: int | None, progress: Callable[[float], bool]) -> None:
        params = C.llama_model_default_params()
        # Extra buffer types repack weights for special instructions. On processors with AMX that path crashes at the
        # first token (ggml-org/llama.cpp issue 20824), which no exception can catch. This is the switch at run time;
        # the one at build time, CMAKE_ARGS=-DGGML_NATIVE=OFF, would ask the user to compile again.
        params.use_extra_bufts = False
        everything = -1 if C.llama_supports_gpu_offload() else 0
        params.n_gpu_layers = everything if gpu_layers is None else gpu_layers
        params.progress_callback = C.llama_progress_callback(lambda done, _: progress(done))
        self._model = C.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ProviderUnavailableError(
                f"llama.cpp can't load {path.name}: {_complaint.text or 'no reason given'}",
                hint="Check that it is a complete GGUF file, and fetch it again if it may be damaged.",
            )
        self._vocab = C.llama_model_get_vocab(self._model)

    def _open(self, n_ctx: int, n_threads: int) -> None:
        params = C.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = _BATCH
        params.n_threads = params.n_threads_batch = n_threads
        self._context = C.llama_init_from_model(self._model, params)
        if not self._context:
            raise ProviderUnavailableError(
                f"llama.cpp can't make a context of {n_ctx} tokens: {_complaint.text or 'no reason given'}",
                hint="Set a smaller n_ctx in the model's options, or free memory.",
            )
        self._memory = C.llama_get_memory(self._context)
        if not self._memory or C.llama_model_has_encoder(self._model):
            raise ProviderUnavailableError("the file is no model that writes text", hint="Configure a chat model.")
        self.context_length: int = C.llama_n_ctx(self._context)

    def _read_template(self) -> Any:
        found: bytes | None = C.llama_model_chat_template(self._model, None)
        marks = (C.llama_vocab_bos(self._vocab), C.llama_vocab_eos(self._vocab))
        begin, end = (C.llama_vocab_get_text(self._vocab, mark).decode() if mark >= 0 else "" for mark in marks)
        try:
            return Formatter(template=found.decode() if found else _CHATML, bos_token=begin, eos_token=end)
        except (TemplateError, UnicodeError) as exc:
            raise ProviderUnavailableError(f"the model's chat template can't be read: {exc}") from exc

    def close(self) -> None:
        """Give the memory back. Harmless when that was done before."""
        if self._context:
            C.llama_free(self._context)
        if self._model:
            C.llama_model_free(self._model)
        self._context = self._model = None

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """The conversation in the model's own chat format, as tokens.

        Raises:
            ProviderReplyError: The model's template refuses it: a role that it doesn't know, say.
        """
        try:
            text = self._template(messages=messages).prompt.encode()
        except (TemplateError, ValueError, TypeError, LookupError) as exc:
            raise ProviderReplyError(f"the model's chat template refuses this conversation: {exc}") from exc
        room = len(text) + 8
        found = (C.llama_token * room)()
        return list(found[: C.llama_tokenize(self._vocab, text, len(text), found, room, False, True)])

    def answer(self, prompt: Sequence[int], wish: Sampling, stop: StopFlag) -> Generator[Chunk, None, None]:
        """Continue the prompt: a chunk for each piece of text, then one with `finish` and `usage`.

        Raises:
            ProviderReplyError: The prompt leaves no room in the context, or the schema can't be kept.
            ProviderUnavailableError: It was stopped, or llama.cpp failed.
        """
        left = self.context_length - len(prompt)
        if left < 1:
            raise ProviderReplyError(
                f"the prompt has {len(prompt)} tokens and the context holds {self.context_length}",
                hint="Shorten the prompt, set a larger n_ctx in the model's options, or use a model with more context.",
            )
        sampler = make_sampler(self._vocab, wish)
        C.llama_set_abort_callback(self._context, _flag_is_set, stop.address)
        try:
            yield from self._write(prompt, min(wish.max_tokens, left), Unrolled(wish.stop), sampler, stop)
        finally:
            C.llama_set_abort_callback(self._context, C.ggml_abort_callback(), None)
            C.llama_sampler_free(sampler)

    def _write(
        self, prompt: Sequence[int], limit: int, text: Unrolled, sampler: Any, stop: StopFlag
    ) -> Generator[Chunk, None, None]:
        known = self._rewind(prompt)
        self._read(prompt[known:], stop)
        written = 0
        while True:
            token = C.llama_sampler_sample(sampler, self._context, -1)
            if ended := C.llama_vocab_is_eog(self._vocab, token):
                break
            written += 1
            if shown := text.add(self._bytes(token)):
                yield Chunk(text=shown)
            if (ended := text.ended) or written == limit:
                break
            self._read([token], stop)
        usage = Usage(input_tokens=len(prompt), output_tokens=written, cached_input_tokens=known)
        yield Chunk(text=text.rest(), finish="stop" if ended else "length", usage=usage)

    def _rewind(self, prompt: Sequence[int]) -> int:
        """Keep what the context remembers of this prompt's beginning; the last token is always read anew."""
        same = 0
        while same < min(len(self._held), len(prompt) - 1) and self._held[same] == prompt[same]:
            same += 1
        if not C.llama_memory_seq_rm(self._memory, 0, same, -1):  # some architectures can only go back to the start
            self._forget()
            return 0
        del self._held[same:]
        return same

    def _read(self, tokens: Sequence[int], stop: StopFlag) -> None:
        for start in range(0, len(tokens), _BATCH):
            part = tokens[start : start + _BATCH]
            array = (C.llama_token * len(part))(*part)  # the batch only points at it
            code = 0 if stop else C.llama_decode(self._context, C.llama_batch_get_one(array, len(part)))
            if code:
                self._forget()
            if stop or code:
                why = "the model was stopped" if stop else f"llama.cpp failed with code {code}"
                raise ProviderUnavailableError(f"{why} before its answer was complete")
            self._held.extend(part)

    def _forget(self) -> None:
        C.llama_memory_clear(self._memory, True)
        self._held.clear()

    def _bytes(self, token: int) -> bytes:
        count = -64
        while count < 0:  # a negative count is the room that it needs
            buffer = ctypes.create_string_buffer(-count)
            count = C.llama_token_to_piece(self._vocab, token, buffer, -count, 0, False)
        return buffer.raw[:count]
