"""A node that starts while its cell looks for a majority waits for the configuration; it does not give up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid.configuration.versions import Versions
from aurarouter_auragrid.errors import CellUnavailableError
from grid_inside import InsideCell


async def test_a_start_while_the_cell_has_no_leader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, failures = Versions.head, [CellUnavailableError("the cell does not answer: reading")] * 2

    async def head(self: Versions) -> Any:
        if failures:
            raise failures.pop()
        return await read(self)

    async with InsideCell(tmp_path) as cell:
        monkeypatch.setattr(Versions, "head", head)
        node = await cell.join("late")
        assert not failures
        assert node.record().state == "serving"
