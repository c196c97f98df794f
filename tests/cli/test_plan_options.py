"""Plans and reviews on the command line: asked for, ruled out, shown as they grow, and explained."""

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors import kind_of, plan_of
from faults import Turn, status, well, whole_stream

Run = Callable[..., Any]
GOOD, BAD = '{"approved": true, "problems": []}', '{"approved": false, "problems": ["no salt"]}'


def answering(**answers: list[str]) -> Any:
    """A model server's behaviour: answers for each kind of our prompts, in turn."""

    async def fault(turn: Turn) -> None:
        if turn.request.method == "GET":
            return await well(turn)
        left = answers[kind_of(turn.request.json["messages"][-1]["content"])]
        return await (whole_stream(left.pop(0)) if left else status(503))(turn)

    return fault


@pytest.fixture
def config(fault_server: Any) -> str:
    """One model in the three roles that a reviewed plan needs."""
    return (
        f"models: {{m: {{provider: openapi, endpoint: '{fault_server.url}/v1'}}}}\n"
        "roles: {reasoning: [m], coding: [m], reviewer: [m]}\n"
    )


def test_a_plan_is_made_when_it_is_asked_for(aurarouter: Run, config: str, fault_server: Any) -> None:
    plan = plan_of("Write a Python function that bakes", "Write a Python unit test for that function")
    fault_server.always(answering(plan=[plan] * 2, step=["one", "two"] * 2))
    done = aurarouter("run", "Bake bread", "--mode", "plan", "--trace", config=config)
    assert (done.returncode, done.stdout) == (0, "one\n\ntwo\n")
    assert "step-2 [coding]" in done.stderr
    told = json.loads(aurarouter("run", "Bake bread", "--mode", "plan", "--json", config=config).stdout)
    assert (told["text"], told["steps"], told["decision"]["mode"]) == ("one\n\ntwo", ["one", "two"], "plan")
    assert [node["kind"] for node in told["trace"]["nodes"]] == ["analyse", "plan", "step", "step"]
    assert len(fault_server.requests) == 6


def test_a_plan_that_breaks_off_is_5_with_what_was_done(aurarouter: Run, config: str, fault_server: Any) -> None:
    fault_server.always(answering(plan=[plan_of("a", "b")], step=["one"]))
    done = aurarouter("run", "Bake bread", "--mode", "plan", config=config)
    assert (done.returncode, done.stdout) == (5, "one\n")
    assert "[incomplete: the answer stops here: step 2 of 2 failed: every model failed (m:" in done.stderr


def test_explain_tells_the_mode(aurarouter: Run, config: str, fault_server: Any) -> None:
    asked = aurarouter("explain", "Write a function", "--mode", "plan", config=config)
    assert "plan (asked for)" in asked.stdout
    assert "role       reasoning" in asked.stdout
    left = json.loads(aurarouter("explain", "Write a function", "--json", config=config).stdout)["decision"]
    assert left["mode"] == "direct"
    assert [stage["outcome"] for stage in left["stages"] if stage["name"] == "mode"] == ["direct (no task for a plan)"]
    assert aurarouter("explain", "x", "--mode", "often", config=config).returncode == 2
    assert fault_server.requests == []


def test_the_review_is_as_the_command_line_says(aurarouter: Run, config: str, fault_server: Any) -> None:
    fault_server.always(answering(other=["bread"] * 2, review=[GOOD]))
    told = json.loads(aurarouter("run", "Bake", "--review", "--json", config=config).stdout)
    assert told["trace"]["notes"] == {"review": "approved"}
    fault_server.always(answering(plan=[plan_of("a", "b")], step=["one", "two"]))
    always = f"{config}plans: {{review: true}}\n"
    told = json.loads(aurarouter("run", "Bake", "--mode", "plan", "--no-review", "--json", config=always).stdout)
    assert (told["text"], told["trace"]["notes"]) == ("one\n\ntwo", {})


def test_a_terminal_sees_the_steps_and_then_the_correction(home: Path, config: str, fault_server: Any) -> None:
    fault_server.always(
        answering(plan=[plan_of("a", "b")], step=["one", "two"], review=[BAD, GOOD], correct=["better bread"])
    )
    (home / "auraconfig.yaml").write_text(config)
    pid, terminal = pty.fork()
    if pid == 0:
        program = str(Path(sys.executable).with_name("aurarouter"))
        os.execv(program, [program, "run", "Bake", "--mode", "plan", "--review"])
    seen = b""
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:
        pass  # the terminal ends with its program
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    lines = seen.decode().replace("\r", "").split("\n")
    assert [line for line in lines if line] == ["one", "two", "[corrected after a review:]", "better bread"]
