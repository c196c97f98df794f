"""A node whose cell gives an event out twice at most, a client of it, and its engine."""

from collections.abc import AsyncIterator, Iterator

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.engine.engine import Engine
from grid_node import PROGRAM, SLOW, GridNode


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"events": {"ack_wait": 2, "max_deliveries": 2, "max_pending": 50}}
    with GridNode("one", tmp_path_factory.mktemp("one"), SLOW, grid, program=PROGRAM) as node:
        yield node


@pytest.fixture
async def client(node: GridNode) -> AsyncIterator[AuraRouterClient]:
    async with AuraRouterClient(session=node.session()) as client:
        yield client


@pytest.fixture
async def engine(node: GridNode) -> AsyncIterator[Engine]:
    async with Engine(node.cell) as engine:
        yield engine
