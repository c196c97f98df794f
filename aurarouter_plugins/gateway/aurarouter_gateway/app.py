"""The gateway as an ASGI application: the route table, and who answers each route."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aurarouter_core import Doorkeeper, Pause
from aurarouter_gateway import chat_request, embeddings, messages_request, responses_request
from aurarouter_gateway.access import Access
from aurarouter_gateway.body import ClientLeftError, json_body
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.chat_answer import ChatAnswer
from aurarouter_gateway.document import document
from aurarouter_gateway.door import Door
from aurarouter_gateway.engine import Engine
from aurarouter_gateway.exchange import Dialect, Exchange
from aurarouter_gateway.faults import Fault, logged
from aurarouter_gateway.fields import RequestError
from aurarouter_gateway.leaving import UntilLeft
from aurarouter_gateway.listing import listed, names
from aurarouter_gateway.messages_answer import MessagesAnswer
from aurarouter_gateway.reply import Reply
from aurarouter_gateway.responses_answer import ResponsesAnswer
from aurarouter_gateway.services import METHODS, inputs
from aurarouter_hooks import Constraint, UnknownModelError

log = logging.getLogger(__name__)

CHAT = Dialect(chat_request.read, ChatAnswer, Fault.openai)
RESPONSES = Dialect(responses_request.read, ResponsesAnswer, Fault.openai)
EMBEDDINGS = Dialect(embeddings.read, embeddings.EmbeddingsAnswer, Fault.openai)
MESSAGES = Dialect(messages_request.read, MessagesAnswer, Fault.anthropic)
LISTED = "GET /openapi.json lists them"
METRICS = "metrics are brought by the plugin 'telemetry', which is not installed; its extra has the same name"

Answering = Callable[[Engine, Scope, Any], Awaitable[tuple[int, Any]]]


@frozen
class Plain:
    """An endpoint that answers one JSON object.

    Attributes:
        engine: Does the work.
        answer: Makes the answer of the engine, the request's scope and its body.
        body: A body is read.
        told: An error in the endpoint's dialect.
    """

    engine: Engine
    answer: Answering
    body: bool = False
    told: Callable[[Fault], dict[str, Any]] = Fault.openai

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        settings = self.engine.settings
        reply = Reply(send)
        headers: Mapping[str, str] = {}
        try:
            async with UntilLeft(scope):
                body = await json_body(scope, receive, settings) if self.body else None
                status, value = await self.answer(self.engine, scope, body)
        except ClientLeftError:
            return
        except Exception as error:  # noqa: BLE001 - the edge: it is told, and logged where it is no one's known error
            wrong = logged(error)
            status, value, headers = wrong.status, self.told(wrong), wrong.headers
        try:
            await reply.json(value, status, headers)
        except ClientLeftError:
            log.debug("a client left before its answer was told")


async def _models(engine: Engine, scope: Scope, _: Any) -> tuple[int, Any]:
    models, roles, intents = await engine.names()
    found = [*names(models, roles, intents, scope["state"]["caller"].constraint)]
    wanted = scope["path_params"].get("model")
    if wanted is None:
        return 200, listed(found, models)
    if wanted not in found:
        raise UnknownModelError(wanted, found)
    return 200, listed([wanted], models)["data"][0]


async def _count(engine: Engine, scope: Scope, body: Any) -> tuple[int, Any]:
    task = messages_request.read(body, scope["state"]["caller"], limit=False).task
    found = await engine.names()
    if body["model"] not in names(*found, Constraint()):  # nobody is asked, so anybody may count for any of them
        raise UnknownModelError(body["model"], [*names(*found, scope["state"]["caller"].constraint)])
    return 200, {"input_tokens": engine.tokens(task)}


async def _health(engine: Engine, *_: Any) -> tuple[int, Any]:
    return (200, {"status": "ok"}) if await engine.ready() else (503, {"status": "no model can answer"})


async def _service(engine: Engine, scope: Scope, body: Any) -> tuple[int, Any]:
    caller: Caller = scope["state"]["caller"]
    service, method = scope["path_params"]["service"], scope["path_params"]["method"]
    if (service, method) not in METHODS:
        raise RequestError(f"no service '{service}' has a method '{method}'; {LISTED}", status=404)
    return 200, await engine.service(service, method, inputs(service, method, body, caller))


def application(engine: Engine, keys: Doorkeeper, pause: Pause | None = None) -> ASGIApp:
    """The whole gateway.

    Args:
        engine: Does the work.
        keys: Knows whose key a request carries.
        pause: Whether new work is taken; None for always.
    """
    told = Fault.anthropic
    table: dict[tuple[str, str], ASGIApp] = {
        ("POST", "/v1/chat/completions"): Exchange(engine.kernel, lambda: engine.settings, CHAT),
        ("POST", "/v1/responses"): Exchange(engine.kernel, lambda: engine.settings, RESPONSES),
        ("POST", "/v1/messages"): Exchange(engine.kernel, lambda: engine.settings, MESSAGES),
        ("POST", "/v1/messages/count_tokens"): Plain(engine, _count, body=True, told=told),
        ("POST", "/v1/embeddings"): Exchange(engine.kernel, lambda: engine.settings, EMBEDDINGS),
        ("GET", "/v1/models"): Plain(engine, _models),
        ("GET", "/v1/models/{model:path}"): Plain(engine, _models),
        ("GET", "/health"): Plain(engine, _health),
        ("POST", "/services/{service}/{method}"): Plain(engine, _service, body=True),
    }

    async def described(*_: Any) -> tuple[int, Any]:
        return 200, document()

    table["GET", "/openapi.json"] = Plain(engine, described)
    inside = Routes(table, Elsewhere(engine))
    return Access(Door(inside, lambda: engine.settings, keys, pause or Pause("the gateway")))


class Routes(Starlette):
    """The route table. What has no parameter in its path is found without a search.

    Args:
        table: Method and path → who answers.
        elsewhere: Answers what no route does.
    """

    def __init__(self, table: Mapping[tuple[str, str], ASGIApp], elsewhere: Elsewhere) -> None:
        routes = [Route(path, endpoint=endpoint, methods=[method]) for (method, path), endpoint in table.items()]
        super().__init__(routes=routes, exception_handlers=dict.fromkeys((404, 405), elsewhere))
        self._fixed = {key: endpoint for key, endpoint in table.items() if "{" not in key[1]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        endpoint = self._fixed.get((scope.get("method", ""), scope.get("path", "")))
        if endpoint is None:
            await super().__call__(scope, receive, send)
        else:
            scope["path_params"] = {}
            await endpoint(scope, receive, send)


@frozen
class Elsewhere:
    """What no route answers: a page that a plugin brings, or an error."""

    engine: Engine

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Answer one request."""
        assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
        path = request.url.path
        found = await self.engine.page(path) if (request.method, error.status_code) == ("GET", 404) else None
        if found is not None:
            media_type, text = found
            return Response(text, media_type=media_type)
        wrong = Fault(error.status_code, "RequestError", f"{request.method} {path} is no endpoint here; {LISTED}")
        if path == "/metrics":
            wrong = Fault(error.status_code, "PluginMissingError", METRICS)
        told = wrong.anthropic() if path.startswith("/v1/messages") else wrong.openai()
        return JSONResponse(told, error.status_code, error.headers)
