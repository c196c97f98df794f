"""Small widgets that many views use: labels with a tone, cards, rules, and a box that shows trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QComboBox

    from aurarouter_gui.state.words import Trouble
    from aurarouter_gui.views.prose import Prose

GAP = 12
MOST = 4
"""Lines of each part of a notice that are shown at once."""


def label(
    text: str = "",
    *,
    tone: str = "",
    look: str = "",
    wraps: bool = True,
    selectable: bool = False,
) -> QLabel:
    """Plain text, never rich: it may come from anywhere. One that can be selected costs two milliseconds.

    The style sheet makes it look "bold", "small", "large" or "huge": the class QFont takes a while to come.
    """
    made = QLabel(text)
    made.setProperty("textFormat", "PlainText")
    made.setWordWrap(wraps)
    if selectable:
        from PySide6.QtCore import Qt

        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if tone:
        made.setProperty("tone", tone)
    made.setObjectName(look)
    return made


def heading(text: str) -> QLabel:
    """The title of a part."""
    return label(text, look="bold", wraps=False)


def naming(text: str, field: QWidget) -> QLabel:
    """The name beside a field, which screen readers say: that of a choice they take from here alone on Linux."""
    made = label(text, tone="muted", wraps=False)
    made.setBuddy(field)
    field.setAccessibleName(text)
    return made


def nameless(box: QComboBox, name: str) -> None:
    """Have screen readers say what a choice is that has no name beside it."""
    box.setAccessibleName(name)
    box.setAccessibleDescription(name)


def caption(text: str, field: QWidget) -> QLabel:
    """The name at the left of a form's field, as high as that, so that both are on one line."""
    from PySide6.QtWidgets import QSizePolicy  # no form is there when the window opens

    made = naming(text, field)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
    return made


def card(spacing: int = 8, margin: int = GAP) -> tuple[QFrame, QVBoxLayout]:
    """A framed surface and its layout."""
    frame = QFrame()
    frame.setObjectName("card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return frame, layout


def rule() -> QFrame:
    """A line between two parts."""
    made = QFrame()
    made.setObjectName("rule")
    return made


def plain_button(text: str, tip: str = "", *, checkable: bool = False) -> QToolButton:
    """A quiet button."""
    made = QToolButton()
    made.setObjectName("plain")
    made.setText(text)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    return made


def row(*widgets: QWidget | None, spacing: int = 8) -> QHBoxLayout:
    """Widgets beside each other; None takes up what is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


def restyle(widget: QWidget) -> None:
    """Have the style sheet look at a widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class Notice(QFrame):
    """A coloured box with a title, words and lines below them; hidden, and empty, until it has something to say."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Prose, ...] = ()
        self.hide()

    def _furnish(self) -> None:
        from aurarouter_gui.views.prose import Prose

        self._parts = (Prose(look="bold", most=MOST), Prose(most=MOST), Prose(tone="muted", most=MOST))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, 8, GAP, 8)
        layout.setSpacing(3)
        for part in self._parts:
            layout.addWidget(part)

    def tell(self, title: str, words: str = "", details: str = "", *, ground: str = "none") -> None:
        """Show this. `ground` is "good", "warn", "bad" or "none"."""
        if not self._parts:
            self._furnish()
        for part, text in zip(self._parts, (title, words, details), strict=True):
            part.setText(text)
            part.setVisible(bool(text))
        self.setProperty("ground", ground)
        restyle(self)
        self.show()

    def trouble(self, trouble: Trouble | None, *, ground: str = "bad") -> None:
        """Show an error with what to do next; None hides the box."""
        if trouble is None:
            self.hide()
            return
        from aurarouter_gui.state.words import sentence

        details = "\n".join(trouble.details)
        self.tell(sentence(trouble.what), sentence(trouble.next), details, ground=ground)

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(part.text() for part in self._parts if part.text())
