"""The shared engine as a kernel: what a program works with when it is attached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve

from aurarouter_core.daemon.attachment import Attachment
from aurarouter_core.daemon.connection import ask_now
from aurarouter_core.daemon.frames import EngineLostError
from aurarouter_core.daemon.identity import Identity
from aurarouter_core.daemon.open_work import OpenWork
from aurarouter_core.plain import plain
from aurarouter_hooks import Constraint, Decision, Done, Event, Health, Location, Model, Task

if TYPE_CHECKING:
    from aurarouter_core.daemon.followed import Followed
    from aurarouter_core.plugins import Plugins


class Attached(Attachment):
    """A client of the shared engine. When that ends, the next call starts a new one.

    Args:
        identity: Which engine.
        plugins: For `settings`, whose classes plugins bring; None looks for installed ones then.
        surface: Who works with it ("cli", "mcp" …), for traces.
    """

    def __init__(self, identity: Identity, plugins: Plugins | None, surface: str) -> None:
        super().__init__(identity, surface)
        self._plugins = plugins

    # Asking

    def decide(self, task: Task) -> Decision:
        """What would happen, and why. Blocks until the engine says; `locate_and_decide` does not.

        Raises:
            AuraRouterError: As in process; DaemonError when no engine is there.
        """
        decision: Decision = ask_now(self.place, "decide", task)
        return decision

    async def locate_and_decide(self, task: Task) -> Decision:
        """What would happen, and why; models are asked where they run first if that matters."""
        decision: Decision = await self._ask("locate_and_decide", task)
        return decision

    async def outlook(self, task: Task, *, cut: bool = False) -> Mapping[str, Any]:
        """What a conversation must know before it asks, as `Router.outlook` says it."""
        outlook: Mapping[str, Any] = await self._ask("outlook", task, cut)
        return outlook

    async def run(self, task: Task) -> Done:
        """Run a task to its end. An engine that is lost is replaced once, since nothing was shown yet.

        Raises:
            AuraRouterError: One typed error of the tree when there is no answer.
        """
        began = asyncio.get_running_loop().time()
        try:
            done: Done = await (await self._connected()).ask("run", task)
        except EngineLostError:
            done = await (await self._connected()).ask("run", self._left(task, began))
        return done

    async def stream(self, task: Task) -> AsyncGenerator[Event]:
        """Run a task and tell its events. An engine that is lost before anything was shown is replaced once.

        Raises:
            EngineLostError: It was lost later than that.
            AuraRouterError: One typed error of the tree when there is no answer.
        """
        began = asyncio.get_running_loop().time()
        work = OpenWork()
        try:
            async with aclosing((await self._connected()).stream("stream", task)) as events:
                async for event in events:
                    work.see(event)
                    yield event
                return
        except EngineLostError as error:
            if work.shown:
                raise
            lost = error
        for event in work.closed(lost):
            yield event
        rest = self._left(task, began)
        async with aclosing((await self._connected()).stream("stream", rest)) as events:
            async for event in events:
                yield event

    @staticmethod
    def _left(task: Task, began: float) -> Task:
        """The task with what remains of its time: the clocks of two processes need not agree."""
        if task.deadline is None:
            return task
        return evolve(task, deadline=max(0.001, task.deadline - (asyncio.get_running_loop().time() - began)))

    # Running

    @cached_property
    def _followed(self) -> Followed:
        from aurarouter_core.daemon.followed import Followed  # what reads files costs more than all the rest here
        from aurarouter_core.plugins import Plugins

        return Followed(self._identity, self._plugins if self._plugins is not None else Plugins())

    def settings(self, section: str) -> Any:
        """The configuration section of that name as the class that its plugin registered."""
        return self._followed.config.sections[section]

    async def section(self, name: str) -> Mapping[str, Any]:
        """The same as plain data, secrets masked, as the engine has it in force."""
        section: Mapping[str, Any] | None = await self._ask("section", name)
        if section is None:  # the engine is older than the plugin that brings it
            found: Mapping[str, Any] = plain(await asyncio.to_thread(self.settings, name))
            return found
        return section

    async def set_layer(self, plugin: str, settings: Mapping[str, Any]) -> None:
        """Replace a plugin's settings layer, for all clients of the engine."""
        await self._ask("set_layer", plugin, settings)

    async def reload(self) -> None:
        """Have the engine read the configuration again."""
        await self._ask("reload")

    async def health(self) -> Mapping[str, Health]:
        """How each model is."""
        health: Mapping[str, Health] = await self._ask("health")
        return health

    async def where(self) -> Mapping[str, Location]:
        """Where each model runs, asked now."""
        places: Mapping[str, Location] = await self._ask("where")
        return places

    async def excuse(self, model: str) -> None:
        """Forget why a model may not be asked: somebody wants it asked all the same."""
        await self._ask("excuse", model)

    async def models(self) -> Mapping[str, Model]:
        """The configured models by id, without their keys."""
        models: Mapping[str, Model] = await self._ask("models")
        return models

    async def intents(self) -> Sequence[str]:
        """Names of the kinds of task that are told apart."""
        intents: Sequence[str] = await self._ask("intents")
        return intents

    async def usage(self, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """What was used, as `Store.usage` sums it."""
        usage: Sequence[Mapping[str, Any]] = await self._ask("usage", by)
        return usage

    async def roles(self) -> Sequence[str]:
        """Names of the roles."""
        roles: Sequence[str] = await self._ask("roles")
        return roles

    async def limits_of(self, app: str) -> Constraint:
        """What an app may use."""
        limits: Constraint = await self._ask("limits_of", app)
        return limits

    async def ready(self) -> bool:
        """Whether any model may be asked now."""
        ready: bool = await self._ask("ready")
        return ready

    async def service(self, service: str, method: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """A method of one of the four services, called in the engine."""
        result: Mapping[str, Any] = await self._ask("service", service, method, inputs)
        return result

    async def written(self, inputs: Mapping[str, Any]) -> AsyncGenerator[Event | Mapping[str, Any]]:
        """The same as events, and the result at last: see `aurarouter_core.written`.

        Raises:
            EngineLostError: The engine was lost.
        """
        async with aclosing((await self._connected()).stream("written", inputs)) as events:
            async for event in events:
                yield event

    async def traces(self, count: int, app: str | None = None) -> Sequence[Mapping[str, Any]]:
        """The newest traces as plain data, newest first; only those of an app, if it is named."""
        traces: Sequence[Mapping[str, Any]] = await self._ask("traces", count, app)
        return traces

    async def configuration(self) -> Mapping[str, Any]:
        """The settings in force, secrets masked."""
        settings: Mapping[str, Any] = await self._ask("configuration")
        return settings

    # Assets: a change is asked for once alone, since a lost engine may have made it already

    async def register_asset(self, **inputs: Any) -> Mapping[str, Any]:
        """Register a model file in the engine: `AssetRegistry.register_asset`, its answer as `--json` shows it."""
        registration: Mapping[str, Any] = await (await self._connected()).ask("register_asset", inputs)
        return registration

    async def unregister_asset(self, **inputs: Any) -> Mapping[str, Any]:
        """Take a model out again: `AssetRegistry.unregister_asset`, its answer as `--json` shows it."""
        registration: Mapping[str, Any] = await (await self._connected()).ask("unregister_asset", inputs)
        return registration

    async def list_assets(self, **inputs: Any) -> Sequence[Mapping[str, Any]]:
        """The model files that are known: `AssetRegistry.list_assets`, each as `--json` shows it."""
        assets: Sequence[Mapping[str, Any]] = await self._ask("list_assets", inputs)
        return assets

    async def status(self) -> Mapping[str, Any]:
        """How the engine is: what `aurarouter status` shows."""
        status: Mapping[str, Any] = await self._ask("status")
        return status

    def pause(self) -> None:
        """Have the engine refuse new tasks, whoever they come from."""
        ask_now(self.place, "pause")

    def resume(self) -> None:
        """Have the engine accept tasks again."""
        ask_now(self.place, "resume")

    async def drain(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - the contract's own parameter
        """Have the engine refuse new tasks, and wait for running ones; True when none is left."""
        drained: bool = await self._ask("drain", timeout)
        return drained

    def call_hook(self, hook: str, **arguments: Any) -> Sequence[Any]:
        """Call a hook that a plugin brought, in the engine; arguments and answers cross as values of the contract."""
        answers: list[Any] = ask_now(self.place, "call_hook", hook, arguments)
        return answers
