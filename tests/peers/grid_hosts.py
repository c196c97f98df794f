"""Hosts on one wire, as network namespaces: each has an address of its own and can be cut off from all others."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.cluster.plan import write_cluster
from aurarouter_auragrid.settings import Tls
from aurarouter_hooks import Secret
from grid_cell import GridCell
from grid_node import PROGRAM, SLOW, GridNode

NETWORK = "10.213.77"


class Hosts:
    """A switch with hosts on it, from the start of the `with` block to its end. Needs root and the command `ip`.

    Args:
        names: Of the hosts.
    """

    def __init__(self, *names: str) -> None:
        self._names = names
        self._tag = f"ar{os.getpid() % 100_000}"
        self.addresses = {name: f"{NETWORK}.{number + 1}" for number, name in enumerate(names)}

    @staticmethod
    def possible() -> bool:
        """This machine lets us make namespaces."""
        return os.geteuid() == 0 and shutil.which("ip") is not None

    def inside(self, name: str) -> tuple[str, ...]:
        """What to put in front of a command that is to run on a host."""
        return ("ip", "netns", "exec", self._host(name))

    def cut(self, name: str) -> None:
        """Pull a host's plug: nothing comes in, nothing goes out, and nobody is told."""
        _ip("link", "set", self._plug(name), "down")

    def mend(self, name: str) -> None:
        """Put it back."""
        _ip("link", "set", self._plug(name), "up")

    def __enter__(self) -> Self:
        _ip("link", "add", self._tag, "type", "bridge")
        _ip("addr", "add", f"{NETWORK}.254/24", "dev", self._tag)
        _ip("link", "set", self._tag, "up")
        for name, address in self.addresses.items():
            host, plug = self._host(name), self._plug(name)
            _ip("netns", "add", host)
            _ip("link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", host)
            _ip("link", "set", plug, "master", self._tag, "up")
            _ip("-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", host, "link", "set", "lo", "up")
            _ip("-n", host, "link", "set", "eth0", "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name in self._names:
            _ip("netns", "del", self._host(name))
        _ip("link", "del", self._tag)

    def _host(self, name: str) -> str:
        return f"{self._tag}-{name}"

    def _plug(self, name: str) -> str:
        return f"{self._tag}{name}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class HostCell(GridCell):
    """A cell with a node on each host: just what `init-cluster` writes, with mutual TLS everywhere.

    Args:
        hosts: Where it runs; they are there already.
        folder: For all of them.
        grid: More of each node's section `grid`.
    """

    def __init__(self, hosts: Hosts, folder: Path, grid: dict[str, Any]) -> None:
        places = {
            place.name: place for place in write_cluster("shop", hosts.addresses, folder / "cell", apps=("till",))
        }
        self.nodes = []
        for name in hosts.addresses:
            section = yaml.safe_load((places[name] / "auraconfig.yaml").read_text())["grid"] | grid
            self.nodes.append(GridNode(name, folder / f"node-{name}", SLOW, section, PROGRAM, hosts.inside(name)))
        app = places["app-till"]
        tls = Tls(ca=str(app / "ca.pem"), cert=str(app / "cert.pem"), key=str(app / "key.pem"))
        self.cell = Cell(urls=section["urls"], token=Secret(section["token"]), tls=tls)
