"""A plugin that fails with words of its own: the node's log says what and where, and nothing of what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import grpc.aio
import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import CallFailedError
from aurarouter_auragrid.remote import protocol
from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb
from aurarouter_hooks import PrivacyError, Prompt
from grid_node import PROGRAM, SLOW, GridNode

SSN = "078-05-1120"
TASK = f"DIE, my ssn is {SSN}"
QUOTING = PROGRAM.replace('OSError("this one kills its worker")', 'ValueError("cannot parse " + prompt.text)')


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"events": {"ack_wait": 1, "max_deliveries": 1}}
    with GridNode("one", tmp_path_factory.mktemp("one"), SLOW, grid, program=QUOTING) as node:
        assert node.run("grid", "keys", "make").returncode == 0
        assert node.run("grid", "clearance", "grant", "one").returncode == 0
        yield node


async def test_the_log_of_a_node_quotes_no_private_prompt_when_a_plugin_does(node: GridNode) -> None:
    async with AuraRouterClient(session=Session(cell=node.cell)) as client:
        await until_cleared(client)
        with pytest.raises(CallFailedError, match=r"INTERNAL: ValueError in generate_code; the node's log says more$"):
            await client.generate_code(TASK)
        with pytest.raises(CallFailedError, match="ValueError in intelligent_code_gen"):
            async for _ in client.stream(TASK):
                pass
        result = await asyncio.wait_for(client.result(await client.submit(TASK, encrypt=True)), 30)
        assert "was given out" in result["error"]
    failure = await asked(node)
    assert (failure.type, SSN in failure.message) == ("ValueError", False)
    assert SSN not in node.log
    assert "cannot parse" not in node.log
    for way in ("GenerateCode failed", "IntelligentCodeGenStream failed", "can't be worked on", "'slow' failed"):
        (line,) = [line for line in node.log.splitlines() if way in line]
        assert line.endswith(": ValueError")
        assert f"{line}\n  File " in node.log
    assert node.log.count(", in stream\n") >= 4


async def until_cleared(client: AuraRouterClient) -> None:
    """Until the client has heard of it."""
    for _ in range(50):
        try:
            await client.generate_code(f"my ssn is {SSN}")
        except PrivacyError:
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail("the node was never cleared")


async def asked(node: GridNode) -> pb.Failure:
    """What another node is told."""
    token = node.cell.token
    assert token is not None
    request = pb.GenerateRequest(model="slow", prompt=protocol.encoded(Prompt.of(TASK)), private=True, hops=1)
    async with (
        Engine(node.cell) as engine,
        grpc.aio.insecure_channel((await engine.membership.nodes())[0].address) as channel,
    ):
        call = channel.unary_stream(protocol.GENERATE, None, None)(
            request.SerializeToString(), metadata=[("authorization", f"Bearer {token.reveal()}")]
        )
        return [pb.GeneratePiece.FromString(data).failure async for data in call][-1]
