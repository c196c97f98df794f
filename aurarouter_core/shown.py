"""How settings are shown: secrets masked, references as they are, on any terminal."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from aurarouter_core.kinds import below, names
from aurarouter_core.plain import plain
from aurarouter_core.variables import NAME
from aurarouter_hooks import Secret

MASK = "****"
REFERENCE = re.compile(r"\$\{(?:env|key)\.[^}]*\}")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
TELLS = re.compile(
    r"(?:key|secret|token|password|passwd|passphrase|pwd|auth|authori[sz]ation|credential|cookie|bearer)s?$",
    re.IGNORECASE,
)
ABOUT = frozenset({"file", "path", "name", "type"})
"""`key_file` says where a key is, and is none."""
LOOKS = re.compile(
    r"\b(?:sk-|sk_|xai-|gsk_|gh[opsu]_|github_pat_|glpat-|hf_|xox[abprs]-|AKIA|AIza|ya29\.|eyJ)[\w.-]{16,}"
    r"|(?<=^bearer )(?!\$\{)\S{8,}$",
    re.IGNORECASE,
)
PAIR = re.compile(r"(-{0,2}\b[\w-]+)(=|:\s+|(?<=\w)\s+(?=\S))((?:(?:bearer|basic)\s+)?[^\s;&]+)", re.IGNORECASE)
URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)(\S*@)?([^?#\s]*)(\?[^#\s]*)?", re.IGNORECASE)
PARAMETER = re.compile(r"([?&][^=&]*=?)([^&]*)")
HARMLESS_PARAMETERS = ("api-version=", "version=", "v=", "alt=")


def masked(value: Any, kind: Any = Any, name: str = "") -> Any:
    """The same value with `****` for each secret in it.

    What is a secret is known by its type, by its key where anything may stand, and by its looks. A reference
    (`${env.NAME}`, `${key.NAME}`) is none.

    Args:
        value: A setting, or many.
        kind: Its type, or the whole configuration as a mapping of section name → type.
        name: Its key.
    """
    if isinstance(value, Mapping):
        told = str(value.get("name", value.get("header", "")))  # {name: Authorization, value: …} is a pair too
        above = name if kind is Any else ""  # where anything may stand; else a name is the user's, or a class knows
        return {
            str(key): masked(item, _below(kind, str(key)), _telling(above, told if key == "value" else "") or str(key))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        flags = ["", *(item if isinstance(item, str) and re.fullmatch("-[^=]+", item) else "" for item in value)]
        return [masked(item, _below(kind, ""), _telling(name, flag)) for item, flag in zip(value, flags, strict=False)]
    if value is None or value == "" or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and kind not in (Any, Secret):
        return value  # a number that a class asks for, whatever it is called
    if kind is Secret or _tells(name, value):
        return value if isinstance(value, str) and _refers(value) else MASK
    return _text(value) if isinstance(value, str) else value


def _below(kind: Any, name: str) -> Any:
    """The type of what stands below; a key that is almost that of a secret is a misspelt one."""
    if kind is Secret:
        return Secret
    known = names(kind)
    if name not in known:
        secret = [key for key, inner in known.items() if Secret in (inner, below(inner, ""))]
        return Secret if difflib.get_close_matches(name, secret, n=1) else below(kind, name)
    return below(kind, name)


def _telling(*keys: str) -> str:
    return next((key for key in keys if _tells(key, "")), "")


def _tells(name: str, value: Any) -> bool:
    """A key of this name holds a secret."""
    words = [word.lower().rstrip("0123456789") for word in WORD.findall(name)]
    if not any(TELLS.search(word) for word in words) or ABOUT.intersection(words):
        return False
    if "tokens" in words and (isinstance(value, int | float) or str(value).isdigit()):
        return False  # a number of them
    return not ("env" in words and isinstance(value, str) and NAME.fullmatch(value))


def _refers(text: str) -> bool:
    """Only references, and perhaps the word before one in a header."""
    return (
        REFERENCE.sub("", text).strip(" :&").lower() in ("", "bearer", "basic") and REFERENCE.search(text) is not None
    )


def _text(text: str) -> str:
    text = PAIR.sub(_pair, text)
    return LOOKS.sub(MASK, URL.sub(_url, text))


def _pair(match: re.Match[str]) -> str:
    """`AccountKey=…`, `Authorization: …`, and `--api-key …`; a word that merely follows another is no value of it."""
    name, between, value = match.groups()
    pairs = not between.isspace() or name.startswith("-")
    return f"{name}{between}{MASK}" if pairs and _tells(name, value) and not _refers(value) else match[0]


def _url(match: re.Match[str]) -> str:
    scheme, user, rest, query = (part or "" for part in match.groups())
    if user and not _refers(user.removesuffix("@")):
        user = f"{MASK}@"
    return scheme + user + rest + PARAMETER.sub(_parameter, query)


def _parameter(match: re.Match[str]) -> str:
    name, value = match.groups()
    shows = not value or _refers(value) or name[1:].lower() in HARMLESS_PARAMETERS
    return match[0] if shows else f"{name}{MASK}"


def as_yaml(value: Any) -> str:
    """A value as YAML, ending with a newline. What a terminal would obey is escaped."""
    return _dumped(value, default_flow_style=False, width=120)


def on_one_line(value: Any) -> str:
    """A value as YAML on one line."""
    text = _dumped(value, default_flow_style=True, width=10**9).removesuffix("\n")
    return json.dumps(plain(value)) if "\n" in text else text


def _dumped(value: Any, **style: Any) -> str:
    import yaml

    data = plain(value)
    style |= {"Dumper": getattr(yaml, "CSafeDumper", yaml.SafeDumper), "sort_keys": False}
    try:
        text: str = yaml.dump(data, allow_unicode=True, **style)
    except UnicodeEncodeError:  # a variable may hold bytes that are no text
        return json.dumps(data, indent=None if style.get("default_flow_style") else 2) + "\n"
    if not text.replace("\n", "").isprintable():
        text = yaml.dump(data, **style)
    return text.removesuffix("...\n")


def printable(text: object) -> str:
    """A text whose every character shows: a file's words can't move the cursor or hide a line."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text))
