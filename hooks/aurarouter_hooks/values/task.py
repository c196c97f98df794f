"""What is asked, and what the analyser saw in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import field, frozen

from aurarouter_hooks.values.ids import new_id
from aurarouter_hooks.values.message import Message, Tool
from aurarouter_hooks.values.texts import texts_in
from aurarouter_hooks.values.trace_context import TraceContext

Mode = Literal["auto", "direct", "plan", "embed"]


def _messages(value: Iterable[Message]) -> tuple[Message, ...]:
    return tuple(value)


def _tools(value: Iterable[Tool]) -> tuple[Tool, ...]:
    return tuple(value)


def _strings(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f"expected several strings, got the one string {value!r}")
    return tuple(value)


def _some_time(_: object, attribute: Any, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise ValueError(f"'{attribute.name}' must be a number of seconds above 0, not {value!r}")


def only_names(value: Iterable[str]) -> frozenset[str]:
    """A set of names; one bare string is refused, since it would become its letters."""
    return frozenset(_strings(value))


@frozen
class Task:
    """One request to the router, from any surface.

    Attributes:
        text: The prompt; or empty, with `messages` instead. With both, the text is the last user message.
        messages: A conversation so far, oldest first.
        context: Material that belongs to the prompt (a file's content); sent along and scanned like the prompt.
        tools, tool_choice, response_schema, parameters, dialect, extra: As on `Prompt`.
        schema_optional: An answer that does not fit the schema will do: it is sent only where it is known to be kept.
        mode: "direct" never plans, "plan" always does, "auto" plans when the analyser finds several steps. "embed" asks
            for a vector of each message's text instead of words; of the parameters, only `dimensions` counts then.
        review: Have the role `reviewer` check the answer; None leaves it to the configuration.
        intent, role, model: The caller's wishes; a wish beats the analyser.
        tags: Only models that carry all of these.
        private: The caller declares the content private.
        here: Only models that provably run on this machine.
        restore: Where private data was replaced for a model, put it back into the answer. None: as configured.
        app: Who asks (a client key's name), for limits and usage.
        conversation: Ties tasks together: once private, it stays private.
        deadline: Seconds that the whole task may take, above 0; None for no limit beside those of each attempt.
        trace_context: The caller's W3C trace context.
        id: The request's id; the same id is the same request.
    """

    text: str = field(default="", repr=False)
    messages: tuple[Message, ...] = field(default=(), converter=_messages, kw_only=True)
    context: str = field(default="", kw_only=True, repr=False)
    tools: tuple[Tool, ...] = field(default=(), converter=_tools, kw_only=True)
    tool_choice: str = field(default="auto", kw_only=True)
    response_schema: Mapping[str, Any] | None = field(default=None, kw_only=True)
    parameters: Mapping[str, Any] = field(factory=dict, kw_only=True)
    dialect: str = field(default="", kw_only=True)
    extra: Mapping[str, Any] = field(factory=dict, kw_only=True)
    schema_optional: bool = field(default=False, kw_only=True)
    mode: Mode = field(default="auto", kw_only=True)
    review: bool | None = field(default=None, kw_only=True)
    intent: str | None = field(default=None, kw_only=True)
    role: str | None = field(default=None, kw_only=True)
    model: str | None = field(default=None, kw_only=True)
    tags: frozenset[str] = field(default=frozenset(), converter=only_names, kw_only=True)
    private: bool = field(default=False, kw_only=True)
    here: bool = field(default=False, kw_only=True)
    restore: bool | None = field(default=None, kw_only=True)
    app: str = field(default="", kw_only=True)
    conversation: str = field(default="", kw_only=True)
    deadline: float | None = field(default=None, kw_only=True, validator=_some_time)
    trace_context: TraceContext | None = field(default=None, kw_only=True)
    id: str = field(factory=new_id, kw_only=True)

    @property
    def question(self) -> str:
        """What the analyser classifies: the text, or the last user message."""
        if self.text:
            return self.text
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    def texts(self) -> tuple[str, ...]:
        """Every text that would be sent, and what JSON in it stands for: what must be scanned for private data."""
        found: list[str] = []
        structures = (self.tools, self.response_schema, self.parameters, self.extra)
        for rest in (self.text, self.context, self.messages, *structures):
            if rest:
                found.extend(texts_in(rest))
        if self.tool_choice not in ("auto", "none", "required"):
            found.append(self.tool_choice)
        return tuple(text for text in found if text)


@frozen(kw_only=True)
class Intent:
    """A kind of task: built in (DIRECT, SIMPLE_CODE, COMPLEX_REASONING) or the user's own."""

    name: str
    role: str = ""
    description: str = ""
    examples: tuple[str, ...] = field(default=(), converter=_strings)
    synonyms: tuple[str, ...] = field(default=(), converter=_strings)


@frozen
class Span:
    """Characters `start` to `end` of the analysed text counted for `what` with this weight."""

    start: int
    end: int
    what: str
    weight: float = 0.0


@frozen
class Finding:
    """Private data at characters `start` to `end`, found by the rule of this name."""

    rule: str
    start: int
    end: int


@frozen(kw_only=True)
class Analysis:
    """What one pass over the text found.

    Attributes:
        intent, confidence: The likeliest intent and its probability.
        probabilities: Probability of each intent; they sum to 1.
        role, role_confidence: The likeliest role, or "" when none of the known roles fits.
        complexity: Continuous, larger is harder; `level` is the same on a scale of 1 to 10.
        verbs: Words that named a role, as (word, role), in order.
        findings: Candidates for private data, in order.
        spans: What explains the scores.
    """

    intent: str
    confidence: float
    probabilities: Mapping[str, float]
    role: str
    role_confidence: float
    complexity: float
    level: int
    verbs: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    spans: tuple[Span, ...] = ()
