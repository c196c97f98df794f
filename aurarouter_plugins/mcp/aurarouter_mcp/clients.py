"""Clients that keep their MCP servers in a file: where it is on this system, and how an entry looks in it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_hooks import ConfigError

NAME = "aurarouter"


@frozen
class Client:
    """A program that uses MCP servers.

    Attributes:
        title: For people.
        section: The object of its file that has an entry for each server.
        file: Its file, below the folder of settings; or below the home folder where `at_home`.
        typed: Its entries say which transport they mean.
        at_home: See `file`.
    """

    title: str
    section: str
    file: str
    typed: bool = True
    at_home: bool = False

    def path(self) -> Path:
        """Its file, links followed.

        Raises:
            ConfigError: The program has no folder of settings here.
        """
        path = (Path.home() if self.at_home else _settings()) / self.file
        if not path.parent.is_dir():
            raise ConfigError(
                f"{self.title} keeps no settings here: there is no folder {path.parent}",
                hint="Start it once, or take the entry from --print.",
            )
        return path.resolve()

    def entry(self, config: str | None) -> Mapping[str, Any]:
        """What starts the server, with a configuration file of its own if one is named."""
        chosen = ["--config", str(Path(config).resolve())] if config else []
        entry: dict[str, Any] = {"command": program(), "args": [*chosen, "start"]}
        return {"type": "stdio", **entry} if self.typed else entry


CLIENTS: Mapping[str, Client] = {
    "claude-desktop": Client("Claude Desktop", "mcpServers", "Claude/claude_desktop_config.json", typed=False),
    "claude-code": Client("Claude Code", "mcpServers", ".claude.json", at_home=True),
    "vscode": Client("VS Code", "servers", "Code/User/mcp.json"),
}
OTHER = Client("another client", "mcpServers", "", typed=False)


def program() -> str:
    """The program of this installation, wherever it is started."""
    beside = Path(sys.executable).with_name("aurarouter.exe" if sys.platform == "win32" else "aurarouter")
    return str(beside) if beside.exists() else shutil.which("aurarouter") or "aurarouter"


def _settings() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
