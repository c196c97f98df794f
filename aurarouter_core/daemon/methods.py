"""What a client may ask of the engine, by name."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aurarouter_core.narrated import written
from aurarouter_core.registry import AssetRegistry, Registration
from aurarouter_core.services import SERVICES
from aurarouter_hooks import Constraint, DaemonError, Decision, Done, Event, Health, Location, Model, Task

if TYPE_CHECKING:
    from aurarouter_core.asset_list import Asset
    from aurarouter_core.daemon.engine import Engine


def _task(task: Any) -> Task:
    if not isinstance(task, Task):
        raise DaemonError("a request has no task")
    return task


async def _decide(engine: Engine, _: str, task: Any) -> Decision:
    return engine.router.decide(_task(task))


async def _locate_and_decide(engine: Engine, _: str, task: Any) -> Decision:
    return await engine.router.locate_and_decide(_task(task))


async def _outlook(engine: Engine, _: str, task: Any, cut: Any) -> Mapping[str, Any]:
    return await engine.router.outlook(_task(task), cut=bool(cut))


async def _run(engine: Engine, surface: str, task: Any) -> Done:
    return await engine.router.run(_task(task), surface=surface)


def _stream(engine: Engine, surface: str, task: Any) -> AsyncGenerator[Event]:
    return engine.router.stream(_task(task), surface=surface)


async def _health(engine: Engine, _: str) -> Mapping[str, Health]:
    return await engine.router.health()


async def _where(engine: Engine, _: str) -> Mapping[str, Location]:
    return await engine.router.where()


async def _excuse(engine: Engine, _: str, model: Any) -> None:
    await engine.router.excuse(str(model))


async def _models(engine: Engine, _: str) -> Mapping[str, Model]:
    return await engine.router.models()


async def _intents(engine: Engine, _: str) -> Sequence[str]:
    return await engine.router.intents()


async def _roles(engine: Engine, _: str) -> Sequence[str]:
    return await engine.router.roles()


async def _limits_of(engine: Engine, _: str, app: Any) -> Constraint:
    return await engine.router.limits_of(str(app))


async def _ready(engine: Engine, _: str) -> bool:
    return await engine.router.ready()


async def _section(engine: Engine, _: str, name: Any) -> Mapping[str, Any] | None:
    known = engine.router.snapshot.config.sections
    return await engine.router.section(name) if name in known else None


async def _usage(engine: Engine, _: str, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    return await engine.router.usage(by)


async def _service(
    engine: Engine, surface: str, service: str, method: str, inputs: Mapping[str, Any]
) -> Mapping[str, Any]:
    kind = SERVICES.get((service, method))
    if kind is None:
        raise DaemonError(f"no service '{service}' has a method '{method}'")
    result: Mapping[str, Any] = await getattr(kind(engine.router, surface=surface), method)(**inputs)
    return result


def _written(engine: Engine, surface: str, inputs: Mapping[str, Any]) -> AsyncGenerator[Event | Mapping[str, Any]]:
    return written(engine.router, inputs, surface=surface)


async def _register_asset(engine: Engine, _: str, inputs: Mapping[str, Any]) -> Registration:
    return await AssetRegistry(engine.router).register_asset(**inputs)


async def _unregister_asset(engine: Engine, _: str, inputs: Mapping[str, Any]) -> Registration:
    return await AssetRegistry(engine.router).unregister_asset(**inputs)


async def _list_assets(engine: Engine, _: str, inputs: Mapping[str, Any]) -> list[Asset]:
    return await AssetRegistry(engine.router).list_assets(**inputs)


async def _status(engine: Engine, _: str) -> Mapping[str, Any]:
    return engine.status()


async def _traces(engine: Engine, _: str, count: int, app: str | None) -> Sequence[Mapping[str, Any]]:
    return await engine.router.traces(count, app)


async def _configuration(engine: Engine, _: str) -> Mapping[str, Any]:
    return await engine.router.configuration()


async def _reload(engine: Engine, _: str) -> None:
    await engine.router.reload()


async def _set_layer(engine: Engine, _: str, plugin: str, settings: Mapping[str, Any]) -> None:
    await engine.router.set_layer(plugin, settings)


async def _pause(engine: Engine, _: str) -> None:
    engine.router.pause()


async def _resume(engine: Engine, _: str) -> None:
    engine.router.resume()


async def _drain(engine: Engine, _: str, timeout: float | None) -> bool:  # noqa: ASYNC109 - the contract's own
    return await engine.router.drain(timeout)


async def _call_hook(engine: Engine, _: str, hook: str, arguments: Mapping[str, Any]) -> list[Any]:
    return list(engine.router.call_hook(hook, **arguments))


async def _stop(engine: Engine, _: str) -> None:
    engine.end("a client asked for it")


METHODS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    "call_hook": _call_hook,
    "configuration": _configuration,
    "decide": _decide,
    "drain": _drain,
    "excuse": _excuse,
    "health": _health,
    "intents": _intents,
    "limits_of": _limits_of,
    "list_assets": _list_assets,
    "locate_and_decide": _locate_and_decide,
    "models": _models,
    "outlook": _outlook,
    "pause": _pause,
    "register_asset": _register_asset,
    "ready": _ready,
    "reload": _reload,
    "resume": _resume,
    "roles": _roles,
    "run": _run,
    "section": _section,
    "service": _service,
    "set_layer": _set_layer,
    "status": _status,
    "stop": _stop,
    "traces": _traces,
    "unregister_asset": _unregister_asset,
    "usage": _usage,
    "where": _where,
}
STREAMS: Mapping[str, Callable[..., AsyncGenerator[Any]]] = {"stream": _stream, "written": _written}
