"""Edits of YAML text, case by case: what stood there, what was wanted, and every byte of what came out."""

import re
from datetime import date

import pytest
import yaml

from aurarouter_core.edit import Change, Remove, Set, edited, tree
from aurarouter_hooks import ConfigError

Cases = dict[str, tuple[str, Change, str]]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's readers mark places in a text; the same edits must follow."""
    monkeypatch.setattr(tree, "reader", lambda: getattr(yaml, request.param))


SCALARS: Cases = {
    "a plain one": ("a: 1  # why\nb: x\n", Set(("a",), 25), "a: 25  # why\nb: x\n"),
    "single quotes stay": ("a: 'x'  # why\n", Set(("a",), "it's"), "a: 'it''s'  # why\n"),
    "double quotes stay": ('a: "x"\n', Set(("a",), "y"), 'a: "y"\n'),
    "a quoted number becomes one": ('port: "80"\n', Set(("port",), 80), "port: 80\n"),
    "a number becomes a string": ("port: 80\n", Set(("port",), "80"), "port: '80'\n"),
    "spaces before the colon": ("a :   x   # why\n", Set(("a",), "z"), "a :   z   # why\n"),
    "nothing there": ("a:\nb: 1\n", Set(("a",), "x"), "a: x\nb: 1\n"),
    "nothing but a comment": ("a:   # why\nb: 1\n", Set(("a",), "x"), "a: x   # why\nb: 1\n"),
    "on the next line": ("a:\n  # why\n  x # so\nb: 1\n", Set(("a",), "z"), "a:\n  # why\n  z # so\nb: 1\n"),
    "plain, on two lines": ("a: one\n\n  two # c\nb: 1\n", Set(("a",), "x"), "a: x # c\nb: 1\n"),
    "quoted, on two lines": ('a: "one\n  two" # c\nb: 1\n', Set(("a",), "x y"), 'a: "x y" # c\nb: 1\n'),
    "literal": ("a: |  # c\n    x\n    y\nb: 1\n", Set(("a",), "1\n\n 2\n"), "a: |  # c\n    1\n\n     2\nb: 1\n"),
    "literal to one line": ("a: |\n  x\n\nb: 1\n", Set(("a",), "y"), "a: |-\n  y\n\nb: 1\n"),
    "folded": ("a: >-\n  x\n  y\nb: 1\n", Set(("a",), "1\n2\n"), "a: |\n  1\n  2\nb: 1\n"),
    "literal to a number": ("a: |  # c\n  x\n  y\nb: 1\n", Set(("a",), 5), "a: 5  # c\nb: 1\n"),
    "kept blank lines": ("a: |+\n  x\n\n\nb: 1\n", Set(("a",), "y\n"), "a: |\n  y\nb: 1\n"),
    "what only quotes can say": ("a: |\n  x\nb: 1\n", Set(("a",), "\tx \n"), 'a: "\\tx \\n"\nb: 1\n'),
    "null": ("a: x\n", Set(("a",), None), "a: null\n"),
    "the same again": ("a:   0x10 # c\n", Set(("a",), 16), "a:   0x10 # c\n"),
    "1 is not true": ("a: yes\n", Set(("a",), 1), "a: 1\n"),
    "a date": ("a: 2026-01-01\n", Set(("a",), date(2026, 1, 2)), "a: 2026-01-02\n"),
    "a date is no string": ("a: 2026-01-01\n", Set(("a",), "2026-01-01"), "a: '2026-01-01'\n"),
    "an alias": ("a: &x [1]\nb: *x # c\n", Set(("b",), 2), "a: &x [1]\nb: 2 # c\n"),
    "a tag goes with its value": ("a: !!str 1 # c\n", Set(("a",), 2), "a: 2 # c\n"),
    "beside an overridden merge": (
        "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n",
        Set(("c", "b"), 3),
        "a: &x {b: 1}\nc:\n  <<: *x\n  b: 3\n",
    ),
    "not ASCII": ("größe: 'ä'  # ö\n", Set(("größe",), "日本 😀"), "größe: '日本 😀'  # ö\n"),
    "a key that is a number": ("1: x\n", Set((1,), "z"), "1: z\n"),
}
NEW: Cases = {
    "an empty file": ("", Set(("models", "a", "provider"), "echo"), "models:\n  a:\n    provider: echo\n"),
    "only comments": ("# x\n\n", Set(("a",), 1), "# x\n\na: 1\n"),
    "only comments, no last break": ("# x", Set(("a",), 1), "# x\na: 1\n"),
    "no last break": ("a: 1", Set(("b",), 2), "a: 1\nb: 2\n"),
    "a byte order mark": ("\ufeffa: 1\n", Set(("b",), 2), "\ufeffa: 1\nb: 2\n"),
    "between --- and ...": ("--- # x\n# y\n...\n# z\n", Set(("a",), 1), "--- # x\n# y\na: 1\n...\n# z\n"),
    "before ...": ("---\na: 1\n...\n", Set(("b",), 2), "---\na: 1\nb: 2\n...\n"),
    "CRLF": ("a:\r\n  b: 'x'\r\n", Set(("a", "c"), {"d": 1}), "a:\r\n  b: 'x'\r\n  c:\r\n    d: 1\r\n"),
    "four columns": ("a:\n    b: 1\n", Set(("c", "d"), [1]), "a:\n    b: 1\nc:\n    d:\n        - 1\n"),
    "lists that aren't indented": (
        "a:\n- 1\n",
        Set(("b",), [{"c": 1, "d": [2]}]),
        "a:\n- 1\nb:\n- c: 1\n  d:\n  - 2\n",
    ),
    "after comments of its own": (
        "m:\n  a: 1\n    # deep\n\n  # b: 2\n\n# roles\nr: 1\n",
        Set(("m", "c"), 3),
        "m:\n  a: 1\n    # deep\n\n  # b: 2\n  c: 3\n\n# roles\nr: 1\n",
    ),
    "after a literal": (
        "m:\n  a: |\n    # no comment\n\nr: 1\n",
        Set(("m", "b"), 2),
        "m:\n  a: |\n    # no comment\n  b: 2\n\nr: 1\n",
    ),
    "braces become lines": ("m: {}  # none\nr: 1\n", Set(("m", "a", "p"), "x"), "m:  # none\n  a:\n    p: x\nr: 1\n"),
    "null becomes lines": ("m: ~ # none\nr: 1\n", Set(("m", "a"), 1), "m: # none\n  a: 1\nr: 1\n"),
    "a file of braces": ("{}\n", Set(("m", "a"), 1), "m:\n  a: 1\n"),
    "braces stay": ("m: { a: 1 }  # c\n", Set(("m", "b"), {"c": ["x, y"]}), "m: { a: 1, b: {c: ['x, y']} }  # c\n"),
    "braces over lines": (
        "m: {\n  a: 1,  # one\n  b: 2   # two\n}\n",
        Set(("m", "c"), 3),
        "m: {\n  a: 1,  # one\n  b: 2,   # two\n  c: 3\n}\n",
    ),
    "a comma at the end": ("m: [\n  a,\n  b, # c\n  ]\n", Set(("m", 2), "d"), "m: [\n  a,\n  b, # c\n  d,\n  ]\n"),
    "JSON": ('{"a": {"b":1}}', Set(("a", "b"), [True]), '{"a": {"b": [true]}}'),
    "a key without a value": ("m: {a, b: 1}\n", Set(("m", "a"), 2), "m: {a: 2, b: 1}\n"),
    "an odd key": ("a: 1\n", Set(("b: #",), 2), "a: 1\n'b: #': 2\n"),
    "in an item": ("m:\n- a: 1\n  # c\n- x\n", Set(("m", 0, "b"), [1]), "m:\n- a: 1\n  # c\n  b:\n  - 1\n- x\n"),
    "text of several lines": ("a: 1\n", Set(("b", "c"), "x\n\n  y\n"), "a: 1\nb:\n  c: |\n    x\n\n      y\n"),
    "overriding a merge": ("a: &x {b: 1}\nc:\n  <<: *x\n", Set(("c", "b"), 2), "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n"),
}
LISTS: Cases = {
    "brackets stay": ("t: [a, 'b', c]  # c\n", Set(("t",), ["a", "c", "d"]), "t: [a, c, d]  # c\n"),
    "brackets, first": ("t: [a]\n", Set(("t",), ["x", "a"]), "t: [x, a]\n"),
    "brackets, emptied": ("t: [a, b] # c\n", Set(("t",), []), "t: [] # c\n"),
    "brackets, an item": ("t: [a, 'b']\n", Set(("t", 1), "c"), "t: [a, 'c']\n"),
    "brackets over lines": (
        "t: [\n  a, # 1\n  b, # 2\n  c  # 3\n]\n",
        Set(("t",), ["b", "d"]),
        "t: [\n  b, # 2\n  d\n]\n",
    ),
    "lines stay": (
        "t:\n  # top\n  - a  # 1\n  # above b\n  - 'b'  # 2\n  -   c # 3\n",
        Set(("t",), ["x", "a", "c", "d"]),
        "t:\n  # top\n  - x\n  - a  # 1\n  # above b\n  -   c # 3\n  - d\n",
    ),
    "all other items": ("t:\n    - a # 1\nz: 1\n", Set(("t",), ["b"]), "t:\n    - b\nz: 1\n"),
    "not indented": ("t:\n- a\n# about z\nz: 1\n", Set(("t", 1), "b"), "t:\n- a\n- b\n# about z\nz: 1\n"),
    "items that are mappings": (
        "m:\n- a: 1 # one\n  b: 2\n- a: 3\n",
        Set(("m",), [{"a": 1, "b": 5}, {"a": 3}]),
        "m:\n- a: 1 # one\n  b: 5\n- a: 3\n",
    ),
    "lists in lists": ("m:\n- - a\n  - b\n", Set(("m", 0), ["x", "b"]), "m:\n- - x\n  - b\n"),
    "a wide dash": ("m:\n-   a # c\n", Set(("m", 0), {"x": 1, "z": 2}), "m:\n-   x: 1 # c\n    z: 2\n"),
    "an item becomes lines": ("m:\n-\n- b\n", Set(("m", 0, "x"), {"z": 1}), "m:\n- x:\n    z: 1\n- b\n"),
}
KINDS: Cases = {
    "a value becomes lines": ("a: x  # c\nb: 1\n", Set(("a",), {"k": [1]}), "a:  # c\n  k:\n    - 1\nb: 1\n"),
    "below its key": ("a:\n   x  # c\nb: 1\n", Set(("a",), {"k": 1, "l": 2}), "a:\n   k: 1  # c\n   l: 2\nb: 1\n"),
    "a literal becomes lines": ("a: |  # c\n  x\nb: 1\n", Set(("a",), [1]), "a:  # c\n  - 1\nb: 1\n"),
    "lines become a value": ("a:  # c\n  # d\n  k: 1\n   # e\n# f\nb: 1\n", Set(("a",), "x"), "a: x  # c\n# f\nb: 1\n"),
    "an item's lines too": ("m:\n- a: 1 # c\n  b: 2\n- c\n", Set(("m", 0), "x"), "m:\n- x\n- c\n"),
    "a mapping becomes a list": ("a: # c\n  k: 1\nb: 1\n", Set(("a",), [1]), "a: # c\n  - 1\nb: 1\n"),
    "a mapping of other keys": ("a:\n  # c\n  k: 1\nb: 1\n", Set(("a",), {"l": 1}), "a:\n  # c\n  l: 1\nb: 1\n"),
    "some keys": ("a: {k: 1, l: 2, m: 3}\n", Set(("a",), {"m": 3, "l": 5}), "a: {l: 5, m: 3}\n"),
    "the whole file": ("# c\na: 1\nb: 'x' # d\n", Set((), {"b": "y", "z": 0}), "# c\nb: 'y' # d\nz: 0\n"),
}
GONE: Cases = {
    "an entry": ("a: 1\n# above b\nb: 2 # c\nc: 3\n", Remove(("b",)), "a: 1\n# above b\nc: 3\n"),
    "with what is in it": (
        "m:\n  a:\n    # in\n    x: |\n      t\n\n      u\n    # end\n\n      # deep\n  # above b\n  b: 1\n",
        Remove(("m", "a")),
        "m:\n  # above b\n  b: 1\n",
    ),
    "a comment on two lines": ("a: 1  # x\n      # y\nb: 1\n", Remove(("a",)), "b: 1\n"),
    "the last one": (
        "m:  # c\n  # above\n  a: 1\n  # below\nz: 1\n",
        Remove(("m", "a")),
        "m: {}  # c\n  # above\n  # below\nz: 1\n",
    ),
    "the last item": ("m:\n- a # c\nz: 1\n", Remove(("m", 0)), "m: []\nz: 1\n"),
    "the last one beside a dash": ("m:\n- a: 1 # c\n", Remove(("m", 0, "a")), "m:\n- {}\n"),
    "all there is": ("# c\na:\n  b: 1\n", Remove(("a",)), "# c\n"),
    "the first beside a dash": ("m:\n- a: 1 # c\n  b: 2\n", Remove(("m", 0, "a")), "m:\n- b: 2\n"),
    "and a comment below": ("m:\n- a: 1\n  # b\n  b: 2\n", Remove(("m", 0, "a")), "m:\n-\n  # b\n  b: 2\n"),
    "no last break": ("a: 1\nb: 2", Remove(("b",)), "a: 1\n"),
    "from braces": ("m: { a: 1,  b: 2 }\n", Remove(("m", "a")), "m: { b: 2 }\n"),
    "from the end of braces": ("m: {a: 1, b: 2}\n", Remove(("m", "b")), "m: {a: 1}\n"),
    "from brackets": ("m: [a, b,]\n", Remove(("m", 1)), "m: [a, ]\n"),
    "from brackets over lines": ("m: [\n  a, # 1\n  b  # 2\n]\n", Remove(("m", 1)), "m: [\n  a # 1\n]\n"),
    "an alias": ("a: &x [1]\nb: *x\n", Remove(("b",)), "a: &x [1]\n"),
    "what isn't there": ("a: {b: }\n", Remove(("a", "c", "d")), "a: {b: }\n"),
    "below nothing": ("a:\n", Remove(("a", "c")), "a:\n"),
}
TABLES: dict[str, Cases] = {
    "scalar": SCALARS,
    "new": NEW,
    "list": LISTS,
    "kind": KINDS,
    "gone": GONE,
}
CASES = [pytest.param(*case, id=f"{kind}: {name}") for kind, cases in TABLES.items() for name, case in cases.items()]


