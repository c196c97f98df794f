"""A request's body: bounded in size, time and depth, and JSON."""

from __future__ import annotations

import asyncio
import json
from math import isinf
from typing import Any

from starlette.types import Receive, Scope

from aurarouter_gateway.fields import RequestError
from aurarouter_gateway.sendable import refuse_unsendable
from aurarouter_gateway.settings import GatewaySettings

DEEPEST = 64
"""Levels of a body. Schemas of tools, the deepest thing there is, have less than 20."""

WHOLE = "whole"
"""In a request's state: all of it has come, so that nobody need wait for it with a clock."""


class ClientLeftError(Exception):
    """The client closed the connection; nobody is there to be told."""


async def json_body(scope: Scope, receive: Receive, settings: GatewaySettings) -> Any:
    """Read a body.

    Raises:
        RequestError: It is too large, too slow, too deep, or no JSON.
        ClientLeftError: The client went away before its end.
    """
    reading = _read(scope, receive, settings.max_body)
    if scope.get("state", {}).get(WHOLE):
        return parse(await reading)
    try:
        async with asyncio.timeout(settings.read_timeout):
            data = await reading
    except TimeoutError as error:
        raise RequestError(f"the body did not arrive within {settings.read_timeout:g} s", status=408) from error
    return parse(data)


async def _read(scope: Scope, receive: Receive, most: int) -> bytes:
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    pieces = bytearray()
    while True:
        if len(pieces) > most or int(told) > most:
            raise RequestError(f"the body is larger than {most} bytes ('gateway.max_body')", status=413)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        pieces += message.get("body", b"")
        if not message.get("more_body", False) and len(pieces) <= most:
            return bytes(pieces)


def parse(data: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        RequestError: It is none, it is too deep, or something in it can be sent to nobody.
    """
    huge = False
    try:
        text = data.decode(json.detect_encoding(data))
        try:
            value = _decoder.decode(text)
        except _HugeError:
            value, huge = _lenient.decode(text), True
    except RecursionError as error:
        raise RequestError(f"the body is nested more than {DEEPEST} levels deep") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise RequestError("the body is not JSON: " + str(error)) from error
    if data.count(b"[") + data.count(b"{") > DEEPEST:
        _check_depth(value)
    if huge or "\\ud" in text or "\\uD" in text:  # the escapes of half characters
        refuse_unsendable(value)
    return value


class _HugeError(ValueError):
    """A number that is too large to be one."""


def _number(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise _HugeError
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


# `json.loads` makes one each time.
_decoder = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)
_lenient = json.JSONDecoder(parse_constant=_no_number)


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST + 1):
        items = (list(item.values() if isinstance(item, dict) else item) for item in level)
        level = [inner for outer in items for inner in outer if isinstance(inner, dict | list)]
        if not level:
            return
    raise RequestError(f"the body is nested more than {DEEPEST} levels deep")
