"""A download that is killed at a random moment is never listed, and goes on or begins anew the next time."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from aurarouter_core import AssetRegistry, Plugins, Router, load_config
from gguf_files import gguf
from hub_server import HubServer

VICTIM = Path(__file__).parents[1] / "peers" / "pull_victim.py"
CONTENT = gguf() + random.Random(1).randbytes(4 << 20)
PLACE = "maker/small/tiny.gguf"


async def kill_many(home: Path, times: int) -> dict[str, int]:
    """What became of so many fetches; each file that is finished is taken away, so that the next begins anew."""
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    folder, seed = home / "models", random.Random(times)
    folder.mkdir()
    found = {"killed": 0, "finished": 0, "gone on": 0}
    plugins = Plugins()
    with HubServer({"tiny.gguf": CONTENT}) as hub:
        hub.pause = 0.005
        environ = {**os.environ, "HF_ENDPOINT": hub.url}
        async with Router(load_config(plugins), plugins) as router:
            while found["killed"] < times:
                process = subprocess.Popen([sys.executable, VICTIM, PLACE, folder], env=environ, stdout=subprocess.PIPE)
                assert process.stdout is not None
                assert process.stdout.readline() == b"at work\n"
                time.sleep(seed.uniform(0.0, 0.7))
                process.send_signal(signal.SIGKILL)
                found["killed"] += process.wait(30) == -signal.SIGKILL
                process.stdout.close()
                listed = [asset.path.name for asset in await AssetRegistry(router).list_assets(scan=True)]
                there = (folder / "tiny.gguf").is_file()
                assert listed == (["tiny.gguf"] if there else [])
                assert not [path for path in folder.iterdir() if path.name not in (".parts", "tiny.gguf")]
                if there:
                    assert (folder / "tiny.gguf").read_bytes() == CONTENT
                    (folder / "tiny.gguf").unlink()
                    found["finished"] += 1
        hub.pause = 0.0
        done = subprocess.run([sys.executable, VICTIM, PLACE, folder], env=environ, capture_output=True, check=True)
        assert done.stdout.endswith(b"done\n")
        async with Router(load_config(plugins), plugins) as router:
            (asset,) = await AssetRegistry(router).list_assets(scan=True)
            assert asset.path == folder / "tiny.gguf"
        found["gone on"] = sum("range" in headers for _, headers in hub.files_asked)
    assert (folder / "tiny.gguf").read_bytes() == CONTENT
    assert list((folder / ".parts").iterdir()) == []
    return found


async def test_a_killed_download_is_never_listed(home: Path) -> None:
    assert (await kill_many(home, 3))["killed"] == 3


@pytest.mark.soak
async def test_forty_killed_downloads(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = await kill_many(home, 40)
    assert found["gone on"] > 0
    with capsys.disabled():
        print(f"\n{date.today().isoformat()}")
        for name, number in found.items():
            print(f"{name:<10} {number:>4}")
