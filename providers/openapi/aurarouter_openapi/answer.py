"""An answer in the words of the OpenAI API, whole or in pieces."""

from collections.abc import Mapping
from typing import Any, cast, get_args

from aurarouter_hooks import Chunk, Embeddings, Model, Opaque, ProviderReplyError, Usage
from aurarouter_hooks.values import Finish
from aurarouter_openapi.calls import Calls

FINISHES = frozenset(get_args(Finish))


def chunk(answer: Mapping[str, Any], field: str, calls: Calls, *, request_id: str, model: Model, origin: str) -> Chunk:
    """A whole answer ("message") or a piece of one ("delta"): they have the same shape.

    Args:
        answer: The JSON object that came.
        field: Which of the two it is.
        calls: The tool calls of this answer.
        request_id: The answer's id where it names none itself.
        model: Who was asked.
        origin: What messages may show of the endpoint.

    Raises:
        ProviderReplyError: It has another shape.
    """
    try:
        choice: Mapping[str, Any] = {}
        for each in answer.get("choices") or ():
            if not each.get("index"):
                choice = each
                break
        said = choice.get(field) or {}
        details, logprobs = said.get("reasoning_details"), (choice.get("logprobs") or {}).get("content")
        deltas = tuple(calls.piece(i, call) for i, call in enumerate(said.get("tool_calls") or ()))
        finish = _finish(choice.get("finish_reason"))
        stopped = choice.get("stop_reason")  # vLLM's: the text, or a token's number
        return Chunk(
            text=_text(said.get("content")) or _text(said.get("refusal")),
            reasoning=_text(said.get("reasoning_content") or said.get("reasoning")),
            tool_calls=deltas,
            opaque=(Opaque(provider=model.provider, model=model.id, data={"reasoning_details": details}),)
            if isinstance(details, list) and details
            else (),
            finish="tool_calls" if calls and finish == "stop" else finish,
            usage=_usage(answer.get("usage")),
            logprobs=logprobs if isinstance(logprobs, list) else None,
            request_id=_text(answer.get("id")) or request_id,
            model_name=_text(answer.get("model")),
            stop_sequence=stopped if isinstance(stopped, str) else "",
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ProviderReplyError(
            f"{origin} does not answer in the shape of the OpenAI API",
            hint="Check that the endpoint is right.",
        ) from exc


def embeddings(answer: Mapping[str, Any], count: int, request_id: str, origin: str) -> Embeddings:
    """The vectors of an answer, in the order of their texts.

    Args:
        answer: The JSON object that came.
        count: How many texts were sent.
        request_id, origin: As on `chunk`.

    Raises:
        ProviderReplyError: It has another shape, or not a vector for each text.
    """
    try:
        found = {int(entry.get("index", at)): entry["embedding"] for at, entry in enumerate(answer["data"])}
        vectors = [[float(number) for number in found[at]] for at in range(count)]
        usage, model_name = _usage(answer.get("usage")), str(answer.get("model") or "")
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ProviderReplyError(
            f"{origin} does not answer with a vector for each text, as the OpenAI API has it",
            hint="Check that the endpoint is right, and that it is an embedding model.",
        ) from exc
    return Embeddings(vectors=vectors, usage=usage, model_name=model_name, request_id=request_id)


def _text(content: object) -> str:
    """Text as it is, or the text parts of a list."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _finish(reason: str | None) -> Finish | None:
    return cast(Finish, reason if reason in FINISHES else "other") if reason else None


def _usage(counts: Mapping[str, Any] | None) -> Usage | None:
    if not counts:
        return None
    return Usage(
        input_tokens=int(counts.get("prompt_tokens") or 0),
        output_tokens=int(counts.get("completion_tokens") or 0),
        cached_input_tokens=int((counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
        reasoning_tokens=int((counts.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0),
    )
