"""Takes private data out of what a model is sent, and puts it back into what it answers."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import evolve, frozen

from aurarouter_core.detector import Detector, spans
from aurarouter_core.inspection import Inspector, prompt_texts
from aurarouter_core.plain import dumps
from aurarouter_hooks import (
    Chunk,
    Finding,
    Media,
    Message,
    Opaque,
    Part,
    PrivacyError,
    Prompt,
    Text,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolResult,
)
from aurarouter_hooks.values.json_texts import DEEPEST, ESCAPE, STRING, blocks, decoded, unescaped

PLACEHOLDER = re.compile(r"\[[a-z0-9][a-z0-9_-]*-\d+\]")
HINT = "Add a model that is cleared for private content."
BARE = re.compile(f"{STRING.pattern}|{PLACEHOLDER.pattern}", STRING.flags)
"""In JSON, a string, or a placeholder where a number was."""


@frozen(kw_only=True)
class Redaction:
    """A prompt without its private data, and what stands for what.

    Attributes:
        prompt: With a placeholder such as `[card-1]` for each value that a rule with the action `redact` found; the
            same value has the same placeholder everywhere in the prompt.
        values: Placeholder → value.
    """

    prompt: Prompt
    values: Mapping[str, str]

    async def restored(self, chunks: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk]:
        """An answer with the values in the place of their placeholders, also of one that two chunks share."""
        text, reasoning = Restorer(self.values), Restorer(self.values)
        quoted = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in self.values.items()}
        calls: defaultdict[int, Restorer] = defaultdict(lambda: Restorer(quoted))
        async for chunk in chunks:
            done = chunk.finish is not None
            pieces = [evolve(each, arguments=calls[each.index].feed(each.arguments)) for each in chunk.tool_calls]
            yield evolve(
                chunk,
                text=text.feed(chunk.text, last=done or bool(chunk.tool_calls)),
                reasoning=reasoning.feed(chunk.reasoning, last=done),
                tool_calls=(*pieces, *(_rest(calls) if done else ())),
                stop_sequence=Restorer(self.values).feed(chunk.stop_sequence, last=True),
            )
        rest = Chunk(
            text=text.feed("", last=True), reasoning=reasoning.feed("", last=True), tool_calls=tuple(_rest(calls))
        )
        if rest.has_content:
            yield rest


class Restorer:
    """Puts values back into a text that comes in pieces; holds back what may be the start of a placeholder."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._held = ""

    def feed(self, text: str, *, last: bool = False) -> str:
        """The next piece as far as it is certain; with `last`, all that is left."""
        text = self._held + text
        _, sign, begun = text.rpartition("[")
        held = not last and sign and "]" not in begun and any(name.startswith(sign + begun) for name in self._values)
        self._held = sign + begun if held else ""
        sure = text.removesuffix(self._held)
        return PLACEHOLDER.sub(lambda found: self._values.get(found[0], found[0]), sure)


def _rest(calls: Mapping[int, Restorer]) -> Iterator[ToolCallDelta]:
    """What is left of calls that broke off: JSON doesn't end like the beginning of a placeholder."""
    for index, restorer in calls.items():
        if left := restorer.feed("", last=True):
            yield ToolCallDelta(index=index, arguments=left)


def redacted(prompt: Prompt, inspector: Inspector) -> Redaction:
    """The prompt without what has to be replaced.

    Raises:
        PrivacyError: Something can't be replaced: it stands in a file, or where only fixed words may stand.
    """
    work = _Work(inspector.detector, prompt)
    made = evolve(
        prompt,
        messages=tuple(work.message(message) for message in prompt.messages),
        tools=tuple(work.tool(tool) for tool in prompt.tools),
        response_schema=work.value(prompt.response_schema),
        parameters=work.value(prompt.parameters),
        extra=work.value(prompt.extra),
    )
    left = inspector.prompt(made)
    if left.redacts or left.failed:
        raise PrivacyError(
            f"private data can't be replaced everywhere in the prompt ({left.outcome})",
            hint=f"It may stand in an attached file. {HINT}",
        )
    return Redaction(prompt=made, values={name: value for value, name in work.names.items()})


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _stuck() -> PrivacyError:
    return PrivacyError("private data can't be replaced in the JSON that it stands in", hint=HINT)


