"""The door to the detector: finds private data in a text, compiled where that worked.

`IMPLEMENTATION` says which it is, "cython" or "python".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from aurarouter_core.detection import patterns, rules
from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.phrases import PHRASES, marks_of
from aurarouter_core.detection.re2_pattern import Re2Pattern
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.twins import chosen
from aurarouter_hooks.values import Finding

if TYPE_CHECKING:
    from aurarouter_core.detection import plain as _scans

    IMPLEMENTATION: str
else:
    _scans, IMPLEMENTATION = chosen("_private", "detection.plain")

__all__ = ["ENOUGH", "IMPLEMENTATION", "Detector"]

ENOUGH = 100
"""Findings after which a decision needs no more of the same rule."""


class Detector:
    """The rules in force, made ready for texts. Immutable: share it between threads as you like.

    Attributes:
        actions: What each rule does, the user's own among them.
    """

    __slots__ = ("_allowed", "_own", "_scanner", "actions")

    def __init__(self, settings: Privacy) -> None:
        self.actions: Mapping[str, str] = {
            **rules.actions(settings.profile, settings.rules),
            **{name: entry.action for name, entry in settings.patterns.items()},
        }
        self._allowed = [self.actions[name] != "allow" for name in rules.NAMES]
        off = not any(self._allowed)
        self._scanner = None if off else _scans.Scanner(plane, marks_of((*PHRASES, *settings.markers)))
        self._own = [
            (name, _pattern(entry.pattern)) for name, entry in settings.patterns.items() if entry.action != "allow"
        ]

    def find(self, text: str, most: int = -1) -> list[Finding]:
        """The private data in a text, in order of place.

        Args:
            text: Looked at to its last character, in time linear in its length.
            most: After so many findings only the first of each rule is told; below 0 for all.

        Raises:
            TypeError: `text` is not a str.
        """
        found: list[Finding] = []
        if self._scanner is not None:
            for rule, start, end in self._scanner.scan(text, most):
                if self._allowed[rule]:
                    found.append(Finding(rules.NAMES[rule], start, end))
        for name, pattern in self._own:
            found += [Finding(name, start, end) for _, start, end in pattern.scan(text, most)]
        if self._own:
            found.sort(key=lambda finding: (finding.start, -finding.end))
        return found


def _pattern(text: str) -> _scans.Pattern | Re2Pattern:
    try:
        return _scans.Pattern(plane, patterns.program(text))
    except ValueError:
        return Re2Pattern(text)


@cache
def standard() -> Detector:
    """The detector where nothing is configured."""
    return Detector(Privacy())


def spans(findings: Sequence[Finding]) -> list[tuple[int, int, str]]:
    """Places that don't overlap, as (start, end, rule): where two findings do, they become one of the first's rule."""
    merged: list[tuple[int, int, str]] = []
    for finding in findings:
        if merged and finding.start < merged[-1][1]:
            start, end, rule = merged[-1]
            merged[-1] = (start, max(end, finding.end), rule)
        else:
            merged.append((finding.start, finding.end, finding.rule))
    return merged
