"""The router: the kernel at work. Decides, runs tasks through middleware and executor, keeps traces."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Self

from aurarouter_core import watch
from aurarouter_core.background import Background, follow, hear, keep_hearing
from aurarouter_core.clocks import within
from aurarouter_core.config import Config
from aurarouter_core.decide import decide
from aurarouter_core.executor import execute, noted
from aurarouter_core.failure_states import FailureStates
from aurarouter_core.fitness import held
from aurarouter_core.gate import Gate
from aurarouter_core.home import Home
from aurarouter_core.insight import Insight
from aurarouter_core.live import LiveSnapshot
from aurarouter_core.loading import files_of, load_config
from aurarouter_core.located import affordable, located, located_by
from aurarouter_core.models import ModelPool
from aurarouter_core.outlook import outlook
from aurarouter_core.plain import recorded
from aurarouter_core.plain_calls import PlainCalls
from aurarouter_core.plugins import Plugins
from aurarouter_core.privacy import Lasting, PrivateConversations, known_limits, remember
from aurarouter_core.running import Run
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Audit, Keep, Store
from aurarouter_core.trace import Recorder, without_words
from aurarouter_core.witness import Witness
from aurarouter_core.wrapping import wrapped
from aurarouter_hooks import Decision, Done, Event, PrivacyError, RoutingError, Task

log = logging.getLogger(__name__)
GRACE = 0.07
"""Seconds that nodes and attempts get to end by themselves at the task's deadline."""


