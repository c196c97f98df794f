"""`python -m aurarouter_gui.following …`: runs `aurarouter` until its input ends, as with a window that is killed."""

from __future__ import annotations

import os
import signal
import threading
from importlib.metadata import entry_points


def _follow() -> None:
    while os.read(0, 1):  # the buffered stdin would hold up the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_follow, daemon=True).start()
    (command,) = entry_points(group="console_scripts", name="aurarouter")
    command.load()()
