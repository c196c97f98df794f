"""A model with several keys is asked with one after the other, and with the next at once where one is turned away."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.home import Home
from aurarouter_core.keys import KeyStore
from aurarouter_core.layers import Layers
from aurarouter_core.rotation import Turn
from aurarouter_core.structure import build
from aurarouter_hooks import (
    AllModelsFailedError,
    AttemptFailed,
    AttemptStarted,
    Call,
    Done,
    Event,
    Proceed,
    ProviderRateLimitedError,
    Secret,
)
from fault_server import FaultServer
from faults import Fault, piece, status, stream, well
from faults import Turn as Conversation

LIMITED, REFUSED = status(429, {"Retry-After": "7"}), status(401)


def by_key(faults: Mapping[str, Fault]) -> Fault:
    """Meets each key in its own way, and all others well."""

    async def fault(turn: Conversation) -> None:
        key = turn.request.headers.get("authorization", "").removeprefix("Bearer ")
        await faults.get(key, well)(turn)

    return fault


def asked(server: FaultServer) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


@pytest.fixture
def configured(fault_server: FaultServer) -> Callable[..., Config]:
    """A model with these keys, and a spare one without any."""

    def make(*keys: str, plugins: Plugins, spare: bool = True) -> Config:
        entry = {"provider": "openapi", "endpoint": fault_server.url}
        models = {"cloud": {**entry, "api_keys": list(keys)}}
        if spare:
            models["spare"] = {**entry, "api_key": "sk-spare"}
        settings = {"models": models, "roles": {"coding": list(models)}, "system": {"retries": 0}}
        return build(Layers.of(settings, plugins.sections))

    return make


async def told(router: Router) -> tuple[list[Event], Done]:
    events = [event async for event in router.stream(Task("hi"))]
    done = events[-1]
    assert isinstance(done, Done)
    return events, done


async def test_keys_are_used_in_turn(fault_server: FaultServer, configured: Callable[..., Config]) -> None:
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", "sk-3", plugins=plugins), plugins) as router:
        for _ in range(4):
            await router.run(Task("hi"))
            await router.health()  # takes nobody's turn
    chats = [r for r in fault_server.requests if r.method == "POST"]
    assert [r.headers["authorization"] for r in chats] == ["Bearer sk-1", "Bearer sk-2", "Bearer sk-3", "Bearer sk-1"]


async def test_the_next_key_is_a_further_attempt_of_the_same_model(
    fault_server: FaultServer, configured: Callable[..., Config], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "aurarouter_core")
    fault_server.always(by_key({"sk-1": LIMITED, "sk-2": REFUSED}))
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", "sk-3", plugins=plugins), plugins) as router:
        events, done = await told(router)
        assert asked(fault_server) == ["sk-1", "sk-2", "sk-3"]
        assert [(e.number, e.model) for e in events if isinstance(e, AttemptStarted)] == [
            (1, "cloud"), (2, "cloud"), (3, "cloud"),
        ]  # fmt: skip
        assert [a.outcome for a in done.trace.attempts] == ["failed", "failed", "ok"]
        await router.run(Task("again"))
        assert asked(fault_server)[3:] == ["sk-3"]
    assert "key 1 of 3 was limited and is left out for 7 s" in caplog.text
    assert "key 2 of 3 was refused and is left out for 3600 s" in caplog.text
    assert "attempt 3 at 'cloud' with key 3 of 3: ok" in caplog.text
    assert "sk-" not in caplog.text + repr(events)


async def test_when_every_key_is_out_the_chain_moves_on(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(by_key({"sk-1": LIMITED, "sk-2": REFUSED}))
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", plugins=plugins), plugins) as router:
        _, done = await told(router)
        assert [(a.model, a.outcome) for a in done.trace.attempts] == [
            ("cloud", "failed"), ("cloud", "failed"), ("spare", "ok"),
        ]  # fmt: skip
        last = done.trace.attempts[1].error
        assert last is not None
        assert last.type == "ProviderRateLimitedError"
        assert "key 2 of 2: " in last.message
        _, done = await told(router)
        assert [a.model for a in done.trace.attempts] == ["spare"]
        assert done.trace.nodes[-1].skipped["cloud"].startswith("rate limited for ")
        assert asked(fault_server) == ["sk-1", "sk-2", "sk-spare", "sk-spare"]


async def test_when_all_fail_the_error_says_when_it_may_go_on(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(LIMITED)
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", plugins=plugins, spare=False), plugins) as router:
        with pytest.raises(AllModelsFailedError, match="all 2 keys of the model are left out") as caught:
            await router.run(Task("hi"))
        assert [a.number for a in caught.value.attempts] == [1, 2]
        entry, model = router.snapshot.config.models["cloud"], router.snapshot.models["cloud"]
        with pytest.raises(ProviderRateLimitedError) as limited:
            async with router.pool.borrow(model, entry, plugins, Turn()):
                raise AssertionError("there is no key left")
        assert limited.value.retry_after is not None
        assert 0 < limited.value.retry_after <= 7


async def test_a_fault_that_is_not_the_keys_moves_on_at_once(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(by_key({"sk-1": status(503, {"retry-after": "60"})}))
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", plugins=plugins), plugins) as router:
        await router.run(Task("hi"))
        await router.run(Task("hi"))
    assert asked(fault_server) == ["sk-1", "sk-spare", "sk-spare"]  # the model rests, with all of its keys


async def test_once_something_was_shown_no_other_key_takes_over(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    late = stream([piece("Once "), {"error": {"message": "slow down", "code": 429}}])
    fault_server.always(by_key({"sk-1": late}))
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", plugins=plugins), plugins) as router:
        _, done = await told(router)
        assert (done.text, done.complete) == ("Once ", False)
        assert asked(fault_server) == ["sk-1"]
        await router.run(Task("hi"))
        await router.run(Task("hi"))
    assert asked(fault_server) == ["sk-1", "sk-2", "sk-2"]


async def test_a_model_with_one_key_rests_when_that_is_limited(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(by_key({"sk-1": LIMITED}))
    plugins = Plugins()
    async with Router(configured("sk-1", plugins=plugins), plugins) as router:
        events, _ = await told(router)
        failed = [e.attempt.error for e in events if isinstance(e, AttemptFailed)]
        assert [error.message for error in failed if error] == [f"{fault_server.url} answered 429 (scripted 429)"]
        _, done = await told(router)
    assert done.trace.nodes[-1].skipped["cloud"].startswith("rate limited for ")
    assert asked(fault_server) == ["sk-1", "sk-spare", "sk-spare"]


async def test_what_a_middleware_says_is_no_keys_fault(
    fault_server: FaultServer, configured: Callable[..., Config], make_plugin: Any
) -> None:
    class Gate:
        scope, order = "attempt", 0

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncGenerator[Event]:
            assert call.model is not None
            if call.model.id == "cloud":
                raise ProviderRateLimitedError("the allowance is used up")
            async for event in proceed(call):
                yield event

    plugins = Plugins(extra=[make_plugin("gate", register_middleware=lambda: [Gate()])])
    async with Router(configured("sk-1", "sk-2", plugins=plugins), plugins) as router:
        _, done = await told(router)
    assert [a.model for a in done.trace.attempts] == ["cloud", "spare"]


async def test_many_at_once_share_what_is_known(fault_server: FaultServer, configured: Callable[..., Config]) -> None:
    fault_server.always(by_key({"sk-2": REFUSED}))
    plugins = Plugins()
    async with Router(configured("sk-1", "sk-2", "sk-3", plugins=plugins), plugins) as router:
        await asyncio.gather(*(router.run(Task("hi")) for _ in range(30)))
        before = Counter(asked(fault_server))
        await asyncio.gather(*(router.run(Task("hi")) for _ in range(10)))
        after = Counter(asked(fault_server))
    assert before["sk-2"] == after["sk-2"] <= 30
    assert after["sk-spare"] == 0
    assert after["sk-1"] - before["sk-1"] == after["sk-3"] - before["sk-3"] == 5


async def test_a_reload_gives_refused_keys_another_try(
    fault_server: FaultServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    store = KeyStore(Home(home))
    store.set("one", Secret("sk-wrong"))
    store.set("two", Secret("sk-2"))
    (home / "auraconfig.yaml").write_text(
        f"models: {{cloud: {{provider: openapi, endpoint: '{fault_server.url}',"
        " api_keys: ['${key.one}', '${key.two}']}}\nroles: {coding: [cloud]}\n"
    )
    fault_server.always(by_key({"sk-wrong": REFUSED}))
    async with Router() as router:
        await router.run(Task("hi"))
        await router.run(Task("hi"))
        store.set("one", Secret("sk-right"))
        await router.run(Task("hi"))
        assert asked(fault_server) == ["sk-wrong", "sk-2", "sk-2", "sk-2"]
        await router.reload()
        await router.run(Task("hi"))
        await router.run(Task("hi"))
    assert asked(fault_server)[4:] == ["sk-right", "sk-2"]


async def test_a_missing_key_is_that_models_problem_alone(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    plugins = Plugins()
    async with Router(configured("${env.NOBODY_SET_THIS}", plugins=plugins), plugins) as router:
        _, done = await told(router)
        health = await router.health()
    first = done.trace.attempts[0].error
    assert first is not None
    assert first.type == "ProviderAuthError"
    assert "the environment variable NOBODY_SET_THIS is not set" in first.message
    assert done.trace.attempts[1].outcome == "ok"
    assert (health["cloud"].state, health["spare"].state) == ("misconfigured", "healthy")
    assert asked(fault_server)[0] == "sk-spare"
