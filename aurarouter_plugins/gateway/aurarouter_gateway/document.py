"""The OpenAPI description of the gateway, for programs that read such things."""

from __future__ import annotations

from typing import Any

from aurarouter_gateway import schemas
from aurarouter_gateway.schemas import Schema
from aurarouter_gateway.services import METHODS


def document() -> dict[str, Any]:
    """The description, as OpenAPI 3.1."""
    told = schemas.FAULT_OF_MESSAGES
    paths: dict[str, Any] = {
        "/v1/chat/completions": _post(
            "Answer a conversation (OpenAI's chat API).", schemas.CHAT, schemas.COMPLETION, stream=True
        ),
        "/v1/responses": _post(
            "Answer a conversation (OpenAI's responses API).", schemas.RESPONSES, schemas.RESPONSE, stream=True
        ),
        "/v1/messages": _post(
            "Answer a conversation (Anthropic's API).", schemas.MESSAGES, schemas.SAID, told, stream=True
        ),
        "/v1/messages/count_tokens": _post(
            "Estimate a conversation's tokens, on the safe side.", schemas.COUNTING, schemas.COUNTED, told
        ),
        "/v1/embeddings": _post(
            "Turn texts into vectors (OpenAI's embeddings API).", schemas.EMBEDDINGS, schemas.VECTORS
        ),
        "/v1/models": _get("What may be written as a model.", schemas.LISTED),
        "/v1/models/{model}": _get("One of them.", schemas.NAMED, "model"),
        "/health": _get("Whether any model may be asked now.", schemas.STATUS),
        "/metrics": _get("Brought by the plugin 'telemetry'.", None),
        "/openapi.json": _get("This description.", schemas.thing()),
    }
    paths["/health"]["get"]["responses"]["503"] = {
        "description": "No model may be asked, or nothing is worked on.",
        "content": _json(schemas.either(schemas.STATUS, schemas.FAULT)),
    }
    for (service, name), method in METHODS.items():
        summary, takes = f"{service}.{name}", schemas.inputs(method)
        paths[f"/services/{service}/{name}"] = _post(summary, takes, schemas.outputs(method))
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


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _answers(gives: Schema | None, fault: Schema, *, stream: bool = False) -> dict[str, Any]:
    content = {"text/plain": {"schema": schemas.TEXT}} if gives is None else _json(gives)
    if stream:
        content["text/event-stream"] = {"schema": schemas.TEXT}
    wrong = {"description": "An error, in the dialect of the endpoint.", "content": _json(fault)}
    return {"200": {"description": "The answer.", "content": content}, "default": wrong}


def _post(
    summary: str, takes: Schema, gives: Schema, fault: Schema = schemas.FAULT, *, stream: bool = False
) -> dict[str, Any]:
    answers = _answers(gives, fault, stream=stream)
    return {
        "post": {"summary": summary, "requestBody": {"required": True, "content": _json(takes)}, "responses": answers}
    }


def _get(summary: str, gives: Schema | None, *names: str) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": schemas.TEXT} for name in names]
    return {"get": {"summary": summary, "parameters": parameters, "responses": _answers(gives, schemas.FAULT)}}
