"""The services through AuraGrid's SDK: a stand-in with the names of its example programs, for want of the real one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from aurarouter_auragrid.arrival import Guard, nobody
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.sdk import offered
from aurarouter_auragrid.wire.codec import SERVICES
from aurarouter_core import Home, Plugins, Router, load_config
from grid_node import ECHO


class AsyncGridContext:
    """Serves what it was given from `__aenter__` to `__aexit__`."""

    def __init__(self, *, service_instances: list[Any]) -> None:
        self.services = {instance.__auragrid_service__: instance for instance in service_instances}
        self.open = False

    async def __aenter__(self) -> Self:
        self.open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.open = False


def auragrid_service(*, name: str, description: str = "") -> Callable[[type], type]:
    def mark(kind: type) -> type:
        kind.__auragrid_service__ = name  # type: ignore[attr-defined]
        return kind

    return mark


def auragrid_method(*, description: str = "") -> Callable[[Any], Any]:
    def mark(method: Any) -> Any:
        method.__auragrid_method__ = True
        return method

    return mark


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module: Any = ModuleType("auragrid")
    module.__spec__ = ModuleSpec("auragrid", None)
    module.AsyncGridContext, module.auragrid_service = AsyncGridContext, auragrid_service
    module.auragrid_method = auragrid_method
    monkeypatch.setitem(sys.modules, "auragrid", module)
    return module  # type: ignore[no-any-return]


@pytest.fixture
def router(home: Path) -> Router:
    (home / "auraconfig.yaml").write_text(ECHO)
    plugins = Plugins(extra=[Guard()])
    return Router(load_config(plugins, environment="auragrid"), plugins, home=Home(home))


async def test_the_sdk_gets_all_four_services_and_their_methods_work(sdk: ModuleType, router: Router) -> None:
    async with router:
        context: Any = offered(router, nobody)
        async with context as grid:
            assert sorted(grid.services) == list(SERVICES)
            coding = grid.services["CodingService"]
            assert coding.generate_code.__auragrid_method__
            assert "plan_step" in inspect.signature(coding.generate_code).parameters
            said = await coding.generate_code(plan_step="add two numbers", language="go")
            assert (said["success"], said["language"]) == (True, "go")
        assert not context.open


async def test_private_content_through_the_sdk_needs_a_cleared_node_as_any_call(
    sdk: ModuleType, router: Router
) -> None:
    async with router:
        context: Any = offered(router, nobody)
        said = await context.services["CodingService"].generate_code(plan_step="my ssn is 078-05-1120")
    assert said["success"] is False
    assert "does not clear this node" in said["error"]


def test_another_module_of_that_name_is_an_error_and_none_is_nothing(
    sdk: ModuleType, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sdk, "AsyncGridContext")
    with pytest.raises(GridError, match="not the SDK that we know"):
        offered(router, nobody)
    monkeypatch.delitem(sys.modules, "auragrid")
    assert offered(router, nobody) is None
