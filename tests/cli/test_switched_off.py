"""A plugin that is installed but switched off: which variable did it, and no command that installs it again."""

import json
from collections.abc import Callable
from importlib import metadata
from subprocess import CompletedProcess

import pytest

from aurarouter_core import install

Run = Callable[..., CompletedProcess[str]]
ECHO = "models: {a: {provider: echo}}\nroles: {coding: [a]}\n"
TAKE, ADD = "Take '{}' out of AURAROUTER_WITHOUT.", "Add '{}' to AURAROUTER_PLUGINS."


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["run", "hi"], "echo"),
        (["model", "add", "x", "--provider", "echo"], "echo"),
        (["serve"], "gateway"),
        (["start"], "mcp"),
        (["gui"], "gui"),
        (["grid", "up"], "auragrid"),
    ],
)
def test_the_variable_is_named(aurarouter: Run, arguments: list[str], name: str) -> None:
    for variable, value, hint in (("AURAROUTER_WITHOUT", name, TAKE), ("AURAROUTER_PLUGINS", "zork", ADD)):
        done = aurarouter(*arguments, config=ECHO, **{variable: value})
        assert (done.returncode, done.stdout) == (2, "")
        assert f"switched off by {variable}" in done.stderr
        assert f"Hint: {hint.format(name)}" in done.stderr
        assert "nstall" not in done.stderr


def test_what_lists_plugins_and_models_says_so(aurarouter: Run) -> None:
    listed = aurarouter("plugins", AURAROUTER_WITHOUT="echo").stdout.splitlines()
    assert next(line for line in listed if line.startswith("echo ")).endswith("off      by AURAROUTER_WITHOUT")
    (model,) = json.loads(aurarouter("health", "--json", config=ECHO, AURAROUTER_WITHOUT="echo").stdout)
    assert model["detail"] == "the plugin 'echo' is switched off by AURAROUTER_WITHOUT"
    assert model["hint"] == TAKE.format("echo")


def test_only_what_is_installed_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_WITHOUT", "absent, echo")
    assert install.switched_off("absent") == ""
    assert install.switched_off("echo") == "AURAROUTER_WITHOUT"
    assert install.install_hint("gateway", "echo") == TAKE.format("echo")
    assert install.install_hint("gateway").startswith("Install it with: ")


def test_what_is_installed_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = install.install_hint("gateway")
    monkeypatch.setattr(metadata.Distribution, "discover", lambda **_: pytest.fail("each file was read again"))
    assert install.install_hint("gateway") == first
