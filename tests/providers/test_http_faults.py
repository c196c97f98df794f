"""What every provider of a server makes of each way in which a server, or the way to it, can fail."""

import asyncio
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aurarouter_hooks import (
    Chunk,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from behaviour import HELLO
from bench import USES, HttpBench, chunks, errors, wait_for
from benches import REMOTE
from faults import Fault, Turn, hang, raw, redirect, reset, status

KEY = Secret("sk-test-0123456789abcdef")
pytest_plugins = ["ollama_fixtures"]
pytestmark = pytest.mark.parametrize("bench", REMOTE, indirect=True, ids=lambda kind: kind.provider)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, ProviderReplyError),
        (401, ProviderAuthError),
        (403, ProviderAuthError),
        (404, ProviderReplyError),
        (413, ProviderReplyError),
        (422, ProviderReplyError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (502, ProviderUnavailableError),
        (503, ProviderUnavailableError),
        (504, ProviderUnavailableError),
        (529, ProviderUnavailableError),
    ],
)
async def test_a_status_becomes_its_error(bench: HttpBench, code: int, kind: type[ProviderError]) -> None:
    bench.meets(bench.refusal(code, f"two\nlines\x00 by {KEY.reveal()}"))
    for error in await errors(bench.make(api_key=KEY), HELLO, kind):
        assert str(error) == f"{bench.server.url} answered {code} (two lines by ****)"
        assert error.hint
        assert getattr(error, "refused", False) is (code in (400, 413, 422))
        assert KEY.reveal() not in "".join(traceback.format_exception(error))
    assert len(bench.asked()) == 2  # the executor retries, not the SDK


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "7", "retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e9"}, 3600.0),
        ({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Fri, 01 Jan 2999 00:00:00 GMT"}, 3600.0),
        ({"Retry-After": "Fri, 01 Jan 2027 00:00:00 +99999999999999999999"}, None),
    ],
)
async def test_how_long_to_wait_is_kept(bench: HttpBench, headers: dict[str, str], seconds: float | None) -> None:
    provider = bench.make()
    for code in (429, 503, 529):
        bench.meets(bench.refusal(code, "Slow down.", headers))
        kind = ProviderRateLimitedError if code == 429 else ProviderUnavailableError
        for error in await errors(provider, HELLO, kind):
            assert getattr(error, "retry_after", "none") == seconds


async def test_a_wait_may_be_a_moment(bench: HttpBench) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    bench.meets(bench.refusal(429, "Slow down.", {"Retry-After": moment}))
    for error in await errors(bench.make(), HELLO, ProviderRateLimitedError):
        assert 590 < (error.retry_after or 0) <= 600


async def test_a_page_explains_nothing(bench: HttpBench) -> None:
    bench.meets(status(502, None, b"<html><h1>Bad \xff gateway</h1></html>"))
    for error in await errors(bench.make(), HELLO, ProviderUnavailableError):
        assert str(error) == f"{bench.server.url} answered 502"


async def test_words_in_boxes_within_boxes_are_found(bench: HttpBench) -> None:
    bench.meets(status(400, None, b'{"error":' * 800 + b'"too long"' + b"}" * 800))
    for error in await errors(bench.make(), HELLO, ProviderReplyError, r"answered 400 \(too long\)"):
        assert error.hint


async def test_long_words_are_cut(bench: HttpBench) -> None:
    bench.meets(bench.refusal(400, "x" * 290 + KEY.reveal() + "y" * 10_000))
    for error in await errors(bench.make(api_key=KEY), HELLO, ProviderReplyError):
        assert str(error).endswith("x****yyyyyy…)")


@pytest.mark.parametrize("fault", [reset, raw(b"")], ids=["reset", "hang-up"])
async def test_no_answer_at_all(bench: HttpBench, fault: Fault) -> None:
    bench.meets(fault)
    words = f"the connection to {bench.server.url} was lost"
    for error in await errors(bench.make(), HELLO, ProviderUnavailableError, words):
        assert error.hint
    # On a connection of its own a prompt is never sent again. llamacpp-server has asked other things on it before.
    assert len(bench.asked()) == (4 if bench.provider == "llamacpp-server" else 2)


@pytest.mark.parametrize("then", ["end", "eof", "reset"])
async def test_half_a_stream_is_no_answer(bench: HttpBench, then: str) -> None:
    bench.meets(bench.begins("Hello ", "A", then=then))
    found: list[Chunk] = []
    words = "ended early" if then == "end" else "was lost"
    with pytest.raises(ProviderUnavailableError, match=words):
        await chunks(bench.make(), HELLO, found)
    assert "Hello A".startswith("".join(chunk.text for chunk in found))
    assert not [chunk for chunk in found if chunk.finish]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(429, ProviderRateLimitedError), (503, ProviderUnavailableError), (529, ProviderUnavailableError)],
)
async def test_an_error_inside_a_stream_ends_it(bench: HttpBench, code: int, kind: type[ProviderError]) -> None:
    bench.meets(bench.breaks(code, f"Overloaded by {KEY.reveal()}"))
    found: list[Chunk] = []
    with pytest.raises(kind, match=r"Overloaded by \*\*\*\*") as caught:
        await chunks(bench.make(api_key=KEY), HELLO, found)
    assert KEY.reveal() not in "".join(traceback.format_exception(caught.value))
    assert [chunk.text for chunk in found] == ["Hi"]


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\x13garbage\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"SSH-2.0-x\r\n\r\n"]
)
async def test_noise_is_not_an_answer(bench: HttpBench, noise: bytes) -> None:
    bench.meets(raw(noise))
    await errors(bench.make(), HELLO, ProviderReplyError, "not HTTP")


