"""A hub with one large file, for a download over loopback: prints its address, and ends when its input does."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "peers"))

from gguf_files import gguf
from hub_server import HubServer

if __name__ == "__main__":
    with HubServer({"tiny.gguf": gguf() + bytes(int(sys.argv[1]))}) as hub:
        hub.pause = 0.001
        print(hub.url, flush=True)
        sys.stdin.read()