class Router(Insight):
    """Routes tasks to models. Use it as an async context manager, or call `run_sync` from plain code.

    Args:
        config: A valid configuration; None loads it from the usual places.
        plugins: The plugins to work with; None looks for installed ones.
        home: The folder for models and traces; None for the user's own.
        store: Where traces are kept; None for a file in `home`.
        conversations: Knows which conversations were private once; None for the store.
        surface: Who the router works for ("cli", "mcp" …), for traces.
        watch: Seconds between two looks at the configuration's files, to reload when they change; None for no looks.
        on_reload: Told of each new configuration.
    """

    def __init__(
        self,
        config: Config | None = None,
        plugins: Plugins | None = None,
        *,
        home: Home | None = None,
        store: Store | None = None,
        conversations: PrivateConversations | None = None,
        surface: str = "embedded",
        watch: float | None = None,
        on_reload: Callable[[Config], None] | None = None,
    ) -> None:
        self.plugins = plugins if plugins is not None else Plugins()
        self.home = home or Home.of()
        self.store = store or Store(self.home.store)
        self.store.follow(self.plugins.guard)
        self._live = LiveSnapshot(config if config is not None else load_config(self.plugins), self.plugins)
        self.store.bound(Keep.of(self.snapshot.config.system))
        request = self.snapshot.config.request
        self.pool = ModelPool(self.home, request.environ if request else None, FailureStates(self.store.add))
        self.pool.memory.follow(self.snapshot.config.system)
        self._witness = Witness(self.home, Audit(self.store.path, self.snapshot.config.privacy.audit_days))
        self._conversations = conversations if conversations is not None else Lasting(self._witness.audit)
        self.surface = surface
        self.gate = Gate()
        self._watch = watch
        self._background = Background()
        self._on_reload = on_reload
        self._plain_calls = PlainCalls(self)

    async def __aenter__(self) -> Self:
        with self._plain_calls.opening():
            try:
                await self._open()
            except BaseException:  # whatever has begun by now is ended like in a router that was open
                await self._close()
                raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with self._plain_calls.closing():
            await self._close()

    async def _open(self) -> None:
        self._background.begin()  # what ran in the loop before can't be ended in this one
        self.pool.reopen()
        self.gate.refusal = ""
        await hear(self.store, self.pool, self.snapshot)
        work = [keep_hearing(self.store, self.pool, lambda: self.snapshot)]
        if self._watch is not None:
            seen = self.snapshot.config.seen
            looks = watch.changes(lambda: files_of(self.snapshot.config.request), seen, self._watch)
            work.append(follow(looks, self.reload))
        self._background.begin(*work)
        await self.plugins.lifecycle("kernel_started", self)

    async def _close(self) -> None:
        self.gate.refusal = "the router is closed"
        await self._background.end()
        try:
            try:
                await self.plugins.lifecycle("kernel_stopping", self)
            finally:
                await self.pool.aclose()
        finally:
            await self._witness.close()
            await asyncio.to_thread(self.store.close)
            await asyncio.to_thread(self.pool.wallet.close)

    def decide(self, task: Task) -> Decision:
        """What would happen, and why. No model is called; of a conversation, the store is asked whether it is private.

        Raises:
            UnknownModelError, UnknownRoleError: The task asks for what is not configured.
            PluginBrokenError: A plugin that limits tasks failed.
            PrivacyError: A privacy rule blocks the task.
        """
        limits = held(task, self.snapshot, known_limits(self._conversations, task))
        said = affordable(task, self.snapshot, self.pool)
        decision = decide(task, self.snapshot, self.pool.locations, self.pool.states.refusals(), limits, afford=said)
        self.plugins.decision_made(decision)
        return decision

    async def locate_and_decide(self, task: Task) -> Decision:
        """Like `decide`, but models are asked where they run first if that matters for this task."""
        limits = held(task, self.snapshot, known_limits(self._conversations, task))
        decision = await located(task, self.snapshot, self.pool, limits)
        self.plugins.decision_made(decision)
        return decision

    async def outlook(self, task: Task, *, cut: bool = False) -> Mapping[str, Any]:
        """What a conversation must know before it asks; no model is called.

        Args:
            task: What will be asked.
            cut: The text is no question yet, so it is not judged as one.

        Returns:
            `private`: it may go to cleared models alone. `context_length`: tokens that the likeliest model takes, None
            where nobody knows. `condenses`: the role that summarises, "" where none is configured.

        Raises:
            AuraRouterError: As `decide`.
        """
        return await outlook(task, self.snapshot, self.pool, cut=cut)

    async def run(self, task: Task, *, surface: str | None = None, hear: Callable[[Event], None] | None = None) -> Done:
        """Run a task to its end: `.text .steps .trace .usage .complete`. `hear` is told of each event.

        Raises:
            AuraRouterError: One typed error of the tree when there is no answer.
        """
        async with aclosing(self.stream(task, surface=surface)) as events:
            async for event in events:
                if hear is not None:
                    hear(event)
                if isinstance(event, Done):
                    return event
        raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")

    async def stream(self, task: Task, *, surface: str | None = None) -> AsyncGenerator[Event]:
        """Run a task and tell its events; the grammar stands in `aurarouter_hooks.values.event`.

        Args:
            task: What is asked.
            surface: Who asks, for traces; None for whom the router works for.

        Raises:
            AuraRouterError: One typed error of the tree when there is no answer.
        """
        snapshot = self.snapshot
        recorder = Recorder(task, surface=surface or self.surface, keep_content=snapshot.config.system.keep_content)
        note = recorder.hears if snapshot.task_layers else recorder.see
        finished: Done | None = None
        error: BaseException | None = None
        with self.gate:
            try:
                async with aclosing(await self._begun(task, snapshot, recorder)) as events:
                    async for event in events:
                        if isinstance(event, Done):
                            finished = recorder.whole(event) if snapshot.task_layers else event
                            break
                        note(event)
                        yield event
                if finished is not None:
                    yield finished
            except BaseException as failure:
                error = failure if finished is None else None
                if isinstance(error, PrivacyError):
                    await self._witness.refuses_all(snapshot, recorder)
                raise
            finally:
                info = recorded(error) if error else None
                trace = finished.trace if finished else recorder.trace(info, complete=False)
                try:
                    await remember(self._conversations, task, trace.private)
                except PrivacyError as problem:  # whoever was sent something has been written down before
                    log.warning("%s", problem)
                kept = without_words(trace) if recorder.wordless else trace
                self.store.add(kept)
                self.plugins.task_finished(kept)

    async def _begun(self, task: Task, snapshot: Snapshot, recorder: Recorder) -> AsyncGenerator[Event]:
        """A task's events, once it is decided."""
        began = recorder.elapsed
        recorder.redacts = snapshot.inspector.redacts(task)
        deadline = None if task.deadline is None else asyncio.get_running_loop().time() + task.deadline
        known = await asyncio.to_thread(known_limits, self._conversations, task) if task.conversation else None
        decision = await located_by(deadline, task, snapshot, self.pool, held(task, snapshot, known))
        recorder.decided(decision, began)
        await remember(self._conversations, task, decision.constraint.private)
        log.debug("task %s: %s, role %s, chain %s", task.id, decision.intent, decision.role, decision.chain)
        self.plugins.decision_made(decision)
        run = Run(
            task=task,
            decision=decision,
            snapshot=snapshot,
            pool=self.pool,
            recorder=recorder,
            witness=self._witness,
            deadline=deadline,
        )
        work = partial(noted, run) if snapshot.task_layers else partial(execute, run)
        events = wrapped(snapshot.task_layers, work)(run.call)
        cut_off = partial(run.clean_up_cut_off, "middleware")
        return events if deadline is None else within(events, deadline + GRACE, cut_off)

    def run_sync(self, task: Task) -> Done:
        """The same as `run`, from plain code, in any number of threads. A router that is not open is opened meanwhile.

        Raises:
            AuraRouterError: As `run`, and a RoutingError where an event loop runs, or nobody runs the router's own.
        """
        return self._plain_calls.run(partial(self.run, task))

    async def reload(self) -> None:
        """Read the configuration again and swap to it; running tasks keep what they began with.

        Raises:
            ConfigError: It is not valid; the old one stays in force.
        """
        await self._live.reload()
        self._reloaded()

    async def set_layer(self, plugin: str, settings: Mapping[str, Any]) -> None:
        """Replace a plugin's settings layer and reload.

        Raises:
            ConfigError: The result is not valid; the old layer stays in force.
        """
        await self._live.set_layer(plugin, settings)
        self._reloaded()

    def _reloaded(self) -> None:
        config = self.snapshot.config
        self.pool.forget(config)
        self.store.bound(Keep.of(config.system))
        self._witness.audit.days = config.privacy.audit_days
        if self._on_reload is not None:
            self._on_reload(config)

    def pause(self) -> None:
        """Refuse new tasks; running ones go on."""
        self.gate.refusal = "the router is paused"

    def resume(self) -> None:
        """Accept tasks again."""
        self.gate.refusal = ""

    async def drain(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - the contract's own parameter
        """Refuse new tasks and wait for running ones; True when none is left."""
        self.pause()
        return await self.gate.emptied(timeout)

    def call_hook(self, hook: str, **arguments: Any) -> Sequence[Any]:
        """Call a hook that a plugin brought; the answers that are not None."""
        return self.plugins.call_hook(hook, **arguments)
