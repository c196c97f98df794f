"""W3C trace context: the ids by which a task is known in other programs' traces (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_hooks.values.ids import new_span_id

TRACE_ID, SPAN_ID = r"(?!0{32})[0-9a-f]{32}", r"(?!0{16})[0-9a-f]{16}"
PARENT = re.compile(rf"(?!ff)([0-9a-f]{{2}})-({TRACE_ID})-({SPAN_ID})-([0-9a-f]{{2}})(-.*)?", re.DOTALL)
KEY = r"[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}"
VALUE = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
MEMBER = re.compile(rf"({KEY})={VALUE}")
MEMBERS = 32
LONG = 128
"""Characters of a member that goes first when the state is too long."""
LONGEST = 512
"""Characters of a state that is sent on."""


@frozen(kw_only=True)
class TraceContext:
    """Where a piece of work belongs in a trace. `parse` checks what a stranger says; this only holds it.

    Attributes:
        trace_id: 32 hexadecimal digits, lower case, not all zero.
        span_id: 16 of them: the caller's span in a task, the attempt's own in a prompt.
        sampled: The caller records its trace.
        state: The value of `tracestate`: what the caller's tracing systems need among themselves.
    """

    trace_id: str
    span_id: str
    sampled: bool = True
    state: str = ""

    @classmethod
    def parse(cls, traceparent: str, tracestate: str = "") -> TraceContext | None:
        """What two headers say; None when `traceparent` is not valid, and a new trace must begin.

        A `tracestate` that is not valid is left out. Of one that is too long, members go: long ones first, then the
        last ones. Later versions of `traceparent` are read as far as this one is the same.
        """
        found = PARENT.fullmatch(traceparent.strip(" \t"))
        if found is None or (found[1] == "00" and found[5] is not None):
            return None
        return cls(trace_id=found[2], span_id=found[3], sampled=bool(int(found[4], 16) & 1), state=_state(tracestate))

    @property
    def traceparent(self) -> str:
        """The value of the `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def span(self) -> TraceContext:
        """A new span in the same trace."""
        return TraceContext(trace_id=self.trace_id, span_id=new_span_id(), sampled=self.sampled, state=self.state)

    def headers(self, endpoint: str, *, private: bool) -> dict[str, str]:
        """The headers to send to a backend.

        Ids are random and disclose nothing, so they always go. The state is for the caller's own systems and may say
        anything: it goes to this machine alone, and never with a private prompt.
        """
        headers = {"traceparent": self.traceparent}
        if self.state and not private and _here(endpoint):
            headers["tracestate"] = self.state
        return headers


def _state(text: str) -> str:
    members = [member for part in text.split(",") if (member := part.strip(" \t"))]
    keys = {found[1] for member in members if (found := MEMBER.fullmatch(member))}
    if len(keys) < len(members) or len(members) > MEMBERS:
        return ""
    while len(",".join(members)) > LONGEST:
        members.remove(next((member for member in members if len(member) > LONG), members[-1]))
    return ",".join(members)


def _here(endpoint: str) -> bool:
    """The endpoint names this machine."""
    try:
        host = urlsplit(endpoint).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
