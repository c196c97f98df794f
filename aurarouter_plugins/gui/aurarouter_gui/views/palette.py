"""All colours and the look of every widget, light and dark. Views name colours by what they mean.

Annotations are no strings here: `NamedTuple` compiles each that is, which takes a millisecond.
"""

from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget


class Colours(NamedTuple):
    """One theme. Text on any surface has a contrast of at least 4.5 : 1, borders of inputs 3 : 1.

    Attributes:
        ground: Behind everything; `surface` for pages and inputs, `raised` for what lies on them.
        text, muted: What is said, and what is said beside it.
        line, edge: Between things, and around what can be typed into.
        accent, on_accent: What can be done next, and text upon it; `tint` for what is chosen.
        good, warn, bad: How something is; with `…_tint` as a ground for `text`.
        code: Ground of code; `keyword`, `string`, `comment`, `number` in it.
    """

    dark: bool
    ground: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    edge: str
    accent: str
    on_accent: str
    tint: str
    good: str
    good_tint: str
    warn: str
    warn_tint: str
    bad: str
    bad_tint: str
    code: str
    keyword: str
    string: str
    comment: str
    number: str


LIGHT = Colours(
    dark=False,
    ground="#f3f5f8",
    surface="#ffffff",
    raised="#f8f9fb",
    text="#1b2330",
    muted="#586375",
    line="#dfe4ea",
    edge="#8a94a4",
    accent="#2257c4",
    on_accent="#ffffff",
    tint="#e3ebfa",
    good="#17713f",
    good_tint="#e2f3e8",
    warn="#8a5a00",
    warn_tint="#fdf1d3",
    bad="#b3261e",
    bad_tint="#fbe6e4",
    code="#f1f4f8",
    keyword="#7a2aa8",
    string="#17713f",
    comment="#66707f",
    number="#9a4b00",
)
DARK = Colours(
    dark=True,
    ground="#13161b",
    surface="#1a1e25",
    raised="#21262f",
    text="#e4e8ee",
    muted="#9ba6b5",
    line="#2e3540",
    edge="#6b7686",
    accent="#82aaff",
    on_accent="#0e1622",
    tint="#26334d",
    good="#58c98d",
    good_tint="#183526",
    warn="#e8b75a",
    warn_tint="#3a2f17",
    bad="#ff9188",
    bad_tint="#43211f",
    code="#14181e",
    keyword="#c99cf5",
    string="#8fd0a5",
    comment="#8b95a4",
    number="#f0a868",
)
MARKS = Path(__file__).with_name("marks")
THEMES = {"light": LIGHT, "dark": DARK}
SCALES = {"small": 0.9, "large": 1.15, "huge": 1.3}
"""How high text is beside the usual."""

