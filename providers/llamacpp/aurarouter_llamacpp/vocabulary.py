"""A vocabulary: conversations and texts as tokens, and tokens as bytes. Importing this loads the native library."""

import ctypes
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_hooks import ProviderReplyError, ProviderUnavailableError
from aurarouter_llamacpp.template import Template

# Typed as Any: type checkers run where llama.cpp isn't built, too.
C: Any = importlib.import_module("llama_cpp.llama_cpp")

# For a model that brings no template: what llama.cpp's own server falls back to.
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)


class Vocabulary:
    """That of one loaded model, and its chat template.

    Args:
        model: llama.cpp's handle; this must not outlive it.

    Raises:
        ProviderUnavailableError: The template can't be read.
    """

    def __init__(self, model: Any) -> None:
        self.handle: Any = C.llama_model_get_vocab(model)
        found: bytes | None = C.llama_model_chat_template(model, None)
        marks = (C.llama_vocab_bos(self.handle), C.llama_vocab_eos(self.handle))
        begin, end = (
            C.llama_vocab_get_text(self.handle, mark).decode(errors="replace") if mark >= 0 else "" for mark in marks
        )
        try:
            source = found.decode() if found else _CHATML
        except UnicodeDecodeError as exc:
            raise ProviderUnavailableError(f"the model's chat template can't be read: {exc.reason}") from exc
        self._template = Template(source, begin, end)

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """The conversation in the model's own chat format.

        Raises:
            ProviderError: As `Template.write`; or it holds what is no text.
        """
        try:
            text = self._template.write(messages).encode()
        except UnicodeEncodeError as exc:
            raise ProviderReplyError(f"the conversation can't be written as UTF-8: {exc.reason}", refused=True) from exc
        return self._tokens(text, has_marks=True)

    def tokens_of(self, text: str) -> list[int]:
        """A plain text: what looks like the model's own marks is text, too."""
        return self._tokens(text.encode(errors="replace"), has_marks=False)

    def _tokens(self, text: bytes, *, has_marks: bool) -> list[int]:
        room = len(text) + 8
        found = (C.llama_token * room)()
        return list(found[: C.llama_tokenize(self.handle, text, len(text), found, room, not has_marks, has_marks)])

    def close(self) -> None:
        """End what belongs to the template. Harmless when that was done before."""
        self._template.close()

    def ends(self, token: int) -> bool:
        """The token says that the answer is complete."""
        return bool(C.llama_vocab_is_eog(self.handle, token))

    def bytes(self, token: int) -> bytes:
        """What a token stands for; not always whole characters."""
        count = -64
        while count < 0:  # a negative count is the room that it needs
            buffer = ctypes.create_string_buffer(-count)
            count = C.llama_token_to_piece(self.handle, token, buffer, -count, 0, False)
        return buffer.raw[:count]
