"""A node that takes four calls at once, of 64 KiB, and a session with its cell."""

from collections.abc import AsyncIterator, Iterator

import pytest

from aurarouter_auragrid.client.session import Session
from grid_node import PROGRAM, SLOW, GridNode


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"max_calls": 4, "max_message": 65536}
    with GridNode("one", tmp_path_factory.mktemp("one"), SLOW, grid, program=PROGRAM) as node:
        yield node


@pytest.fixture
async def session(node: GridNode) -> AsyncIterator[Session]:
    async with node.session() as session:
        yield session
