"""Writes a folder for each machine of a cell: its certificate, and for a new cell its part of the configuration."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from aurarouter_auragrid.cluster.certificates import Authority, Pair
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.settings import NODE_NAME
from aurarouter_auragrid.wire.serving import is_loopback
from aurarouter_core.home import private_folder

PORT, ENGINE_PORT, CLUSTER_PORT = 7443, 4222, 6222
EXPLANATION = """\
# Machine '{node}' of the cell '{cell}'. Copy this folder there, put the section into that machine's auraconfig.yaml (or
# use this file with --config), correct the paths of the certificates, and start it: aurarouter grid up --detach
# The token and the key are secrets: keep this folder readable for its user alone.
"""


def write_cluster(cell: str, machines: Mapping[str, str], folder: Path, *, apps: tuple[str, ...] = ()) -> list[Path]:
    """Write a folder for each machine and each app, and the authority's own.

    Args:
        cell: The cell's name.
        machines: Node name → the address or name that the other machines reach it by.
        folder: A new or empty folder.
        apps: Names of programs that get a certificate.

    Returns:
        The folders.

    Raises:
        GridError: A name can't be used, there are too few machines for a majority, or the folder is not empty.
    """
    import yaml

    if len(machines) < 3:
        raise GridError(
            f"{len(machines)} machines have no majority once one of them is down",
            hint="Name three or more, or start a single node with 'aurarouter grid up'.",
        )
    _check(machines, apps, folder)
    authority, token = Authority.new(cell), secrets.token_urlsafe(32)
    written = [_written(folder / "authority", {"ca.pem": authority.pair.cert, "ca.key": authority.pair.key})]
    for node, host in machines.items():
        place = folder / node
        section = {"grid": _section(node, machines, place.resolve(), token)}
        text = EXPLANATION.format(node=node, cell=cell) + yaml.safe_dump(section, sort_keys=False)
        written.append(
            _written(place, {**_files(authority, authority.issue(node, [host])), "auraconfig.yaml": text.encode()})
        )
    return written + [_written(folder / f"app-{app}", _files(authority, authority.issue(app))) for app in apps]


def write_certificates(
    machines: Mapping[str, str], folder: Path, signs: Path, *, apps: tuple[str, ...] = ()
) -> dict[Path, date]:
    """Write certificates for machines and apps that a cell gets later, or new ones for those whose own end soon.

    Args:
        machines: Node name → the address or name that the other machines reach it by.
        folder: A new or empty folder.
        signs: The folder of the cell's authority.
        apps: Names of programs that get one.

    Returns:
        Folder → the last day of the certificate in it.

    Raises:
        GridError: A name can't be used, the folder is not empty, or there is no authority that could sign.
    """
    _check(machines, apps, folder)
    try:
        authority = Authority.of(Pair((signs / "ca.pem").read_bytes(), (signs / "ca.key").read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        hint = "Name the folder 'authority' that 'aurarouter grid init-cluster' wrote."
        words = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        raise GridError(f"nothing can be signed with {signs}: {words}", hint=hint) from error
    issued = {folder / node: authority.issue(node, [host]) for node, host in machines.items()}
    issued |= {folder / f"app-{app}": authority.issue(app) for app in apps}
    return {_written(place, _files(authority, pair)): pair.until for place, pair in issued.items()}


def _check(machines: Mapping[str, str], apps: tuple[str, ...], folder: Path) -> None:
    for node, host in machines.items():
        if not NODE_NAME.fullmatch(node) or not host or any(sign in host for sign in " /@\"'"):
            raise GridError(f"'{node}={host}' is not NAME=ADDRESS", hint="A name has letters, digits, '-' and '_'.")
    for app in apps:
        if not NODE_NAME.fullmatch(app):
            raise GridError(f"no app can be called '{app}' here", hint="A name has letters, digits, '-' and '_'.")
    if len(set(machines.values())) < len(machines) and not all(map(is_loopback, machines.values())):
        raise GridError("two machines have the same address")
    if folder.exists() and any(folder.iterdir()):
        raise GridError(f"{folder} is not empty", hint="Choose a new folder: nothing is written over.")


def _section(node: str, machines: Mapping[str, str], place: Path, token: str) -> dict[str, Any]:
    own = list(machines.values())
    shared = len(set(own)) < len(own)  # all on one machine, to try it out: each needs ports of its own
    shift = {name: number if shared else 0 for number, name in enumerate(machines)}
    return {
        "node": node,
        "host": machines[node] if shared else "0.0.0.0",  # noqa: S104 - with mutual TLS
        "advertise": machines[node],
        "port": PORT + shift[node],
        "urls": [f"tls://{host}:{ENGINE_PORT + shift[name]}" for name, host in machines.items()],
        "token": token,
        "tls": {"ca": str(place / "ca.pem"), "cert": str(place / "cert.pem"), "key": str(place / "key.pem")},
        "engine": {
            "port": ENGINE_PORT + shift[node],
            "cluster_port": CLUSTER_PORT + shift[node],
            "peers": [f"{host}:{CLUSTER_PORT + shift[name]}" for name, host in machines.items()],
        },
    }


def _files(authority: Authority, pair: Pair) -> dict[str, bytes]:
    return {"ca.pem": authority.pair.cert, "cert.pem": pair.cert, "key.pem": pair.key}


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    private_folder(folder)
    for name, data in files.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    return folder
