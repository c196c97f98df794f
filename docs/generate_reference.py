"""Writes what is made from the configuration's classes: its reference page, and its JSON Schema for editors.

Run it after changing a setting: `python docs/generate_reference.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aurarouter_core import Plugins
from aurarouter_core.schema import json_schema
from aurarouter_core.schema_checks import VARIABLE

PLUGINS = ("limits", "cache", "telemetry")
"""Plugins whose sections stand on the page, each section under its plugin's own name."""
ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python docs/generate_reference.py"
INTRODUCTION = f"""\
<!-- Made by `{COMMAND}` from the classes in aurarouter_core/config.py: change those, not this page. -->
# Configuration reference

Every setting of the kernel, and below them those of the plugins {{plugins}}.
[Configuration](configuration.md) explains how they work together, and
[`manifests/sample_config.yaml`](../manifests/sample_config.yaml) shows them in use. Other plugins bring sections of
their own; `aurarouter config schema` prints a JSON Schema that knows those of your installation too.

*NAME* stands for a name of your own, *KEY* for any key. In the name of a variable it is written with `_` for `-`, `.`
and `/`. Where a number, a list of words, true or false is expected, `${{env.NAME}}` may stand instead; in text it may
stand anywhere. What has no default and is not required is empty or unknown until you set it.
"""
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
}
LIMITS = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}
HEAD = "| key | type | default | range | meaning | variable |\n|---|---|---|---|---|---|"

Schema = Mapping[str, Any]


def written() -> dict[Path, str]:
    """Each file that is made, and what must stand in it."""
    schema = json_schema()
    return {
        ROOT / "docs" / "configuration-reference.md": page({**schema, "properties": schema["properties"] | _plugins()}),
        ROOT / "manifests" / "auraconfig.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
    }


def _plugins() -> dict[str, Any]:
    """The sections of those plugins of ours whose settings stand here."""
    sections = {name: kind for name, kind in Plugins().sections.items() if name in PLUGINS}
    known = json_schema(sections)["properties"]
    return {name: known[name] for name in PLUGINS}


def page(schema: Schema) -> str:
    """The reference page of a schema."""
    parts = [INTRODUCTION.replace("{plugins}", ", ".join(f"`{name}`" for name in PLUGINS))]
    for name, section in schema["properties"].items():
        entry = section["additionalProperties"]
        named = isinstance(entry, Mapping)
        if named:
            parts += _tables(
                [name, "NAME"], {**entry, "description": f"{section['description']} {entry['description']}"}
            )
        else:
            parts += _tables([name], section)
    return "\n".join(parts)


def _tables(path: list[str], entry: Schema, level: str = "##") -> Iterator[str]:
    yield f"{level} {'.'.join(path)}\n\n{entry['description']}\n\n{HEAD}"
    keys = {key: item for key, item in entry["properties"].items() if "deprecationMessage" not in item}
    for key, item in keys.items():
        yield _row([*path, key], item, key in entry.get("required", ()))
    yield ""
    for key, item in keys.items():
        if _has_table(item):
            named = "properties" not in item
            below = item["additionalProperties"] if named else item
            yield from _tables([*path, key, *(["NAME"] if named else [])], below, f"{level}#")


def _has_table(item: Schema) -> bool:
    """What stands below it, or below each name in it, has a table of its own."""
    below = item.get("additionalProperties")
    return "properties" in item or (isinstance(below, Mapping) and "properties" in below)


def _row(path: list[str], item: Schema, required: bool) -> str:
    below = ["KEY"] if "object" in item.get("type", ()) and not _has_table(item) else []
    variable = "AURAROUTER_" + "__".join(part.upper() for part in [*path, *below])
    cells = [f"`{path[-1]}`", _type(path, item), _default(item, required), _range(item), item["description"]]
    return f"| {' | '.join(cells)} | {'' if _has_table(item) else f'`{variable}`'} |"


def _default(item: Schema, required: bool) -> str:
    if required or "default" not in item:
        return "required" if required else ""
    default = item["default"]
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _type(path: list[str], item: Schema) -> str:
    kinds = item.get("type", "string")  # a choice of words has none
    main = kinds if isinstance(kinds, str) else kinds[0]
    if _has_table(item):
        return f"[mapping](#{''.join([*path, *(['NAME'] if 'properties' not in item else [])]).lower()})"
    if "items" in item:
        return "list of keys" if "writeOnly" in item["items"] else "list of words"
    return "key" if "writeOnly" in item else WORDS[main]


def _range(item: Schema) -> str:
    limits = [f"{word} {item[limit]:,.10g}" for limit, word in LIMITS.items() if limit in item]
    choices = [
        f"`{choice}`"
        for choice in (*item.get("enum", ()), *item.get("anyOf", [{}])[0].get("enum", ()))
        if choice is not None
    ]
    pattern = item.get("pattern", VARIABLE)
    form = [] if pattern == VARIABLE else [item["patternErrorMessage"].removeprefix("expected ")]
    return ", ".join([*limits, *choices, *form])


if __name__ == "__main__":
    for file, text in written().items():
        file.write_text(text, encoding="utf-8")
