"""The simulator: a prompt, and step by step where it would go. No model is called."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from aurarouter_gui.state.routing import Picture, Routing
from aurarouter_gui.state.words import seconds
from aurarouter_gui.views.parts import Notice, heading, label, naming, row
from aurarouter_gui.views.tables import fill, table
from aurarouter_hooks import Decision, Task

AUTO = "Auto"
EMPTY = "Nothing to simulate yet. Write a prompt above: each stage on its way is shown here, and who would be asked."
STAGES = ("Stage", "Outcome", "Score", "Needed", "Time")
MODELS = ("Order", "Model", "Score", "What is said of it")


class SimulatorView(QWidget):
    """A prompt with wishes above, two tables below."""

    def __init__(self, state: Routing) -> None:
        super().__init__()
        self._state = state
        self.prompt = QPlainTextEdit()
        self.prompt.setPlaceholderText("A prompt to try. Nothing is sent.")
        self.prompt.setAccessibleName("Prompt to simulate")
        self.prompt.setTabChangesFocus(True)
        self.prompt.setFixedHeight(self.prompt.fontMetrics().lineSpacing() * 2 + 20)
        self.prompt.textChanged.connect(self.again)
        self.role, self.intent = QComboBox(), QComboBox()
        for box in (self.role, self.intent):
            box.addItem(AUTO)
            box.setMinimumContentsLength(9)
            box.currentIndexChanged.connect(lambda _: self.again())
        self.private = QCheckBox("Private")
        self.private.setToolTip("As if the prompt were declared private")
        self.private.toggled.connect(lambda _: self.again())
        self.notice = Notice()
        self.empty = label(EMPTY, tone="muted")
        self.summary = label(look="bold")
        self.stages = table(STAGES, stretched=1)
        self.models = table(MODELS, stretched=3)
        self._found = QWidget()
        found = QVBoxLayout(self._found)
        found.setContentsMargins(0, 0, 0, 0)
        found.setSpacing(8)
        for part in (self.summary, self.stages, heading("Models"), self.models):
            found.addWidget(part)
        found.setStretch(1, 3)
        found.setStretch(3, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.prompt)
        names = naming("Role", self.role), naming("Intent", self.intent)
        layout.addLayout(row(names[0], self.role, names[1], self.intent, self.private, None))
        layout.addWidget(self.notice)
        layout.addWidget(self.empty)
        layout.addWidget(self._found, 1)
        layout.addStretch(0)
        self.show_result()

    def offer(self, picture: Picture) -> None:
        """What can be asked for; what was chosen stays."""
        for box, names in (
            (self.role, list(picture.chains)),
            (self.intent, [one.intent for one in picture.intents]),
        ):
            chosen = box.currentText()
            box.blockSignals(True)
            box.clear()
            box.addItems([AUTO, *names])
            box.setCurrentIndex(max(0, box.findText(chosen)))
            box.blockSignals(False)

    def again(self) -> None:
        """Simulate what stands there now."""
        text = self.prompt.toPlainText()
        wishes = [None if box.currentIndex() <= 0 else box.currentText() for box in (self.role, self.intent)]
        task = Task(text, role=wishes[0], intent=wishes[1], private=self.private.isChecked())
        self._state.simulator.follow(task if text.strip() else None)

    def show_result(self) -> None:
        """Show what the simulator has found."""
        shown = self._state.simulator.shown
        decision = shown.decision if shown is not None else None
        self.empty.setVisible(shown is None)
        self._found.setVisible(decision is not None)
        self.notice.trouble(shown.trouble if shown is not None else None)
        if decision is not None:
            self._show(decision)

    def _show(self, decision: Decision) -> None:
        whole = seconds(sum(stage.microseconds for stage in decision.stages) / 1e6)
        first = decision.chain[0] if decision.chain else "nobody"
        words = f"{decision.intent} → {decision.role or 'no role'} → {first}   ·   decided in {whole}"
        self.summary.setText(words)
        rows = [
            (
                stage.name,
                stage.outcome,
                "" if stage.score is None else f"{stage.score:.2f}",
                "" if stage.threshold is None else f"{stage.threshold:.2f}",
                seconds(stage.microseconds / 1e6),
            )
            for stage in decision.stages
        ]
        fill(self.stages, rows)
        said = [
            (
                str(number),
                model,
                f"{decision.scores[model]:+.2f}" if model in decision.scores else "",
                decision.resting.get(model, "would be asked first" if number == 1 else "if those before it fail"),
            )
            for number, model in enumerate(decision.chain, start=1)
        ]
        said += [("–", model, "", f"ruled out: {reason}") for model, reason in decision.vetoes.items()]
        fill(self.models, said)
