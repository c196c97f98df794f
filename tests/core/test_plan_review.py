"""Reviews: who is asked, what counts as a verdict, how often an answer is corrected, and how it ends."""

import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors import Cast, Kind, actor, block, kind_of, plan_of
from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.review import verdict_of
from aurarouter_core.structure import build
from aurarouter_hooks import (
    Call,
    Constraint,
    Done,
    Event,
    Message,
    Middleware,
    Proceed,
    Prompt,
    ProviderReplyError,
    ProviderUnavailableError,
    hookimpl,
)

ROLES = ("reasoning", "coding", "reviewer")
GOOD = '{"approved": true, "problems": []}'
BAD = '{"approved": false, "problems": ["no salt"]}'


def configured(*, reviewer: bool = True, critic: dict[str, Any] | None = None, **sections: Any) -> Config:
    roles = {"reasoning": ["thinker"], "coding": ["coder"], **({"reviewer": ["critic"]} if reviewer else {})}
    models = {name: actor() for name in ("thinker", "coder", "critic")}
    models["critic"].update(critic or {})
    return build(Layers.of({"models": models, "roles": roles, "system": {"retries": 0}, **sections}, {}))


def says(*verdicts: Any, correction: Any = "better bread") -> Callable[[Kind, Prompt, str], Any]:
    left = list(verdicts)

    def say(kind: Kind, prompt: Prompt, model: str) -> Any:
        if kind == "review":
            return left.pop(0) if len(left) > 1 else left[0]
        return {"plan": plan_of("Prove it", "Write a Python function"), "correct": correction}.get(kind, "bread")

    return say


async def run(cast: Cast, task: Task, config: Config | None = None) -> Done:
    async with Router(config or configured(), Plugins(discover=False, extra=[cast.plugin])) as router:
        return await router.run(task)


@pytest.mark.parametrize(
    ("verdicts", "rounds", "outcome", "text"),
    [
        ((GOOD,), 1, "approved", "bread\n\nbread"),
        ((BAD, GOOD), 1, "corrected", "better bread"),
        ((BAD, BAD), 1, "rejected", "better bread"),
        ((BAD, BAD, BAD, GOOD), 3, "corrected", "better bread"),
        ((BAD,), 0, "rejected", "bread\n\nbread"),
        (("Looks great!",), 1, "not reviewed", "bread\n\nbread"),
        ((BAD, "Looks great!"), 1, "not reviewed", "better bread"),
        ((ProviderUnavailableError("asleep"),), 1, "not reviewed", "bread\n\nbread"),
    ],
)
async def test_how_a_review_ends(verdicts: tuple[Any, ...], rounds: int, outcome: str, text: str) -> None:
    cast = Cast(says(*verdicts))
    done = await run(cast, Task("Bake", mode="plan", review=True), configured(plans={"corrections": rounds}))
    assert (done.text, done.complete, done.trace.notes["review"]) == (text, True, outcome)
    assert set(cast.models("review")) == {"critic"}
    assert len(cast.models("review")) == len(verdicts) or not isinstance(verdicts[0], str)  # a failure is tried again
    assert cast.models("correct") == ["coder"] * (text == "better bread") * len(cast.texts("correct"))
    assert [reply.text for reply in done.steps] == ["bread", "bread"]


async def test_the_graph_of_a_corrected_answer() -> None:
    done = await run(Cast(says(BAD, GOOD)), Task("Bake", mode="plan", review=True))
    nodes = [(node.id, node.kind, node.parents, node.role, node.label) for node in done.trace.nodes[4:]]
    assert nodes == [
        ("review-1", "review", ("step-2",), "reviewer", "rejected"),
        ("correction-1", "answer", ("review-1",), "coding", "corrected after review"),
        ("review-2", "review", ("correction-1",), "reviewer", "corrected"),
    ]


@pytest.mark.parametrize("mode", ["plan", "direct"])
@pytest.mark.parametrize("found", [True, False])
async def test_what_was_made_of_private_content_that_middleware_added_stays_private(mode: Any, found: bool) -> None:
    """Nothing in the answer itself shows what it was made of."""

    class Retrieval(Middleware):
        scope = "attempt"

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            assert call.prompt is not None
            if kind_of(call.prompt.text) in ("plan", "other"):
                if found:
                    more = Message("user", "on file: 4539 1488 0343 6467")
                    call = evolve(call, prompt=evolve(call.prompt, messages=(more, *call.prompt.messages)))
                else:
                    call = evolve(call, constraint=Constraint(private=True, reasons=("from the files",)))
            async for event in proceed(call):
                yield event

    retrieval = SimpleNamespace(__name__="retrieval", register_middleware=hookimpl(lambda: [Retrieval()]))
    cast = Cast(says(GOOD))
    models = {"thinker": actor(here=True), "coder": actor(), "critic": actor(), "trusted": actor(tags=["private"])}
    roles = {role: ["thinker"] if role == "reasoning" else ["coder", "critic", "trusted"] for role in ROLES}
    config = build(Layers.of({"models": models, "roles": roles, "system": {"retries": 0}}, {}))
    async with Router(config, Plugins(discover=False, extra=[cast.plugin, retrieval])) as router:
        done = await router.run(Task("Prove it", mode=mode, role="reasoning", review=True))
    assert done.trace.notes["review"] == "approved"
    assert done.trace.private
    assert {model for model, _, _ in cast.sent} <= {"thinker", "trusted"}
    assert cast.models("review") == ["trusted"]


