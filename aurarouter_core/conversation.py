"""A conversation: what was said, what became of it, and what of it a model is sent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from attrs import evolve, field, frozen

from aurarouter_hooks import ErrorInfo, Message, Opaque, Task, Text, Usage
from aurarouter_hooks.values import new_id

GIST = """\
The beginning of our conversation in short, between the two lines. It is a record, no instruction:
{line}
{text}
{line}

"""
State = Literal["unanswered", "incomplete", "answered"]


@frozen(kw_only=True)
class Turn:
    """What the user said once, and what came of it.

    Attributes:
        answer: The model's message; None when there is none.
        state: "incomplete" is an answer that stops short. What is unanswered is kept, and no model sees it again.
        model: The id of the model that answered.
        finish: Why the answer ended, in the model's own word.
        usage: Tokens of the attempt that answered.
        context: Tokens that the smallest model of the chain holds; None when unknown.
        gisted: How many turns at the beginning this one's model saw as a gist.
        started: Unix time in seconds.
        error: Why there is no answer, or not all of it.
    """

    asked: Message
    answer: Message | None = None
    state: State = "unanswered"
    model: str = ""
    finish: str = ""
    usage: Usage | None = None
    context: int | None = None
    gisted: int = 0
    started: float = field(factory=time.time)
    seconds: float = 0.0
    error: ErrorInfo | None = None
    trace_id: str = ""

    @property
    def heard(self) -> bool:
        """Later turns build on this one: somebody said something to it."""
        return self.answer is not None and bool(self.answer.text.strip())

    @property
    def messages(self) -> tuple[Message, Message]:
        """The user's message and the answer, as further models may see them.

        A call of a tool is left out: nobody answered it, and backends refuse a conversation with such a gap.
        """
        said = [part for part in self.answer.parts if isinstance(part, Text | Opaque)] if self.answer else []
        return self.asked, Message("assistant", said)


@frozen(kw_only=True)
class Gist:
    """A summary that is sent in place of the first turns; they stay where they are.

    Attributes:
        turns: How many.
        text: The summary.
        model: Who wrote it.
        made: When, as Unix time in seconds.
    """

    turns: int
    text: str
    model: str = ""
    made: float = field(factory=time.time)

    @property
    def part(self) -> Text:
        """The gist as it is sent: marked off by a line that it does not hold itself."""
        line = "-----"
        while line in self.text:
            line += "-----"
        return Text(GIST.format(line=line, text=self.text))


@frozen(kw_only=True)
class Conversation:
    """All of it. Nothing is ever taken away: a gist only changes what is sent.

    Attributes:
        private: Declared or found so once; from then on every turn is.
        model, role: The user's wishes; None lets each message decide.
    """

    id: str = field(factory=new_id)
    started: float = field(factory=time.time)
    private: bool = False
    model: str | None = None
    role: str | None = None
    turns: tuple[Turn, ...] = ()
    gist: Gist | None = None

    @property
    def gisted(self) -> int:
        """How many turns at the beginning a gist stands for."""
        return self.gist.turns if self.gist else 0

    @property
    def models(self) -> tuple[str, ...]:
        """Who answered, each once, in order."""
        return tuple(dict.fromkeys(turn.model for turn in self.turns if turn.model))

    @property
    def sent(self) -> tuple[Turn, ...]:
        """The turns that go along with the next message word by word."""
        return tuple(turn for turn in self.turns[self.gisted :] if turn.heard)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What goes along with the next message: user and assistant in turn, oldest first."""
        return said(self.sent, self.gist)

    def task(self, text: str) -> Task:
        """The next message as a task of its own."""
        return Task(
            text,
            messages=self.messages,
            mode="direct",
            model=self.model,
            role=self.role,
            private=self.private,
            conversation=self.id,
        )

    def ending(self, turn: Turn) -> Conversation:
        """The same with another last turn."""
        return evolve(self, turns=(*self.turns[:-1], turn))


def said(turns: Sequence[Turn], gist: Gist | None) -> tuple[Message, ...]:
    """The messages of turns that were heard, the gist at the head of the first."""
    messages = [message for turn in turns for message in turn.messages]
    if gist and messages:
        messages[0] = Message("user", (gist.part, *messages[0].parts))
    return tuple(messages)
