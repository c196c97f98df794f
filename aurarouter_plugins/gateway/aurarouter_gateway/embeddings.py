"""`POST /v1/embeddings`: a request of OpenAI's embeddings API as a task, and its answer.

Protocol: https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Sequence
from typing import Any

from aurarouter_gateway.answer import Answer
from aurarouter_gateway.asked import Asked, wishes
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_hooks import Done, Message, Task

MOST = 2048
"""Texts of one request, as the API has it."""
LONGEST = 65_536
"""Numbers of a vector."""
FORMATS = ("float", "base64")


def read(body: Any, caller: Caller) -> Asked:
    """Read a request.

    Raises:
        RequestError: It is not what the API takes, or asks for what depends on one model's own tokens.
    """
    fields = Fields(body)
    model = fields.need("model", str)
    if model.startswith("intent:"):
        raise RequestError("vectors are no matter of intent: name a model, or role:NAME", "model")
    texts = _texts(fields.any("input"))
    dimensions = fields.take("dimensions", int)
    if dimensions is not None and not 1 <= dimensions <= LONGEST:
        raise RequestError(f"dimensions must be 1 to {LONGEST}", "dimensions")
    form = fields.take("encoding_format", str, "float")
    if form not in FORMATS:
        raise RequestError(f"encoding_format must be one of {', '.join(FORMATS)}", "encoding_format")
    task = Task(
        messages=[Message("user", text) for text in texts],
        parameters={} if dimensions is None else {"dimensions": dimensions},
        mode="embed",
        **caller.identity(),
        **wishes(model),
    )
    return Asked(task=task, dropped=tuple(fields.rest()), echo={"encoding_format": form})


def _texts(value: Any) -> Sequence[str]:
    if value is None:
        raise RequestError("input is missing", "input")
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and any(isinstance(item, int | list) for item in texts):
        raise RequestError("input: tokens are one model's own; send texts", "input")
    if not isinstance(texts, list) or not all(isinstance(item, str) for item in texts):
        raise RequestError("input must be a text or a list of texts", "input")
    if not 0 < len(texts) <= MOST:
        raise RequestError(f"input must hold 1 to {MOST} texts, not {len(texts)}", "input")
    if not all(texts):
        at = texts.index("")
        where = "input" if texts is not value else f"input[{at}]"
        raise RequestError(f"{where} must not be empty", where)
    return texts


class EmbeddingsAnswer(Answer):
    """A list of `embedding`; never told in pieces."""

    def whole(self, done: Done) -> dict[str, Any]:
        """The answer as one object."""
        told = _packed if self.asked.echo["encoding_format"] == "base64" else list
        vectors = enumerate(done.reply.vectors or ())
        used = (done.reply.usage or done.usage).input_tokens
        return {
            "object": "list",
            "data": [{"object": "embedding", "index": index, "embedding": told(vector)} for index, vector in vectors],
            "model": self.model,
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }


def _packed(vector: Sequence[float]) -> str:
    """Little-endian floats of 32 bits in base64."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()