@pytest.mark.parametrize(("before", "change", "after"), CASES)
def test_only_what_was_asked_for_changes(before: str, change: Change, after: str) -> None:
    assert edited(before, [change]) == after
    assert edited(after, [change]) == after or change.path[-1:] == (0,)  # once more changes nothing more


REFUSED: dict[str, tuple[str, Change, str]] = {
    "an alias on the way": ("a: &x {b: 1}\nc: *x\n", Set(("c", "b"), 2), r"'c' .*line 2.* alias"),
    "an anchor on the way": ("a: &x {b: 1}\nc: *x\n", Set(("a", "b"), 2), r"'a' .*line 1.*anchor &x"),
    "an anchored value": ("a: &x 1\nc: *x\n", Set(("a",), 2), r"'a' .*line 1.*anchor &x"),
    "an anchor inside what goes": (
        "z: 1\na:\n  b: &x 1\nc: *x\n",
        Remove(("a",)),
        "'a' in the file can't.*something else",
    ),
    "a merged key": ("a: &x {b: 1}\nc:\n  <<: *x\n", Remove(("c", "b")), r"'c.b' .*line 2.*<<"),
    "below a merged key": ("a: &x {b: {d: 1}}\nc:\n  <<: *x\n", Set(("c", "b", "d"), 2), r"'c.b.d' .*line 2.*<<"),
    "a merged key in sight again": ("a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n", Remove(("c", "b")), "something else"),
    "a tag on the way": ("a: !!map\n  b: 1\n", Set(("a", "b"), 2), r"'a' .*line 1.*tag"),
    "a tag nobody knows": ("a: !x 1\n", Set(("a",), 2), "the file:1: .*'!x'"),
    "two documents": ("a: 1\n---\nb: 1\n", Set(("a",), 2), "line 2.*several documents"),
    "a key twice": ("m:\n  a: 1\n  a: 2\n", Set(("b",), 2), "line 3.*'a' stands there twice"),
    "a tab": ("a:\n\tb: 1\n", Set(("a",), 2), "line 2"),
    "question marks": ("? a\n: 1\n", Set(("a",), 2), r"line 1.*'\?'"),
    "through a value": ("x: 1\na: b\n", Set(("a", "b"), 2), "'a' .*line 2.*single value"),
    "removal through a value": ("a: b\n", Remove(("a", "b")), "'a' .*line 1.*single value"),
    "a key of a list": ("a:\n- b\n", Set(("a", "b"), 2), "'a' .*line 1.*list"),
    "past a list's end": ("a: [1]\n", Set(("a", 2), 2), "'a' .*list of 1"),
    "an index of nothing": ("a: 1\n", Set(("b", 0), 2), "no such list"),
    "no mapping": ("- a\n", Set(("a",), 2), "must hold sections"),
    "not YAML": ("a: [1\n", Set(("a",), 2), "not valid YAML line 2"),
    "an old line break": ("a: 1\rb: 2\n", Set(("b",), 1), "line 1.*line break"),
    "a break of another alphabet": ("a: 1\n# x\u2028b: 2\n", Set(("b",), 1), "line 2.*line break"),
    "a comment between braces": ("a: { # c\n}\n", Set(("a", "b"), 1), "'a' .*line 1.*comment"),
    "a literal without a last break": ("a: |\n  b", Set(("c",), 1), "'c' in the file can't.*something else"),
    "a set": ("a: 1\n", Set(("b",), {1}), "the value for 'b' holds a set"),
    "half a character": ("a: 1\n", Set(("b",), "\ud800"), "'b' in the file can't"),
    "the file itself": ("a: 1\n", Remove(()), "mapping of sections"),
    "depth": ("a: " + "[" * 5000, Set(("b",), 1), "deep|not valid"),
    "more depth than anybody needs": ("a: " + "[" * 60 + "]" * 60, Set(("b",), 1), "nested more than 50"),
    "a bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
        ),
        Set(("z",), 1),
        "holds more than",
    ),
    "a circle": ("a: &a [*a]\n", Set(("z",), 1), "nested more than 50"),
}


