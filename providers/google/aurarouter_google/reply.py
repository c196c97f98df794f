"""What the Gemini API answers, in our terms."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from aurarouter_hooks import Chunk, Opaque, ProviderReplyError, ToolCallDelta, Usage
from aurarouter_hooks.http_errors import short
from aurarouter_hooks.values import Finish, new_id

if TYPE_CHECKING:
    from google.genai.types import (
        Candidate,
        GenerateContentResponse,
        GenerateContentResponseUsageMetadata,
        Part,
        SafetyRating,
    )

    from aurarouter_hooks import Model, Prompt

CHARACTERS_PER_TOKEN = 4  # for estimates
_FINISHES: dict[str, Finish] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    **dict.fromkeys(("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
    **dict.fromkeys(("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"), "content_filter"),
    **dict.fromkeys(("ESCALATION", "MODEL_ARMOR"), "content_filter"),
}


class Answer:
    """Reads an answer's pieces, of which a whole answer is one.

    Attributes:
        finish: How it ended; None as long as it hasn't.
    """

    def __init__(self, model: Model, prompt: Prompt, place: str) -> None:
        self.finish: Finish | None = None
        self._model = model
        self._prompt = prompt
        self._place = place
        self._calls = 0
        self._size = 0  # characters that came
        self._reason = ""
        self._usage: Usage | None = None
        self._request_id = self._model_name = ""

    def read(self, piece: GenerateContentResponse) -> Chunk:
        """What a piece says, without how it ends.

        Raises:
            ProviderReplyError: The prompt was blocked.
        """
        blocked = piece.prompt_feedback
        if blocked is not None and blocked.block_reason is not None:
            why = ", ".join([blocked.block_reason.value, *_categories(blocked.safety_ratings)])
            said = f" ({short(blocked.block_reason_message)})" if blocked.block_reason_message else ""
            raise ProviderReplyError(
                f"{self._place} blocked the prompt: {short(why)}{said}",
                refused=True,
                hint="Word it differently, set the model's safety option, or ask another model.",
            )
        self._request_id = piece.response_id or self._request_id
        self._model_name = piece.model_version or self._model_name
        self._usage = _usage(piece.usage_metadata) or self._usage
        first = next((one for one in piece.candidates or () if not one.index), None)
        if first is None:
            return self._named()
        if first.finish_reason is not None:
            self._reason = first.finish_reason.value
            self.finish = _FINISHES.get(self._reason, "other")
        parts = (first.content and first.content.parts) or []
        calls = [self._call(part) for part in parts if part.function_call is not None]
        chunk = self._named(
            text="".join(part.text or "" for part in parts if not part.thought),
            reasoning="".join(part.text or "" for part in parts if part.thought),
            tool_calls=tuple(calls),
            opaque=tuple(self._opaque(parts, calls)),
            logprobs=_logprobs(first),
        )
        self._size += len(chunk.text) + len(chunk.reasoning) + sum(len(call.arguments) for call in calls)
        return chunk

    def end(self) -> Chunk:
        """The last chunk.

        Raises:
            ProviderReplyError: It ended for a reason that is the model's failure, and nothing came.
        """
        if not self._size and not self._calls and (self.finish or "other") == "other":
            raise ProviderReplyError(
                f"{self._place} answered nothing (finish reason: {short(self._reason) or 'none'})",
                hint="Ask again, or ask another model.",
            )
        finish = "tool_calls" if self._calls and self.finish == "stop" else self.finish
        return self._named(finish=finish or "other", usage=self._usage or self._estimate())

    def _named(self, **fields: Any) -> Chunk:
        return Chunk(request_id=self._request_id, model_name=self._model_name, **fields)

    def _call(self, part: Part) -> ToolCallDelta:
        """Calls come whole. Older models give them no id; ours goes back with the result."""
        call = part.function_call
        self._calls += 1
        return ToolCallDelta(
            index=self._calls - 1,
            id=(call and call.id) or f"call_{new_id()}",
            name=(call and call.name) or "",
            arguments=json.dumps((call and call.args) or {}, ensure_ascii=False),
        )

    def _opaque(self, parts: list[Part], calls: list[ToolCallDelta]) -> list[Opaque]:
        """Signatures, each with the id of the call that it signs, or "" for the text."""
        ids = iter(calls)
        found = []
        for part in parts:
            signed = next(ids).id if part.function_call is not None else ""
            if part.thought_signature:
                signature = base64.b64encode(part.thought_signature).decode()
                data = {"call": signed, "signature": signature}
                found.append(Opaque(provider=self._model.provider, model=self._model.id, data=data))
        return found

    def _estimate(self) -> Usage:
        asked = sum(len(message.text) for message in self._prompt.messages)
        return Usage(
            input_tokens=-(-asked // CHARACTERS_PER_TOKEN),
            output_tokens=-(-self._size // CHARACTERS_PER_TOKEN),
            estimated=True,
        )


def _usage(counts: GenerateContentResponseUsageMetadata | None) -> Usage | None:
    if counts is None or not counts.prompt_token_count:
        return None
    thoughts = counts.thoughts_token_count or 0
    return Usage(
        input_tokens=counts.prompt_token_count + (counts.tool_use_prompt_token_count or 0),
        output_tokens=(counts.candidates_token_count or 0) + thoughts,  # they bill and report these apart
        cached_input_tokens=counts.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
    )


def _categories(ratings: list[SafetyRating] | None) -> list[str]:
    """The kinds of harm that a prompt was blocked for."""
    return [
        rating.category.value
        for rating in ratings or ()
        if rating.category
        and (rating.blocked or (rating.probability and rating.probability.value in {"MEDIUM", "HIGH"}))
    ]


def _logprobs(candidate: Candidate) -> list[Any] | None:
    """Token probabilities in OpenAI's shape."""
    result = candidate.logprobs_result
    if result is None or not result.chosen_candidates:
        return None
    others = [step.candidates or [] for step in result.top_candidates or ()]
    return [
        {
            "token": one.token,
            "logprob": one.log_probability,
            "top_logprobs": [
                {"token": other.token, "logprob": other.log_probability}
                for other in (others[step] if step < len(others) else [])
            ],
        }
        for step, one in enumerate(result.chosen_candidates)
    ]
