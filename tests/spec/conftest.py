"""The register of promises and the register of waivers, and their count at the end of a run."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def read_promises() -> dict[str, Mapping[str, Any]]:
    """Id → promise. An id cannot occur twice: TOML refuses a key that is there already."""
    sections = {name: table for name, table in read("promises.toml").items() if isinstance(table, dict)}
    return {
        f"{name}.{number}": promise
        for name, table in sections.items()
        for number, promise in table.items()
        if number != "title"
    }


@pytest.fixture(scope="session")
def register() -> dict[str, Any]:
    """The file of promises as it stands."""
    return read("promises.toml")


@pytest.fixture(scope="session")
def promises() -> dict[str, Mapping[str, Any]]:
    return read_promises()


@pytest.fixture(scope="session")
def waivers() -> dict[str, Any]:
    return read("waivers.toml")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much of the document is kept so far."""
    states = Counter(promise["state"] for promise in read_promises().values())
    counts = ", ".join(f"{states[state]} {state}" for state in ("built", "waived", "unbuilt"))
    terminalreporter.write_line(f"promises of the specification: {counts}, {states.total()} in all")