@pytest.mark.parametrize(("before", "change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_done_without_touching_more_is_refused(before: str, change: Change, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        edited(before, [change])
    assert re.search(message, " ".join([str(caught.value), *map(str, caught.value.problems)]))


def test_a_refusal_shows_no_values() -> None:
    with pytest.raises(ConfigError) as caught:
        edited("a: &x sk-secret\nb: *x\n", [Set(("a",), "sk-other")])
    assert "sk-" not in str(caught.value) + caught.value.hint
    assert caught.value.hint == "Edit the file by hand."


def test_changes_build_on_each_other() -> None:
    text = edited("a: 1\n", [Set(("m", "x"), [1]), Set(("m", "x", 1), 2), Remove(("a",)), Set(("m", "x", 0), 0)])
    assert text == "m:\n  x:\n    - 0\n    - 2\n"


def test_a_large_value_comes_back_as_it_was() -> None:
    value = {"s": "word " * 1000, "f": [0.1, 1e300, float("inf")], "i": -(2**70), "n": None, "t": (1, 2), "k": {3: "x"}}
    text = edited("a: 1\n", [Set(("b",), value)])
    assert yaml.safe_load(text)["b"] == {**value, "t": [1, 2]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("!!int '': 1\n", "not valid YAML"),
        ("!!bool x: 1\n", "not valid YAML"),
        ("1.0: .nan\n", "not told from another one"),
        ("true: [2001]\n", "not told from another one"),
    ],
)
def test_keys_that_no_path_can_mean_are_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        edited(text, [Set((1, "roles"), "x")])
