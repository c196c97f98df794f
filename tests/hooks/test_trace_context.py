"""W3C trace context is read as strictly as its specification asks, and sent on no further than it should."""

import pytest

from aurarouter_hooks import TraceContext

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (PARENT, True),
        (f"  {PARENT}\t", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),  # a flag that this version does not know
        (f"cc-{TRACE}-{SPAN}-01", True),  # a later version
        (f"cc-{TRACE}-{SPAN}-00-what-the-future-brings", False),
    ],
)
def test_a_valid_parent_is_read(header: str, sampled: bool) -> None:
    assert TraceContext.parse(header) == TraceContext(trace_id=TRACE, span_id=SPAN, sampled=sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        PARENT[:-1],
        f"{PARENT}-more",  # version 00 ends here
        f"{PARENT}0",
        f"cc-{TRACE}-{SPAN}-01.future",
        f"cc-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0G",
        f"0-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
    ],
)
def test_what_is_not_valid_begins_a_new_trace(header: str) -> None:
    assert TraceContext.parse(header) is None


@pytest.mark.parametrize(
    ("header", "state"),
    [
        ("congo=t61rcWkgMzE", "congo=t61rcWkgMzE"),
        ("a=1 ,\tb=2,,", "a=1,b=2"),
        ("tenant@system=x y", "tenant@system=x y"),
        ("0tenant@system=x", "0tenant@system=x"),
        ("A=1", ""),
        ("a=1,a=2", ""),
        ("a=b=c", ""),
        ("a", ""),
        ("a=é", ""),
        ("a=1\r\nx: y", ""),
        (",".join(f"k{number}=1" for number in range(32)), ",".join(f"k{number}=1" for number in range(32))),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        (f"a=1,b={'x' * 256},c={'y' * 250},d=4", f"a=1,c={'y' * 250},d=4"),  # one long member is enough
        (",".join(f"k{number}={'z' * 100}" for number in range(9)), ",".join(f"k{n}={'z' * 100}" for n in range(4))),
        (f"a={'x' * 257}", ""),
    ],
)
def test_a_state_is_checked_and_bounded(header: str, state: str) -> None:
    found = TraceContext.parse(PARENT, header)
    assert found is not None
    assert found.state == state
    assert len(found.state) <= 512


@pytest.mark.parametrize(
    ("endpoint", "private", "goes"),
    [
        ("http://127.0.0.1:8080/v1", False, True),
        ("http://localhost:8080", False, True),
        ("http://[::1]:8080", False, True),
        ("http://127.0.0.1:8080/v1", True, False),
        ("https://api.example.com", False, False),
        ("https://192.168.1.5", False, False),
        ("https://localhost.example.com", False, False),
        ("", False, False),
        ("http://[bad", False, False),
    ],
)
def test_the_state_stays_on_this_machine_and_out_of_private_prompts(endpoint: str, private: bool, goes: bool) -> None:
    context = TraceContext(trace_id=TRACE, span_id=SPAN, state="a=1")
    expected = {"traceparent": PARENT} | ({"tracestate": "a=1"} if goes else {})
    assert context.headers(endpoint, private=private) == expected


def test_a_span_belongs_to_the_same_trace() -> None:
    caller = TraceContext(trace_id=TRACE, span_id=SPAN, sampled=False, state="a=1")
    span = caller.span()
    assert TraceContext.parse(span.traceparent, span.state) == span
    assert (span.trace_id, span.sampled, span.state) == (TRACE, False, "a=1")
    assert len({SPAN, span.span_id, caller.span().span_id}) == 3
