"""The privacy badge: what was detected in a prompt, and where it may go."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from attrs import frozen

from aurarouter_hooks import Decision

Level = Literal["none", "open", "private", "blocked"]


@frozen(kw_only=True)
class Badge:
    """What the badge says.

    Attributes:
        level: "open" goes anywhere, "private" only to cleared models, "blocked" nowhere.
        title: In a word or two.
        details: Why, and where to, in sentences.
    """

    level: Level = "none"
    title: str = "Nothing to check yet"
    details: str = ""


def badge(decision: Decision | None) -> Badge:
    """What to say about a decision."""
    if decision is None:
        return Badge()
    rules = Counter(finding.rule for finding in decision.analysis.findings)
    found = ", ".join(f"{rule} ×{count}" if count > 1 else rule for rule, count in sorted(rules.items()))
    limits = decision.constraint
    if not limits.private and not limits.here:
        seen = f"Noticed, but not treated as private: {found}. " if found else ""
        return Badge(level="open", title="May go anywhere", details=f"{seen}No limit on where this prompt may go.")
    why = "; ".join(limits.reasons) or "declared private"
    why = f"Found: {found}. " if found else f"{why[0].upper()}{why[1:]}. "
    if not decision.chain:
        return Badge(level="blocked", title="Private, and nowhere to go", details=f"{why}No model is cleared for it.")
    models = ", ".join(decision.chain)
    return Badge(level="private", title="Private", details=f"{why}It may go only to: {models}.")
