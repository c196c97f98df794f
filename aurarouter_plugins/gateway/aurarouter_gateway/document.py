"""The OpenAPI description of the gateway, for programs that read such things."""

from __future__ import annotations

from typing import Any

from aurarouter_gateway.embeddings import FORMATS, LONGEST, MOST

_TEXT = {"type": "string"}
_WORDS = {"type": "string", "minLength": 1}
_OBJECT = {"type": "object"}
_CONTENT = {"oneOf": [_TEXT, {"type": "array", "items": {"type": "object", "required": ["type"]}}]}
_MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {"role": {"enum": ["system", "user", "assistant"]}, "content": _CONTENT},
}
_COMMON: dict[str, dict[str, Any]] = {
    "model": {
        "description": "auto, role:NAME, intent:NAME, or a configured model's id",
        "anyOf": [{"const": "auto"}, {"type": "string"}],
    },
    "stream": {"type": "boolean"},
    "temperature": {"type": "number"},
    "top_p": {"type": "number"},
}
_SERVICES: dict[tuple[str, str], dict[str, Any]] = {
    ("RouterService", "classify_intent"): {"task_description": _TEXT, "context": _OBJECT},
    ("ReasoningService", "generate_plan"): {"intent": _TEXT, "context": _OBJECT},
    ("CodingService", "generate_code"): {"plan_step": _TEXT, "language": _TEXT},
    ("UnifiedRouterService", "intelligent_code_gen"): {"task": _TEXT, "language": _TEXT, "file_context": _TEXT},
}
_JSON = {"application/json": {"schema": _OBJECT}}
_FAULT = {"description": "An error, in the dialect of the endpoint.", "content": _JSON}


def document() -> dict[str, Any]:
    """The description, as OpenAPI 3.1."""
    messages = {"type": "array", "items": _MESSAGE, "minItems": 1}
    paths: dict[str, Any] = {
        "/v1/chat/completions": _post(
            "Answer a conversation (OpenAI's chat API).",
            ["model", "messages"],
            {**_COMMON, "messages": messages, "max_tokens": {"type": "integer"}, "seed": {"type": "integer"}},
            stream=True,
        ),
        "/v1/responses": _post(
            "Answer a conversation (OpenAI's responses API).",
            ["model", "input"],
            {**_COMMON, "input": _CONTENT, "instructions": _TEXT, "max_output_tokens": {"type": "integer"}},
            stream=True,
        ),
        "/v1/messages": _post(
            "Answer a conversation (Anthropic's API).",
            ["model", "messages", "max_tokens"],
            {**_COMMON, "messages": messages, "system": _CONTENT, "max_tokens": {"type": "integer"}},
            stream=True,
        ),
        "/v1/messages/count_tokens": _post(
            "Estimate a conversation's tokens, on the safe side.",
            ["model", "messages"],
            {"model": _COMMON["model"], "messages": messages, "system": _CONTENT},
        ),
        "/v1/embeddings": _post(
            "Turn texts into vectors (OpenAI's embeddings API).",
            ["model", "input"],
            {
                "model": {**_COMMON["model"], "description": "auto, role:NAME, or a configured model's id"},
                "input": {"anyOf": [_WORDS, {"type": "array", "items": _WORDS, "minItems": 1, "maxItems": MOST}]},
                "encoding_format": {"enum": [*FORMATS]},
                "dimensions": {"type": "integer", "minimum": 1, "maximum": LONGEST},
            },
        ),
        "/v1/models": _get("What may be written as a model."),
        "/v1/models/{model}": _get("One of them.", "model"),
        "/health": _get("Whether any model may be asked now."),
        "/metrics": _get("Brought by the plugin 'telemetry'."),
        "/openapi.json": _get("This description."),
    }
    for (service, method), inputs in _SERVICES.items():
        paths[f"/services/{service}/{method}"] = _post(f"{service}.{method}", [next(iter(inputs))], inputs)
    keys = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "AuraRouter gateway", "version": "1"},
        "security": [{"bearer": []}, {"x-api-key": []}, {}],
        "components": {"securitySchemes": keys},
        "paths": paths,
    }


def _answers(*, stream: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _OBJECT}}
    if stream:
        content["text/event-stream"] = {"schema": _TEXT}
    return {"200": {"description": "The answer.", "content": content}, "default": _FAULT}


def _post(summary: str, required: list[str], properties: dict[str, Any], *, stream: bool = False) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"post": {"summary": summary, "requestBody": body, "responses": _answers(stream=stream)}}


def _get(summary: str, *names: str) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names]
    return {"get": {"summary": summary, "parameters": parameters, "responses": _answers()}}
