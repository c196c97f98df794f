"""Changes of files are told once they have settled, so that nothing half written is read."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from aurarouter_core.watch import changes, look


async def test_a_file_that_is_being_written_counts_when_it_is_done(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n")
    seen: list[str] = []

    async def follow() -> None:
        async with aclosing(changes(lambda: [file], look([file]), 0.2)) as told:
            async for _ in told:
                seen.append(file.read_text())

    following = asyncio.create_task(follow())
    with file.open("w") as half:
        for number in range(30):
            half.write(f"a{number}: 1\n")
            half.flush()
            await asyncio.sleep(0.03)
    assert seen == []
    async with asyncio.timeout(10):
        while not seen:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)
    following.cancel()
    assert [text.count("\n") for text in seen] == [30]
