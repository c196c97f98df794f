"""Reads YAML that anybody may have written: safe, within bounds, no key lost; and knows each setting's line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from aurarouter_core.plain import yaml_problem
from aurarouter_hooks import ConfigError, Problem

if TYPE_CHECKING:
    import yaml

MOST_BYTES = 4 * 2**20
DEEPEST, MOST = 50, 200_000
LONGEST_NUMBER = 100
PLAUSIBLE = 5_000
"""Levels that libyaml can build; it recurses in C, so a deeper text must be counted out before it may try."""


@frozen(eq=False)
class YamlText:
    """A text, and the settings that it holds.

    Attributes:
        name: What messages call it.
        problems: Keys that stand twice: one of the two would be lost without a word.
    """

    name: str
    text: str
    settings: dict[str, Any]
    problems: tuple[Problem, ...] = ()

    @cached_property
    def _root(self) -> yaml.Node | None:
        return composed(self.text)

    @cached_property
    def _entries(self) -> dict[int, dict[str, tuple[yaml.Node, yaml.Node]]]:
        return {}

    def line(self, path: Sequence[str]) -> int | None:
        """The line where a setting's key stands, or that of the nearest key above it; None for an empty path."""
        node, found = self._root, None
        for part in path:
            step = self._below(node, part)
            if step is None:
                break
            key, node = step
            found = key.start_mark.line + 1
        return found

    def _below(self, node: yaml.Node | None, part: str) -> tuple[yaml.Node, yaml.Node] | None:
        """(key, value) of a key or an index."""
        import yaml

        if isinstance(node, yaml.SequenceNode):
            item = node.value[int(part)] if part.isdecimal() and int(part) < len(node.value) else None
            return (item, item) if item is not None else None
        return self._mapping(node).get(part) if isinstance(node, yaml.MappingNode) else None

    def _mapping(self, node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """A mapping's entries by name, read once: its own beat what it merges in, and the last of two counts."""
        import yaml

        if id(node) in self._entries:
            return self._entries[id(node)]
        entries = self._entries[id(node)] = {}  # there already for a mapping that merges itself
        for key, value in node.value:
            if key.value == "<<":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for source in (source for source in sources if isinstance(source, yaml.MappingNode)):
                    for name, entry in self._mapping(source).copy().items():
                        entries.setdefault(name, entry)
        entries.update((key.value, (key, value)) for key, value in node.value if isinstance(key, yaml.ScalarNode))
        return entries


def composed(text: str) -> yaml.Node | None:
    """The tree of a text that `parse` has accepted, which knows where everything stands; None where nothing does."""
    import yaml

    return yaml.compose(text, Loader=loader()) if text.strip() else None


def parse(data: bytes, name: str) -> YamlText:
    """The settings in a file's bytes.

    Raises:
        ConfigError: It is no UTF-8, no YAML, holds something else than sections, or more than anybody configures.
    """
    import yaml

    try:
        if len(data) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES >> 20} MiB")
        text = data.decode("utf-8-sig")
        _refuse_depth(text)
        reader = loader()(text)
        try:
            settings = reader.get_single_data()
        finally:
            reader.dispose()
        _refuse_bombs(settings)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8 text: {error.reason}", hint="Save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        what = yaml_problem(error) if isinstance(error, yaml.YAMLError) else str(error)
        problem = Problem(what, line=mark.line + 1 if mark else None, source=name)
        hint = "Correct the line named." if mark else "Correct it, or name another file."
        raise ConfigError(f"{name} is not valid YAML", problems=[problem], hint=hint) from error
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise ConfigError(f"{name} must hold sections (system, models, roles …), not a {type(settings).__name__}")
    twice = (Problem(what, line=line, source=name) for what, line in reader.twice)
    return YamlText(name, text, settings, tuple(twice))


@cache
def loader() -> Any:
    """YAML's safe loader with bounds; `twice` collects the keys that stand twice in a mapping, with their lines."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]  # chosen when it runs
        def __init__(self, stream: str) -> None:
            super().__init__(stream)
            self.twice: list[tuple[str, int]] = []
            self.merged = 0

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except (yaml.YAMLError, RecursionError):
                raise
            except Exception as error:
                what = f"what stands here is no {node.tag.rpartition(':')[2]}"  # its own words may quote a key
                raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from error

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[Any] = set()
            for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():  # else what follows refuses it
                name = getattr(key, "value", None)
                if isinstance(name, str) and name != "<<":
                    if name in seen:
                        self.twice.append((f"'{name}' stands here twice", key.start_mark.line + 1))
                    seen.add(name)
            return super().construct_mapping(node, deep)

        def flatten_mapping(self, node: Any) -> None:
            merges = any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value)
            super().flatten_mapping(node)
            self.merged += len(node.value) if merges else 0
            if self.merged > MOST:
                raise yaml.constructor.ConstructorError(None, None, "it merges too much", node.start_mark)

        def construct_number(self, node: Any) -> Any:
            if len(node.value) > LONGEST_NUMBER:
                raise yaml.constructor.ConstructorError(None, None, "this number is too long", node.start_mark)
            make = self.construct_yaml_int if node.tag.endswith("int") else self.construct_yaml_float
            return make(node)

    for kind in ("int", "float"):
        Loader.add_constructor(f"tag:yaml.org,2002:{kind}", Loader.construct_number)
    return Loader


def _refuse_depth(text: str) -> None:
    """Raises ValueError when it is nested too deeply: judged by its characters first, which costs next to nothing."""
    import yaml

    indent = max((len(found) for found in re.findall(r"^[ ?:-]*", text, re.MULTILINE)), default=0)
    if text.count("[") + text.count("{") + 2 * indent <= PLAUSIBLE:
        return
    depth = 0
    for event in yaml.parse(text, Loader=loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")


def _refuse_bombs(settings: Any) -> None:
    """Aliases make small files huge, and circles endless; raises ValueError for what nobody configures."""
    waiting = [(settings, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        if seen > MOST:
            raise ValueError(f"it holds more than {MOST} values")
        if isinstance(value, dict):
            waiting.extend([(item, depth + 1) for item in value.values()])
        elif isinstance(value, list | set | tuple):
            waiting.extend([(item, depth + 1) for item in value])
