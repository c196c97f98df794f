"""What is said: messages and their parts, tools, and the prompt that a provider receives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from attrs import evolve, field, frozen

if TYPE_CHECKING:
    from aurarouter_hooks.values.model import Location
    from aurarouter_hooks.values.trace_context import TraceContext

Speaker = Literal["system", "user", "assistant", "tool"]


Extra = Mapping[str, Any] | None
"""What the caller's dialect says of a thing beside what we know; `Prompt.dialect` names the dialect."""


@frozen
class Text:
    """Plain text."""

    text: str
    extra: Extra = field(default=None, kw_only=True, repr=False)


@frozen(kw_only=True)
class Media:
    """An image, a sound or a file: bytes here, or a URL that the backend fetches itself."""

    media_type: str
    data: bytes | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)
    name: str = ""
    extra: Extra = field(default=None, repr=False)


@frozen(kw_only=True)
class ToolCall:
    """A model asks for a tool. `arguments` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str = field(default="{}", repr=False)
    extra: Extra = field(default=None, repr=False)


@frozen(kw_only=True)
class ToolResult:
    """What a tool answered to the call with id `call_id`."""

    call_id: str
    content: str = field(repr=False)
    is_error: bool = False
    media: tuple[Media, ...] = ()
    extra: Extra = field(default=None, repr=False)


@frozen(kw_only=True)
class Opaque:
    """A provider's own part (thinking, signatures).

    It goes back, untouched, to that provider only; with `model` set, to that configured model only.
    """

    provider: str
    model: str = ""
    data: Any = field(repr=False)


Part = Text | Media | ToolCall | ToolResult | Opaque


def _parts(value: str | Sequence[Part]) -> tuple[Part, ...]:
    return (Text(value),) if isinstance(value, str) else tuple(value)


@frozen
class Message:
    """One turn. `Message("user", "hello")` is short for one text part."""

    role: Speaker
    parts: tuple[Part, ...] = field(converter=_parts)
    extra: Extra = field(default=None, kw_only=True, repr=False)

    @property
    def text(self) -> str:
        """The text parts, joined; other parts are left out."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@frozen(kw_only=True)
class Tool:
    """A tool that the model may call; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(factory=dict)
    extra: Extra = field(default=None, repr=False)


@frozen(kw_only=True)
class Prompt:
    """All that a provider needs for one attempt.

    Attributes:
        messages: The conversation, oldest first.
        tools: Tools that the model may call.
        tool_choice: "auto", "none", "required", or a tool's name.
        response_schema: JSON Schema that the answer must fit; None for free text.
        parameters: `temperature`, `max_tokens`, `top_p`, `stop`, `seed` … under OpenAI's names; the task's wishes
            already laid over the model's own.
        extra: Fields of the caller's dialect that we don't know, for a provider of the same `dialect` only; messages,
            parts and tools have their own. See `in_dialect`.
        private: The content must not leave the place that was checked: use no proxy, follow no redirect, connect
            to an address in `location` and to no other.
        location: The answer of the provider's own `where()` that cleared this attempt.
        trace_context: W3C trace context to send on.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    response_schema: Mapping[str, Any] | None = None
    parameters: Mapping[str, Any] = field(factory=dict)
    dialect: str = ""
    extra: Mapping[str, Any] = field(factory=dict)
    private: bool = False
    location: Location | None = None
    trace_context: TraceContext | None = None

    @classmethod
    def of(cls, text: str) -> Prompt:
        """A prompt of one user message."""
        return cls(messages=(Message("user", text),))

    @property
    def text(self) -> str:
        """The text of the last user message."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    def in_dialect(self, dialect: str) -> Prompt:
        """As a provider that speaks this dialect may send it: without what only another one has words for."""
        if self.dialect == dialect:
            return self
        messages = (evolve(_plain(one), parts=tuple(map(_plain, one.parts))) for one in self.messages)
        return evolve(self, messages=tuple(messages), tools=tuple(map(_plain, self.tools)), extra={})


_Said = TypeVar("_Said", bound=Part | Message | Tool)


def _plain(said: _Said) -> _Said:
    """The same without its `extra`."""
    if isinstance(said, ToolResult) and said.media:
        said = evolve(said, media=tuple(map(_plain, said.media)))
    return said if isinstance(said, Opaque) or not said.extra else evolve(said, extra=None)
