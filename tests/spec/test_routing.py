"""Tasks of every kind, routed to real models: the embedded one, and a real llama.cpp server over HTTP."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config

TASKS = {
    "code": "Write a Python function that adds two numbers",
    "summary": "Summarise in one sentence: The cat sat on the mat. It was warm there.",
    "analysis": "Analyse the sentiment of this review: I loved it.",
    "question": "What is the capital of France?",
}
FILE = """
models:
  near: {{provider: llamacpp, model_path: {path}, parameters: {{max_tokens: 8}}, options: {{n_threads: 1}}}}
  far: {{provider: openapi, endpoint: "{url}", parameters: {{max_tokens: 8}}}}
  dead: {{provider: openapi, endpoint: "http://127.0.0.1:9"}}
roles:
  coding: [dead, near, far]
  summarization: [near]
  analysis: [far]
  reasoning: [far]
"""

pytestmark = pytest.mark.model


@pytest.fixture
def file(home: Path, model_file: Path, llama_server: Any) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(FILE.format(path=model_file, url=llama_server.url))
    return path


@pytest.mark.promise("intro.2")
@pytest.mark.promise("compatibility.1")
@pytest.mark.promise("file-format.9")
@pytest.mark.promise("file-format.11")
@pytest.mark.promise("future.14")
@pytest.mark.promise("architecture.3")
async def test_every_kind_of_task_is_answered_in_process_and_over_http(file: Path) -> None:
    async with Router(load_config(Plugins())) as router:
        roles = set()
        for text in TASKS.values():
            for model in ("near", "far"):
                done = await router.run(Task(text, model=model))
                assert done.text.strip()
                assert done.usage.output_tokens
                assert not done.usage.estimated
                assert done.trace.decision is not None
                roles.add(done.trace.decision.role)
    assert {"coding", "summarization", "analysis"} <= roles


async def test_a_dead_server_costs_one_attempt_and_the_trace_says_so(
    file: Path, aurarouter: Callable[..., Any]
) -> None:
    done = aurarouter("run", TASKS["code"], "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert [(attempt["model"], attempt["outcome"]) for attempt in told["attempts"]] == [
        ("dead", "failed"),
        ("near", "ok"),
    ]
    assert told["attempts"][0]["error"]["type"] == "ProviderUnavailableError"
    assert told["attempts"][0]["seconds"] > 0
