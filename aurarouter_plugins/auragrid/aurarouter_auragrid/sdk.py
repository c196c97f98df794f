"""Offers the services through AuraGrid's own SDK where it is installed; elsewhere there is nothing to offer them to.

The SDK is not public. What is called here is what its example programs call: the decorators `auragrid_service` and
`auragrid_method`, and `AsyncGridContext(service_instances=…)`. It was tried against a stand-in alone.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import wraps
from importlib import import_module
from typing import Any

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.wire.calls import KINDS
from aurarouter_auragrid.wire.codec import METHODS
from aurarouter_core import Router

log = logging.getLogger(__name__)
SDK, APP = "auragrid", "auragrid"
Method = Callable[..., Awaitable[dict[str, Any]]]
Cleared = Callable[[], Awaitable[bool]]


def offered(router: Router, cleared: Cleared) -> AbstractAsyncContextManager[Any] | None:
    """What offers the services for as long as it is entered; None where the SDK is not installed.

    Args:
        router: Does the work.
        cleared: Asks the cell whether it clears this node now.

    Raises:
        GridError: There is a module of that name, and it is not the SDK that we know.
    """
    if importlib.util.find_spec(SDK) is None:
        return None
    sdk = import_module(SDK)
    try:
        instances = [_instance(sdk, name, kind(router), cleared) for name, kind in KINDS.items()]
        context: AbstractAsyncContextManager[Any] = sdk.AsyncGridContext(service_instances=instances)
    except (AttributeError, TypeError) as error:
        raise GridError(
            f"the module '{SDK}' is not the SDK that we know: {error}",
            hint="Uninstall it, or register by the environment alone: AURAGRID_IPC_PORT and AURAGRID_IPC_TOKEN.",
        ) from error
    log.info("the services are offered through AuraGrid's SDK")
    return context


def _instance(sdk: Any, name: str, service: Any, cleared: Cleared) -> Any:
    """A service under the SDK's decorators."""
    names = [method.name for method in METHODS if method.service == name and not method.streams]
    methods = {each: sdk.auragrid_method()(_arriving(service, each, cleared)) for each in names}
    return sdk.auragrid_service(name=name)(type(name, (), {**methods, "__doc__": service.__doc__}))()


def _arriving(service: Any, name: str, cleared: Cleared) -> Method:
    """A method whose calls come from the grid: rule 1 holds for them as for those over gRPC."""
    act: Method = getattr(service, name)

    @wraps(getattr(type(service), name))  # with its `self`, which the SDK leaves out when it looks at the inputs
    async def method(_: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        token = arrival.set(Arrival(way="call", app=APP, cleared=cleared))
        try:
            return await act(*arguments, **{**named, "app": APP})
        finally:
            arrival.reset(token)

    return method
