from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClassifyIntentRequest(_message.Message):
    __slots__ = ("task_description", "context", "private")
    TASK_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    task_description: str
    context: _struct_pb2.Struct
    private: bool
    def __init__(self, task_description: _Optional[str] = ..., context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., private: _Optional[bool] = ...) -> None: ...

class ClassifyIntentResponse(_message.Message):
    __slots__ = ("classification", "task", "success", "error", "complexity", "confidence", "role")
    CLASSIFICATION_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    COMPLEXITY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    classification: str
    task: str
    success: bool
    error: str
    complexity: int
    confidence: float
    role: str
    def __init__(self, classification: _Optional[str] = ..., task: _Optional[str] = ..., success: _Optional[bool] = ..., error: _Optional[str] = ..., complexity: _Optional[int] = ..., confidence: _Optional[float] = ..., role: _Optional[str] = ...) -> None: ...

class GeneratePlanRequest(_message.Message):
    __slots__ = ("intent", "context", "private")
    INTENT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    intent: str
    context: _struct_pb2.Struct
    private: bool
    def __init__(self, intent: _Optional[str] = ..., context: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., private: _Optional[bool] = ...) -> None: ...

class GeneratePlanResponse(_message.Message):
    __slots__ = ("steps", "intent", "step_count", "success", "error")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    STEP_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Value]
    intent: str
    step_count: int
    success: bool
    error: str
    def __init__(self, steps: _Optional[_Iterable[_Union[_struct_pb2.Value, _Mapping]]] = ..., intent: _Optional[str] = ..., step_count: _Optional[int] = ..., success: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class GeneratePlanPiece(_message.Message):
    __slots__ = ("delta", "result")
    DELTA_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    delta: str
    result: GeneratePlanResponse
    def __init__(self, delta: _Optional[str] = ..., result: _Optional[_Union[GeneratePlanResponse, _Mapping]] = ...) -> None: ...

class GenerateCodeRequest(_message.Message):
    __slots__ = ("plan_step", "language", "private")
    PLAN_STEP_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    plan_step: str
    language: str
    private: bool
    def __init__(self, plan_step: _Optional[str] = ..., language: _Optional[str] = ..., private: _Optional[bool] = ...) -> None: ...

class GenerateCodeResponse(_message.Message):
    __slots__ = ("code", "language", "plan_step", "success", "error")
    CODE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PLAN_STEP_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    code: str
    language: str
    plan_step: str
    success: bool
    error: str
    def __init__(self, code: _Optional[str] = ..., language: _Optional[str] = ..., plan_step: _Optional[str] = ..., success: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class GenerateCodePiece(_message.Message):
    __slots__ = ("delta", "result")
    DELTA_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    delta: str
    result: GenerateCodeResponse
    def __init__(self, delta: _Optional[str] = ..., result: _Optional[_Union[GenerateCodeResponse, _Mapping]] = ...) -> None: ...

class IntelligentCodeGenRequest(_message.Message):
    __slots__ = ("task", "language", "file_context", "task_description", "private")
    TASK_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    TASK_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    task: str
    language: str
    file_context: str
    task_description: str
    private: bool
    def __init__(self, task: _Optional[str] = ..., language: _Optional[str] = ..., file_context: _Optional[str] = ..., task_description: _Optional[str] = ..., private: _Optional[bool] = ...) -> None: ...

class IntelligentCodeGenResponse(_message.Message):
    __slots__ = ("result", "task", "language", "context_provided", "success", "error")
    RESULT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_PROVIDED_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    result: str
    task: str
    language: str
    context_provided: bool
    success: bool
    error: str
    def __init__(self, result: _Optional[str] = ..., task: _Optional[str] = ..., language: _Optional[str] = ..., context_provided: _Optional[bool] = ..., success: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class IntelligentCodeGenPiece(_message.Message):
    __slots__ = ("delta", "result")
    DELTA_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    delta: str
    result: IntelligentCodeGenResponse
    def __init__(self, delta: _Optional[str] = ..., result: _Optional[_Union[IntelligentCodeGenResponse, _Mapping]] = ...) -> None: ...
