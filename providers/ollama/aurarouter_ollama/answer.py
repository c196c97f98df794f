"""What Ollama says, in the contract's terms: pieces of text, whole tool calls, and the counts at the end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_hooks import Chunk, Opaque, ProviderReplyError, ToolCallDelta, Usage
from aurarouter_hooks.values import Finish, new_id

_FINISH: Mapping[str, Finish] = {"": "stop", "stop": "stop", "length": "length"}
_LETTERS_OF_A_TOKEN = 4  # roughly, for answers that come without counts


class Answer:
    """Reads one answer, line by line or whole.

    Args:
        provider: Whose the thoughts are that must go back with the tool calls they led to.
        model: The configured model's id.
        sent: Characters of the prompt, for an answer without counts.
    """

    def __init__(self, provider: str, model: str, sent: int) -> None:
        self._provider, self._model, self._sent = provider, model, sent
        self._calls = self._said = 0
        self._thoughts: list[str] = []
        self._last: Mapping[str, Any] = {}
        self._request_id = ""

    def piece(self, line: Mapping[str, Any], request_id: str) -> Chunk:
        """What one object of the answer says.

        Raises:
            ProviderReplyError: It is not of the shape that Ollama's API gives.
        """
        self._last, self._request_id = line, request_id
        said = line.get("message")
        if not isinstance(said, Mapping):
            raise _shapeless("message")
        text, thought = _text(said, "content"), _text(said, "thinking")
        calls = said.get("tool_calls") or []
        if not isinstance(calls, list):
            raise _shapeless("tool_calls")
        self._said += len(text) + len(thought)
        if thought:
            self._thoughts.append(thought)
        return Chunk(
            text=text,
            reasoning=thought,
            tool_calls=tuple(self._call(call) for call in calls),
            logprobs=_logprobs(line),
            request_id=request_id,
            model_name=_text(line, "model"),
        )

    def end(self) -> Chunk:
        """The last chunk: how it finished and what it used."""
        reason = _text(self._last, "done_reason")
        finish = _FINISH.get(reason, "other")
        thoughts = "".join(self._thoughts)
        keep = Opaque(provider=self._provider, model=self._model, data={"thinking": thoughts})
        return Chunk(
            finish="tool_calls" if self._calls and finish == "stop" else finish,
            opaque=(keep,) if thoughts and self._calls else (),
            usage=self._usage(),
            request_id=self._request_id,
            model_name=_text(self._last, "model"),
        )

    def _call(self, call: Any) -> ToolCallDelta:
        """Ollama sends each call whole, sometimes without an id, and its arguments as an object."""
        function = call.get("function") if isinstance(call, Mapping) else None
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(name, str) or not name:
            raise _shapeless("tool_calls")
        arguments = function.get("arguments")
        written = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        self._said += len(written)
        self._calls += 1
        given = call.get("id")
        name_of_call = given if isinstance(given, str) and given else f"call_{new_id()}"
        return ToolCallDelta(index=self._calls - 1, id=name_of_call, name=name, arguments=written)

    def _usage(self) -> Usage:
        """Ollama leaves a count out when it is zero, or when it didn't count."""
        heard, wrote = _count(self._last, "prompt_eval_count"), _count(self._last, "eval_count")
        guess = wrote is None and self._said > 0
        return Usage(
            input_tokens=-(-self._sent // _LETTERS_OF_A_TOKEN) if heard is None else heard,
            output_tokens=-(-self._said // _LETTERS_OF_A_TOKEN) if wrote is None else wrote,
            cached_input_tokens=_count(self._last, "prompt_eval_cached_count") or 0,
            estimated=heard is None or guess,
        )


def embeddings(answer: Mapping[str, Any], wanted: int) -> Sequence[Sequence[float]]:
    """The vectors of an answer of /api/embed.

    Raises:
        ProviderReplyError: They are not one for each text, or not numbers.
    """
    vectors = answer.get("embeddings")
    if not isinstance(vectors, list) or len(vectors) != wanted:
        raise _shapeless("embeddings")
    for vector in vectors:
        if not isinstance(vector, list) or not all(type(number) in {int, float} for number in vector):
            raise _shapeless("embeddings")
    return vectors


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise _shapeless(name)
    return text


def _count(value: Mapping[str, Any], name: str) -> int | None:
    number = value.get(name)
    return number if type(number) is int and number >= 0 else None


def _logprobs(line: Mapping[str, Any]) -> Sequence[Any] | None:
    found = line.get("logprobs")
    return found if isinstance(found, list) and found else None


def _shapeless(field: str) -> ProviderReplyError:
    return ProviderReplyError(
        f"the server does not answer in the shape of Ollama's API: its '{field}' can't be read",
        hint="Check that the endpoint is an Ollama server.",
    )
