"""Writes down who is about to be sent private data, and waits until that is on the disk. Closed when in doubt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from attrs import frozen

from aurarouter_core import privacy
from aurarouter_core.fingerprints import Fingerprints
from aurarouter_core.home import Home
from aurarouter_core.in_effect import in_effect
from aurarouter_core.inspection import UNREADABLE, Inspection, prompt_texts
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Audit, AuditRow, Configuration, Found
from aurarouter_core.store.audit_rows import Fate
from aurarouter_core.trace import Recorder
from aurarouter_hooks import AuraRouterError, Location, Model, PrivacyError, Prompt

log = logging.getLogger(__name__)
UNKNOWN = "unknown"
"""Stands in the place of a rule where the detector failed, so that nobody knows."""
AGAIN = 60.0
"""Seconds until a failure to write down which configuration is in use is followed by another try."""
A_DAY = 86400.0


@frozen(kw_only=True)
class Sight:
    """One attempt, right before it happens.

    Attributes:
        prompt: With all its private data.
        found: What is in it.
        private: Only cleared models may have it.
        location: Where the model runs, when that was asked.
        replaced: What rules with the action `redact` found has been replaced.
    """

    node: str
    number: int
    model: Model
    prompt: Prompt
    found: Inspection
    private: bool = False
    location: Location | None = None
    replaced: bool = False


class Witness:
    """Keeps the audit of one router.

    An attempt is written down when something was found in its prompt, whatever the rule does, or when it is private.
    Of all others only the configuration is, once a day: so it is known later what was looked for.

    Args:
        home: Where the key of fingerprints is.
        audit: Where rows go.
    """

    def __init__(self, home: Home, audit: Audit) -> None:
        self.audit = audit
        self._fingerprints = Fingerprints(home)
        self._thread: ThreadPoolExecutor | None = None
        self._used: Snapshot | None = None
        self._until = 0.0

    async def sees(self, sight: Sight, snapshot: Snapshot, recorder: Recorder) -> None:
        """An attempt is about to begin.

        Raises:
            PrivacyError: It can't be written down, so it must not begin.
        """
        if not (sight.private or sight.found.counts or sight.found.failed):
            await self._uses(snapshot)
            return
        fate: Fate = "replaced" if sight.replaced else "sent"
        try:
            await self._write(lambda using: self._of(sight, snapshot, recorder, using, fate), snapshot, recorder)
        except AuraRouterError as error:
            raise PrivacyError(
                f"model '{sight.model.id}' is not asked, since that can't be written down: {error}",
                vetoes={sight.model.id: str(error)},
                hint=error.hint,
            ) from error

    async def refuses(self, sight: Sight, snapshot: Snapshot, recorder: Recorder, why: str) -> None:
        """An attempt will not be made. A failure to write that down is logged: nothing leaves in either case."""
        await self._tell(lambda using: self._of(sight, snapshot, recorder, using, "refused", why), snapshot, recorder)

    async def refuses_all(self, snapshot: Snapshot, recorder: Recorder) -> None:
        """A whole task is refused, whether or not anybody was about to be asked."""

        def row(using: Configuration) -> AuditRow:
            task = recorder.task
            found = snapshot.inspector.task(task)
            values = self._values(task.texts(), found, snapshot, "refused")
            why = "a rule blocks it" if found.of("block") else "nobody is cleared for it"
            return _row(recorder, using, "refused", why, values, private=recorder.private)

        await self._tell(row, snapshot, recorder)

    async def close(self) -> None:
        """Finish what is being written and let go of the file."""
        thread, self._thread, self._used = self._thread, None, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        self.audit.close()

    async def _uses(self, snapshot: Snapshot) -> None:
        now = time.time()
        if snapshot is self._used and now < self._until:
            return
        using = in_effect(snapshot)
        try:
            await self._aside(lambda: self.audit.commit(None, using))
            self._until = (now // A_DAY + 1) * A_DAY
        except AuraRouterError as error:
            log.warning("which rules are in force can't be written down: %s", error)
            self._until = now + AGAIN
            try:
                await self._aside(lambda: self.audit.misses(using))
            except OSError as worse:
                log.warning("nor that they can't, so no proof will know: %s", worse)
        self._used = snapshot

    async def _tell(self, row: Callable[[Configuration], AuditRow], snapshot: Snapshot, recorder: Recorder) -> None:
        try:
            await self._write(row, snapshot, recorder)
        except AuraRouterError as error:
            log.warning("a refusal can't be written down: %s", error)

    async def _write(self, row: Callable[[Configuration], AuditRow], snapshot: Snapshot, recorder: Recorder) -> None:
        def work() -> None:
            using = in_effect(snapshot)
            made = row(using)
            self.audit.commit(made, using, conversation=recorder.task.conversation if made.private else "")

        await self._aside(work)

    async def _aside(self, work: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "aurarouter-audit")
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _of(
        self, sight: Sight, snapshot: Snapshot, recorder: Recorder, using: Configuration, action: Fate, why: str = ""
    ) -> AuditRow:
        found = self._values(prompt_texts(sight.prompt), sight.found, snapshot, action)
        location = sight.location or Location()
        return _row(
            recorder,
            using,
            action,
            why or _clearance(sight),
            found,
            private=sight.private,
            node=sight.node,
            number=sight.number,
            model=sight.model.id,
            provider=sight.model.provider,
            place=location.kind,
            host=location.host,
            here=location.here,
        )

    def _values(self, texts: Iterable[str], found: Inspection, snapshot: Snapshot, fate: Fate) -> tuple[Found, ...]:
        """Each distinct value that was found. Where something is replaced, only rules that say so are."""
        if found.failed:
            return (Found(UNKNOWN, "", fate),)
        if not found.counts:
            return ()
        actions = found.actions

        def of(rule: str) -> Fate:
            return "sent" if fate == "replaced" and actions[rule] != "redact" else fate

        closed = [(UNREADABLE, "")] if UNREADABLE in found.counts else []
        rows = [*self._fingerprints.rows(texts, snapshot.inspector.detector), *closed]
        return tuple(Found(rule, fingerprint, of(rule)) for rule, fingerprint in rows)


def _row(
    recorder: Recorder, using: Configuration, action: Fate, why: str, findings: tuple[Found, ...], **attempt: object
) -> AuditRow:
    task = recorder.task
    return AuditRow(
        at=time.time(),
        task=task.id,
        trace=recorder.id,
        action=action,
        why=why,
        surface=recorder.surface,
        app=task.app,
        configuration=using.hash,
        findings=findings,
        **attempt,  # type: ignore[arg-type]
    )


def _clearance(sight: Sight) -> str:
    model, location = sight.model, sight.location
    if location is not None and location.here:
        return "it runs on this machine"
    if location is not None and location.cleared:
        return "the cell clears the node where it runs"
    if privacy.PRIVATE_TAG in model.tags:
        return f"it has the tag '{privacy.PRIVATE_TAG}'"
    return "placeholders stand for what must not go" if sight.replaced else "what was found may go anywhere"
