"""An MCP client of the SDK's in front of a server in this process or in one of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import StdioServerParameters

from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))


@pytest.fixture
def door(home: Path) -> Iterator[StdioServerParameters]:
    """How a client starts `aurarouter start` in the test's home; engines that it starts end with the test."""
    given = {name: value for name, value in os.environ.items() if name.startswith("AURAROUTER_")}
    yield StdioServerParameters(command=PROGRAM, args=["start"], env=given)
    for place in Place.all(Home(home)):
        stop(place, force=True)
