"""A string or key that is edited stays one, for this reader of YAML and for others."""

from typing import Any

import pytest
import yaml

from aurarouter_core.edit import Remove, Set, edited, tree


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's readers mark places in a text; the same edits must follow."""
    monkeypatch.setattr(tree, "reader", lambda: getattr(yaml, request.param))


AMBIGUOUS = [
    *[
        "yes",
        "No",
        "ON",
        "off",
        "true",
        "y",
        "N",
        "null",
        "~",
        "",
        "1",
        "0x1f",
        "012",
        "08",
        "0o7",
        "1_000",
        "-1",
        "+1",
    ],
    *["1e3", "1.5e3", "1.", ".5", ".inf", "-.INF", ".nan", "12:30", "2026-01-01", "2026-01-01 10:00:00", "=", "<<"],
    *[
        " a",
        "a ",
        "#",
        "a #b",
        "a: b",
        "a:",
        ":",
        "- a",
        "-",
        "?",
        "? a",
        "[a",
        "{a",
        "]",
        "}",
        ",",
        "a, b",
        "!a",
        "&a",
    ],
    *[
        "*a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
        "'a'",
        '"a"',
        "---",
        "...",
        "a\nb",
        "a\tb",
        "\x85",
        "\u2028",
        "\ufeff",
        "é",
    ],
]


@pytest.mark.parametrize("place", ["", "a: ", "a: 'x'", 'a: "x"', "a: {b: 1}", "a: [x]", "a:\n- x", "a: |\n  x\n"])
def test_a_string_stays_a_string_for_this_reader_and_others(place: str) -> None:
    path: Any = ("a", 0) if "[" in place or "-" in place else ("a", "b") if "{" in place else ("a",)
    for value in AMBIGUOUS:
        text = edited(place, [Set(path, value)])
        data = yaml.safe_load(text)["a"]
        assert (data[path[1]] if path[1:] else data) == value
        if value in ("y", "N", "08", "0o7", "1e3") and "|" not in place:
            assert f"'{value}'" in text or f'"{value}"' in text


@pytest.mark.parametrize("before", ["a:\n  x: 1\n", "a: {x: 1}\n"])
def test_a_key_stays_what_it_is(before: str) -> None:
    for value in AMBIGUOUS:
        text = edited(before, [Set(("a", value), {value: value})])
        assert yaml.safe_load(text) == {"a": {"x": 1, value: {value: value}}}
        assert edited(text, [Remove(("a", value))]) == before
