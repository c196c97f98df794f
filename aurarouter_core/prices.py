"""What services charge, by the vendor's own name of the model: dated, and no more than was found on public pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_hooks import Price

OLD = 90
"""Days after which a price that was read is to be looked up again."""
FREE = Price(source="it runs on this machine")
_SNAPSHOT = re.compile(r"-(?:\d{8}|\d{4}-\d\d-\d\d|latest)$")

Row = tuple[float, float, float | None, float | None, str]
"""Input, output, cached input, cached write, in US dollars per million tokens; and the day on which they were found."""


@frozen
class Vendor:
    """A service's price list.

    Attributes:
        host: Where the service answers. Another server may charge something else for a model of the same name.
        page: The vendor's page that the figures are from.
        rows: By the vendor's name of the model, without its date.
    """

    host: str
    page: str
    rows: Mapping[str, Row]


# Models with a second price for long prompts are left out, and so is what was found in one place only.
VENDORS = (
    Vendor(
        "api.anthropic.com",
        "Pricing (platform.claude.com/docs/en/about-claude/pricing)",
        {
            "claude-fable-5-1": (10.0, 50.0, 0.25, 12.5, "2026-11-28"),
            "claude-opus-5": (5.0, 25.0, 0.5, 6.25, "2026-11-28"),
            "claude-opus-4-8": (5.0, 25.0, 0.5, 6.25, "2026-11-28"),
            "claude-opus-4-7": (5.0, 25.0, 0.5, 6.25, "2026-11-28"),
            "claude-opus-4-6": (5.0, 25.0, 0.5, 6.25, "2026-11-28"),
            "claude-opus-4-5": (5.0, 25.0, 0.5, 6.25, "2026-11-28"),
            "claude-sonnet-5-5": (2.0, 10.0, 0.1, 2.5, "2026-10-16"),
            "claude-sonnet-5": (2.0, 10.0, 0.2, 2.5, "2026-11-28"),
            "claude-sonnet-4-5": (3.0, 15.0, 0.3, 3.75, "2026-11-28"),
            "claude-haiku-4-5": (1.0, 5.0, 0.1, 1.25, "2026-11-28"),
        },
    ),
    Vendor(
        "api.openai.com",
        "Pricing (developers.openai.com/api/docs/pricing)",
        {
            "gpt-5.4-mini": (0.75, 4.5, 0.075, None, "2026-06-30"),
            "gpt-5.4-nano": (0.2, 1.25, 0.02, None, "2026-06-30"),
            "gpt-5.2": (1.75, 14.0, 0.175, None, "2026-06-30"),
            "gpt-5.1": (1.25, 10.0, 0.125, None, "2026-06-30"),
            "gpt-5": (1.25, 10.0, 0.125, None, "2026-06-30"),
            "gpt-5-mini": (0.25, 2.0, 0.025, None, "2026-06-30"),
            "gpt-5-nano": (0.05, 0.4, 0.005, None, "2026-06-30"),
            "gpt-4.1": (2.0, 8.0, 0.5, None, "2026-06-30"),
            "gpt-4.1-mini": (0.4, 1.6, 0.1, None, "2026-06-30"),
            "gpt-4.1-nano": (0.1, 0.4, 0.025, None, "2026-06-30"),
            "gpt-4o": (2.5, 10.0, 1.25, None, "2026-06-30"),
            "gpt-4o-2024-05-13": (5.0, 15.0, None, None, "2026-05-08"),  # it never had the price of its name
            "gpt-4o-mini": (0.15, 0.6, 0.075, None, "2026-06-30"),
            "gpt-4": (30.0, 60.0, None, None, "2026-11-28"),
            "o4-mini": (1.1, 4.4, 0.275, None, "2026-06-30"),
        },
    ),
    Vendor(
        "generativelanguage.googleapis.com",
        "Gemini Developer API pricing (ai.google.dev/gemini-api/docs/pricing)",
        {
            "gemini-3.5-flash": (1.5, 9.0, 0.15, None, "2026-10-07"),
            "gemini-3.5-flash-lite": (0.3, 2.5, None, None, "2026-10-07"),
            "gemini-2.5-flash": (0.3, 2.5, 0.03, None, "2026-06-30"),
            "gemini-2.5-flash-lite": (0.1, 0.4, 0.01, None, "2026-06-30"),
        },
    ),
)


def listed(name: str, *endpoints: str) -> Price | None:
    """The shipped price of a vendor's model; None when it is unknown.

    Args:
        name: What the vendor calls it, with or without the date of a snapshot.
        endpoints: The URLs that it is reached at; "" or none for the vendor's own.
    """
    hosts = {_host(endpoint) for endpoint in endpoints if endpoint}
    for vendor in VENDORS:
        row = vendor.rows.get(name) or vendor.rows.get(_SNAPSHOT.sub("", name))
        if row is not None and hosts <= {vendor.host}:
            put, out, cached, write, day = row
            return Price(input=put, output=out, cached_input=cached, cached_write=write, as_of=day, source=vendor.page)
    return None


def age(price: Price, today: date) -> int | None:
    """Days since a price was looked up; None for one that the user gave."""
    return (today - date.fromisoformat(price.as_of)).days if price.as_of else None


def _host(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).hostname or "?"
    except ValueError:
        return "?"
