"""The grammar of events, as a recogniser: the one that `aurarouter_hooks.values.event` documents."""

from collections.abc import Sequence

from aurarouter_hooks import (
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Committed,
    Delta,
    Done,
    Event,
    NodeFinished,
    NodeStarted,
    Noted,
    Progress,
)

NEXT: dict[str, dict[type, str]] = {
    "task": {NodeStarted: "node", Progress: "task", Noted: "task", Done: "end"},
    "node": {AttemptStarted: "attempt", Progress: "node", Noted: "node", NodeFinished: "task"},
    "attempt": {Progress: "attempt", Noted: "attempt", AttemptFailed: "node", Committed: "shown"},
    "shown": {Delta: "shown", Noted: "shown", AttemptDone: "node", AttemptFailed: "node"},
    "end": {},
}
"""What may follow in each place, and where that leads."""


def check(events: Sequence[Event], *, whole: bool) -> None:
    """Make sure that events are a sentence of the grammar, or its beginning when the task raised or was cancelled."""
    place = "task"
    for number, event in enumerate(events):
        following = NEXT[place].get(type(event))
        names = [type(event).__name__ for event in events[: number + 1]]
        assert following is not None, f"{names[-1]} can't come in '{place}': {names}"
        place = following
    assert place == "end" if whole else place != "end", [type(event).__name__ for event in events]
