"""Errors of the kernel's tree, provoked for real: each is shown where it happened, with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from aurarouter_hooks import Task, hookimpl

Open = Callable[..., Any]
PATIENCE = 30_000
PRICED = "models: {dear: {provider: echo, price: {input: 1000000, output: 1000000}}}\nroles: {coding: [dear]}\n"


def asked(window: Any, qtbot: QtBot, text: str = "Fix it", **wishes: Any) -> Any:
    """Run a prompt with these wishes, and wait for its end."""
    view = window.shown
    view.state.wish(**wishes)
    view.composer.prompt.setPlainText(text)
    view.send()
    qtbot.waitUntil(lambda: view.state.current is not None and not view.state.busy, timeout=PATIENCE)
    return view.state.current


def shown(window: Any) -> str:
    """The words beside the latest answer."""
    view = window.shown
    return str(view.answers.turns[id(view.state.current)].notice.text)


@pytest.mark.parametrize(
    ("kind", "wishes", "word"),
    [
        ("UnknownModelError", {"model": "gone"}, "Known models"),
        ("UnknownRoleError", {"role": "gone"}, "Known roles"),
    ],
)
def test_what_is_not_configured(kind: str, wishes: dict[str, str], word: str, open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    run = asked(window, qtbot, **wishes)
    assert run.trouble.kind == kind
    assert "gone" in shown(window)
    assert word in shown(window)


def test_a_budget_that_is_used_up(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(PRICED + "budget: {per_day: 0.01, max_output: 100}\n")
    run = asked(window, qtbot)
    assert run.trouble.kind == "BudgetError"
    assert run.trouble.next
    assert "budget" in shown(window)


def test_a_role_without_models(open_window: Open, qtbot: QtBot) -> None:
    window = open_window("models: {first: {provider: echo}}\nroles: {coding: []}\n")
    run = asked(window, qtbot)
    assert run.trouble.kind == "NoModelLeftError"
    assert "Name at least one model" in shown(window)


def test_a_file_that_nobody_has_trusted(open_window: Open, qtbot: QtBot) -> None:
    Path("auraconfig.yaml").write_text(
        "models: {far: {provider: openapi, endpoint: 'https://models.example.org'}}\nroles: {coding: [far]}\n"
    )
    window = open_window(None)
    qtbot.waitUntil(window.shown.notice.isVisible, timeout=PATIENCE)
    assert "config trust" in window.shown.notice.text
    qtbot.waitUntil(lambda: "can't be used" in window.standing.text(), timeout=PATIENCE)


def test_a_file_that_is_not_there(open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURACORE_ROUTER_CONFIG", "gone.yaml")
    window = open_window(None)
    qtbot.waitUntil(window.shown.notice.isVisible, timeout=PATIENCE)
    assert "gone.yaml" in window.shown.notice.text
    assert "AURACORE_ROUTER_CONFIG" in window.shown.notice.text  # what to correct


def test_a_plugin_that_breaks_where_it_limits_tasks(open_window: Open, qtbot: QtBot) -> None:
    def constrain_task(task: Task) -> None:
        raise ZeroDivisionError(f"no limits for {task.mode}")

    broken = SimpleNamespace(__name__="broken", constrain_task=hookimpl(constrain_task))
    run = asked(open_window(extra=(broken,)), qtbot)
    assert run.trouble.kind == "PluginBrokenError"
    assert "broken" in run.trouble.what
    assert run.trouble.next


def test_an_engine_that_cannot_be_started(open_window: Open, qtbot: QtBot, home: Path) -> None:
    (home / "engines").write_text("in the way")
    window = open_window(shared=True)
    qtbot.waitUntil(window.shown.notice.isVisible, timeout=PATIENCE)
    assert window.desk.link.standing.state == "failed"
    assert str(home / "engines") in window.shown.notice.text
    (home / "engines").unlink()
    assert asked(window, qtbot).state == "done"
