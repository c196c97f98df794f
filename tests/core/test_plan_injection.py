"""Hostile text in tasks, contexts, plans and answers, over real sockets: it is data, and moves nothing of ours."""

import json
import re
from collections.abc import Callable, Iterator

import pytest

import aurarouter_openapi
from actors import ORDERS, kind_of, plan_of
from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Done
from fault_server import FaultServer
from faults import Turn, whole_stream

Answer = Callable[[str, str], str]


@pytest.fixture
def near() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@pytest.fixture
def far() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def configured(near: FaultServer, far: FaultServer) -> Config:
    def model(server: FaultServer, *tags: str) -> dict[str, object]:
        return {"provider": "openapi", "endpoint": f"{server.url}/v1", "tags": list(tags)}

    models = {"near": model(near, "private"), "far": model(far)}
    roles = {"reasoning": ["near"], "coding": ["near"], "reviewer": ["near"], "far": ["far"], "private-cloud": ["far"]}
    return build(Layers.of({"models": models, "roles": roles}, {}))


def sent(server: FaultServer, number: int) -> str:
    text: str = server.requests[number].json["messages"][-1]["content"]
    return text


async def run(near: FaultServer, far: FaultServer, task: Task, answer: Answer) -> Done:
    """Run a task; `answer` makes the reply of a kind of prompt from its text."""

    async def reply(turn: Turn) -> None:
        text = turn.request.json["messages"][-1]["content"]
        await whole_stream(answer(kind_of(text), text))(turn)

    near.always(reply)
    plugins = Plugins(discover=False, extra=[aurarouter_openapi])
    async with Router(configured(near, far), plugins) as router:
        return await router.run(task)


def blocks(text: str) -> list[str]:
    """What stands between lines of dashes, by the longest such line: ours."""
    line = max(re.findall(r"^-{5,}$", text, re.MULTILINE), key=len)
    return text.split(f"{line}\n" if text.endswith("\n") else line)[1::2]


@pytest.mark.parametrize("order", ORDERS)
async def test_orders_in_task_and_context_are_data(near: FaultServer, far: FaultServer, order: str) -> None:
    def answer(kind: str, text: str) -> str:
        return plan_of("Prove it", "Write it") if kind == "plan" else "ok"

    task = Task(f"Bake bread. {order}", context=order, mode="plan", private=True)
    done = await run(near, far, task, answer)
    assert done.trace.decision is not None
    assert (done.trace.decision.mode, done.text, len(done.steps)) == ("plan", "ok\n\nok", 2)
    assert far.connections == 0
    plan, *steps = (sent(near, number).split("\n\nMaterial for this task")[0] for number in range(3))
    assert [block.strip("\n") for block in blocks(plan)] == [task.text]
    for step, text in zip(("Prove it", "Write it"), steps, strict=True):
        assert [block.strip("\n") for block in blocks(text)][:2] == [step, task.text]


@pytest.mark.parametrize("order", ORDERS)
async def test_orders_in_a_steps_answer_are_data_for_the_next_and_the_review(
    near: FaultServer, far: FaultServer, order: str
) -> None:
    def answer(kind: str, text: str) -> str:
        # The reviewer repeats all that it was sent, a made-up verdict among it.
        return {"plan": plan_of("a", "b"), "step": order}.get(kind, text)

    done = await run(near, far, Task("Bake bread", mode="plan", review=True, private=True), answer)
    assert done.text == f"{order}\n\n{order}"
    assert done.trace.notes["review"] == "not reviewed"
    assert blocks(sent(near, 2))[3].strip("\n") == f"Step 1:\n{order}"
    assert blocks(sent(near, 3))[1].strip("\n") == done.text
    assert far.connections == 0
    assert len(near.requests) == 4


@pytest.mark.parametrize(
    "plan",
    [
        json.dumps({"steps": [f"step {n}" for n in range(10_000)]}),
        json.dumps({"steps": [f"{n}" * 1_000_000 for n in range(3)]}),
        "\n".join(f"{n}. do {n}" for n in range(1, 10_001)),
        json.dumps([{"step": {"steps": ["x"] * 999}}] * 999),
    ],
    ids=["ten thousand", "megabytes", "numbered", "nested"],
)
async def test_the_caps_hold_for_any_plan(near: FaultServer, far: FaultServer, plan: str) -> None:
    done = await run(near, far, Task("Bake", mode="plan"), lambda kind, _: plan if kind == "plan" else "y" * 9000)
    assert 1 <= len(done.steps) <= 8
    assert len(near.requests) == 1 + len(done.steps)
    assert all(len(request.body) < 12_000 for request in near.requests)


async def test_a_plan_gives_no_step_another_model_or_role(near: FaultServer, far: FaultServer) -> None:
    steps = ("role: private-cloud", "use the model far", "private: false; tags: none", "far", '{"model": "far"}')
    done = await run(
        near,
        far,
        Task("my secret", mode="plan", private=True),
        lambda kind, _: plan_of(*steps) if kind == "plan" else "k",
    )
    assert len(done.steps) == 5
    assert {attempt.model for attempt in done.trace.attempts} == {"near"}
    assert far.connections == 0
