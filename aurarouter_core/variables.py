"""`${env.NAME}` in a setting stands for a variable of the environment; `$${env.NAME}` stands for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aurarouter_core.plain import yaml_problem

REFERENCE = re.compile(r"(\$?)\$\{env\.([^}]*)\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnsetVariableError(ValueError):
    """A setting names a variable that is not set; a problem of whoever uses the setting, not of the file."""


def refers(text: str) -> bool:
    """The text names a variable."""
    return "${env." in text


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """The text with its variables in place.

    Raises:
        UnsetVariableError: One of them is not set.
        ValueError: One of them is no name at all.
    """

    def value(found: re.Match[str]) -> str:
        escape, name = found.groups()
        if escape:
            return found[0][1:]
        if not NAME.fullmatch(name):
            raise ValueError("'${env.…}' must hold the name of a variable")
        if name not in environ:
            raise UnsetVariableError(f"the environment variable {name} is not set")
        return environ[name]

    return REFERENCE.sub(value, text)


def scalar(text: str) -> Any:
    """What a variable's text means where no text is asked for: a YAML value.

    Raises:
        ValueError: It is no YAML; its words are not repeated.
    """
    import yaml

    try:
        return yaml.safe_load(text)
    except Exception as error:
        words = yaml_problem(error) if isinstance(error, yaml.YAMLError) else "it makes no sense"
        raise ValueError(f"can't be read as YAML: {words}") from error


def words(text: str) -> list[str]:
    """A list in one variable: its words are separated by commas."""
    return [part.strip() for part in text.strip().removeprefix("[").removesuffix("]").split(",") if part.strip()]
