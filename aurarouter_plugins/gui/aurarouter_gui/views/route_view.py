"""The route: where the prompt that is being written would go, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from aurarouter_gui.views.parts import Notice, heading, label, rule

if TYPE_CHECKING:
    from aurarouter_gui.state.preview import Shown
    from aurarouter_hooks import Decision

EMPTY = "Nothing to route yet"
GLUE = "\u00a0"
"""Keeps a number and its unit on one line."""
EMPTY_WORDS = "Write a prompt: what kind of task it is, who would answer and why is shown here while you type."


class RouteView(QScrollArea):
    """Rows of facts, made anew for each decision."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._fill(None)

    def show_route(self, shown: Shown | None) -> None:
        """Show a decision, or why there is none."""
        at = self.verticalScrollBar().value()
        self._fill(shown)
        self.verticalScrollBar().setValue(at)

    def _fill(self, shown: Shown | None) -> None:
        page = QWidget()
        self.setWidget(page)  # it is measured, so there is nothing in it yet
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        if shown is None:
            layout.addWidget(label(EMPTY, look="bold"))
            layout.addWidget(label(EMPTY_WORDS, tone="muted"))
        elif shown.decision is None:
            notice = Notice()
            notice.trouble(shown.trouble)
            layout.addWidget(notice)
        else:
            self._facts(layout, shown.decision)
        layout.addStretch(1)

    def _facts(self, layout: QVBoxLayout, decision: Decision) -> None:
        from PySide6.QtCore import Qt

        from aurarouter_gui.state.clearance import badge
        from aurarouter_gui.state.words import seconds

        analysis = decision.analysis
        spent = sum(stage.microseconds for stage in decision.stages)
        facts = QGridLayout()
        facts.setHorizontalSpacing(12)
        facts.setVerticalSpacing(4)
        facts.setColumnStretch(1, 1)
        clearance = badge(decision)
        rows = [
            ("Intent", f"{decision.intent} ({analysis.confidence:.0%}{GLUE}sure)"),
            ("Complexity", f"{analysis.level} of 10"),
            ("Role", decision.role or "none"),
            ("Mode", {"plan": "in several steps", "direct": "one answer"}.get(decision.mode, decision.mode)),
            ("Privacy", clearance.title),
            ("Decided in", seconds(spent / 1e6)),
        ]
        for number, (name, value) in enumerate(rows):
            tone = {"private": "warn", "blocked": "bad"}.get(clearance.level, "") if name == "Privacy" else ""
            facts.addWidget(label(name, tone="muted", wraps=False), number, 0, Qt.AlignmentFlag.AlignTop)
            facts.addWidget(label(value, tone=tone), number, 1)
        layout.addLayout(facts)
        if clearance.level != "none":
            layout.addWidget(label(clearance.details, tone="muted"))
        layout.addWidget(rule())
        layout.addWidget(heading("Tried in this order"))
        for number, model in enumerate(decision.chain, start=1):
            score = decision.scores.get(model)
            about = [f"score {score:+.2f}"] if score else []
            about += [decision.resting[model]] if model in decision.resting else []
            layout.addWidget(label(f"{number}.  {model}" + (f"  ({', '.join(about)})" if about else "")))
        if not decision.chain:
            layout.addWidget(label("Nobody is left. Why each model is out is said below.", tone="bad"))
        if decision.vetoes:
            layout.addWidget(rule())
            layout.addWidget(heading("Ruled out"))
            for model, reason in decision.vetoes.items():
                layout.addWidget(label(f"{model}: {reason}", tone="muted"))
        layout.addWidget(rule())
        layout.addWidget(heading("Stages"))
        for stage in decision.stages:
            said = [f"{stage.name}: {stage.outcome}"]
            if stage.score is not None:
                needed = f", {stage.threshold:.2f} needed" if stage.threshold is not None else ""
                said.append(f"{stage.score:.2f}{needed}")
            said.append(seconds(stage.microseconds / 1e6).replace(" ", GLUE))
            layout.addWidget(label(" · ".join(said), tone="muted"))
