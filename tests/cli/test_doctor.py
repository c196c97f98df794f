"""`aurarouter doctor`: what is wrong, or would be once something is run, each with its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def echo() -> str:
    """A configuration whose one model is the echo."""
    return "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"


def test_doctor_is_content_with_a_good_installation(aurarouter: Run, echo: str) -> None:
    done = aurarouter("doctor", config=echo)
    assert done.returncode == 0
    assert "✓ the analyser is compiled" in done.stdout
    assert "✗" not in done.stdout


def test_doctor_names_what_is_wrong_in_the_configuration(aurarouter: Run) -> None:
    done = aurarouter("doctor", config="models: {a: {provider: olama}, b: {}}\n")
    assert done.returncode == 1
    assert "models.b.provider: is missing" in done.stdout
    missing = aurarouter("doctor", config="models: {a: {provider: olama}}\nroles: {coding: [a]}\n")
    assert "no installed plugin brings the provider 'olama'" in missing.stdout


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("models: {a: {provider: openapi}}\nroles: {coding: [a]}\n", "models.a.endpoint: is missing"),
        ("models: {a: {provider: llamacpp, model_path: /nowhere.gguf}}\nroles: {coding: [a]}\n", "no file at /nowhere"),
        ("models: {a: {provider: llamacpp}}\nroles: {coding: [a]}\n", "no model_path is configured"),
        ("models: {a: {provider: ehco}}\nroles: {coding: [a]}\n", "did you mean 'echo'?"),
        ("models: {a: {provider: echo, env_key: NOT_SET}}\nroles: {coding: [a]}\n", "NOT_SET is not set"),
        ("models: {a: {provider: echo}}\nroles: {coding: []}\n", "names no model"),
    ],
)
def test_doctor_finds_what_run_would_trip_over(aurarouter: Run, config: str, words: str) -> None:
    done = aurarouter("doctor", "--json", config=config)
    assert done.returncode == 1
    problems = [found for found in json.loads(done.stdout) if found["level"] == "problem"]
    assert any(words in found["what"] and found["hint"] for found in problems), problems
    assert aurarouter("run", "hello", config=config).returncode != 0


def test_doctor_names_an_endpoint_in_the_clear_with_its_port(aurarouter: Run) -> None:
    config = "models: {m: {provider: openapi, endpoint: 'http://user:pw@name.invalid:8089/v1'}}\nroles: {coding: [m]}\n"
    done = aurarouter("doctor", "--json", config=config)
    notes = [found["what"] for found in json.loads(done.stdout) if "in the clear" in found["what"]]
    assert len(notes) == 1
    assert "model 'm' is reached in the clear at http://name.invalid:8089: " in notes[0]
    assert "pw" not in done.stdout
