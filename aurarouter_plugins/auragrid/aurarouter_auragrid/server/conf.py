"""Writes the configuration of the cell's own NATS server."""

from __future__ import annotations

import json
from pathlib import Path

from aurarouter_auragrid.settings import Grid, Tls

MAX_PAYLOAD = 1 << 20


def conf(name: str, grid: Grid, *, port: int, token: str, folder: Path) -> str:
    """The text of a `nats.conf`; one setting a line, since the server wants it so.

    Args:
        name: The server's name in the cell.
        grid: What the user configured.
        port: Where it listens; -1 for any free port, told in a file in `folder`.
        token: What clients and other servers sign in with.
        folder: Its own folder.
    """
    lines = [
        f"server_name: {_text(name)}",
        f"host: {_text(grid.host)}",
        f"port: {port}",
        f"ports_file_dir: {_text(str(folder))}",
        f"max_payload: {MAX_PAYLOAD}",
        *_block("authorization", [f"token: {_text(token)}"]),
        *_block(
            "jetstream",
            [
                f"store_dir: {_text(str(folder / 'store'))}",
                "max_mem: 64MB",
                f"max_file: {grid.engine.max_disk_mb}MB",
                "sync_interval: always",
            ],
        ),
    ]
    if grid.tls:
        lines += _tls(grid.tls)
    if grid.engine.cluster_port:
        routes = [f"nats-route://cell:{token}@{peer}" for peer in grid.engine.peers]
        lines += _block(
            "cluster",
            [
                "name: aurarouter",
                f"listen: {_text(f'{grid.host}:{grid.engine.cluster_port}')}",
                *_block("authorization", ["user: cell", f"password: {_text(token)}"]),
                f"routes: [{', '.join(map(_text, routes))}]",
                *(_tls(grid.tls) if grid.tls else []),
            ],
        )
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value)


def _block(name: str, lines: list[str]) -> list[str]:
    return [f"{name} {{", *(f"  {line}" for line in lines), "}"]


def _tls(tls: Tls) -> list[str]:
    files = {"cert_file": tls.cert, "key_file": tls.key, "ca_file": tls.ca}
    lines = [f"{name}: {_text(str(Path(path).expanduser()))}" for name, path in files.items()]
    return _block("tls", [*lines, "verify: true"])