async def test_what_reviewer_and_corrector_see() -> None:
    cast = Cast(says(BAD, GOOD))
    await run(cast, Task("Bake", mode="plan", review=True))
    first, second = cast.texts("review")
    assert block(first, "The task:") == "Bake"
    assert block(first, "The answer:") == "bread\n\nbread"
    assert block(second, "The answer:") == "better bread"
    (correction,) = cast.texts("correct")
    assert block(correction, "The problems:") == "- no salt"


@pytest.mark.parametrize(("task", "setting", "reviewed"), [
    (None, False, False), (None, True, True), (False, True, False), (True, False, True),
])  # fmt: skip
async def test_who_decides_about_a_review(task: bool | None, setting: bool, reviewed: bool) -> None:
    done = await run(Cast(says(GOOD)), Task("Bake", mode="plan", review=task), configured(plans={"review": setting}))
    assert ("review" in done.trace.notes) == reviewed


async def test_without_a_reviewer_it_is_not_reviewed() -> None:
    done = await run(Cast(says()), Task("Bake", mode="plan", review=True), configured(reviewer=False))
    assert done.trace.notes["review"] == "not reviewed"
    assert done.complete


async def test_a_direct_answer_is_reviewed_when_the_task_says_so() -> None:
    done = await run(Cast(says(BAD, GOOD)), Task("Bake", review=True))
    assert (done.text, done.steps, done.trace.notes["review"]) == ("better bread", (), "corrected")
    done = await run(Cast(says()), Task("Bake"), configured(plans={"review": True}))
    assert "review" not in done.trace.notes


async def test_the_trace_keeps_the_answer_as_it_was_and_as_it_became() -> None:
    done = await run(Cast(says(BAD, GOOD)), Task("Bake", review=True), configured(system={"keep_content": True}))
    assert [node.raw for node in done.trace.nodes[1:]] == ["bread", BAD, "better bread", GOOD]


async def test_a_correction_that_fails_leaves_the_answer() -> None:
    for broken in (ProviderUnavailableError("no"), ["half a b", ProviderUnavailableError("no")]):
        done = await run(Cast(says(BAD, correction=broken)), Task("Bake", mode="plan", review=True))
        assert (done.text, done.complete, done.trace.notes["review"]) == ("bread\n\nbread", True, "rejected")


async def test_an_answer_that_the_reviewer_did_not_see_whole_is_not_approved() -> None:
    cast = Cast(lambda kind, *_: GOOD if kind == "review" else "bread " * 10_000)
    done = await run(cast, Task("Bake", review=True), configured(critic={"context_length": 8192}))
    assert done.trace.notes["review"] == "not reviewed"
    assert not cast.texts("review")


@pytest.mark.parametrize("critic", [{}, {"context_length": 131_072}])
async def test_a_long_answer_is_reviewed_by_who_may_have_room_for_it(critic: dict[str, Any]) -> None:
    cast = Cast(lambda kind, *_: GOOD if kind == "review" else "bread " * 10_000)
    done = await run(cast, Task("Bake", review=True), configured(critic=critic))
    assert done.trace.notes["review"] == "approved"
    assert "bread " * 10_000 in cast.texts("review")[0]


async def test_a_reviewer_who_turns_out_too_small_reviews_nothing() -> None:
    too_long = ProviderReplyError("the prompt has 15,000 tokens, 4,096 fit")
    cast = Cast(lambda kind, *_: too_long if kind == "review" else "bread " * 10_000)
    done = await run(cast, Task("Bake", review=True))
    assert (done.trace.notes["review"], done.complete) == ("not reviewed", True)


@pytest.mark.parametrize("said", [
    "", "yes", "true", "[]", '"approved"', "{}", '{"approved": true}', '{"approved": 1, "problems": []}',
    '{"approved": "true", "problems": []}', '{"approved": true, "problems": ["but"]}',
    '{"approved": false, "problems": []}', '{"approved": false, "problems": [""]}',
    '{"approved": false, "problems": "no salt"}', '{"approved": false, "problems": [1]}',
    '{"approved": true, "problems": [], "note": "x"}', '{"approved": false, "approved": true, "problems": []}',
    f"Sure: {GOOD}", f"{GOOD}\n{GOOD}", "[" * 100_000,
    json.dumps({"approved": False, "problems": ["x"] * 11}), json.dumps({"approved": False, "problems": ["x" * 1001]}),
])  # fmt: skip
def test_anything_else_is_no_verdict(said: str) -> None:
    assert verdict_of(said) is None


def test_verdicts() -> None:
    assert verdict_of(GOOD) == ()
    assert verdict_of(f"```json\n{BAD}\n```") == ("no salt",)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert verdict_of(text) is None or "approved" in text
