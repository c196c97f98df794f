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
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from aurarouter_hooks import Chunk, ProviderReplyError, ProviderUnavailableError, Usage
from aurarouter_hooks.http_errors import short
from aurarouter_llamacpp.options import USUAL_CONTEXT
from aurarouter_llamacpp.request import Sampling
from aurarouter_llamacpp.sampler import make_sampler
from aurarouter_llamacpp.text import Unrolled
from aurarouter_llamacpp.vocabulary import Vocabulary
from aurarouter_llamacpp.worker import StopFlag

# Typed as Any: type checkers run where llama.cpp isn't built, too.
C: Any = importlib.import_module("llama_cpp.llama_cpp")
np: Any = importlib.import_module("numpy")  # llama-cpp-python depends on it

log = logging.getLogger(__name__)

_BATCH = 512
_EMBED_BATCH = 64  # llama.cpp keeps a row of the vocabulary's width for each of these, too
_ERROR_LEVEL = 4
_complaint = threading.local()  # the first thing that llama.cpp called an error since a thread began to load

# llama.cpp asks "stop?" before each step of a calculation, hundreds of times a token. A Python function would wait for
# the interpreter lock each time (measured beside one busy thread: a third of the speed). C's strlen() on the flag's
# memory says the same without the lock: 0 is "go on", 1 is "stop".
_libc = ctypes.CDLL(None) if os.name == "posix" else ctypes.CDLL("msvcrt")
_flag_is_set = ctypes.cast(_libc.strlen, C.ggml_abort_callback)


def _log(level: int, text: bytes, _data: object) -> None:
    line = short(text.decode("utf-8", "replace"))  # it quotes the file, which may hold what a terminal obeys
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
        self._vocabulary: Vocabulary | None = None
        self._held: list[int] = []  # the tokens that the context remembers
        C.llama_log_set(_log_callback, None)
        C.llama_backend_init()
        self.remark = ""
        _complaint.text = ""
        try:
            self._load(path, gpu_layers, progress)
            self._open(n_ctx or min(C.llama_model_n_ctx_train(self._model), USUAL_CONTEXT), n_threads)
            self.vocabulary = self._vocabulary = Vocabulary(self._model)
        except BaseException:
            self.close()
            raise

    def _load(self, path: Path, gpu_layers: int | None, progress: Callable[[float], bool]) -> None:
        params = C.llama_model_default_params()
        # Extra buffer types repack weights for special instructions. On processors with AMX that path crashes at the
        # first token (ggml-org/llama.cpp issue 20824), which no exception can catch. This is the switch at run time;
        # the one at build time, CMAKE_ARGS=-DGGML_NATIVE=OFF, would ask the user to compile again.
        params.use_extra_bufts = False
        has_gpu = C.llama_supports_gpu_offload()
        params.n_gpu_layers = (-1 if gpu_layers is None else gpu_layers) if has_gpu else 0
        if gpu_layers and not has_gpu:
            self.remark = f"gpu_layers: {gpu_layers} has no effect, since llama.cpp was built here without GPU support"
            log.warning("%s: %s", path.name, self.remark)
        params.progress_callback = C.llama_progress_callback(lambda done, _: progress(done))
        self._model = C.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ProviderUnavailableError(
                f"llama.cpp can't load {path.name}: {_complaint.text or 'no reason given'}",
                hint="Check that it is a complete GGUF file, and fetch it again if it may be damaged.",
                lasting=True,
            )

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
            raise ProviderUnavailableError(
                "the file is no model that writes text", hint="Configure a chat model.", lasting=True
            )
        self.context_length: int = C.llama_n_ctx(self._context)
        self.width: int = C.llama_model_n_embd(self._model)

    def close(self) -> None:
        """Give the memory back. Harmless when that was done before."""
        if self._vocabulary:
            self._vocabulary.close()
        if self._context:
            C.llama_free(self._context)
        if self._model:
            C.llama_model_free(self._model)
        self._context = self._model = self._vocabulary = None

    def vector(self, tokens: Sequence[int], stop: StopFlag, *, normalise: bool) -> list[float]:
        """The mean of what the model made of each token.

        Raises:
            ProviderReplyError: There are none, or more than the context holds.
            ProviderUnavailableError: It was stopped, or llama.cpp failed.
        """
        if not 0 < len(tokens) <= self.context_length:
            raise ProviderReplyError(
                f"the text has {len(tokens)} tokens and the context holds {self.context_length}",
                refused=True,
                hint="Embed no empty text; cut a long one into pieces, or set a larger n_ctx in the model's options.",
            )
        self._forget()
        C.llama_set_embeddings(self._context, True)
        C.llama_set_abort_callback(self._context, _flag_is_set, stop.address)
        sums = np.zeros(self.width)
        try:
            for start in range(0, len(tokens), _EMBED_BATCH):
                part = tokens[start : start + _EMBED_BATCH]
                self._read(part, stop)
                sums += np.ctypeslib.as_array(C.llama_get_embeddings(self._context), (len(part), self.width)).sum(0)
        finally:
            C.llama_set_abort_callback(self._context, C.ggml_abort_callback(), None)
            C.llama_set_embeddings(self._context, False)
            self._forget()
        length = float(np.linalg.norm(sums)) if normalise else float(len(tokens))
        mean: list[float] = (sums / (length or 1.0)).tolist()
        return mean

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
                refused=True,
                hint="Shorten the prompt, set a larger n_ctx in the model's options, or use a model with more context.",
            )
        sampler = make_sampler(self.vocabulary.handle, wish)
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
            if ended := self.vocabulary.ends(token):
                break
            written += 1
            if shown := text.add(self.vocabulary.bytes(token)):
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
