"""The table of many synonyms is kept between starts, and nothing but what was written there is taken back."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from aurarouter_core import _hotpath_py, hotpath, kept_synonyms
from aurarouter_core.hotpath import Analyser
from aurarouter_core.lexicon import Lexicon

MANY = {f"verb{number} thing": "coding" for number in range(1_500)} | {f"{'x' * n}ate": "cook" for n in range(1, 600)}
TEXTS = ("please verb77 thing now", "XXXATES it", "xate, verb3 thing; verb3", "nothing of that")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own, also where these tests are away from the others."""
    monkeypatch.setenv("AURAROUTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon.default().with_verbs(MANY)


def tables(home: Path) -> list[Path]:
    return sorted((home / "cache").glob("*.table"))


def same(one: Analyser, other: Analyser) -> bool:
    return all(one.analyse(text) == other.analyse(text) and one.resolve(text) == other.resolve(text) for text in TEXTS)


@pytest.fixture
def first(compiled: ModuleType, lexicon: Lexicon) -> Analyser:
    """The one that finds nothing and keeps its table."""
    analyser = Analyser(lexicon)
    assert analyser._passes.built
    assert hotpath.IMPLEMENTATION == "cython"
    return analyser


def test_the_second_start_takes_what_the_first_kept(home: Path, lexicon: Lexicon, first: Analyser) -> None:
    (table,) = tables(home)
    if sys.platform != "win32":
        assert (table.stat().st_mode & 0o777, table.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    second = Analyser(lexicon)
    assert not second._passes.built
    assert same(first, second)
    assert second.analyse(TEXTS[0]).verbs == (("verb77 thing", "coding"),)
    assert second.analyse(TEXTS[1]).verbs == (("xxxate", "cook"),)
    assert tables(home) == [table]


def test_other_synonyms_have_another_table_and_few_have_none(home: Path, lexicon: Lexicon, first: Analyser) -> None:
    other = Lexicon.default().with_verbs(dict(reversed(MANY.items())))
    assert Analyser(other)._passes.built
    assert len(tables(home)) == 2
    Analyser(Lexicon.default().with_verbs({"transpile": "coding"}))
    assert len(tables(home)) == 2
    roles = Lexicon.default().with_verbs(dict.fromkeys(MANY, "elsewhere"))  # who they belong to is not in it
    moved = Analyser(roles)
    assert not moved._passes.built
    assert moved.analyse(TEXTS[0]).role == "elsewhere"


def test_only_the_newest_are_kept(home: Path, lexicon: Lexicon) -> None:
    for number in range(kept_synonyms.KEPT + 2):
        newest = lexicon.with_verbs({f"one more {number}": "coding"})
        Analyser(newest)
    assert len(tables(home)) == kept_synonyms.KEPT
    assert not Analyser(newest)._passes.built


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        pytest.param(
            lambda path: path.chmod(0o666),
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes"),
        ),
    ],
    ids=["flipped", "cut", "empty", "open to others"],
)
def test_what_was_changed_is_made_anew(
    home: Path, lexicon: Lexicon, first: Analyser, damage: Callable[[Path], object]
) -> None:
    (table,) = tables(home)
    whole = table.read_bytes()
    damage(table)
    second = Analyser(lexicon)
    assert second._passes.built
    assert same(first, second)
    assert table.read_bytes() == whole
    assert table.stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_numbers_that_point_outside_are_refused(lexicon: Lexicon, first: Analyser, compiled: ModuleType) -> None:
    """Each of the table's own checks, with a checksum that would be right."""
    given: Any = (dict(lexicon.verbs), lexicon.named, lexicon.model, lexicon.likeness)
    whole = first._passes.table()
    assert not compiled.Analyser(*given, whole).built
    entries = int.from_bytes(whole[:8], sys.byteorder)
    letters = int.from_bytes(whole[8:16], sys.byteorder)
    wrong: dict[int, tuple[int, ...]] = {0: (entries + 1, -1, 1 << 60), 8: (letters - 1, -1, 1 << 60)}
    for entry in (0, entries - 1):
        at = 16 + 32 * entry
        wrong |= {at + 8: (-1, letters, 1 << 62), at + 16: (0, -1, letters + 1, (1 << 63) - 1)}
    for at, numbers in wrong.items():
        for number in numbers:
            data = whole[:at] + number.to_bytes(8, sys.byteorder, signed=True) + whole[at + 8 :]
            assert compiled.Analyser(*given, data).built, (at, number)
    for at, short in ((16 + 24, -2), (16 + 24, len(lexicon.verbs)), (16 + 28, 0), (16 + 28, 5)):
        data = whole[:at] + short.to_bytes(4, sys.byteorder, signed=True) + whole[at + 4 :]
        assert compiled.Analyser(*given, data).built, (at, short)
    for end in (0, 15, 16, len(whole) - 1):
        assert compiled.Analyser(*given, whole[:end]).built, end


def test_a_table_of_anything_harms_nothing(lexicon: Lexicon, first: Analyser, compiled: ModuleType) -> None:
    given: Any = (dict(lexicon.verbs), lexicon.named, lexicon.model, lexicon.likeness)
    whole, dice, taken = first._passes.table(), Random(1), 0
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 40)):
            data[dice.randrange(16, len(data))] = dice.randrange(256)
        analyser = compiled.Analyser(*given, bytes(data))
        taken += not analyser.built
        for text in TEXTS:
            assert analyser.analyse(text)[0] == first.analyse(text).intent
    assert 20 < taken < 180


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs a place where no folder can be made")
@pytest.mark.parametrize("place", ["/proc/nowhere", "not/a/whole/path"])
def test_a_home_that_keeps_nothing_is_only_slower(
    lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("AURAROUTER_HOME", place)
    assert all(Analyser(lexicon)._passes.built for _ in range(2))


def test_the_plain_twin_keeps_none(home: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotpath, "_passes", _hotpath_py)
    analyser = Analyser(lexicon)
    assert analyser.analyse(TEXTS[0]).verbs == (("verb77 thing", "coding"),)
    assert tables(home) == []
