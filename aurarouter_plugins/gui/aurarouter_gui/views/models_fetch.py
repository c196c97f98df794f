"""Getting models: a search, what it found, and the download that is on its way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from aurarouter_gui.state.model_fetch import Fetching, Found
from aurarouter_gui.views.parts import label, row
from aurarouter_gui.views.tables import fill, table
from aurarouter_gui.views.transfer_card import TransferCard

NOTHING = "Nothing fits these words. Try fewer of them, or paste a place such as hf:OWNER/REPO/FILE.gguf."
BEFORE = "Search for models, or paste a place such as hf:OWNER/REPO/FILE.gguf."
LOOKING = "Looking …"


class FetchView(QWidget):
    """A line for words, a list, and the download below it."""

    def __init__(self, state: Fetching) -> None:
        super().__init__()
        self._state = state
        self._found: Sequence[Found] = ()
        self._begun = False
        self.words = QLineEdit()
        self.words.setPlaceholderText("qwen coder  ·  or hf:OWNER/REPO/FILE.gguf")
        self.words.setAccessibleName("Search for models")
        self.words.returnPressed.connect(self.search)
        self.look = QPushButton("Search")
        self.look.clicked.connect(self.search)
        self.table = table(("Model", "What is known"), stretched=1)
        self.table.setAccessibleName("What was found")
        self.table.currentCellChanged.connect(lambda *_: self.enable())
        self.table.itemDoubleClicked.connect(lambda _: self.take())
        self._empty = label(BEFORE, tone="muted")
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of the model (as its file, if empty)")
        self.name.setAccessibleName("Name of the model")
        self.get = QPushButton("Download")
        self.get.setObjectName("main")
        self.get.clicked.connect(self.take)
        self.card = TransferCard(state.transfer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        line = row(self.words, self.look)
        line.setStretch(0, 1)
        layout.addLayout(line)
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        taking = row(self.name, self.get)
        taking.setStretch(0, 1)
        layout.addLayout(taking)
        layout.addWidget(self.card)
        self.enable()

    @property
    def chosen(self) -> Found | None:
        """What is selected."""
        at = self.table.currentRow()
        return self._found[at] if 0 <= at < len(self._found) else None

    def begin(self) -> None:
        """Show the catalogue when it is shown first."""
        if not self._begun:
            self._begun = True
            self._ask("")

    def search(self) -> None:
        """Look for the words; a place is opened at once."""
        words = self.words.text().strip()
        if ":" in words and " " not in words:
            self._tell(LOOKING)
            self._state.open(words)
        else:
            self._ask(words)

    def _ask(self, words: str) -> None:
        self._tell(LOOKING)
        self._state.search(words)

    def _tell(self, words: str) -> None:
        self._empty.setText(words)
        self._empty.setVisible(bool(words))

    def show_found(self, found: Sequence[Found]) -> None:
        """Show what was found."""
        self._found = found
        fill(self.table, [(one.source, one.about) for one in found])
        self.table.setCurrentCell(0 if found else -1, 0)
        self._tell("" if found else NOTHING if self.words.text().strip() else BEFORE)
        self.enable()

    def enable(self) -> None:
        """What can be done now."""
        one = self.chosen
        self.get.setText("Show files" if one is not None and one.several else "Download")
        self.get.setEnabled(one is not None and (one.several or not self._state.transfer.running))

    def take(self) -> None:
        """Fetch what is selected; of a repository, show its files."""
        one = self.chosen
        if one is None:
            return
        if one.several:
            self._tell(LOOKING)
            self._state.open(one.source)
        else:
            self._state.fetch(one.source, self.name.text().strip())
