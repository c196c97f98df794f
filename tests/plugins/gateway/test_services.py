"""The four services over HTTP: what comes in is checked by name and kind, and nothing private slips through."""

import inspect
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from aurarouter_core import SERVICES, Home
from aurarouter_core.apps import Apps
from aurarouter_gateway.services import METHODS, SAYS
from fault_server import FaultServer

CODE = "/services/CodingService/generate_code"
UNIFIED = "/services/UnifiedRouterService/intelligent_code_gen"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "gateway": {"apps": {"ward": {"private": True}, "shop": {}}}}


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url) as made:
        yield made


def test_the_table_is_that_of_the_services() -> None:
    assert METHODS.keys() == SERVICES.keys()
    for (_, name), kind in SERVICES.items():
        own = [*inspect.signature(getattr(kind, name)).parameters][1:-1]
        (method,) = (method for (_, found), method in METHODS.items() if found == name)
        assert sorted(own) == sorted(method.takes)
        assert not set(own) & set(SAYS)


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (CODE, {"plan_step": "x", "private": "true"}, "private must be true or false"),
        (CODE, {"plan_step": "x", "private": 1}, "private must be true or false"),
        (CODE, {"plan_step": 3}, "plan_step must be a text"),
        (CODE, {"plan_step": "x", "language": ["c"]}, "language must be a text"),
        (CODE, {"plan_step": "x", "deadline": "soon"}, "deadline must be a number"),
        (CODE, {"plan_step": "x", "app": "shop"}, "app is no input of CodingService.generate_code, which takes plan_"),
        (CODE, {}, "plan_step is missing"),
        (CODE, [], "the body must be an object"),
        (UNIFIED, {"language": "c"}, "task is missing"),
        ("/services/RouterService/classify_intent", {"task_description": "x", "context": "y"}, "context must be an ob"),
    ],
)
async def test_inputs_that_are_wrong(
    client: httpx.AsyncClient, fault_server: FaultServer, path: str, body: Any, why: str
) -> None:
    told = await client.post(path, json=body)
    assert (told.status_code, told.headers["x-aurarouter-error"]) == (400, "RequestError")
    assert why in told.json()["error"]["message"]
    assert fault_server.bytes_received == 0


@pytest.mark.parametrize(("app", "said"), [("shop", {"private": True}), ("ward", {}), ("ward", {"private": False})])
@pytest.mark.parametrize(("path", "name"), [(CODE, "plan_step"), (UNIFIED, "task"), (UNIFIED, "task_description")])
async def test_what_is_private_stays(
    client: httpx.AsyncClient, fault_server: FaultServer, path: str, name: str, app: str, said: dict[str, bool]
) -> None:
    client.headers["x-api-key"] = Apps(Home.of()).create(app).reveal()
    told = (await client.post(path, json={name: "Sort a list", **said})).json()
    assert (told["success"], "no model is cleared" in told["error"]) == (False, True)
    assert fault_server.bytes_received == 0


async def test_a_body_that_says_private_of_an_app_that_is(client: httpx.AsyncClient) -> None:
    client.headers["x-api-key"] = Apps(Home.of()).create("ward").reveal()
    told = await client.post("/services/RouterService/classify_intent", json={"task_description": "x", "private": True})
    assert (told.status_code, told.json()["success"]) == (200, True)
