"""The command that takes pictures: a file of each panel in each theme and size, small, and with the true colours."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from struct import unpack

import pytest
from click.testing import CliRunner
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from aurarouter_gui.shots import main
from aurarouter_gui.views import picture
from aurarouter_gui.views.palette import LIGHT, THEMES, dress
from aurarouter_gui.views.shooting import SIZES

IMAGES = Path(__file__).parents[3] / "docs" / "images"
KEPT = 4_000_000
"""Bytes that all pictures of the documentation may take."""
MISS = 24
"""How far a channel of a pixel may be from the truth."""


def test_a_run_takes_a_picture_in_each_theme_and_size(
    home: Path, tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,gui")
    try:
        done = CliRunner().invoke(main, [str(tmp_path / "shots"), "--panel", "services"])
    finally:
        dress(qapp, LIGHT)
    assert done.exit_code == 0, done.output
    for theme, (size, (width, height)) in product(THEMES, SIZES.items()):
        image = QImage(str(tmp_path / "shots" / f"services-{theme}-{size}.png"))
        assert (image.width(), image.height()) == (width, height)
        assert image.format() == QImage.Format.Format_Indexed8
        assert QColor(image.pixel(width - 5, 5)) == QColor(THEMES[theme].surface)


def test_a_picture_with_many_colours_stays_true(tmp_path: Path, qapp: QApplication) -> None:
    shown = QPixmap(300, 200)
    shown.fill(QColor("#f3f5f8"))
    painter = QPainter(shown)
    for at in range(300):
        painter.setPen(QColor(at * 255 // 300, 120, 255 - at * 255 // 300))
        painter.drawLine(at, 100, at, 200)
    painter.end()
    picture.save(shown, tmp_path / "a.png")
    saved, true = QImage(str(tmp_path / "a.png")), shown.toImage()
    assert QColor(saved.pixel(0, 0)) == QColor("#f3f5f8")
    for x in range(0, 300, 7):
        one, other = QColor(saved.pixel(x, 150)), QColor(true.pixel(x, 150))
        assert max(abs(one.red() - other.red()), abs(one.blue() - other.blue())) <= MISS


def test_a_palette_has_room_for_all_that_is_frequent() -> None:
    few = [0xFF000000 + number for number in range(200)]
    assert picture.palette(few) == few
    many = [0xFF000000 + number * 4099 for number in range(4000)]
    palette = picture.palette(many)
    assert len(palette) <= picture.MOST
    assert palette[: picture.EXACT] == many[: picture.EXACT]


def test_the_documentation_has_every_view_in_each_theme_and_size_and_all_of_them_are_small() -> None:
    files = {path.stem: path for path in IMAGES.glob("*.png")}
    views = {stem.rsplit("-", 2)[0] for stem in files}
    assert set(files) == {"-".join(parts) for parts in product(views, THEMES, SIZES)}
    assert sum(path.stat().st_size for path in files.values()) <= KEPT
    for stem, path in files.items():
        wide, high = unpack(">II", path.read_bytes()[16:24])
        assert stem.startswith("first_run") or (wide, high) == SIZES[stem.rsplit("-", 1)[1]]
