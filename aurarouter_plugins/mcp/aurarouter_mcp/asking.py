"""The tools that ask models."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

from attrs import evolve

from aurarouter_core import compare
from aurarouter_hooks import Done, Task, UnknownModelError
from aurarouter_mcp.allowed import limits_of, seen
from aurarouter_mcp.engine import Engine, code_of
from aurarouter_mcp.inputs import CodeInput, CompareInput, LocalInput, TaskInput
from aurarouter_mcp.tool import Calling, Result, Tool, ToolFailedError, plain

if TYPE_CHECKING:
    from aurarouter_core import Side


def task_of(given: TaskInput, call: Calling) -> Task:
    """The task that an input describes."""
    return Task(
        given.task,
        context=given.context,
        role=given.role,
        model=given.model,
        private=given.private,
        app=call.app,
        trace_context=call.trace_context,
    )


async def _run(engine: Engine, task: Task, call: Calling) -> Result:
    async with aclosing(engine.stream(task)) as events:
        async for event in events:
            await call.hear(event)
            if isinstance(event, Done):
                trace = event.trace
                if trace.decision is not None:
                    trace = evolve(trace, decision=seen(trace.decision, await limits_of(engine, call.app)))
                return {"text": event.text, "complete": event.complete, "trace": plain(trace)}
    raise AssertionError("a task ends with Done or an exception")


async def _route(engine: Engine, given: TaskInput, call: Calling) -> Result:
    return await _run(engine, task_of(given, call), call)


async def _local(engine: Engine, given: LocalInput, call: Calling) -> Result:
    task = Task(
        given.prompt,
        context=given.context,
        here=True,
        mode="direct",
        app=call.app,
        trace_context=call.trace_context,
    )
    return await _run(engine, task, call)


async def _code(engine: Engine, given: CodeInput, call: Calling) -> Result:
    inputs = {
        "task": given.task_description,
        "language": given.language,
        "file_context": given.file_context,
        "private": given.private,
        "app": call.app,
        "trace_context": call.trace_context,
    }
    result: Result = {}
    async with aclosing(code_of(engine, inputs)) as events:
        async for event in events:
            if isinstance(event, Mapping):
                result = dict(event)
            else:
                await call.hear(event)
    if not result["success"]:
        raise ToolFailedError(str(result.get("error", "no code was written")))
    return result


async def _compare(engine: Engine, given: CompareInput, call: Calling) -> Result:
    known = await engine.models()
    for model in given.models:
        if model not in known:
            limits = await limits_of(engine, call.app)
            raise UnknownModelError(model, sorted(filter(limits.allows_model, known)))
    await call.tell(f"asking {len(given.models)} models")
    task = Task(given.prompt, private=given.private, app=call.app, trace_context=call.trace_context)

    async def hear(side: Side) -> None:
        await call.tell(f"{side.model} {'answered' if side.success else 'gave no whole answer'}")

    return {"sides": plain(await compare(engine, task, given.models, hear=hear))}


ANSWER = {"text": "string", "complete": "boolean", "trace": "object"}
CODE = {"result": "string", "task": "string", "language": "string", "context_provided": "boolean", "success": "boolean"}
ASKING: Mapping[str, Tool] = {
    "route_task": Tool(
        TaskInput,
        ANSWER,
        "Give any task to the best configured model; use it when you don't care which.",
        _route,
        "asks",
    ),
    "local_inference": Tool(
        LocalInput, ANSWER, "Answer on this machine alone; use it when nothing may leave it.", _local, "asks"
    ),
    "generate_code": Tool(
        CodeInput, CODE, "Write code for a described task; plans first when it is hard.", _code, "asks"
    ),
    "compare_models": Tool(
        CompareInput, {"sides": "array"}, "Ask several models the same, to choose between them.", _compare, "asks"
    ),
}