SHEET = """
QWidget#page, QWidget#window, QScrollArea, QScrollArea > QWidget > QWidget {{ background: {ground}; }}
QWidget#bar {{ background: {surface}; border-bottom: 1px solid {line}; }}
QWidget#nav {{ background: {surface}; border-right: 1px solid {line}; }}
QFrame#card {{ background: {surface}; border: 1px solid {line}; border-radius: 8px; }}
QFrame#card QScrollArea, QFrame#card QScrollArea > QWidget > QWidget {{ background: transparent; }}
QFrame#rule {{ background: {line}; border: none; max-height: 1px; min-height: 1px; }}
QLabel {{ background: transparent; }}
QLabel[tone="muted"], Prose[tone="muted"] {{ color: {muted}; }}
QLabel[tone="good"] {{ color: {good}; }}
QLabel[tone="warn"] {{ color: {warn}; }}
QLabel[tone="bad"] {{ color: {bad}; }}
QLabel#bold, QLabel#large, QLabel#huge, Prose#bold {{ font-weight: bold; }}
QLabel#small {{ font-size: {small:.2f}pt; }}
QLabel#large {{ font-size: {large:.2f}pt; }}
QLabel#huge {{ font-size: {huge:.2f}pt; }}
Notice[ground="good"] {{ background: {good_tint}; border: 1px solid {good}; border-radius: 6px; }}
Notice[ground="warn"] {{ background: {warn_tint}; border: 1px solid {warn}; border-radius: 6px; }}
Notice[ground="bad"] {{ background: {bad_tint}; border: 1px solid {bad}; border-radius: 6px; }}
Notice[ground="none"] {{ background: {raised}; border: 1px solid {line}; border-radius: 6px; }}
QToolButton#plain {{ border: 1px solid transparent; border-radius: 5px; padding: 4px 8px; color: {muted}; }}
QToolButton#plain:hover, QToolButton#plain:checked {{ background: {raised}; color: {text}; border-color: {line}; }}
QToolButton#plain:focus {{ border-color: {accent}; }}
QPushButton {{ background: {surface}; border: 1px solid {edge}; border-radius: 6px; padding: 6px 14px; }}
QPushButton:hover {{ background: {raised}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: 5px 13px; }}
QPushButton:disabled {{ color: {muted}; border-color: {line}; }}
QPushButton#place {{
    background: transparent; color: {muted}; border: none; padding: 8px 10px 8px 38px; min-height: 23px;
    text-align: left;
}}
QPushButton#place:hover {{ background: {raised}; color: {text}; }}
QPushButton#place:checked {{ background: {tint}; color: {text}; font-weight: bold; }}
QPushButton#place:focus {{ border: 2px solid {accent}; padding: 6px 8px 6px 36px; }}
QPushButton#main {{ background: {accent}; color: {on_accent}; border: 1px solid {accent}; font-weight: bold; }}
QPushButton#main:focus {{ border: 2px solid {text}; }}
QPushButton#main:disabled {{ background: {line}; color: {muted}; border-color: {line}; }}
QPlainTextEdit, QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox, QListView, QTreeView, QTableView {{
    background: {surface}; border: 1px solid {edge}; border-radius: 6px;
    selection-background-color: {accent}; selection-color: {on_accent};
}}
QPlainTextEdit, QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ padding: 5px 8px; }}
QPlainTextEdit:focus, QLineEdit:focus, QComboBox:focus, QListView:focus, QTreeView:focus, QTableView:focus {{
    border-color: {accent};
}}
QLineEdit:disabled, QComboBox:disabled, QPlainTextEdit:disabled {{ color: {muted}; border-color: {line}; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url("{marks}/down-{name}.png"); width: 14px; height: 14px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; background: transparent; width: 20px; }}
QAbstractSpinBox::up-button {{ subcontrol-origin: border; subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-origin: border; subcontrol-position: bottom right; }}
QAbstractSpinBox::up-arrow {{ image: url("{marks}/up-{name}.svg"); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url("{marks}/down-{name}.svg"); width: 12px; height: 12px; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {edge}; border-radius: 4px; }}
QCheckBox::indicator:checked {{
    background: {accent}; border-color: {accent}; image: url("{marks}/check-{name}.svg");
}}
QCheckBox:focus {{ color: {accent}; }}
QComboBox QAbstractItemView {{ background: {surface}; border: 1px solid {edge}; }}
QListView::item, QTreeView::item, QTableView::item {{ padding: 5px 6px; border: none; }}
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{
    background: {tint}; color: {text};
}}
QHeaderView::section {{
    background: {raised}; color: {muted}; border: none; border-bottom: 1px solid {line};
    padding: 6px 6px 6px 9px;
}}
QHeaderView {{ background: {raised}; border: none; border-top-left-radius: 5px; border-top-right-radius: 5px; }}
QHeaderView::section:first, QHeaderView::section:only-one {{ border-top-left-radius: 5px; }}
QHeaderView::section:last, QHeaderView::section:only-one {{ border-top-right-radius: 5px; }}
QHeaderView::section:vertical {{ padding: 0; }}
QTextBrowser, Prose {{ background: transparent; border: none; selection-background-color: {accent};
    selection-color: {on_accent}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QGraphicsView {{ background: {surface}; border: none; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {line}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {muted}; padding: 8px 12px; border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:focus {{ color: {accent}; }}
QSplitter::handle {{ background: {ground}; }}
QStatusBar {{ background: {surface}; border-top: 1px solid {line}; color: {muted}; }}
QStatusBar::item {{ border: none; }}
QProgressBar {{ background: {line}; border: none; border-radius: 3px; max-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {edge}; padding: 4px; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {edge}; border-radius: 4px; min-height: 28px; min-width: 28px; margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: none; border: none; width: 0; height: 0;
}}
"""


def colour(app: QApplication, colours: Colours) -> None:
    """Give the whole program these colours, as far as Qt has a role for them."""
    palette = QPalette()
    role = QPalette.ColorRole
    for where, hue in {
        role.Window: colours.ground,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Button: colours.surface,
        role.ToolTipBase: colours.raised,
        role.Text: colours.text,
        role.WindowText: colours.text,
        role.ButtonText: colours.text,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Mid: colours.line,
    }.items():
        palette.setColor(where, QColor(hue))
    for where in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(colours.muted))
    app.setPalette(palette)


def dress(app: QApplication, colours: Colours) -> None:
    """Give the whole program this look."""
    colour(app, colours)
    shape(app, colours)


def shape(app: QApplication, colours: Colours) -> None:
    """Give every widget its form, in these colours."""
    name = "dark" if colours.dark else "light"
    points = QWidget().fontInfo().pointSizeF()
    scales = {scale: points * factor for scale, factor in SCALES.items()}
    app.setStyleSheet(SHEET.format(marks=MARKS.as_posix(), name=name, **scales, **colours._asdict()))
