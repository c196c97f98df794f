"""`/completion`, the server's own dialect: text in, text out. The format of chats comes from `/apply-template`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_hooks import Chunk, Prompt, ProviderReplyError, Usage
from aurarouter_hooks.values import Finish

PATH = "/completion"
LAST = ""  # no event ends a stream: the last one says `stop: true`
_ELSEWHERE = re.compile(r'"\$ref": "(?!#)')
_OURS = {"max_tokens", "max_completion_tokens", "logprobs", "top_logprobs", "stop", "chat_template_kwargs", "grammar"}
_FINISH: dict[Any, Finish] = {"eos": "stop", "word": "stop", "limit": "length"}


def body(prompt: Prompt, text: str) -> dict[str, Any]:
    """The request for a prompt that stands as `text` in the model's format.

    What llama.cpp calls differently is renamed; all else goes as it is, and it ignores what is strange to it.
    """
    given = {name: value for name, value in wishes(prompt).items() if value is not None}
    asked = {name: value for name, value in given.items() if name not in _OURS}
    asked |= {"prompt": text, "cache_prompt": True, "stream": True}
    limit = given.get("max_completion_tokens", given.get("max_tokens"))
    if limit is not None:
        asked["n_predict"] = limit
    if "stop" in given:
        asked["stop"] = [given["stop"]] if isinstance(given["stop"], str) else given["stop"]
    if given.get("logprobs"):
        asked["n_probs"] = max(1, given.get("top_logprobs") or 0)
    if prompt.response_schema is not None:
        asked["json_schema"] = checked(prompt.response_schema)
    elif "grammar" in given:
        asked["grammar"] = given["grammar"]
    return asked


def wishes(prompt: Prompt) -> dict[str, Any]:
    """Parameters, and before them what a client of the OpenAI API said beside them: the server has names of its own."""
    return {**prompt.in_dialect("openai").extra, **prompt.parameters}


def checked(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, when it's complete in itself.

    Raises:
        ProviderReplyError: It refers to something elsewhere: the server would fetch it, or leave it out silently.
    """
    if _ELSEWHERE.search(json.dumps(schema)):
        raise ProviderReplyError(
            "the response schema refers to something outside itself", refused=True, hint="Use '#/…' references."
        )
    return schema


def chunk(answer: Mapping[str, Any]) -> Chunk:
    """What an event says. The last one tells what was used.

    Raises:
        ProviderReplyError: It has another one.
    """
    try:
        ended = answer["stop"] is True
        text = answer["content"]
        if not isinstance(text, str):
            raise TypeError("content is no text")
        return Chunk(
            text=text,
            finish=_finish(answer) if ended else None,
            usage=_usage(answer) if ended else None,
            logprobs=[_logprob(entry) for entry in answer.get("completion_probabilities") or ()] or None,
            model_name=str(answer.get("model") or ""),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ProviderReplyError(
            "the server does not answer as llama.cpp's does", hint="Check that the endpoint is a llama.cpp server."
        ) from exc


def _finish(answer: Mapping[str, Any]) -> Finish:
    return "length" if answer.get("truncated") is True else _FINISH.get(answer.get("stop_type"), "other")


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    if "tokens_evaluated" not in answer:
        return None
    return Usage(
        input_tokens=int(answer["tokens_evaluated"]),
        output_tokens=int(answer.get("tokens_predicted") or 0),
        cached_input_tokens=int((answer.get("timings") or {}).get("cache_n") or 0),
    )


def _logprob(entry: Mapping[str, Any]) -> dict[str, Any]:
    """In OpenAI's shape, which llama.cpp's is but for the token's number."""
    top: Sequence[Mapping[str, Any]] = entry.get("top_logprobs") or ()
    plain = {name: entry[name] for name in ("token", "logprob", "bytes") if name in entry}
    return plain | {"top_logprobs": [{n: one[n] for n in ("token", "logprob", "bytes") if n in one} for one in top]}