class _Work:
    """Replaces values by placeholders, each that is new by the next one of its rule."""

    def __init__(self, detector: Detector, prompt: Prompt) -> None:
        self._detector = detector
        self._taken = {name for text in prompt_texts(prompt) for name in PLACEHOLDER.findall(text)}
        self._counts: dict[str, int] = {}
        self.names: dict[str, str] = {}

    def text(self, text: str, deepest: int = DEEPEST, *, is_code: bool = False) -> str:
        """A text, and where JSON stands in it the strings as what they stand for: it stays JSON.

        Args:
            text: What may hold values.
            deepest: Levels of JSON in strings of JSON that are left.
            is_code: It is to be read as JSON, whatever it looks like.

        Raises:
            PrivacyError: Something in JSON can't be replaced.
        """
        found, clear = blocks(text) if deepest else ([], False)
        pieces, at = [], 0
        for start, end in found:
            pieces += [text[at:start], self._json(text[start:end], deepest - 1)]
            at = end
        made = "".join([*pieces, text[at:]])
        if found != [(0, len(text))]:
            made = self._plain(made, escaped=is_code or not clear)
        if any(map(self._found, decoded(made))):
            raise _stuck()
        return made

    def _json(self, text: str, deepest: int) -> str:
        made = self._plain(STRING.sub(partial(self._string, deepest), text), escaped=True)
        if not _parses(made):
            made = BARE.sub(lambda match: match[0] if match[0].startswith('"') else f'"{match[0]}"', made)
            if not _parses(made):
                raise _stuck()
        return made

    def _string(self, deepest: int, match: re.Match[str]) -> str:
        said = unescaped(match[1])
        made = self.text(said, deepest)
        return match[0] if made == said else dumps(made)

    def _found(self, text: str) -> list[Finding]:
        return [one for one in self._detector.find(text) if self._detector.actions[one.rule] == "redact"]

    def _plain(self, text: str, *, escaped: bool) -> str:
        """A text with names in it, as it is written: of one with escapes, values are kept as what they stand for."""
        found = self._found(text)
        if not found:
            return text
        inside = (
            {at for match in ESCAPE.finditer(text) for at in range(match.start() + 1, match.end())} if escaped else ()
        )
        pieces, at = [], 0
        for start, end, rule in spans(found):
            if start in inside or end in inside:
                raise _stuck()  # half an escape would be left, and the other half be taken for the value's
            value = text[start:end]
            pieces += [text[at:start], self._name(rule, unescaped(value) if escaped else value)]
            at = end
        return "".join([*pieces, text[at:]])

    def _name(self, rule: str, value: str) -> str:
        while value not in self.names:
            self._counts[rule] = self._counts.get(rule, 0) + 1
            name = f"[{rule}-{self._counts[rule]}]"
            if name not in self._taken:
                self.names[value] = name
        return self.names[value]

    def message(self, message: Message) -> Message:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, Text) and parts and isinstance(parts[-1], Text):
                extra = {**(parts[-1].extra or {}), **(part.extra or {})} or None
                parts[-1] = Text(parts[-1].text + self.text(part.text), extra=extra)  # a model reads them as one
            else:  # what is JSON by itself may not look like it behind another
                parts.append(Text(self.text(part.text), extra=part.extra) if isinstance(part, Text) else part)
        return Message(message.role, [self.part(part) for part in parts], extra=self.value(message.extra))

    def part(self, part: Part) -> Part:
        match part:
            case Text():
                return Text(self.text(part.text), extra=self.value(part.extra))
            case Media():
                return evolve(part, extra=self.value(part.extra))
            case ToolCall():
                return evolve(part, arguments=self.text(part.arguments, is_code=True), extra=self.value(part.extra))
            case ToolResult():
                media = tuple(evolve(one, extra=self.value(one.extra)) for one in part.media)
                return evolve(part, content=self.text(part.content), media=media, extra=self.value(part.extra))
            case Opaque():
                return evolve(part, data=self.value(part.data))

    def tool(self, tool: Tool) -> Tool:
        described, schema = self.text(tool.description), self.value(tool.schema)
        return evolve(tool, description=described, schema=schema, extra=self.value(tool.extra))

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.value(item) for item in value) if type(value) in (list, tuple) else value
        return value
