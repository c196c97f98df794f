"""Messages on the wire and the plain values that the services take and give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from aurarouter_auragrid.wire.generated import aurarouter_grid_v1_pb2 as pb

DESCRIPTOR = pb.DESCRIPTOR
STREAM = "_stream"
PRIVATE = "x-aurarouter-private"
"""Beside a call: its client declares the content private, or found that it is, so the node must be cleared."""


@frozen
class Method:
    """One method of a service.

    Attributes:
        service: The service's short name.
        path: Where it is on the wire.
        name: What programs call it, without the ending of the streaming variant.
        streams: It answers in pieces.
        request, reply: The classes of its messages.
    """

    service: str
    path: str
    name: str
    streams: bool
    request: type[Message]
    reply: type[Message]

    @classmethod
    def of(cls, method: MethodDescriptor) -> Method:
        """A method as the protocol describes it."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
        return cls(
            service=method.containing_service.name,
            path=f"/{method.containing_service.full_name}/{method.name}",
            name=name.removesuffix(STREAM) if method.server_streaming else name,
            streams=method.server_streaming,
            request=GetMessageClass(method.input_type),
            reply=GetMessageClass(method.output_type),
        )


METHODS = tuple(Method.of(method) for service in DESCRIPTOR.services_by_name.values() for method in service.methods)
SERVICES = tuple(sorted(DESCRIPTOR.services_by_name))


def method(service: str, name: str, *, streams: bool = False) -> Method | None:
    """The method of this name; None when there is none."""
    return next((m for m in METHODS if (m.service, m.name, m.streams) == (service, name, streams)), None)


def parsed(kind: type[Message], data: bytes) -> Message:
    """A message.

    Raises:
        DecodeError: The bytes are none.
    """
    message = kind()
    message.ParseFromString(data)
    return message


def arguments(message: Message) -> dict[str, Any]:
    """What a request says, under the names of the service's inputs; what it leaves out is left out.

    Raises:
        ValueError: JSON has nothing for a number in it: it is infinite, or none.
    """
    said: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        if field.has_presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if isinstance(value, Message):
            value = MessageToDict(value)
        if field.name != "private" or value:
            said[field.name] = value
    return said


def request(kind: type[Message], inputs: Mapping[str, Any]) -> Message:
    """A request out of a service's inputs; None is the same as leaving one out.

    Raises:
        TypeError: An input is unknown or of another type.
    """
    known = {field.name: field for field in kind.DESCRIPTOR.fields}
    message = kind()
    said = {}
    for name, value in inputs.items():
        if name not in known:
            raise TypeError(f"there is no input '{name}'; there are {', '.join(known)}")
        if value is None:
            continue
        kinds = {FieldDescriptor.TYPE_STRING: str, FieldDescriptor.TYPE_BOOL: bool}.get(known[name].type, Mapping)
        if not isinstance(value, kinds):
            raise TypeError(f"'{name}' can't be {type(value).__name__}")
        said[name] = dict(value) if isinstance(value, Mapping) else value
    try:
        return ParseDict(_clean(said), message)
    except Exception as error:  # the library raises a class of its own for each way of being wrong
        raise TypeError(f"the inputs can't be sent: {error}") from error


def reply(kind: type[Message], result: Mapping[str, Any]) -> Message:
    """A reply out of what a service gave."""
    known = kind.DESCRIPTOR.fields_by_name
    return ParseDict(
        _clean({key: value for key, value in result.items() if key in known and value is not None}), kind()
    )


def piece(kind: type[Message], delta: str | None = None, result: Mapping[str, Any] | None = None) -> Message:
    """A piece of a streamed answer: some text, or at the end the result."""
    if result is None:
        return ParseDict({"delta": _clean(delta)}, kind())
    message = kind()
    field: Message = message.__getattribute__("result")
    field.CopyFrom(reply(type(field), result))
    return message


def result(message: Message) -> dict[str, Any]:
    """A reply as the mapping that the service gave."""
    said = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    if said.get("success"):
        said.pop("error", None)
    return said


def _clean(value: Any) -> Any:
    """A text with lone surrogates can't be sent; what a model wrote is no reason to fail."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
