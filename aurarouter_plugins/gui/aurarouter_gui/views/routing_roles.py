"""Roles at the left, the chain of the one that is selected at the right; dragging changes the order."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aurarouter_gui.state.routing import Routing
from aurarouter_gui.views.lists import break_lines
from aurarouter_gui.views.parts import heading, label, nameless, row
from aurarouter_gui.views.prose import Prose

NAME = Qt.ItemDataRole.UserRole
EMPTY = "No role yet. Tasks can't go anywhere until a role names a model: make one with New role."
NO_MODEL = "Nobody serves this role yet, so its tasks go nowhere. Choose a model below and add it."
NO_MODELS = "There is no model to add: make one in Models first."


class ChainList(QListWidget):
    """Models in order; Delete takes the selected one out."""

    def __init__(self, removed: Callable[[], None]) -> None:
        super().__init__()
        self._removed = removed
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setAccessibleName("Models of the role, in the order in which they are tried")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Delete."""
        if event.key() == Qt.Key.Key_Delete:
            self._removed()
            return
        super().keyPressEvent(event)


class RolesView(QWidget):
    """Works on `state.chains`.

    Args:
        state: The panel's.
        edited: Told when the user has changed something.
    """

    def __init__(self, state: Routing, edited: Callable[[], None]) -> None:
        super().__init__()
        self._state = state
        self._edited = edited
        self._showing = False
        self.list = QListWidget()
        self.list.setAccessibleName("Roles")
        break_lines(self.list)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(lambda _: self._show_chain())
        self.chain = ChainList(self.remove)
        self.chain.model().rowsMoved.connect(lambda *_: self._dragged())
        self.chain.currentRowChanged.connect(lambda _: self.enable())
        self.models = QComboBox()
        nameless(self.models, "Model to add")
        self.models.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setMinimumContentsLength(10)
        self.models.setPlaceholderText("Every model is in it")
        self._buttons()
        self._title = Prose(look="bold")
        self._about, self._empty, self._changed = label(tone="muted"), label(tone="muted"), label(tone="warn")
        self._lay_out()
        self.enable()

    def _buttons(self) -> None:
        def button(text: str, tip: str, act: Callable[[], object]) -> QPushButton:
            made = QPushButton(text)
            made.setToolTip(tip)
            made.clicked.connect(lambda _=False: act())
            return made

        self.new_role = button("New role", "A kind of work, with models of its own", self._ask_role)
        self.drop_role = button("Remove role", "Take the selected role away", self.remove_role)
        self.add_model = button("Add", "Try this model last", self.add)
        self.up = button("Up", "Try the selected model earlier", lambda: self._move(-1))
        self.down = button("Down", "Try the selected model later", lambda: self._move(1))
        self.drop_model = button("Remove", "Take the selected model out of this role (Delete)", self.remove)
        self.undo = button("Undo", "Take the last step back", self._undo)
        self.discard = button("Discard", "Everything as it is saved", self._discard)
        self.save = button("Save", "Write the changes to the configuration file", self._save)
        self.save.setObjectName("main")

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(heading("Roles"))
        left.addWidget(self.list, 1)
        left.addLayout(row(self.new_role, self.drop_role, None))
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._title)
        right.addWidget(self._about)
        right.addWidget(self._empty)
        right.addWidget(self.chain, 1)
        right.addLayout(row(self.up, self.down, self.drop_model, None))
        adding = row(self.models, self.add_model)
        adding.setStretch(0, 1)
        right.addLayout(adding)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 2)
        columns.addLayout(right, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addLayout(columns, 1)
        foot = row(self._changed, self.undo, self.discard, self.save)
        foot.setStretch(0, 1)
        layout.addLayout(foot)

    @property
    def role(self) -> str:
        """The role that is selected; "" for none."""
        item = self.list.currentItem()
        return str(item.data(NAME)) if item is not None else ""

    def show_roles(self, chosen: str = "") -> None:
        """Show the chains as they are now; the selection stays."""
        chosen = chosen or self.role
        chains = self._state.chains
        self.list.blockSignals(True)
        self.list.clear()
        for name, models in chains.roles.items():
            mark = " •" if name in chains.changed else ""
            item = QListWidgetItem(f"{name}{mark}\n{' → '.join(models) or 'no model'}")
            item.setData(NAME, name)
            self.list.addItem(item)
        names = list(chains.roles)
        self.list.setCurrentRow(names.index(chosen) if chosen in names else 0 if names else -1)
        self.list.blockSignals(False)
        self._show_chain()

    def _show_chain(self, at: int | None = None) -> None:
        at = self.chain.currentRow() if at is None else at
        role, picture, chains = self.role, self._state.picture, self._state.chains
        models = chains.roles.get(role, ())
        self._title.setText(role or "Chain")
        self._about.setText(picture.descriptions.get(role, ""))
        self._about.setVisible(bool(self._about.text()))
        self._empty.setText("" if models else NO_MODEL if role else EMPTY)
        self._empty.setVisible(not models)
        self._showing = True
        self.chain.clear()
        for number, model in enumerate(models, start=1):
            provider = picture.providers.get(model)
            known = f"  ·  {provider}" if provider else "" if provider is not None else "  ·  no such model"
            item = QListWidgetItem(f"{number}.  {model}{known}")
            item.setData(NAME, model)
            self.chain.addItem(item)
        self.chain.setCurrentRow(min(max(at, 0), len(models) - 1))
        self._showing = False
        self.models.clear()
        self.models.addItems([model for model in picture.providers if model not in models])
        self.models.setCurrentIndex(min(0, self.models.count() - 1))
        self.enable()

    def enable(self) -> None:
        """What can be done now."""
        if self._showing:
            return
        at, last, chains = self.chain.currentRow(), self.chain.count() - 1, self._state.chains
        self.up.setEnabled(at > 0)
        self.down.setEnabled(0 <= at < last)
        self.drop_model.setEnabled(at >= 0)
        self.drop_role.setEnabled(bool(self.role))
        self.add_model.setEnabled(bool(self.role) and self.models.count() > 0)
        self.models.setEnabled(self.models.count() > 0)
        self.models.setToolTip("" if self._state.picture.providers else NO_MODELS)
        changed = chains.changed
        self._changed.setText(f"Not saved: {', '.join(changed)}" if changed else "")
        self.undo.setEnabled(chains.can_undo)
        self.discard.setEnabled(bool(changed))
        self.save.setEnabled(bool(changed) and not self._state.busy)

    def _after(self, at: int | None = None) -> None:
        self._edited()
        chosen = self.chain.currentRow() if at is None else at
        self.show_roles()
        self._show_chain(chosen)

    # What the user does

    def add(self) -> None:
        """The model that is chosen is tried last."""
        if self.role and self.models.currentText():
            self._state.chains.add(self.role, self.models.currentText())
            self._after(self.chain.count())

    def remove(self) -> None:
        """Take the selected model out."""
        if self.chain.currentRow() >= 0:
            self._state.chains.remove(self.role, self.chain.currentRow())
            self._after()

    def _move(self, by: int) -> None:
        at = self.chain.currentRow()
        if self._state.chains.move(self.role, at, at + by):
            self._after(at + by)

    def _dragged(self) -> None:
        if not self._showing:
            models = [str(self.chain.item(at).data(NAME)) for at in range(self.chain.count())]
            self._state.chains.order(self.role, models)
            self._after()

    def _ask_role(self) -> None:
        name, agreed = QInputDialog.getText(self, "New role", "What is the role called?")
        if agreed and name.strip():
            self.make_role(name.strip())

    def make_role(self, name: str) -> None:
        """A new role, without a model yet."""
        self._state.chains.add_role(name)
        self._edited()
        self.show_roles(name)

    def remove_role(self) -> None:
        """Take the selected role away."""
        if self.role:
            self._state.chains.remove_role(self.role)
            self._after(0)

    def _undo(self) -> None:
        self._state.chains.undo()
        self._after()

    def _discard(self) -> None:
        self._state.chains.discard()
        self._after(0)

    def _save(self) -> None:
        self._state.save()
        self.enable()
