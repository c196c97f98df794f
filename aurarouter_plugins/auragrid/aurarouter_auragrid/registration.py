"""Makes the services known to an AuraGrid node of this machine, which starts us and tells us how in the environment."""

from __future__ import annotations

import json
import logging
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.wire.codec import METHODS

log = logging.getLogger(__name__)
SERVICE = "aurarouter-mas"
PATIENCE = 10.0
LONGEST = 1 << 20
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@frozen(kw_only=True)
class Host:
    """The AuraGrid node that started us.

    Attributes:
        port: Its own port on this machine.
        token: What it gave us to be known by.
    """

    port: int
    token: str = field(repr=False)

    def register(self, port: int) -> None:
        """Say where our services are.

        Args:
            port: The services' own.

        Raises:
            GridError: The node does not answer, or refuses.
        """
        said = {
            "port": port,
            "grpcPort": port,
            "scheme": "http",
            "serviceName": SERVICE,
            "ipcToken": self.token,
            "methods": sorted({f"{method.service}.{method.name}" for method in METHODS}),
        }
        self._ask("/cell/service-port", said)
        log.info("registered with the AuraGrid node on port %s", self.port)

    def discover(self, service: str = SERVICE) -> list[str]:
        """Where the grid says that a service is.

        Raises:
            GridError: The node does not answer, refuses, or says what nobody can read.
        """
        said = self._ask(f"/cell/registry/discover?{urllib.parse.urlencode({'serviceName': service})}")
        try:
            return [str(endpoint["endpointUrl"]) for endpoint in json.loads(said)["endpoints"]]
        except (ValueError, KeyError, TypeError) as error:
            raise GridError(f"the AuraGrid node's registry can't be read: {type(error).__name__}") from error

    def _ask(self, path: str, said: Mapping[str, Any] | None = None) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if said is None else json.dumps(said).encode(),
            headers={"Content-Type": "application/json", "X-AuraGrid-IPC-Token": self.token},
        )
        try:
            with DIRECT.open(request, timeout=PATIENCE) as answer:
                found: bytes = answer.read(LONGEST)
                return found
        except urllib.error.HTTPError as error:
            error.close()
            raise GridError(f"the AuraGrid node refuses our services: HTTP {error.code}") from error
        except OSError as error:
            raise GridError(f"the AuraGrid node on port {self.port} does not answer: {error}") from error


def of_environment(environ: Mapping[str, str] | None = None) -> Host | None:
    """The node that started us; None when nobody did.

    Raises:
        GridError: What it says makes no sense.
    """
    environ = os.environ if environ is None else environ
    port, token = environ.get("AURAGRID_IPC_PORT"), environ.get("AURAGRID_IPC_TOKEN")
    if not port or not token:
        return None
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise GridError(f"AURAGRID_IPC_PORT is '{port}', which is no port")
    return Host(port=int(port), token=token)
