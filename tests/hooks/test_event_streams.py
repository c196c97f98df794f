"""Events of an answer are the library's own, however the answer was cut into pieces; none grows without bounds."""

from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_hooks import ProviderReplyError
from aurarouter_hooks.http_events import EVENT_LIMIT, read_events

LINES = ("data: x", "data:é", "data", ": said aside", "event: e", "id: 1", "", "", "x", "data: a\u2028b", "data: 汉")
TEXTS = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(["\n", "\r", "\r\n"])).map("".join), max_size=20)


class Cut(httpx.AsyncByteStream):
    """A body in these pieces; `read` tells how many were taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = [*pieces]
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.read += 1
            yield piece


def answer(pieces: Iterable[bytes]) -> httpx.Response:
    """An answer that comes like that."""
    return httpx.Response(200, headers={"content-type": "text/event-stream; charset=latin-1"}, stream=Cut(pieces))


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The data in pieces."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[one:other] for one, other in pairwise(ends)]


async def told(pieces: Iterable[bytes], last: str = "") -> list[Any]:
    """What is told of each event."""
    return [(event.event, event.data) async for event in read_events(answer(pieces), "there", last)]


def says_something(event: tuple[str, str]) -> bool:
    """The library tells of empty lines, too, once an event had an id; nobody needs to hear of these."""
    return event != ("message", "")


@given(TEXTS.map("".join), st.lists(st.integers(min_value=0), max_size=8))
async def test_the_same_events_in_any_pieces(text: str, places: list[int]) -> None:
    whole = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=text.encode())
    wanted = [(event.event, event.data) for event in EventSource(whole).iter_sse()]
    found = await told(cut(text.encode(), places))
    assert [*filter(says_something, found)] == [*filter(says_something, wanted)]


async def test_nothing_is_told_after_the_last() -> None:
    pieces = [b"data: a\n\ndata: [DO", b"NE]\n\ndata: b\n\n", b"data: c\n\n"]
    assert [data for _, data in await told(pieces, "[DONE]")] == ["a", "[DONE]"]
    body = answer(pieces)
    assert [event.data async for event in read_events(body, "there", "[DONE]")] == ["a", "[DONE]"]
    assert isinstance(body.stream, Cut)
    assert body.stream.read == 3  # to its end, so that its connection can be used again


async def test_a_mark_before_the_text_is_none_of_it() -> None:
    assert [data for _, data in await told([b"\xef\xbb", b"\xbfdata: a\n\n", b"data: b\n\n"])] == ["a", "b"]


async def test_an_event_has_bounds_and_a_stream_has_none() -> None:
    one = b"data: " + b"x" * (EVENT_LIMIT // 2) + b"\n\n"
    assert len(await told([one] * 5)) == 5
    with pytest.raises(ProviderReplyError, match="an event of more than 4 MiB"):
        await told([b"data: x\n"] + [b"x" * 100_000] * (EVENT_LIMIT // 100_000 + 2))


async def test_what_is_no_stream() -> None:
    with pytest.raises(ProviderReplyError, match="there sent text/html instead of a stream"):
        async for _ in read_events(httpx.Response(200, headers={"content-type": "text/html"}), "there"):
            pass
