"""A pull that is killed at a random moment is never listed, and goes on or begins anew; nothing disagrees."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from aurarouter_core import AssetRegistry, Plugins, Router, load_config
from aurarouter_core.ledger import Ledger
from gguf_files import gguf
from hub_server import HubServer

VICTIM = Path(__file__).parents[1] / "peers" / "pull_victim.py"
CONTENT = gguf() + random.Random(1).randbytes(4 << 20)
PLACE = "hf:maker/small/tiny.gguf"
BEFORE = "# mine\nmodels:\n  e: {provider: echo}  # keep\nroles: {coding: [e]}\n"


async def looked_at(home: Path, found: Counter[str]) -> None:
    """All that a kill may have left; whatever was finished is taken away, so that the next pull begins anew."""
    text, file, plugins = (home / "auraconfig.yaml").read_text(), home / "models" / "tiny.gguf", Plugins()
    models = set(yaml.safe_load(text)["models"])
    async with Router(load_config(plugins), plugins) as router:
        assert set(router.snapshot.config.models) == models
        ledger, registry = Ledger(router.home.assets), AssetRegistry(router)
        found["in the middle of a change"] += any(not record.settled for record in ledger._read())
        assert {record.model_id for record in ledger.records()} == models - {"e"}
        assert (text.startswith("# mine\n"), "# keep" in text) == (True, True)
        listed = await registry.list_assets(scan=True)
        assert [asset.path for asset in listed] == ([file] if file.exists() else [])
        # A dot begins the name of what is nobody's model, such as a draft of the notes whose writer was killed.
        assert not [path for path in file.parent.iterdir() if path != file and not path.name.startswith(".")]
        if not listed:
            assert models == {"e"}
            return
        assert file.read_bytes() == CONTENT
        found["whole"] += 1
        if models == {"e"}:  # in the folder, and not yet a model; the next pull takes it as it is
            found["whole, no model yet"] += 1
            if found["whole, no model yet"] % 2:
                file.unlink()
            return
        assert (listed[0].model_id, listed[0].registered, listed[0].configured) == ("tiny", True, True)
        await registry.unregister_asset("tiny", delete_file=listed[0].downloaded)
        file.unlink(missing_ok=True)


async def kill_many(home: Path, times: int) -> Counter[str]:
    """What became of so many pulls."""
    config, found, seed = home / "auraconfig.yaml", Counter[str](), random.Random(times)
    config.write_text(BEFORE)
    (home / "models").mkdir()
    with HubServer({"tiny.gguf": CONTENT}) as hub:
        hub.pause = 0.005
        environ = {**os.environ, "HF_ENDPOINT": hub.url, "AURAROUTER_PLUGINS": "assets,echo"}
        command = [sys.executable, str(VICTIM), str(config), PLACE]
        while found["killed"] < times:
            process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE)
            assert process.stdout is not None
            assert process.stdout.readline() == b"at work\n"
            time.sleep(seed.uniform(0.0, 0.7))
            process.send_signal(signal.SIGKILL)
            found["killed"] += process.wait(30) == -signal.SIGKILL
            process.stdout.close()
            await looked_at(home, found)
        hub.pause = 0.0
        done = subprocess.run(command, env=environ, capture_output=True, check=True)
        assert done.stdout.endswith(b"done\n")
        found["gone on"] = sum("range" in headers for _, headers in hub.files_asked)
    whole = found["whole"]
    await looked_at(home, found)
    assert found["whole"] == whole + 1
    assert list((home / "models" / ".parts").iterdir()) == []
    return found


async def test_a_killed_pull_is_never_listed(home: Path) -> None:
    assert (await kill_many(home, 3))["killed"] == 3


@pytest.mark.soak
async def test_two_hundred_killed_pulls(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = await kill_many(home, 200)
    assert found["gone on"] > 0
    with capsys.disabled():
        print(f"\n{date.today().isoformat()}")
        for name, number in sorted(found.items()):
            print(f"{name:<26} {number:>4}")
