"""Icons, drawn from a few strokes in the colour that is asked for, sharp on any screen."""

from __future__ import annotations

from math import ceil

from PySide6.QtGui import QPixmap

SIZE = 20
DOT = '<circle cx="12" cy="12" r="4"/>'
WORKSPACE = '<path d="M4 5h16v10H10l-4 4v-4H4z"/><path d="M8 9h8M8 12h5"/>'
ROUTING = '<circle cx="5" cy="12" r="2"/><path d="M7 12h4l4-6h4M11 12l4 6h4M11 12h8"/>'
MODELS = '<path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M4 7.5l8 4.5 8-4.5M12 12v9"/>'
CONFIGURATION = '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>'
MONITOR = '<path d="M3 12h4l3-7 4 14 3-7h4"/>'
SERVICES = '<rect x="4" y="4" width="16" height="7" rx="1.5"/><path d="M4 14h16v6H4zM8 7.5h.01M8 17h.01"/>'
HELP = '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8v.2"/>'
LIGHT = (
    '<circle cx="12" cy="12" r="4"/><path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2"/>'
)
DARK = '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>'
SHIELD = '<path d="M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z"/>'


def pixmap(strokes: str, colour: str, ratio: float) -> QPixmap:
    """An icon from the inside of a 24×24 SVG, for a screen with so many dots to each pixel."""
    dots = ceil(SIZE * ratio)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{dots}" height="{dots}" viewBox="0 0 24 24" fill="none" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" stroke="{colour}">{strokes or DOT}</svg>'
    )
    drawn = QPixmap()
    drawn.loadFromData(svg.encode(), "SVG")
    drawn.setDevicePixelRatio(ratio)
    return drawn
