"""Numbers, times and errors in the words that the window shows."""

from __future__ import annotations

from attrs import frozen

from aurarouter_hooks import AuraRouterError, ConfigError, ErrorInfo, Usage

NAMES = "._/=:"
"""A word with one of these inside is written as it is, as `models.cloud.api_key` or `http://host`."""
FAULT = "This is a fault in AuraRouter or a plugin; 'aurarouter doctor' may say which."


@frozen(kw_only=True)
class Trouble:
    """An error for people.

    Attributes:
        what: What went wrong.
        next: What to do about it.
        details: Each single problem or attempt, one line each.
        kind: The error's class.
    """

    what: str
    next: str = ""
    details: tuple[str, ...] = ()
    kind: str = ""


def trouble(error: BaseException) -> Trouble:
    """What to say about an error of any kind."""
    kind = type(error).__name__
    if not isinstance(error, AuraRouterError):
        if isinstance(error, OSError):
            return Trouble(what=error.strerror or str(error), kind=kind)
        return Trouble(what=f"unexpected {kind}: {error}", next=FAULT, kind=kind)
    details: list[str] = []
    if isinstance(error, ConfigError):
        details += map(str, error.problems)
    details += (f"{model}: {reason}" for model, reason in getattr(error, "vetoes", {}).items())
    for attempt in getattr(error, "attempts", ()):
        if attempt.error is not None:
            details.append(f"{attempt.model}: {attempt.error.message}")
    return Trouble(what=str(error), next=error.hint, details=tuple(details), kind=kind)


def trouble_of(info: ErrorInfo) -> Trouble:
    """The same, of an error that is data already."""
    return Trouble(what=info.message, next=info.hint, kind=info.type)


def seconds(value: float) -> str:
    """A duration, with as many digits as say something."""
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 60 else f"{value // 60:.0f} min {value % 60:.0f} s"


def tokens(usage: Usage) -> str:
    """What was read and written."""
    about = "about " if usage.estimated else ""
    return f"{about}{usage.input_tokens:,} in, {usage.output_tokens:,} out"


def money(cost: float | None) -> str:
    """US dollars; "" where nobody knows."""
    if cost is None:
        return ""
    return "free" if cost == 0 else dollars(cost)


def dollars(amount: float) -> str:
    """US dollars with as many digits as say something."""
    if 0 < amount < 0.0001:
        return "under $0.0001"
    return "$0" if amount == 0 else f"${amount:,.4f}" if amount < 1 else f"${amount:,.2f}"


def counted(count: int, thing: str) -> str:
    """How many there are: "1 note", "2 notes"."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def sentence(text: str) -> str:
    """With a capital letter, unless it begins with the name of a setting or an address, and a full stop."""
    text = text.strip()
    if not text:
        return ""
    first = text.split(maxsplit=1)[0].rstrip(":,.;")
    is_name = any(mark in first for mark in NAMES)
    return (text if is_name else text[0].upper() + text[1:]) + ("" if text[-1] in ".!?…" else ".")
