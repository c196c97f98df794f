"""A prompt in llama.cpp's terms: chat messages and sampling settings."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aurarouter_hooks import Media, Message, Opaque, Prompt, ProviderReplyError, Text, ToolCall, ToolResult

log = logging.getLogger(__name__)

_RANDOM_SEED = 0xFFFFFFFF  # llama.cpp takes this one as "any"


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. The defaults are llama.cpp's own, except that an answer always ends.

    Attributes:
        max_tokens: At most so many; the context may leave less.
        stop: The answer ends before the first of these.
        schema: JSON Schema, as JSON, that the answer must fit; "" for free text.
    """

    max_tokens: int = 512
    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int = _RANDOM_SEED
    stop: tuple[str, ...] = ()
    schema: str = ""


def sampling(prompt: Prompt, seed: int | None) -> Sampling:
    """Read the parameters of a prompt.

    Args:
        prompt: The prompt. Parameters that llama.cpp doesn't know are ignored.
        seed: The model's own seed, for prompts that bring none.

    Raises:
        ProviderReplyError: A parameter has a value that can't be used.
    """
    given = {name: value for name, value in prompt.parameters.items() if value is not None}
    if "max_completion_tokens" in given:
        given["max_tokens"] = given.pop("max_completion_tokens")
    wishes: dict[str, Any] = {} if seed is None else {"seed": seed & _RANDOM_SEED}
    for name, value in given.items():
        if name == "stop":
            wishes["stop"] = _words(value)
        elif name == "seed":
            wishes["seed"] = _number(name, value, whole=True) & _RANDOM_SEED
        elif name == "max_tokens":
            wishes[name] = _number(name, value, whole=True, low=1)
        elif name == "top_k":
            wishes[name] = _number(name, value, whole=True, low=0)
        elif name in {"temperature", "top_p", "min_p"}:
            wishes[name] = _number(name, value, low=0)
        elif name == "repeat_penalty":
            wishes[name] = _number(name, value, low=0.01)  # llama.cpp takes none that isn't above zero
        elif name in {"frequency_penalty", "presence_penalty"}:
            wishes[name] = _number(name, value)
        else:
            log.debug("the parameter '%s' means nothing to llama.cpp and is ignored", name)
    if prompt.response_schema is not None:
        wishes["schema"] = json.dumps(prompt.response_schema)
    return Sampling(**wishes)


def messages(prompt: Prompt) -> list[Mapping[str, str]]:
    """The conversation as a chat template reads it.

    Raises:
        ProviderReplyError: It is empty, or holds something that is not text.
    """
    if not prompt.messages:
        raise ProviderReplyError("the prompt has no messages", refused=True)
    if prompt.tools and prompt.tool_choice not in {"auto", "none"}:
        raise ProviderReplyError(
            "this provider can't make a model call tools",
            refused=True,
            hint="Choose a model whose capabilities list 'tools'.",
        )
    return [{"role": message.role, "content": _content(message)} for message in prompt.messages]


def _content(message: Message) -> str:
    pieces: list[str] = []
    for part in message.parts:
        match part:
            case Text(text):
                pieces.append(text)
            case ToolResult():
                if part.media:
                    raise _not_text("a tool result with media")
                pieces.append("\n" * bool(pieces) + part.content)
            case ToolCall():
                call = json.dumps({"name": part.name, "arguments": part.arguments})
                pieces.append("\n" * bool(pieces) + call)
            case Media():
                raise _not_text(part.media_type)
            case Opaque():  # another provider's own
                continue
    return "".join(pieces)


def _not_text(what: str) -> ProviderReplyError:
    return ProviderReplyError(
        f"this provider reads text only; the prompt holds {what}",
        refused=True,
        hint="Choose a model whose capabilities list 'vision'.",
    )


def _words(value: object) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ProviderReplyError("the parameter 'stop' must be a text or a list of texts", refused=True)
    return tuple(word for word in words if word)


def _number(name: str, value: object, *, whole: bool = False, low: float = -math.inf) -> Any:
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value) or value < low:
        kind = "whole number" if whole else "number"
        limit = "" if low == -math.inf else f" of at least {low}"
        raise ProviderReplyError(f"the parameter '{name}' must be a {kind}{limit}, not {value!r}", refused=True)
    return value
