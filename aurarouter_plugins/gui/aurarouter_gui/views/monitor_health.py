"""The monitor's first tab: a line for each model, and below it what is the matter with the one that is selected."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from aurarouter_gui.state.model_row import STATES
from aurarouter_gui.state.monitor_parts import HealthPart, ModelHealth, moment
from aurarouter_gui.state.words import seconds, sentence
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.log_table import Line, LogTable
from aurarouter_gui.views.models_list import TONES
from aurarouter_gui.views.parts import Notice, label

COLUMNS = ("Model", "State", "Breaker", "Attempts", "Failed", "Time", "First word", "Last error")
EMPTY = "No model is configured, so there is nothing to watch. Models adds one."
WORRYING, BAD = 0.0, 0.2
"""Shares of failed attempts from which on they are shown as a warning, and as bad."""


class HealthView(QWidget):
    """What needs attention is in colour."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.part = HealthPart()
        self.verdict = label(look="bold")
        self.about = label(tone="muted")
        self.table = LogTable(desk, COLUMNS, stretched=7)
        self.table.setAccessibleName("Health of the models")
        self.table.chosen.connect(lambda _: self._detail())
        self.detail = Notice()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for part in (self.verdict, self.about, self.table, self.detail):
            layout.addWidget(part)
        layout.setStretch(2, 1)

    def show_part(self, part: HealthPart) -> None:
        """Show these."""
        self.part = part
        ill = [one for one in part.models if TONES.get(one.health.state, "bad") == "bad"]
        if not part.models:
            self.verdict.setText(EMPTY)
        elif ill:
            self.verdict.setText(f"{len(ill)} of {len(part.models)} models can't be asked")
        else:
            self.verdict.setText("All models can be asked")
        tasks = "task" if part.traces == 1 else "tasks"
        self.about.setText(f"Attempts, failures and median times are those of the latest {part.traces} {tasks}.")
        self.about.setVisible(bool(part.traces))
        self.table.show_lines([_line(one) for one in part.models])
        if not self.table.key and part.models:
            self.table.choose((ill or part.models)[0].name)
        self._detail()

    def _detail(self) -> None:
        one = next((one for one in self.part.models if one.name == self.table.key), None)
        if one is None:
            self.detail.hide()
            return
        lines = [sentence(one.health.hint)] if one.health.hint else []
        if one.figures.error:
            lines.append(f"Last failure at {moment(one.figures.error_at)}: {sentence(one.figures.error)}")
        usable = TONES.get(one.health.state, "bad") != "bad"
        self.detail.tell(
            f"{one.name}: {STATES[one.health.state]}",
            sentence(one.health.detail),
            "\n".join(lines),
            ground="none" if usable else "bad",
        )


def _line(one: ModelHealth) -> Line:
    health, did = one.health, one.figures
    wait = f", again in {health.retry_in:.0f} s" if health.retry_in else ""
    progress = f", {health.progress:.0%}" if health.progress is not None else ""
    cells = (
        one.name,
        f"{STATES[health.state]}{progress}{wait}",
        one.breaker,
        f"{did.attempts:,}",
        "" if did.rate is None else f"{did.rate:.0%}",
        "" if did.seconds is None else seconds(did.seconds),
        "" if did.first is None else seconds(did.first),
        did.error.partition("\n")[0],
    )
    tones = {1: TONES.get(health.state, "bad")}
    if one.breaker != "closed":
        tones[2] = "bad" if one.breaker == "open" else "warn"
    if did.rate is not None and did.rate > WORRYING:
        tones[4] = "bad" if did.rate >= BAD else "warn"
    return Line(one.name, cells, tones)
