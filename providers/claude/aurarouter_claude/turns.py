"""A conversation in Anthropic's terms: turns of two speakers, made of blocks.

Protocol: https://platform.claude.com/docs/en/api/messages
"""

import base64
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aurarouter_hooks import Media, Message, Model, Opaque, Part, ProviderReplyError, Text, ToolCall, ToolResult

Block = Mapping[str, Any]
Turn = dict[str, Any]

PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
PDF = "application/pdf"
PLAIN = "text/plain"
FILES = "Send JPEG, PNG, GIF, WebP, PDF or plain text, or choose a model of another provider."


def system(messages: Iterable[Message]) -> str | list[Block]:
    """All that system messages say. Most models take it in one place only, so later ones move there."""
    said = [message for message in messages if message.role == "system" and message.text]
    if any(part.extra for message in said for part in message.parts if isinstance(part, Text)):
        return [block for message in said for block in _user(message.parts)]
    return "\n\n".join(message.text for message in said)


def turns(messages: Iterable[Message], model: Model) -> list[Turn]:
    """The conversation without its system messages. Turns of one speaker in a row become one.

    Raises:
        ProviderReplyError: Nothing is left to send, or a part can't be sent to Claude.
    """
    found: list[Turn] = []
    for message in messages:
        if message.role == "system":
            continue
        speaker = "assistant" if message.role == "assistant" else "user"
        blocks = _assistant(message.parts, model) if speaker == "assistant" else _user(message.parts)
        if not blocks:
            continue
        if found and found[-1]["role"] == speaker:
            blocks = found.pop()["content"] + blocks
        if speaker == "user":  # results of tools must stand before anything else that a turn says
            blocks.sort(key=lambda block: block["type"] != "tool_result")
        found.append({"role": speaker, "content": blocks})
    if not found:
        raise ProviderReplyError(
            "the prompt says nothing", refused=True, hint="Send at least one message that isn't empty."
        )
    return found


def opaque(block: Block, model: Model, characters: int, calls: int) -> Opaque:
    """A block that only this model understands, and what of its turn stood before it, so that it finds back there."""
    data = {"block": dict(block), "after": {"characters": characters, "calls": calls}}
    return Opaque(provider=model.provider, model=model.id, data=data)


def _user(parts: Sequence[Part]) -> list[Block]:
    return [block for part in parts if (block := _block(part)) is not None]


def _assistant(parts: Sequence[Part], model: Model) -> list[Block]:
    """A turn of the model's own, with its thinking at the very places where it was: Claude refuses it elsewhere.

    A turn that was put together of a stream has it in front and says of each what stood before; one that a client sent
    has it in its place.
    """
    ours = [part.data for part in parts if isinstance(part, Opaque) and _ours(part, model)]
    waiting = deque(sorted((_kept(data) for data in ours if "after" in data), key=lambda kept: kept[:2]))
    blocks: list[Block] = []
    calls = characters = 0

    def place() -> None:
        while waiting and waiting[0][0] <= calls and waiting[0][1] <= characters:
            blocks.append(waiting.popleft()[2])

    for part in parts:
        place()
        if isinstance(part, Text):
            rest = part.text
            while rest:
                here = waiting and waiting[0][0] <= calls
                cut = min(len(rest), waiting[0][1] - characters) if here else len(rest)
                blocks.append({**(part.extra or {}), "type": "text", "text": rest[:cut]})
                characters, rest = characters + cut, rest[cut:]
                place()
        elif isinstance(part, Opaque):
            if _ours(part, model) and "after" not in part.data:
                blocks.append(part.data)
        elif (block := _block(part)) is not None:
            blocks.append(block)
            calls += isinstance(part, ToolCall)
    return [*blocks, *(block for _, _, block in waiting)]


def _kept(data: Mapping[str, Any]) -> tuple[int, int, Block]:
    """Calls and characters that stood before an opaque block, and the block."""
    return data["after"]["calls"], data["after"]["characters"], data["block"]


def _ours(part: Opaque, model: Model) -> bool:
    return part.provider == model.provider and part.model in {"", model.id}


def _block(part: Part) -> Block | None:
    """A part with what Anthropic's own dialect says of it (`cache_control`, a document's `title` …)."""
    if (block := _known(part)) is None or isinstance(part, Opaque):
        return None
    return {**(part.extra or {}), **block}


def _known(part: Part) -> Block | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text} if text else None  # an empty block is refused
        case ToolCall():
            return {"type": "tool_use", "id": _id(part.id), "name": part.name, "input": _arguments(part.arguments)}
        case ToolResult():
            content: list[Block] = [{"type": "text", "text": part.content}] if part.content else []
            content += _user(part.media)
            result = {"type": "tool_result", "tool_use_id": _id(part.call_id), "content": content}
            return {**result, "is_error": True} if part.is_error else result
        case Media():
            return _media(part)
        case Opaque():  # another provider's
            return None


def _media(media: Media) -> Block:
    if not media.url and not media.data:
        raise ProviderReplyError("a file holds nothing", refused=True, hint=FILES)
    kind = "image" if media.media_type in PICTURES else "document" if media.media_type == PDF else ""
    if media.url and (kind or media.media_type == "image/*"):  # of which kind it is, Anthropic sees when it fetches it
        return {"type": kind or "image", "source": {"type": "url", "url": media.url}}
    if kind:
        data = base64.b64encode(media.data or b"").decode()
        return {"type": kind, "source": {"type": "base64", "media_type": media.media_type, "data": data}}
    if media.data and media.media_type == PLAIN:
        text = media.data.decode(errors="replace")
        return {"type": "document", "source": {"type": "text", "media_type": PLAIN, "data": text}}
    kind = media.media_type or "file of an unnamed type"
    raise ProviderReplyError(f"Claude takes no {kind}", refused=True, hint=FILES)


def _id(call: str) -> str:
    """Other backends make ids that Anthropic refuses; both ends of a call are changed alike."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", call) or "call"


def _arguments(text: str) -> Mapping[str, Any]:
    """Always an object; what a model wrote that is none is shown to it as it was."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"arguments": text}
