"""Calls of a node by a plain gRPC channel, without any client of ours."""

import json
from typing import Any

import grpc.aio

from aurarouter_auragrid.wire import codec
from grid_node import GridNode


def raw(node: GridNode) -> grpc.aio.Channel:
    """A channel that no client of ours has opened."""
    return grpc.aio.insecure_channel(address(node))


def address(node: GridNode) -> str:
    """Where the node listens."""
    rows = json.loads(node.run("grid", "services", "--json").stdout)
    return str(rows[0]["address"])


def signed(node: GridNode) -> list[tuple[str, str]]:
    """What the user's own calls are signed with."""
    token = node.cell.token
    assert token is not None
    return [("authorization", f"Bearer {token.reveal()}")]


async def called(
    channel: grpc.aio.Channel, node: GridNode, service: str, name: str, request: dict[str, Any]
) -> dict[str, Any]:
    """What one method answers."""
    method = codec.method(service, name)
    assert method is not None
    data = codec.request(method.request, request).SerializeToString()
    reply = await channel.unary_unary(method.path, None, None)(data, metadata=signed(node))
    return codec.result(codec.parsed(method.reply, reply))
