"""What a trace may hold of the words of a task: nothing unless asked, and nothing of a private one ever."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.store import Store
from aurarouter_core.trace import Recorder
from aurarouter_hooks import (
    Call,
    Chunk,
    Committed,
    Constraint,
    Delta,
    Event,
    Middleware,
    Node,
    NodeFinished,
    Noted,
    Proceed,
    ProviderUnavailableError,
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
