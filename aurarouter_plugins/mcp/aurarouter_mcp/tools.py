"""The tools: what each takes, gives and does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from attrs import frozen
from pydantic import BaseModel

from aurarouter_core import compare, dumps
from aurarouter_hooks import AttemptStarted, Done, NodeStarted, Progress, Task, UnknownModelError
from aurarouter_mcp.caller import trace_context
from aurarouter_mcp.engine import Engine, write_code
from aurarouter_mcp.inputs import CodeInput, CompareInput, LocalInput, Nothing, TaskInput

Tell = Callable[[str], Awaitable[None]]
Result = dict[str, Any]


class ToolFailedError(Exception):
    """A service of the kernel said that it did not succeed."""


@frozen
class Tool:
    """One tool.

    Attributes:
        takes: The class of its input.
        gives: Names and JSON types of what it answers.
        description: When a model should use it.
        act: Does it: kernel, checked input, and where progress is told.
        asks: It asks models; the others only read.
        visits: It looks at servers of models, without asking a model.
    """

    takes: type[BaseModel]
    gives: Mapping[str, str]
    description: str
    act: Callable[[Engine, Any, Tell], Awaitable[Result]]
    asks: bool = False
    visits: bool = False


def _plain(value: Any) -> Any:
    return json.loads(dumps(value))


async def _run(engine: Engine, task: Task, tell: Tell) -> Result:
    async with aclosing(engine.stream(task)) as events:
        async for event in events:
            match event:
                case NodeStarted():
                    await tell(f"{event.node.kind} begins")
                case AttemptStarted():
                    await tell(f"asking {event.model}")
                case Progress():
                    await tell(event.what)
                case Done():
                    return {"text": event.text, "complete": event.complete, "trace": _plain(event.trace)}
    raise AssertionError("a task ends with Done or an exception")


async def _route(engine: Engine, given: TaskInput, tell: Tell) -> Result:
    return await _run(engine, _task(given), tell)


def _task(given: TaskInput) -> Task:
    return Task(
        given.task,
        context=given.context,
        role=given.role,
        model=given.model,
        private=given.private,
        trace_context=trace_context(),
    )


async def _local(engine: Engine, given: LocalInput, tell: Tell) -> Result:
    return await _run(
        engine, Task(given.prompt, context=given.context, here=True, mode="direct", trace_context=trace_context()), tell
    )


async def _code(engine: Engine, given: CodeInput, tell: Tell) -> Result:
    await tell("writing code")
    inputs = {"task": given.task_description, "language": given.language, "file_context": given.file_context}
    result = dict(await write_code(engine, **inputs, private=given.private, trace_context=trace_context()))
    if not result["success"]:
        raise ToolFailedError(str(result.get("error", "no code was written")))
    return result


async def _compare(engine: Engine, given: CompareInput, tell: Tell) -> Result:
    known = await engine.models()
    for model in given.models:
        if model not in known:
            raise UnknownModelError(model, sorted(known))
    await tell(f"asking {len(given.models)} models")
    task = Task(given.prompt, private=given.private, trace_context=trace_context())
    return {"sides": _plain(await compare(engine, task, given.models))}


async def _models(engine: Engine, _: Nothing, __: Tell) -> Result:
    models = (await engine.models()).values()
    return {"models": [{"id": m.id, "provider": m.provider, "tags": sorted(m.tags)} for m in models]}


async def _intents(engine: Engine, _: Nothing, __: Tell) -> Result:
    return {"intents": list(await engine.intents())}


async def _explain(engine: Engine, given: TaskInput, _: Tell) -> Result:
    return {"decision": _plain(await engine.locate_and_decide(_task(given)))}


async def _health(engine: Engine, _: Nothing, __: Tell) -> Result:
    return {"models": _plain(await engine.health())}


async def _usage(engine: Engine, _: Nothing, __: Tell) -> Result:
    return {"usage": _plain(await engine.usage(("model",)))}


ANSWER = {"text": "string", "complete": "boolean", "trace": "object"}
CODE = {"result": "string", "task": "string", "language": "string", "context_provided": "boolean", "success": "boolean"}
TOOLS: dict[str, Tool] = {
    "route_task": Tool(
        TaskInput, ANSWER, "Give any task to the best configured model; use it when you don't care which.", _route, True
    ),
    "local_inference": Tool(
        LocalInput, ANSWER, "Answer on this machine alone; use it when nothing may leave it.", _local, True
    ),
    "generate_code": Tool(
        CodeInput, CODE, "Write code for a described task; plans first when it is hard.", _code, True
    ),
    "compare_models": Tool(
        CompareInput, {"sides": "array"}, "Ask several models the same, to choose between them.", _compare, True
    ),
    "list_models": Tool(Nothing, {"models": "array"}, "List the configured models and their tags.", _models),
    "list_intents": Tool(
        Nothing, {"intents": "array"}, "List the kinds of task that the router tells apart.", _intents
    ),
    "explain_route": Tool(
        TaskInput, {"decision": "object"}, "Say which model a task would go to, and why; none is asked.", _explain
    ),
    "model_health": Tool(
        Nothing, {"models": "object"}, "Check whether each configured model can answer.", _health, visits=True
    ),
    "usage_summary": Tool(Nothing, {"usage": "array"}, "Sum tokens, cost and failures by model.", _usage),
}