@pytest.mark.parametrize("body", [b"not json", b'{"choices": [', b"[" * 100_000, b"\xff", b"[]", b"7", b"{}"])
async def test_what_cannot_be_read_is_not_an_answer(bench: HttpBench, body: bytes) -> None:
    bench.meets(status(200, None, body))
    for error in await errors(bench.make(), HELLO, ProviderReplyError):
        assert error.hint


async def test_an_answer_of_no_bytes_is_none(bench: HttpBench) -> None:
    bench.meets(status(200, None, b""))
    for use in USES.values():
        with pytest.raises((ProviderReplyError, ProviderUnavailableError)):
            await use(bench.make(), HELLO)


async def test_a_page_is_not_a_stream(bench: HttpBench) -> None:
    bench.meets(status(200, {"Content-Type": "text/html"}, b"<html>"))
    await errors(bench.make(), HELLO, ProviderReplyError)


async def test_a_redirect_is_not_followed(bench: HttpBench) -> None:
    with bench.another() as elsewhere:
        bench.meets(redirect(f"http://user:word@127.0.0.1:{elsewhere.port}/v1?token=abc"))
        for error in await errors(bench.make(), HELLO, ProviderReplyError):
            assert str(error) == f"{bench.server.url} redirects to {elsewhere.url}, and redirects are not followed"
        assert elsewhere.connections == 0


async def test_a_redirect_to_nowhere_is_told(bench: HttpBench) -> None:
    bench.meets(redirect("http://[oops"))
    for error in await errors(bench.make(), HELLO, ProviderReplyError):
        assert "redirects to an unreadable address" in str(error)


async def test_a_refused_key_that_is_said_back_is_shown_nowhere(
    bench: HttpBench, caplog: pytest.LogCaptureFixture
) -> None:
    async def say_back(turn: Turn) -> None:
        sent = " ".join(value for name, value in turn.request.headers.items() if "key" in name or "auth" in name)
        assert KEY.reveal() in sent
        await bench.refusal(401, f"no such key: {sent}")(turn)

    caplog.set_level(logging.DEBUG)
    bench.server.always(say_back)
    provider = bench.make(api_key=KEY)
    shown = [f"{provider!r} {provider.model!r} {await provider.health()}", caplog.text]
    for error in await errors(provider, HELLO, ProviderAuthError, r"\*\*\*\*"):
        cause: BaseException | None = error
        while cause is not None:
            shown.append(f"{cause!r} {getattr(cause, 'hint', '')}")
            cause = cause.__cause__ or cause.__context__
    assert not [text for text in (*shown, caplog.text) if KEY.reveal() in text]


@pytest.mark.parametrize("key", ["sk-ünicode", "sk-two\nlines"])
async def test_a_key_that_no_header_can_carry_is_named_without_it(bench: HttpBench, key: str) -> None:
    for error in await errors(bench.make(api_key=Secret(key)), HELLO, ProviderAuthError, "no HTTP header can carry"):
        assert "sk-" not in repr(error)
    assert bench.server.connections == 0


async def test_a_kept_connection_that_was_closed_is_not_the_next_prompts_fault(bench: HttpBench) -> None:
    async def answer_and_hang_up(turn: Turn) -> None:
        await bench.says("Hello ", "Ada.")(turn)
        turn.close()  # without a word of it in the answer's head

    bench.meets(answer_and_hang_up)
    provider = bench.make()
    for _ in range(10):
        assert (await provider.generate(HELLO)).text == "Hello Ada."
        assert "".join(chunk.text for chunk in await chunks(provider, HELLO)) == "Hello Ada."


@pytest.mark.parametrize("pieces", [(), ("Hi",)])
async def test_closing_tells_whoever_still_reads(bench: HttpBench, pieces: tuple[str, ...]) -> None:
    bench.meets(bench.begins(*pieces, then="hang") if pieces else hang)
    provider = bench.make()
    reading = asyncio.ensure_future(chunks(provider, HELLO))
    await wait_for(bench.server.hanging)
    await asyncio.sleep(0.05)  # it has read what there is
    await provider.aclose()
    async with asyncio.timeout(10):
        with pytest.raises(ProviderUnavailableError, match=r"lost|closed|early"):
            await reading
