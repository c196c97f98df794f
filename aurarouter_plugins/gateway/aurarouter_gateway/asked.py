"""What a client asks for, in any dialect: a task, and what the answer has to look like."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_hooks import Media, Message, Task, Text

LONGEST = 2000
"""Characters of all names of fields that have no effect: they are told in a header."""
MORE = "…"
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,")


@frozen(kw_only=True)
class Asked:
    """One request.

    Attributes:
        task: The work, in the kernel's words; always `direct`.
        stream: Tell the answer piece by piece.
        usage: A stream's last piece tells the tokens (OpenAI's chats only when they are asked).
        unknown: Paths of fields that only a provider of the same dialect can take.
        dropped: Paths of fields that have no effect here at all.
        echo: Fields that the dialect repeats in its answer.
    """

    task: Task
    stream: bool = False
    usage: bool = False
    unknown: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    echo: dict[str, Any]


def unread(
    fields: Fields, without_effect: Iterable[str] = (), sent_on: Iterable[str] = ()
) -> dict[str, tuple[str, ...]]:
    """The paths of a request's fields that nobody has taken, as `Asked` has them.

    Args:
        fields: The request.
        without_effect: Further ones, that do nothing.
        sent_on: Further ones, that only a provider of the same dialect can take.
    """
    lost, carried = fields.left()
    dropped = _few((*without_effect, *lost), LONGEST)
    unknown = _few((*sent_on, *carried), LONGEST - sum(map(len, dropped)))
    return {"dropped": dropped, "unknown": () if MORE in dropped else unknown}


def _few(names: Iterable[str], room: int) -> tuple[str, ...]:
    found = []
    for name in names:
        room -= len(name) + len(", ")
        found.append(name if room > 0 else MORE)
        if room <= 0:
            break
    return tuple(found)


def wishes(model: str) -> dict[str, Any]:
    """What a model's name asks of the router: `auto`, `role:NAME`, `intent:NAME`, or a configured model."""
    if model == "auto":
        return {}
    for kind in ("role", "intent"):
        if model.startswith(f"{kind}:"):
            return {kind: model.removeprefix(f"{kind}:")}
    return {"model": model}


def require_words(messages: Iterable[Message], path: str) -> None:
    """See to it that a conversation says anything at all.

    Raises:
        RequestError: It doesn't.
    """
    if not any(not isinstance(part, Text) or part.text for message in messages for part in message.parts):
        raise RequestError(f"{path} must not be empty: nothing is said in it", path)


def picture(url: str, path: str) -> Media:
    """An image by its URL, which may hold the image itself.

    Raises:
        RequestError: The URL is neither.
    """
    if found := _DATA.match(url):
        return inline(found[1], url[found.end() :], path)
    if url.startswith(("https://", "http://")):
        return Media(media_type="image/*", url=url)
    raise RequestError(f"{path} must be an http(s) URL or data:IMAGE/TYPE;base64,…", path)


def inline(media_type: str, text: str, path: str) -> Media:
    """Bytes in base64."""
    try:
        return Media(media_type=media_type, data=base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{path} is not base64", path) from error
