"""What stands in the audit: rows, the configuration that was in force, and the time that they cover."""

from __future__ import annotations

import hashlib
from typing import Literal

from attrs import field, frozen

Fate = Literal["sent", "replaced", "refused"]


@frozen
class Found:
    """A private value in a row: the rule that found it, its fingerprint, and whether it went along."""

    rule: str
    fingerprint: str
    fate: Fate


@frozen(kw_only=True)
class Configuration:
    """What was in force: the settings that decide who may have what, masked, as JSON; and their hash."""

    body: str
    hash: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        digest = hashlib.sha256(self.body.encode("utf-8", "replace")).hexdigest()
        object.__setattr__(self, "hash", digest[:16])


@frozen(kw_only=True)
class AuditRow:
    """One attempt, or one refusal.

    Attributes:
        at: Unix time in seconds.
        task, trace: Their ids.
        node: Of the plan, "answer" for the answer itself; "" where a whole task is refused.
        number: Of the attempt in its node, from 1; 0 where a whole task is refused.
        place: What the provider says of where it runs: process, loopback, remote or unknown.
        host: The name that was resolved.
        here: It provably runs on this machine; anything else is `remote` in reports.
        action: sent, replaced (placeholders went in the place of values), or refused.
        why: Why it may have it, or may not.
        private: The content was private, so that only cleared models may have it.
        findings: Distinct values.
    """

    at: float
    task: str
    trace: str
    node: str = ""
    number: int = 0
    model: str = ""
    provider: str = ""
    place: str = ""
    host: str = ""
    here: bool = False
    action: Fate
    why: str
    private: bool
    surface: str = ""
    app: str = ""
    configuration: str
    findings: tuple[Found, ...] = ()


@frozen(kw_only=True)
class Coverage:
    """What the audit covers.

    Attributes:
        began: Unix time at which it was begun; None when it never was.
        pruned: Rows before this Unix time may be gone; None when none ever went.
        uses: (day in UTC, configuration) of every configuration under which models were asked.
        missed: The same of those that could not be written down when they were used.
        asked: Days on which a model answered, as usage has counted them.
        writable: A configuration that can't be written down from now on will be known to be missing.
    """

    began: float | None = None
    pruned: float | None = None
    uses: tuple[tuple[str, str], ...] = ()
    missed: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()
    writable: bool = True

    @property
    def since(self) -> float | None:
        """From when on every row is there."""
        return self.began if self.began is None or self.pruned is None else max(self.began, self.pruned)
