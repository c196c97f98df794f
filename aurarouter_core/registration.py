"""What somebody says who registers a model file, checked: its id, its tags, and where the file may lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from aurarouter_core import gguf
from aurarouter_core.asset_settings import Assets
from aurarouter_core.config import RESERVED
from aurarouter_core.home import Home, expanded
from aurarouter_hooks import AssetError, AssetNameError, GgufHeader

ID = re.compile(rf"(?!{RESERVED.pattern})[A-Za-z0-9][A-Za-z0-9._:-]{{0,127}}")
MOST_TAGS, LONGEST_TAG, LONGEST_REPO = 50, 64, 300


def checked_id(model_id: object) -> str:
    """A model's id.

    Raises:
        AssetNameError: It is none.
    """
    if not isinstance(model_id, str) or not ID.fullmatch(model_id):
        raise AssetNameError(
            f"{_shown(model_id)} can't be a model's id",
            hint="Take up to 128 of: letters, digits, '.', '_', ':' and '-'; a letter or digit first. 'auto', "
            "'role:…' and 'intent:…' mean something else.",
        )
    return model_id


def checked_tags(tags: object) -> tuple[str, ...]:
    """Tags: a text with commas, or a list.

    Raises:
        AssetNameError: They are neither, or one is no tag.
    """
    parts = tags.split(",") if isinstance(tags, str) else tags
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise AssetNameError(f"{_shown(tags)} can't be tags", hint="Write them as 'a,b', or as a list of texts.")
    found = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    wrong = [tag for tag in found if not _is_word(tag, LONGEST_TAG) or "," in tag]
    if wrong or len(found) > MOST_TAGS:
        raise AssetNameError(
            f"{_shown(wrong[0])} can't be a tag" if wrong else f"{len(found)} tags are too many",
            hint=f"Give up to {MOST_TAGS} tags of up to {LONGEST_TAG} characters each.",
        )
    return found


def checked_repo(repo: object) -> str:
    """Where a file came from.

    Raises:
        AssetError: It is no short text.
    """
    if not isinstance(repo, str) or not _is_word(repo, LONGEST_REPO):
        raise AssetError(f"{_shown(repo)} can't say where a file came from", hint="Take a short text, such as 'local'.")
    return repo


def roots_of(settings: Assets, home: Home) -> list[Path]:
    """The folders that registered files may lie in, links followed."""
    return [expanded(root).resolve() for root in settings.roots] or [home.models.resolve()]


def located(file_path: object, roots: Sequence[Path], *, confined: bool) -> Path:
    """The file that a path means in the end, links followed; a relative one begins at the first root.

    Raises:
        AssetError: There is none, or it lies outside of all roots.
    """
    if not isinstance(file_path, str | Path) or not str(file_path) or "\0" in str(file_path):
        raise AssetError(f"{_shown(file_path)} can't be a file's path", hint="Name the model's file.")
    written = expanded(str(file_path))
    try:
        path = (roots[0] / written).resolve()
        if confined:
            _inside(path, roots, written)
        path = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AssetError(f"{written} can't be found: {reason}", hint="Check the path.") from error
    if not path.is_file():
        raise AssetError(f"{path} is no file", hint="Name the model's file.")
    if "${" in str(path) or not str(path).isprintable():
        raise AssetError(f"{_shown(str(path))} can't stand in a configuration", hint="Rename the file or its folder.")
    return path


def header_of(path: Path, roots: Iterable[Path], *, confined: bool) -> GgufHeader:
    """What the file says of itself; of a model in parts, each part is a file of its own and has to lie there too.

    Raises:
        AssetError: It is no usable GGUF file, or a part lies elsewhere.
    """
    for part in gguf.parts(path) if confined else ():
        _inside(part.resolve(), roots, part)
    return gguf.read(path)


def _inside(path: Path, roots: Iterable[Path], written: Path) -> None:
    if not any(path.is_relative_to(root) for root in roots):
        raise AssetError(
            f"{written} lies outside of the folders that model files may be registered from",
            hint="Move it into one of them, or add its folder to assets.roots: "
            f"{', '.join(str(root) for root in roots)}",
        )


def _is_word(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and "${" not in text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
