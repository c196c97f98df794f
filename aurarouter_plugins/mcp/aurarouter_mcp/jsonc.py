"""JSON with comments, as clients keep settings in it: an entry is put in or taken out, all else stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import Factory, define

from aurarouter_hooks import ConfigError

GAP = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null')
DEEPEST = 100


@define
class Member:
    """A key of an object, where it begins, its value, and the comma behind it (-1 for none)."""

    start: int
    value: Node
    comma: int = -1


@define
class Node:
    """A value, from its first character to behind its last."""

    start: int
    end: int = 0
    value: Any = None
    members: dict[str, Member] = Factory(dict)


def parse(text: str) -> Node:
    """The object that a text is; an empty text is an empty one.

    Raises:
        ConfigError: It is none.
    """
    start = _gap(text, 0)
    if start == len(text):
        return Node(start, start, {})
    node = _node(text, start, 0)
    if _gap(text, node.end) != len(text) or not isinstance(node.value, dict):
        raise _wrong(text, node.end, "this is no object alone")
    return node


def with_entry(text: str, section: str, name: str, entry: Mapping[str, Any]) -> str:
    """The same text with an entry in a section; one of that name is replaced."""
    root = parse(text)
    if root.end == root.start:
        return text + json.dumps({section: {name: entry}}, indent=2) + "\n"
    if section not in root.value:
        return _checked(_put(text, root, section, {name: entry}), {**root.value, section: {name: entry}})
    there = root.members[section].value
    if not isinstance(there.value, dict):
        raise _wrong(text, there.start, f"'{section}' is no object")
    known = there.members.get(name)
    if known is not None:
        written = _written(text, known.start, entry)
        changed = text[: known.value.start] + written + text[known.value.end :]
    else:
        changed = _put(text, there, name, entry)
    return _checked(changed, {**root.value, section: {**there.value, name: entry}})


def without_entry(text: str, section: str, name: str) -> str:
    """The same text without an entry; unchanged where there is none."""
    root = parse(text)
    there = root.members[section].value if section in root.members else root
    if there is root or name not in there.members:
        return text
    gone, names = there.members[name], list(there.members)
    end = gone.comma + 1 if gone.comma >= 0 else gone.value.end
    line = text.rfind("\n", 0, gone.start)
    start = line if line >= 0 and not text[line : gone.start].strip() and text[end : end + 1] in "\r\n" else gone.start
    changed = text[:start] + text[end:]
    before = names.index(name) - 1
    if gone.comma < 0 and before >= 0:
        comma = there.members[names[before]].comma
        changed = changed[:comma] + changed[comma + 1 :]
    rest = {key: value for key, value in there.value.items() if key != name}
    return _checked(changed, {**root.value, section: rest})


def _put(text: str, node: Node, name: str, value: Any) -> str:
    """A further member at an object's end, indented like the others."""
    last = next(reversed(node.members.values()), None)
    outer = _indent(text, node.start)
    inner = _indent(text, last.start) if last is not None and "\n" in text[node.start : last.start] else outer + "  "
    said = json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + inner)
    member = f"\n{inner}{json.dumps(name)}: {said}"
    if last is not None and last.comma >= 0:
        at = _line_end(text, last.comma + 1, node.end - 1)
        return text[:at] + member + "," + text[at:]
    if last is not None:
        at = _line_end(text, last.value.end, node.end - 1)
        return text[: last.value.end] + "," + text[last.value.end : at] + member + text[at:]
    end = "" if "\n" in text[node.start : node.end] else f"\n{outer}"
    return text[: node.start + 1] + member + end + text[node.start + 1 :]


def _line_end(text: str, at: int, most: int) -> int:
    """Behind the comment that belongs to what ends here, if the rest of the line is one."""
    end = text.find("\n", at, most)
    return end - (text[end - 1] == "\r") if end >= 0 and GAP.fullmatch(text, at, end) else at


def _written(text: str, start: int, value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + _indent(text, start))


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _checked(text: str, wanted: Mapping[str, Any]) -> str:
    if parse(text).value != wanted:
        raise ConfigError("this file can't be changed without changing more of it", hint="Change it by hand: --print.")
    return text


def _gap(text: str, at: int) -> int:
    found = GAP.match(text, at)
    return found.end() if found else at


def _node(text: str, at: int, depth: int) -> Node:
    if depth > DEEPEST:
        raise _wrong(text, at, "this is nested too deep")
    node, opening = Node(at), text[at : at + 1]
    if opening not in ("{", "["):
        word = WORD.match(text, at)
        if word is None:
            raise _wrong(text, at, "a value is missing")
        try:
            node.value, node.end = json.loads(word[0]), word.end()
        except ValueError as error:
            raise _wrong(text, at, "this is no value") from error
        return node
    node.value, closing = ({}, "}") if opening == "{" else ([], "]")
    at = _gap(text, at + 1)
    while text[at : at + 1] != closing:
        start, key = at, _node(text, at, depth + 1) if opening == "{" else None
        if key is not None:
            at = _gap(text, key.end)
            if not isinstance(key.value, str) or text[at : at + 1] != ":":
                raise _wrong(text, at, "a key and ':' are missing")
            at = _gap(text, at + 1)
        item = _node(text, at, depth + 1)
        member = Member(start, item)
        if key is None:
            node.value.append(item.value)
        else:
            node.value[key.value], node.members[key.value] = item.value, member
        at = _gap(text, item.end)
        if text[at : at + 1] == ",":
            member.comma = at
            at = _gap(text, at + 1)
        elif text[at : at + 1] != closing:
            raise _wrong(text, at, f"',' or '{closing}' is missing")
    node.end = at + 1
    return node


def _wrong(text: str, at: int, what: str) -> ConfigError:
    return ConfigError(f"line {text.count(chr(10), 0, at) + 1}: {what}", hint="Correct the file, or use --print.")
