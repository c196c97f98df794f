"""What a panel of the window is. No Qt here: plugins may describe panels in programs that never open a window.

A panel is a `Panel` with a factory. The window calls the factory once, when the panel is first shown, with the `Desk`:
what all panels share. The factory imports Qt and returns a `views.panel_view.PanelView`, which is a QWidget with six
things to override, all optional:

    arrive()        it is shown: start what must be fresh
    leave()         it is hidden: stop timers
    escape() -> bool     Esc was pressed: cancel what runs; False when there was nothing to cancel
    unsaved() -> str     what would be lost if it were closed, as the end of "You have not saved …"; "" for nothing
    end()           another environment is chosen: let go of what outlives the panel
    HELP            what F1 shows, as Markdown

Panels of ours stand in `views/panels.py`; other plugins bring theirs by the hook `gui_panels`. Panels are ordered by
`order`, then by title, and the first nine are reached by Ctrl+1 … Ctrl+9.

Annotations are no strings here: `NamedTuple` would compile each.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Panel(NamedTuple):
    """A page of the window.

    Attributes:
        id: Its name in programs: [a-z_]+, the same for ever.
        title: One or two words for people.
        factory: Makes the page: takes the desk (`views.desk.Desk`), returns a `PanelView`. Called on the UI thread.
        icon: The inside of a 24×24 SVG, in strokes; the window gives it its colour. "" for a plain dot.
        order: Where it stands: 10 workspace, 20 routing, 30 models, 40 configuration, 60 monitor, 70 services.
        tip: What it is for, in a few words.
    """

    id: str
    title: str
    factory: Callable[[Any], Any]
    icon: str = ""
    order: int = 50
    tip: str = ""
