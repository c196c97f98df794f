"""What private data a task or a prompt holds, and what follows: looked for in every text, closed when in doubt."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import field, frozen

from aurarouter_core.detector import ENOUGH, Detector
from aurarouter_core.guard import Guard
from aurarouter_hooks import Constraint, Finding, Message, PrivacyError, Prompt, Task
from aurarouter_hooks.values.texts import is_readable, media_in, texts_in

log = logging.getLogger(__name__)
UNREADABLE = "unreadable"
CHOICES = ("auto", "none", "required")
"""Values of a tool choice that are no text of anybody's."""
ORDER = ("block", "reroute", "redact", "flag")


@frozen(kw_only=True)
class Inspection:
    """What was found. It names rules and places, and holds no text.

    Attributes:
        counts: Rule → findings in all texts together, a value as often as in the text that has it most often; at most
            about `ENOUGH` of each text are counted.
        question: Findings in the question's own text.
        actions: What each rule does.
        failed: Why nobody knows: the detector failed, and the content counts as private.
    """

    counts: Mapping[str, int] = field(factory=dict)
    question: tuple[Finding, ...] = ()
    actions: Mapping[str, str] = field(factory=dict, repr=False)
    failed: str = ""

    def of(self, action: str) -> list[str]:
        """The rules that were found and do this, each with how often."""
        return [told(rule, count) for rule, count in self.counts.items() if self.actions[rule] == action]

    @property
    def redacts(self) -> bool:
        """Something has to be replaced before a model that is not cleared may have it."""
        return any(self.actions[rule] == "redact" for rule in self.counts)

    @property
    def outcome(self) -> str:
        """In words, for a decision's stage."""
        if self.failed:
            return self.failed
        if not self.counts:
            return "nothing"
        return "; ".join(f"{', '.join(found)}: {action}" for action in ORDER if (found := self.of(action)))

    def constraint(self) -> Constraint | None:
        """The limits that follow, if any.

        Raises:
            PrivacyError: A rule blocks the task.
        """
        if self.failed:
            return Constraint(private=True, reasons=(self.failed,))
        if not self.counts:
            return None
        blocked = self.of("block")
        if blocked:
            raise PrivacyError(
                f"blocked by {_rules(len(blocked))} {', '.join(blocked)}",
                hint="Take that out of the prompt, or change what the rule does under 'privacy:' in the configuration.",
            )
        rerouted = self.of("reroute")
        if not rerouted:
            return None
        return Constraint(private=True, reasons=tuple(f"privacy rule {rule}" for rule in rerouted))


CLEAN = Inspection()


class Inspector:
    """Looks through tasks and prompts with the detector of one configuration.

    Args:
        detector: The rules in force.
        guard: Counts the detector's own faults beside those of plugins, for `doctor`.
    """

    def __init__(self, detector: Detector, guard: Guard | None = None) -> None:
        self.detector = detector
        self._guard = guard
        self._files = detector.actions[UNREADABLE] != "allow"
        self._redacts = "redact" in detector.actions.values()

    def task(self, task: Task) -> Inspection:
        """What a task holds, in all that would be sent for it."""
        return self._inspect(task.texts, task.messages, task.question)

    def redacts(self, task: Task) -> bool:
        """A task holds what has to be replaced; looked for only where a rule does that."""
        return self._redacts and self.task(task).redacts

    def prompt(self, prompt: Prompt) -> Inspection:
        """What a prompt holds, right before it leaves."""
        return self._inspect(lambda: prompt_texts(prompt), prompt.messages, None)

    def _inspect(
        self, texts: Callable[[], Iterable[str]], messages: Sequence[Message], question: str | None
    ) -> Inspection:
        most: dict[tuple[str, str], int] = {}  # the same value in a text and in what its JSON stands for is one
        counts: dict[str, int] = {}
        mine: tuple[Finding, ...] = ()
        try:
            for text in texts():
                found = self.detector.find(text, ENOUGH)
                if not found:
                    continue
                for value, count in Counter((each.rule, text[each.start : each.end]) for each in found).items():
                    most[value] = max(count, most.get(value, 0))
                if text is question:
                    mine = tuple(found)
            for (rule, _), count in most.items():
                counts[rule] = counts.get(rule, 0) + count
            if messages and self._files:
                closed = sum(not is_readable(media) for media in media_in(messages))
                if closed:
                    counts[UNREADABLE] = closed
        except Exception as error:  # noqa: BLE001 - whatever it is: it is told, counted, and the content counts as private
            return self._failure(error)
        if not counts:
            return CLEAN
        return Inspection(counts=counts, question=mine, actions=self.detector.actions)

    def _failure(self, error: Exception) -> Inspection:
        if self._guard is not None:
            self._guard.fault("privacy", "detector", error, content=True)
        else:
            log.error("the detector failed: %s", type(error).__name__)
        return Inspection(failed=f"the detector failed ({type(error).__name__}), so the content counts as private")


def prompt_texts(prompt: Prompt) -> Iterable[str]:
    """Every text that a provider is handed, and what JSON in it stands for."""
    found: list[str] = []
    for message in prompt.messages:
        found.extend(texts_in(message))
    for rest in (prompt.tools, prompt.response_schema, prompt.parameters, prompt.extra):
        if rest:
            found.extend(texts_in(rest))
    if prompt.tool_choice not in CHOICES:
        found.extend(texts_in(prompt.tool_choice))
    return found


def told(rule: str, count: int) -> str:
    """A rule and how often it was found, in words."""
    return f"{rule}: {count} finding{'s' if count > 1 else ''}"


def _rules(count: int) -> str:
    return "the privacy rule" if count == 1 else "the privacy rules"
