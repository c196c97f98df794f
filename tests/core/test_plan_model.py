"""A plan by the real embedded model: schema-constrained, traceable from each step back to what the model said."""

import json
from pathlib import Path

import pytest

from aurarouter_core import Plugins, Router, Task, load_config

pytestmark = pytest.mark.model


async def test_the_steps_come_from_the_models_own_words_and_ran_where_the_trace_says(with_model: Path) -> None:
    plugins = Plugins()
    model = {"parameters": {"max_tokens": 120, "temperature": 0}, "options": {"n_threads": 1, "n_ctx": 1024}}
    settings = {"system": {"keep_content": True}, "plans": {"max_steps": 3}, "models": {"smollm2": model}}
    config = load_config(plugins, overrides=settings)
    task = Task(
        "Plan and write a small Flask API with two endpoints and tests", mode="plan", parameters={"max_tokens": 12}
    )
    async with Router(config, plugins) as router:
        done = await router.run(task)
    (kept,) = router.store.latest(1)
    plan, *steps = done.trace.nodes[1:]
    assert plan.raw is not None
    said = json.loads(plan.raw)["steps"]
    assert 2 <= len(said) <= 3
    assert 2 <= len(steps) <= 3
    for step in steps:
        assert any(step.label in " ".join(text.split()) for text in said)
        (attempt,) = step.attempts
        assert (attempt.model, attempt.outcome, attempt.finish) == ("smollm2", "ok", "length")
        assert step.role in config.roles
    assert done.complete
    assert done.text == "\n\n".join(reply.text for reply in done.steps)
    assert [node["label"] for node in kept["nodes"]][2:] == [step.label for step in steps]
    assert kept["nodes"][1]["raw"] == plan.raw
