"""Server-sent events are read as the standard has them, wherever the pieces of an answer begin and end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aurarouter_hooks.http_events import _Events

STREAM = (
    "data: one\n\n: a comment\r\n\r\nevent: named\ndata:two\r\n\r\n"
    "data\rid: 7\rdata:  three\u2028four\r\rretry: 10\n\nevent: dropped\n\ndata: five\n\ndata: never ended"
)
EVENTS = [
    ("message", "one", ""),
    ("named", "two", ""),
    ("message", "\n three\u2028four", "7"),
    ("message", "five", "7"),
]


def read(*pieces: str) -> list[tuple[str, str, str]]:
    """What the pieces say."""
    events = _Events()
    found = [event for piece in pieces for event in events.read(piece)]
    return [(event.event, event.data, event.id) for event in (*found, *events.end())]


def test_lines_and_fields() -> None:
    assert read(STREAM) == EVENTS
    assert read(*STREAM) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=6).map(sorted))
def test_pieces_may_end_anywhere(ends: list[int]) -> None:
    cuts = [0, *ends, len(STREAM)]
    assert read(*(STREAM[begin:end] for begin, end in pairwise(cuts))) == EVENTS


def test_a_carriage_return_may_be_the_last_character() -> None:
    assert read("data: one\r\r") == [("message", "one", "")]
    assert read("data: one\r", "\n") == []


def test_what_is_held_is_counted() -> None:
    events = _Events()
    assert not [*events.read("data: " + "a" * 100)]
    assert events.size == 106
    assert len([*events.read("\n\ndata: b")]) == 1
    assert events.size == 7
