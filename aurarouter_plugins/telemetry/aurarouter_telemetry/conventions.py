"""OpenTelemetry's names for generative AI, all in one place: they are still in development, and will change.

Names: https://github.com/open-telemetry/semantic-conventions-genai, `docs/gen-ai/client-inference.md` of November 2026.
"""

from __future__ import annotations

from typing import Any

from aurarouter_hooks import Attempt, Node, Trace

DURATION = "gen_ai.client.inference.duration"
FIRST_CHUNK = "gen_ai.client.inference.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.client.inference.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.client.inference.usage.output_tokens"
CHAT, EMBEDDINGS = "chat", "embeddings"
PROVIDERS = {"claude": "anthropic", "google": "gcp.gemini"}
"""Providers of ours that the conventions have a name for. `openapi` reaches anybody who speaks OpenAI's language."""

Attributes = dict[str, Any]


def operation(trace: Trace) -> str:
    """What a task's attempts are called."""
    return EMBEDDINGS if trace.decision is not None and trace.decision.mode == "embed" else CHAT


def of_metrics(attempt: Attempt, operation: str) -> Attributes:
    """What an attempt's metrics are told apart by."""
    found: Attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": PROVIDERS.get(attempt.provider, attempt.provider),
        "gen_ai.request.model": attempt.model,
    }
    if attempt.error is not None:
        found["error.type"] = attempt.error.type
    return found


def of_attempt(attempt: Attempt, operation: str) -> Attributes:
    """An attempt as a span of kind CLIENT."""
    found = of_metrics(attempt, operation) | {"aurarouter.attempt.outcome": attempt.outcome}
    if operation == CHAT:
        found["gen_ai.request.stream"] = True
    if attempt.model_name:
        found["gen_ai.response.model"] = _text(attempt.model_name)
    if attempt.request_id:
        found["gen_ai.response.id"] = _text(attempt.request_id)
    if attempt.finish is not None:
        found["gen_ai.response.finish_reasons"] = (attempt.finish,)
    if attempt.first_token is not None:
        found["gen_ai.response.time_to_first_chunk"] = attempt.first_token
    if (usage := attempt.usage) is not None:
        found["gen_ai.usage.input_tokens"] = usage.input_tokens
        found["gen_ai.usage.output_tokens"] = usage.output_tokens
        if usage.cached_input_tokens:
            found["gen_ai.usage.cache_read.input_tokens"] = usage.cached_input_tokens
        if usage.reasoning_tokens:
            found["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_tokens
    if attempt.cost is not None:
        found["aurarouter.cost.dollars"] = attempt.cost
    if not attempt.asked:
        found["aurarouter.attempt.asked"] = False
    return found


def _text(word: str) -> str:
    """A backend's word as it can be sent."""
    return word.encode("utf-8", "replace").decode()


def of_node(node: Node) -> Attributes:
    """A part of a task. Its label may quote a plan, so it stays here."""
    return {"aurarouter.node.kind": node.kind, "aurarouter.role": node.role, "aurarouter.node.outcome": node.outcome}


def of_task(trace: Trace) -> Attributes:
    """A whole task."""
    found: Attributes = {
        "aurarouter.task.id": trace.task_id,
        "aurarouter.surface": trace.surface,
        "aurarouter.app": trace.app,
        "aurarouter.private": trace.private,
    }
    if trace.decision is not None:
        found["aurarouter.mode"] = trace.decision.mode
        found["aurarouter.role"] = trace.decision.role
    if trace.error is not None:
        found["error.type"] = trace.error.type
    return found
