"""The tools: what each takes, gives and does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from attrs import frozen
from pydantic import BaseModel

from aurarouter_core import Router, UnifiedRouterService, compare, dumps
from aurarouter_hooks import AttemptStarted, Done, NodeStarted, Progress, Task, UnknownModelError
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
    """

    takes: type[BaseModel]
    gives: Mapping[str, str]
    description: str
    act: Callable[[Router, Any, Tell], Awaitable[Result]]
    asks: bool = False


def _plain(value: Any) -> Any:
    return json.loads(dumps(value))


async def _run(router: Router, task: Task, tell: Tell) -> Result:
    async with aclosing(router.stream(task)) as events:
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


async def _route(router: Router, given: TaskInput, tell: Tell) -> Result:
    return await _run(router, _task(given), tell)


def _task(given: TaskInput) -> Task:
    return Task(given.task, context=given.context, role=given.role, model=given.model, private=given.private)


async def _local(router: Router, given: LocalInput, tell: Tell) -> Result:
    return await _run(router, Task(given.prompt, context=given.context, here=True, mode="direct"), tell)


async def _code(router: Router, given: CodeInput, tell: Tell) -> Result:
    await tell("writing code")
    service = UnifiedRouterService(router)
    result = dict(await service.intelligent_code_gen(given.task_description, given.language, given.file_context))
    if not result["success"]:
        raise ToolFailedError(str(result.get("error", "no code was written")))
    return result


async def _compare(router: Router, given: CompareInput, tell: Tell) -> Result:
    known = router.snapshot.config.models
    for model in given.models:
        if model not in known:
            raise UnknownModelError(model, sorted(known))
    await tell(f"asking {len(given.models)} models")
    return {"sides": _plain(await compare(router, Task(given.prompt), given.models))}


async def _models(router: Router, _: Nothing, __: Tell) -> Result:
    models = router.snapshot.models.values()
    return {"models": [{"id": m.id, "provider": m.provider, "tags": sorted(m.tags)} for m in models]}


async def _intents(router: Router, _: Nothing, __: Tell) -> Result:
    return {"intents": sorted(router.snapshot.intents)}


async def _explain(router: Router, given: TaskInput, _: Tell) -> Result:
    return {"decision": _plain(await router.locate_and_decide(_task(given)))}


async def _health(router: Router, _: Nothing, __: Tell) -> Result:
    return {"models": _plain(await router.health())}


async def _usage(router: Router, _: Nothing, __: Tell) -> Result:
    return {"usage": _plain(await asyncio.to_thread(router.store.usage, ("model",)))}


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
    "model_health": Tool(Nothing, {"models": "object"}, "Check whether each configured model can answer.", _health),
    "usage_summary": Tool(Nothing, {"usage": "array"}, "Sum tokens, cost and failures by model.", _usage),
}
