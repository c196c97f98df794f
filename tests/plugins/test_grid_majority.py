"""A cell of three that loses its majority: what is left refuses clearly, keeps nothing by half, and goes on later."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_hooks.values.ids import new_id
from grid_cell import GridCell


# The client library leaves the stream of a broken connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.soak
async def test_without_a_majority_nothing_is_accepted_and_afterwards_all_agree(tmp_path: Path) -> None:
    with GridCell(tmp_path, {"events": {"ack_wait": 5, "concurrency": 8}}) as cell:
        async with AuraRouterClient(session=cell.session()) as client:
            accepted = [await client.submit("SLEEP 0.05", return_topic="majority.results") for _ in range(20)]
            for number in (0, 1):
                cell.nodes[number].kill()
            await asyncio.sleep(3)
            refused = {"request_id": new_id(), "task": "SLEEP 0.01", "return_topic": "majority.results"}
            began = time.monotonic()
            with pytest.raises(CellUnavailableError, match="does not answer"):
                await client.publisher.publish(REQUESTS_TOPIC, refused)
            print(f"refused after {time.monotonic() - began:.1f} s")
            called = await client.coding.generate_code("SLEEP 0.01", deadline=10.0)
            print(f"a call meanwhile: success {called['success']}")  # the node that is left needs no majority for that
            assert called["success"] is True
            for number in (0, 1):
                cell.nodes[number].begin()
            for number in (0, 1):
                await asyncio.to_thread(cell.nodes[number].wait_ready)
            began = time.monotonic()
            accepted.append(str(refused["request_id"]))
            await client.publisher.publish(REQUESTS_TOPIC, refused)  # again, under its own id
            found: list[str] = []
            async with asyncio.timeout(60), aclosing(client.subscriber.consume("majority.results", after=0)) as events:
                async for event in events:
                    found.append(json.loads(event.payload)["request_id"])
                    if len(found) == len(accepted):
                        break
            print(f"all {len(found)} results {time.monotonic() - began:.1f} s after the majority was back")
            assert sorted(found) == sorted(accepted)
            seen = []
            for node in cell.nodes:  # what each machine says of the cell
                names = json.loads((await asyncio.to_thread(node.run, "grid", "nodes", "--json")).stdout)
                seen.append([record["name"] for record in names])
            assert seen == [["n0", "n1", "n2"]] * 3
