"""The monitor's third tab: where private data went, or was kept from going."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from aurarouter_core import AuditRow
from aurarouter_gui.state.monitor_parts import PrivacyPart, moment, rules, where
from aurarouter_gui.state.words import counted
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.log_table import Line, Lines, LogTable
from aurarouter_gui.views.parts import Notice, label, row

COLUMNS = ("When", "Action", "Model", "Where", "Rules", "Why", "From")
NEVER = "No model was asked yet."
NOTHING = "No private data in this time, as far as the rules can tell."
LISTED = "Each attempt with private data is listed here: who was meant to have it, whether it was sent, and why."
PROVE = "That nothing of a kind ever left can be proven: aurarouter privacy --prove 'where=remote'"
TONES = {"refused": "good", "replaced": "good", "sent": "warn"}


class PrivacyView(QWidget):
    """A line for each attempt."""

    def __init__(self, desk: Desk, again: Callable[[], None]) -> None:
        super().__init__()
        self.part = PrivacyPart()
        self.verdict = label(look="bold")
        self.sums = label(tone="muted")
        self.remote = QCheckBox("Only other machines")
        self.remote.setToolTip("Only what was meant for models elsewhere")
        self.remote.toggled.connect(lambda _: again())
        self.table = LogTable(desk, COLUMNS, stretched=5)
        self.table.setAccessibleName("Private data")
        self.table.empty = LISTED
        self.table.chosen.connect(self._detail)
        self.detail = Notice()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        head = row(self.verdict, self.remote)
        head.setStretch(0, 1)
        layout.addLayout(head)
        for part in (self.sums, self.table, self.detail, label(PROVE, tone="muted", look="small", selectable=True)):
            layout.addWidget(part)
        layout.setStretch(2, 1)

    def show_part(self, part: PrivacyPart) -> None:
        """Show these."""
        self.part = part
        if part.since is None:
            self.verdict.setText(NEVER)
        elif not part.rows:
            self.verdict.setText(NOTHING)
        else:
            away = sum(1 for one in part.rows if one.action == "sent" and not one.here)
            many = f"{counted(len(part.rows), 'attempt')} with private data in 30 days"
            self.verdict.setText(f"{many}; {f'{away:,} sent to other machines' if away else 'none left this machine'}")
        self.sums.setText("   ".join(f"{rule} {fate} {place} ×{count:,}" for rule, place, fate, count in part.sums))
        self.sums.setVisible(bool(part.rows))
        rows = list(enumerate(part.rows))
        self.table.show_lines(Lines(rows, _key, _line))
        self._detail(self.table.key)

    def _detail(self, key: str) -> None:
        at = key.rpartition("#")[2]
        one = self.part.rows[int(at)] if at.isdigit() and int(at) < len(self.part.rows) else None
        if one is None:
            self.detail.hide()
            return
        whom = f"{one.model} ({one.provider}, {one.host or one.place})" if one.model else "nobody"
        found = "\n".join(f"{each.rule}: {each.fate}, fingerprint {each.fingerprint}" for each in one.findings)
        words = f"{one.why}. Task {one.task}, trace {one.trace or 'none'}, configuration {one.configuration}."
        self.detail.tell(f"{one.action.capitalize()} to {whom}", words, found)


def _key(place: tuple[int, AuditRow]) -> str:
    at, one = place
    return f"{one.task}/{one.number}#{at}"


def _line(place: tuple[int, AuditRow]) -> Line:
    one = place[1]
    cells = (
        moment(one.at),
        one.action,
        one.model or "nobody",
        where(one),
        rules(one),
        one.why,
        " ".join(filter(None, (one.surface, one.app))),
    )
    here = one.here and one.action == "sent"
    return Line(_key(place), cells, {1: "good" if here else TONES[one.action]})
