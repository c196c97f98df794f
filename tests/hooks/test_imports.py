"""What is imported takes none of a backend's time, and all that it does then takes its own."""

import asyncio
import sys
from pathlib import Path

import pytest

from aurarouter_hooks.imports import imported, within

SLOW = "import time\ntime.sleep(0.5)\n"


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "slow_sdk.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "slow_sdk", raising=False)
    return "slow_sdk"


async def test_an_import_takes_none_of_the_time(slow: str) -> None:
    async with within(0.3):
        assert (await imported(slow)).__name__ == slow
        assert await imported(slow)


async def test_the_rest_takes_its_own(slow: str) -> None:
    async def ask() -> None:
        async with within(0.3):
            await imported(slow)
            await asyncio.sleep(30)

    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await ask()
    assert asyncio.get_running_loop().time() - began < 15


async def test_what_is_not_there_is_an_error_and_the_clock_goes_on() -> None:
    async def ask() -> None:
        async with within(0.1):
            with pytest.raises(ImportError):
                await imported("no_such_sdk_at_all")
            await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        await ask()


async def test_without_a_clock_it_is_just_imported(slow: str) -> None:
    assert (await imported(slow)).__name__ == slow
