"""`aurarouter model add|remove|test`: one edit each, nothing half, and a real prompt."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from faults import status, stream, whole_stream

Run = Callable[..., Any]


def content(home: Path) -> Any:
    return yaml.safe_load((home / "auraconfig.yaml").read_text())


def test_add_writes_the_model_and_its_place_in_the_roles(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    done = aurarouter(
        *("model", "add", "far.v2", "--provider", "openapi", "--endpoint", "http://127.0.0.1:9/v1"),
        *("--model-name", "big", "--env-key", "BIG_KEY", "--tag", "private", "--tag", "fast"),
        *("--parameter", "temperature=0.5", "--option", "stream_usage=false", "--option", "note=${env.NOTE}"),
        *("--role", "coding", "--role", "analysis", "--first"),
        BIG_KEY="x",
        NOTE="y",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert 'models."far.v2": (not set) → {provider: openapi' in done.stdout
    assert "roles.coding.models: [e] → [far.v2, e]" in done.stdout
    assert content(home) == {
        "models": {
            "e": {"provider": "echo"},
            "far.v2": {
                "provider": "openapi",
                "endpoint": "http://127.0.0.1:9/v1",
                "model_name": "big",
                "env_key": "BIG_KEY",
                "tags": ["private", "fast"],
                "parameters": {"temperature": 0.5},
                "options": {"stream_usage": False, "note": "${env.NOTE}"},
            },
        },
        "roles": {"coding": ["far.v2", "e"], "analysis": ["far.v2"]},
    }


def test_add_without_a_file_keeps_the_embedded_model_behind_it(aurarouter: Run, home: Path) -> None:
    done = aurarouter("model", "add", "e", "--provider", "echo", "--role", "coding", "--first")
    assert done.returncode == 0
    assert content(home) == {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e", "smollm2"]}}
    assert aurarouter("run", "hello").stdout == "hello\n"


def test_add_never_writes_what_a_variable_says(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}, f: {provider: echo}}\nroles: {coding: [e]}\n")
    done = aurarouter("model", "add", "g", "--provider", "echo", "--role", "coding", AURAROUTER_ROLES__CODING="f")
    assert content(home)["roles"] == {"coding": ["e", "g"]}
    assert "roles.coding.models is not in force: AURAROUTER_ROLES__CODING sets it" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["e", "--provider", "echo"], "a model is called 'e' already"),
        (["x", "--provider", "olama"], "no installed plugin brings the provider 'olama'"),
        (["auto", "--provider", "echo"], "models.auto: 'auto', 'role:…' and 'intent:…' can't be models' names"),
        (["x", "--provider", "openapi"], "models.x.endpoint: is missing"),
        (["x", "--provider", "openapi", "--endpoint", "https://me:sesame@h/v1"], "would put a key into the file"),
        (["x", "--provider", "echo", "--option", "token=sesame"], "would put a key into the file"),
        (["x", "--provider", "echo", "--parameter", "temperature"], "no NAME=VALUE"),
        (["x"], "Missing option '--provider'"),
    ],
)
def test_add_refuses_what_would_not_work(aurarouter: Run, home: Path, arguments: list[str], words: str) -> None:
    before = "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"
    (home / "auraconfig.yaml").write_text(before)
    done = aurarouter("model", "add", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "sesame" not in done.stderr
    assert (home / "auraconfig.yaml").read_text() == before


def test_remove_asks_for_the_roles_and_takes_both_at_once(aurarouter: Run, home: Path) -> None:
    file = home / "auraconfig.yaml"
    before = (
        "models:\n  e: {provider: echo}  # keep\n  f: {provider: echo}\n"
        "roles:\n  coding: [f, e]\n  analysis: {models: [f]}\n"
    )
    file.write_text(before)
    refused = aurarouter("model", "remove", "f")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "the model 'f' serves coding, analysis" in refused.stderr
    assert "--yes" in refused.stderr
    assert file.read_text() == before
    done = aurarouter("model", "remove", "f", "--yes", "--json")
    told = json.loads(done.stdout)
    assert [change["path"] for change in told["changed"]] == [
        ["roles", "coding", "models"],
        ["roles", "analysis", "models"],
        ["models", "f"],
    ]
    assert any("analysis: names no model" in warning for warning in told["warnings"])
    assert content(home) == {
        "models": {"e": {"provider": "echo"}},
        "roles": {"coding": ["e"], "analysis": {"models": []}},
    }
    assert "# keep" in file.read_text()


def test_remove_of_a_model_without_roles_asks_nothing(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}, f: {provider: echo}}\nroles: {coding: [e]}\n")
    assert aurarouter("model", "remove", "f").returncode == 0
    assert content(home)["models"] == {"e": {"provider": "echo"}}


def test_remove_knows_what_does_not_stand_in_the_file(aurarouter: Run, home: Path) -> None:
    (home / "auraconfig.yaml").write_text("roles: {coding: [smollm2]}\n")
    assert aurarouter("model", "remove", "nope").returncode == 3
    built_in = aurarouter("model", "remove", "smollm2")
    assert built_in.returncode == 2
    assert "it comes from defaults" in built_in.stderr


# A real prompt


@pytest.mark.promise("connectivity.1")
def test_test_asks_a_real_question_and_tells_time_and_tokens(aurarouter: Run, fault_server: Any) -> None:
    fault_server.always(whole_stream("Blue", "."))
    config = (
        f"models:\n  far: {{provider: openapi, endpoint: '{fault_server.url}', price: {{input: 1000, output: 1000}}}}\n"
        "  other: {provider: openapi, endpoint: 'http://127.0.0.1:9'}\n"
    )
    told = json.loads(aurarouter("model", "test", "far", "--json", config=config).stdout)
    assert (told["success"], told["model"], told["text"]) == (True, "far", "Blue.")
    assert 0 < told["first_token"] <= told["seconds"]
    assert told["usage"]["output_tokens"] > 0
    assert told["cost"] > 0
    asked = [request for request in fault_server.requests if request.method == "POST"]
    assert [request.json["max_tokens"] for request in asked] == [32]
    shown = aurarouter("model", "test", "far", "--prompt", "Which?", config=config)
    assert shown.returncode == 0
    assert "its first word after" in shown.stdout
    assert shown.stdout.endswith("Blue.\n")
    assert fault_server.requests[-1].json["messages"][-1]["content"] == "Which?"


@pytest.mark.parametrize(("code", "kind"), [(401, "ProviderAuthError"), (400, "ProviderReplyError")])
def test_test_of_a_model_that_fails_says_why_with_a_hint(
    aurarouter: Run, fault_server: Any, code: int, kind: str
) -> None:
    fault_server.always(status(code, body={"error": {"message": "no, sesame"}}))
    config = f"models: {{far: {{provider: openapi, endpoint: '{fault_server.url}', api_key: sesame}}}}\n"
    done = aurarouter("model", "test", "far", config=config)
    assert done.returncode == 5
    assert done.stdout.startswith("far (openapi) is ")
    assert "Error: every model failed (far: " in done.stderr
    assert "Hint: " in done.stderr
    assert "sesame" not in done.stdout + done.stderr
    told = aurarouter("model", "test", "far", "--json", config=config)
    assert told.returncode == 5
    assert json.loads(told.stdout)["success"] is False
    assert json.loads(aurarouter("trace", "--json").stdout)["nodes"][-1]["attempts"][0]["error"]["type"] == kind


def test_test_of_half_an_answer_is_incomplete(aurarouter: Run, fault_server: Any) -> None:
    fault_server.always(stream([{"choices": [{"index": 0, "delta": {"content": "Bl"}}]}]))
    config = f"models: {{far: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\n"
    done = aurarouter("model", "test", "far", config=config)
    assert done.returncode == 5
    assert "[incomplete: " in done.stderr


def test_test_of_nobody(aurarouter: Run) -> None:
    config = "models: {e: {provider: echo}, x: {provider: olama}}\n"
    assert aurarouter("model", "test", "nope", config=config).returncode == 3
    missing = aurarouter("model", "test", "x", config=config)
    assert missing.returncode == 2
    assert "misconfigured" in missing.stdout
