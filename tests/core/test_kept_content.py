"""What a trace may hold of the words of a task: nothing unless asked, and nothing of a private one ever."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.store import Store
from aurarouter_core.trace import LEFT_OUT, Recorder
from aurarouter_hooks import (
    Call,
    Chunk,
    Committed,
    Constraint,
    Delta,
    Event,
    Intent,
    Middleware,
    Node,
    NodeFinished,
    Noted,
    PrivacyError,
    Proceed,
    ProviderUnavailableError,
    RoutingError,
    Trace,
)

PROMPT, ANSWER = "please analyse the swordfish", "it is a halibut"


class Quoting(Middleware):
    """Notes the prompt."""

    scope = "task"

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncGenerator[Event]:
        yield Noted(name="quoted", value=f"they asked: {call.task.text}")
        async for event in proceed(call):
            yield event


def bytes_of(store: Store) -> bytes:
    """All that is on disk."""
    return b"".join(path.read_bytes() for path in store.path.parent.rglob("*") if path.is_file())


@pytest.fixture
def heard() -> list[Trace]:
    return []


@pytest.fixture
def quoting(providers: object, make_plugin: Callable[..., object], heard: list[Trace]) -> Plugins:
    """Plugins that quote the task wherever they can."""
    noisy = make_plugin(
        "noisy",
        register_middleware=lambda: [Quoting()],
        task_finished=lambda trace: heard.append(trace),
    )
    return Plugins(discover=False, extra=[providers, noisy])


def models() -> dict[str, Any]:
    failing = {"script": [ProviderUnavailableError(f"cannot do '{PROMPT}'")]}
    entries: dict[str, dict[str, Any]] = {"a": {"options": failing}, "b": {"options": {"script": [ANSWER, None]}}}
    return {name: {"provider": "scripted", "tags": ["private"], **entry} for name, entry in entries.items()}


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("keep", [False, True])
async def test_content_is_kept_only_where_asked_and_never_of_a_private_task(
    quoting: Plugins, configure: Callable[..., Config], heard: list[Trace], keep: bool, private: bool
) -> None:
    async with Router(configure(**models(), system={"keep_content": keep}), quoting) as router:
        done = await router.run(Task(PROMPT, private=private))
        store = router.store
    assert done.text == ANSWER
    (kept,) = store.latest()
    (answer,) = [node for node in kept["nodes"] if node["kind"] == "answer"]
    wanted = keep and not private
    assert (kept["prompt"], answer["raw"]) == ((PROMPT, ANSWER) if wanted else (None, None))
    assert (done.trace.prompt, heard[0].prompt) == ((PROMPT, PROMPT) if wanted else (None, None))
    assert (ANSWER.encode() in bytes_of(store)) is wanted
    if private:
        assert b"swordfish" not in bytes_of(store)
        assert "left out" in answer["attempts"][0]["error"]["message"]
        assert kept["decision"]["analysis"]["verbs"] == []
    else:
        assert PROMPT in answer["attempts"][0]["error"]["message"]


async def test_a_task_that_a_plugin_finds_private_leaves_no_words(
    providers: object, make_plugin: Callable[..., object], configure: Callable[..., Config]
) -> None:
    strict = make_plugin("strict", constrain_task=lambda task: Constraint(private=True, reasons=("so it is",)))
    plugins = Plugins(discover=False, extra=[providers, strict])
    async with Router(configure(**models(), system={"keep_content": True}), plugins) as router:
        await router.run(Task(PROMPT))
        store = router.store
    assert store.latest()[0]["private"] is True
    assert b"swordfish" not in bytes_of(store)
    assert ANSWER.encode() not in bytes_of(store)


def test_what_a_step_was_and_said_goes_when_the_task_is_found_private_later() -> None:
    recorder = Recorder(Task(PROMPT), keep_content=True)
    recorder.see(Committed(node="step-1", model="a"))
    recorder.see(Delta(chunk=Chunk(text=ANSWER)))
    recorder.see(NodeFinished(node=Node(id="step-1", kind="step", label="catch the swordfish")))
    recorder.see(NodeFinished(node=Node(id="review-1", kind="review", label="approved", raw="all is well")))
    assert [(node.label, node.raw) for node in recorder.trace().nodes] == [
        ("catch the swordfish", ANSWER),
        ("approved", "all is well"),
    ]
    recorder.private = True
    trace = recorder.trace()
    assert [(node.label, node.raw) for node in trace.nodes] == [("", None), ("approved", None)]
    assert trace.prompt is None


async def test_what_plugins_say_of_a_private_task_goes_and_what_the_kernel_says_stays(
    providers: object, make_plugin: Callable[..., object], configure: Callable[..., Config]
) -> None:
    quoting = make_plugin(
        "quoting",
        classify_task=lambda task: Intent(name=f"about {task.text}"),
        constrain_task=lambda task: Constraint(reasons=(f"it says {task.text}",)),
        veto_models=lambda task: {"a": f"not for {task.text}"},
        score_models=lambda task: {task.text: 1.0},
    )
    plugins = Plugins(discover=False, extra=[providers, quoting])
    cloud = {"provider": "remote", "options": {"seen": []}}
    async with Router(configure(**models(), cloud=cloud), plugins) as router:
        done = await router.run(Task(f"{PROMPT} 4539 1488 0343 6467"))
        store = router.store
    assert done.trace.decision is not None
    assert "swordfish" in str(done.trace.decision), "who asked may see it"
    assert b"swordfish" not in bytes_of(store)
    (kept,) = store.latest()
    told = kept["decision"]
    assert "privacy rule card: 1 finding" in told["constraint"]["reasons"]
    assert told["vetoes"]["cloud"].startswith("the content is private")
    assert told["vetoes"]["a"] == LEFT_OUT
    outcomes = {stage["name"]: stage["outcome"] for stage in told["stages"]}
    assert outcomes["constrain"] == f"privacy rule card: 1 finding; {LEFT_OUT}"


async def test_of_a_task_that_was_refused_nothing_is_kept(plugins: Plugins, configure: Callable[..., Config]) -> None:
    config = configure(**models(), system={"keep_content": True}, privacy={"rules": {"us-ssn": "block"}})
    async with Router(config, plugins) as router:
        with pytest.raises(PrivacyError):
            await router.run(Task("Her SSN is 123-45-6789"))
        store = router.store
    assert b"6789" not in bytes_of(store)


@pytest.mark.parametrize("what", ["model", "role", "intent"])
@pytest.mark.parametrize("mode", ["auto", "embed"])
async def test_a_name_that_nobody_knows_is_told_and_not_kept(
    quoting: Plugins,
    configure: Callable[..., Config],
    heard: list[Trace],
    caplog: pytest.LogCaptureFixture,
    what: str,
    mode: str,
) -> None:
    caplog.set_level("DEBUG")
    async with Router(configure(**models()), quoting) as router:
        with pytest.raises(RoutingError) as told:
            await router.run(Task("Pay", mode=mode, **{what: "card 4539 1488 0343 6467"}))  # type: ignore[arg-type]
        store = router.store
    if (mode, what) != ("embed", "intent"):
        assert "6467" in str(told.value)
        assert store.latest()[0]["error"]["message"] == f"no {what} has the name that was asked for"
    assert b"6467" not in bytes_of(store)
    assert "6467" not in str(heard) + caplog.text
