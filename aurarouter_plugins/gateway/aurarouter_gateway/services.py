"""The four services over HTTP: what each takes and gives, by one table that checks requests and describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from aurarouter_gateway.caller import Caller
from aurarouter_gateway.fields import Fields, RequestError

SAYS: Mapping[str, type] = {"private": bool, "deadline": float, "request_id": str}
"""What a caller may say beside a service's own inputs. Its app and its trace are told by headers."""


@frozen
class Method:
    """A method of a service.

    Attributes:
        takes: Its inputs and their kinds.
        needs: One of these has to be there.
        gives: What a result holds in any case.
    """

    takes: Mapping[str, type]
    needs: tuple[str, ...]
    gives: Mapping[str, type]


METHODS: Mapping[tuple[str, str], Method] = {
    ("RouterService", "classify_intent"): Method(
        {"task_description": str, "context": dict},
        ("task_description",),
        {"classification": str, "task": str, "complexity": int, "confidence": float, "role": str, "success": bool},
    ),
    ("ReasoningService", "generate_plan"): Method(
        {"intent": str, "context": dict},
        ("intent",),
        {"steps": list, "intent": str, "step_count": int, "success": bool},
    ),
    ("CodingService", "generate_code"): Method(
        {"plan_step": str, "language": str},
        ("plan_step",),
        {"code": str, "language": str, "plan_step": str, "success": bool},
    ),
    ("UnifiedRouterService", "intelligent_code_gen"): Method(
        {"task": str, "task_description": str, "language": str, "file_context": str},
        ("task", "task_description"),
        {"result": str, "task": str, "language": str, "context_provided": bool, "success": bool},
    ),
}
"""By the service's name and the method's."""


def inputs(service: str, method: str, body: Any, caller: Caller) -> dict[str, Any]:
    """What a request gives a method, and what is known of who asks.

    Raises:
        RequestError: It is not what the method takes.
    """
    known = METHODS[service, method]
    fields = Fields(body)
    given = fields.some({**known.takes, **SAYS})
    if stray := next(iter(fields.rest()), None):
        takes = ", ".join([*known.takes, *SAYS])
        raise RequestError(f"{stray} is no input of {service}.{method}, which takes {takes}", stray)
    if not any(name in given for name in known.needs):
        raise RequestError(f"{known.needs[0]} is missing", known.needs[0])
    private = caller.limits.private or given.get("private", False)
    return {**given, "private": private, "app": caller.app, "trace_context": caller.trace_context}
