"""A conversation in the workspace: what is shown of the next question is what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

from fault_server import FaultServer

Open = Callable[..., Any]
PATIENCE = 15_000
SECRET = "My card is 4539 1488 0343 6467"
NEXT = "and what next?"


def test_after_a_secret_the_next_question_is_shown_as_private_too(
    open_window: Open, qtbot: QtBot, fault_server: FaultServer
) -> None:
    models = f"models: {{leaky: {{provider: openapi, endpoint: '{fault_server.url}'}}, safe: {{provider: echo}}}}\n"
    view = open_window(f"{models}roles: {{coding: [leaky, safe], reasoning: [leaky, safe]}}\n").shown
    state, composer = view.state, view.composer
    composer.chat.setChecked(True)
    composer.prompt.setPlainText(SECRET)
    view.send()
    composer.prompt.setPlainText(NEXT)
    qtbot.waitUntil(lambda: not state.busy, timeout=PATIENCE)
    qtbot.waitUntil(composer.badge.isVisible, timeout=PATIENCE)
    decision = state.preview.shown.decision
    assert state.preview.shown.task.text == NEXT
    assert (decision.constraint.private, decision.chain) == (True, ("safe",))
    view.send()
    qtbot.waitUntil(lambda: not state.busy, timeout=PATIENCE)
    assert state.current.trace.decision.chain == decision.chain
    composer.prompt.setPlainText(NEXT)
    composer.chat.setChecked(False)  # by itself it may go anywhere
    qtbot.waitUntil(
        lambda: state.preview.shown is not None and state.preview.shown.decision.chain == ("leaky", "safe"),
        timeout=PATIENCE,
    )
    assert not composer.badge.isVisible()
