"""The Gemini API's REST dialect for a fault server: good answers, pieces of streams, refusals in the vendor's words.

with Vendor() as vendor:                   # answers every route well
    vendor.will(refused(429, "RESOURCE_EXHAUSTED", "Slow down.", retry_info("53s")))
    async with providers(vendor.url) as make:
        ...                                # make() gives a provider of it, closed at the end
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import Model, Secret
from fault_server import FaultServer
from faults import Fault, Turn, answer, status, stream

Make = Callable[..., GoogleProvider]
NAME = "gemini-2.5-flash"
USAGE = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
LISTED = {
    "name": f"models/{NAME}",
    "version": "001",
    "displayName": "Gemini 2.5 Flash",
    "inputTokenLimit": 1048576,
    "outputTokenLimit": 65536,
    "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"],
    "thinking": True,
}
EMBEDDER = {"name": "models/gemini-embedding-001", "supportedGenerationMethods": ["embedContent", "countTokens"]}


def said(*parts: str | dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """A `GenerateContentResponse` of these parts: the whole of an answer, or a piece of its stream."""
    content = {"role": "model", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}
    candidate: dict[str, Any] = {"content": content, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate],
        "usageMetadata": USAGE,
        "modelVersion": f"{NAME}-001",
        "responseId": "resp-1",
    } | more


def called(name: str, arguments: dict[str, Any], signature: str = "", **more: Any) -> dict[str, Any]:
    """A part that calls a function."""
    part: dict[str, Any] = {"functionCall": {"name": name, "args": arguments} | more}
    return part | ({"thoughtSignature": signature} if signature else {})


def streamed(pieces: Iterable[object], then: str = "end") -> Fault:
    """A stream of these pieces; the vendor ends its lines with CR LF and sends no last event."""
    return stream([f"data: {json.dumps(piece, ensure_ascii=False)}\r\n\r\n".encode() for piece in pieces], then)


def refused(code: int, name: str, message: str, *details: dict[str, Any]) -> Fault:
    """A refusal with its `google.rpc` details."""
    return status(code, None, error(code, name, message, *details))


def error(code: int, name: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    """The body of a refusal."""
    return {"error": {"code": code, "message": message, "status": name, "details": list(details)}}


def error_info(reason: str) -> dict[str, Any]:
    """Why, as one word."""
    metadata = {"service": "generativelanguage.googleapis.com"}
    return _detail("ErrorInfo", reason=reason, domain="googleapis.com", metadata=metadata)


def retry_info(delay: str) -> dict[str, Any]:
    """For how long to stay away."""
    return _detail("RetryInfo", retryDelay=delay)


def quota_failure(metric: str) -> dict[str, Any]:
    """Which allowance is used up."""
    return _detail("QuotaFailure", violations=[{"quotaMetric": metric, "quotaValue": "10"}])


def _detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}"} | fields


BAD_KEY = refused(
    400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", error_info("API_KEY_INVALID")
)
TOO_LONG = refused(
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).",
)
OVERLOADED = refused(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
NO_SUCH_MODEL = refused(
    404,
    "NOT_FOUND",
    "models/nobody is not found for API version v1beta, or is not supported for generateContent.",
)


async def gemini(turn: Turn) -> None:
    """What the vendor would answer on a good day."""
    route = turn.request.path.partition("?")[0]
    if route.endswith(":streamGenerateContent"):
        await streamed([said("Hello ", finish=None), said("Ada.")])(turn)
    elif route.endswith(":generateContent"):
        await answer(said("Hello Ada."))(turn)
    elif route.endswith(":countTokens"):
        await answer({"totalTokens": 7})(turn)
    elif route.endswith(":batchEmbedContents"):
        texts = [one["content"]["parts"][0]["text"] for one in turn.request.json["requests"]]
        await answer({"embeddings": [{"values": [float(len(text)), 1.0]} for text in texts]})(turn)
    elif route.endswith("/models"):
        await answer({"models": [LISTED, EMBEDDER]})(turn)
    else:
        await answer(LISTED)(turn)


class Vendor(FaultServer):
    """A fault server that does all of the above unless told otherwise."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.always(gemini)

    def sent(self, number: int = -1) -> Any:
        """A request's body, its names in one spelling. The API takes `top_k` for `topK` too, and the SDK mixes them."""
        return _camel(self.requests[number].json)


@asynccontextmanager
async def providers(url: str) -> AsyncIterator[Make]:
    """Makes providers of this server, for the model's other settings, and closes them at the end."""
    made: list[GoogleProvider] = []

    def make(**changes: Any) -> GoogleProvider:
        given = {"id": NAME, "endpoint": url, "api_key": Secret("g-key"), **changes}
        made.append(GoogleProvider(Model(provider="google", **given)))
        return made[-1]

    try:
        yield make
    finally:
        for provider in made:
            await provider.aclose()


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if isinstance(value, dict):
        return {re.sub("_([a-z])", lambda found: found[1].upper(), name): _camel(one) for name, one in value.items()}
    return value
