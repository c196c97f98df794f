from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenerateRequest(_message.Message):
    __slots__ = ("model", "prompt", "private", "hops")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    HOPS_FIELD_NUMBER: _ClassVar[int]
    model: str
    prompt: bytes
    private: bool
    hops: int
    def __init__(self, model: _Optional[str] = ..., prompt: _Optional[bytes] = ..., private: _Optional[bool] = ..., hops: _Optional[int] = ...) -> None: ...

class GeneratePiece(_message.Message):
    __slots__ = ("chunk", "failure")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    failure: Failure
    def __init__(self, chunk: _Optional[bytes] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("type", "message", "hint", "retry_after", "after", "refused")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    type: str
    message: str
    hint: str
    retry_after: float
    after: float
    refused: bool
    def __init__(self, type: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., retry_after: _Optional[float] = ..., after: _Optional[float] = ..., refused: _Optional[bool] = ...) -> None: ...
