"""The client without asyncio, and the command line, do the same with a cell."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aurarouter_auragrid import SyncAuraRouterClient
from aurarouter_auragrid.errors import CellUnavailableError
from grid_node import GridNode

TASK = "Write a function that adds two numbers"


@pytest.mark.promise("future.2")
def test_the_plain_client_does_the_same(node: GridNode) -> None:
    token = node.cell.token
    assert token is not None
    with SyncAuraRouterClient(url=node.cell.urls[0], token=token.reveal()) as client:
        assert client.generate_code("add two numbers", language="go")["language"] == "go"
        pieces = list(client.stream(TASK))
        assert pieces[0] == "1. piece 0\n"
        assert pieces[-1]["success"] is True
        assert client.result(client.submit(TASK))["success"] is True
        assert [record.name for record in client.nodes()] == ["one"]
        assert client.intelligent_code_gen(task_description=TASK)["task"] == TASK
        assert list(client.stream(task_description=TASK)) == pieces


def test_the_plain_client_says_that_it_is_closed_to_whoever_calls_or_waits(node: GridNode) -> None:
    token = node.cell.token
    assert token is not None
    client = SyncAuraRouterClient(url=node.cell.urls[0], token=token.reveal())
    shown = client.stream(TASK)
    next(shown)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.generate_code, "SLEEP 20")
        time.sleep(0.5)
        client.close()
        client.close()
        with pytest.raises(CellUnavailableError, match="this client is closed"):
            waiting.result(5)
    for act in (client.nodes, lambda: client.generate_code(TASK), lambda: next(shown)):
        with pytest.raises(CellUnavailableError, match="this client is closed"):
            act()
    shown.close()


def test_a_task_that_failed_ends_alike_in_words_and_as_json(node: GridNode) -> None:
    for more in ((), ("--json",)):
        done = node.run("grid", "submit", "x", "--language", "a; b", *more)
        assert done.returncode == 3
        assert "must be the name of a programming language" in (done.stdout if more else done.stderr)


def test_a_name_that_no_node_can_have_is_no_cell_that_is_silent(node: GridNode) -> None:
    done = node.run("grid", "drain", "a b")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "Error: no node is called 'a b'")
