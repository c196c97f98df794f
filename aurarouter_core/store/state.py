"""How a model was when a process last noticed: shared by all processes."""

from __future__ import annotations

from attrs import field, frozen


@frozen(kw_only=True)
class StateRow:
    """The failure state of a model.

    Attributes:
        model: Its id.
        fingerprint: Of its configuration: another entry under the same id has a state of its own.
        state: "cooling", "open", "misconfigured" …
        until: Unix time in seconds at which the state ends by itself; None when it does not. Of a healthy one, the end
            of the rest that somebody had it forget.
        failures: Failures in a row.
        detail, hint: What is wrong, and what to do.
        at: Unix time in seconds of this news; of two, the newer one stays.
        firm: The backend named `until`, or refused the key.
    """

    model: str
    fingerprint: str
    state: str
    until: float | None = None
    failures: int = 0
    detail: str = ""
    hint: str = ""
    at: float
    firm: bool = field(default=False, converter=bool)
