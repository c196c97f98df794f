"""A transfer that is on its way, or how it ended: what, how far, and a button to stop it or to go on."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QProgressBar, QPushButton, QVBoxLayout

from aurarouter_gui.state.transfer import Progress, Transfer
from aurarouter_gui.state.words import sentence
from aurarouter_gui.views.parts import GAP, label, row
from aurarouter_gui.views.prose import Prose


class TransferCard(QFrame):
    """Hidden until there is something to show.

    Args:
        transfer: What is shown. Whoever hears of its steps gives them to `show_progress`.
    """

    def __init__(self, transfer: Transfer) -> None:
        super().__init__()
        self.setObjectName("card")
        self.stop, self.resume = QPushButton("Stop"), QPushButton("Resume")
        self.stop.clicked.connect(lambda _=False: transfer.stop())
        self.resume.clicked.connect(lambda _=False: transfer.resume())
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.what, self.how = Prose(look="bold"), label(tone="muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(8)
        for part in (self.what, self.bar):
            layout.addWidget(part)
        foot = row(self.how, self.stop, self.resume)
        foot.setStretch(0, 1)
        layout.addLayout(foot)
        self.hide()

    def show_progress(self, progress: Progress) -> None:
        """Show how it stands."""
        self.show()
        running = progress.state == "running"
        self.what.setText(progress.source)
        self.bar.setRange(0, 1000 if progress.fraction is not None or not running else 0)
        self.bar.setValue(round((progress.fraction or 0) * 1000))
        size = f" of {progress.whole / 1e6:,.1f} MB" if progress.whole else ""
        words = progress.words or f"{progress.got / 1e6:,.1f} MB{size}"
        if progress.trouble is not None:
            words = f"{sentence(progress.trouble.what)} {sentence(progress.trouble.next)}".strip()
        self.how.setText(words)
        self.stop.setVisible(running)
        self.resume.setVisible(progress.state in ("stopped", "failed"))
