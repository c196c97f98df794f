"""The four services that programs on a grid call, and any other program can: plain texts in, plain mappings out.

Whatever the router refuses or fails at, and every input that is not what it should be, comes back as `success: false`
with an `error`; no key of a result is ever missing. A caller may say more by keyword, as on `Task`: `private`, `app`,
`deadline`, `trace_context` and `request_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

from aurarouter_core.decide import PLANNER
from aurarouter_core.prompts import PLAN, Words
from aurarouter_core.router import Router
from aurarouter_core.service_inputs import Caller, as_material, asking_for_code, checked, required_text
from aurarouter_core.steps import schema, steps_of, unfenced
from aurarouter_hooks import AuraRouterError, Event, RoutingError, Task
from aurarouter_hooks.values.task import Mode

CODER = "coding"

Result = dict[str, Any]


class _Service:
    """What the services share.

    Args:
        router: Does the work.
        surface: Who asks, for traces; None for whom the router works for.
        hear: Told of each event of the tasks that are run.
    """

    def __init__(
        self, router: Router, *, surface: str | None = None, hear: Callable[[Event], None] | None = None
    ) -> None:
        self._router = router
        self._surface = surface
        self._hear = hear

    def _role(self, name: str) -> str | None:
        return name if name in self._router.snapshot.config.roles else None

    async def _run(self, task: Task, result: Result, key: str) -> None:
        """Put the answer's text into the result, as far as it came."""
        done = await self._router.run(task, surface=self._surface, hear=self._hear)
        result[key] = done.text
        if not done.complete:
            why = done.trace.error.message if done.trace.error else "unknown reason"
            raise RoutingError(f"the answer stops short: {why}")
        if not done.text.strip():
            raise RoutingError("the model gave no text")


class RouterService(_Service):
    """Tells simple tasks from complex ones."""

    async def classify_intent(
        self, task_description: str, context: Mapping[str, Any] | None = None, **caller: Unpack[Caller]
    ) -> Result:
        """Say what kind of task this is. What the context says counts as part of it. No model is asked.

        Returns:
            `classification` (the intent's name), `task`, `success`; beside them `complexity` (1 to 10), `confidence`
            (0 to 1) and `role`.
        """
        result: Result = {
            "classification": "",
            "task": task_description,
            "complexity": 0,
            "confidence": 0.0,
            "role": "",
        }
        with _told(result):
            material = as_material(context)
            text = required_text("task_description", task_description)
            task = Task(f"{text}\n\n{material}" if material else text, **checked(caller))
            decision = await self._router.locate_and_decide(task)
            result["classification"], result["role"] = decision.intent, decision.role
            result["complexity"], result["confidence"] = decision.analysis.level, decision.analysis.confidence
        return result


class ReasoningService(_Service):
    """Makes plans for complex tasks."""

    async def generate_plan(
        self, intent: str, context: Mapping[str, Any] | None = None, **caller: Unpack[Caller]
    ) -> Result:
        """Have the role `reasoning` break a task into steps; none of them is done.

        Args:
            intent: The task.
            context: Material that the model sees too.
            caller: As on `Task`.

        Returns:
            `steps` (texts), `intent`, `step_count`, `success`.
        """
        result: Result = {"steps": [], "intent": intent, "step_count": 0}
        config = self._router.snapshot.config
        most = config.plans.max_steps
        with _told(result):
            words = Words(config.prompts.plan or PLAN, {"task": required_text("intent", intent)}, {"most": most})
            task = Task(
                str(words),
                context=as_material(context),
                response_schema=schema(most),
                schema_optional=True,
                mode="direct",
                role=self._role(PLANNER),
                **checked(caller),
            )
            said: Result = {}
            await self._run(task, said, "text")
            steps = list(steps_of(said["text"], most))
            if not steps:
                raise RoutingError("no steps can be read in what the model wrote", hint="Try another model.")
            result["steps"], result["step_count"] = steps, len(steps)
        return result


class CodingService(_Service):
    """Writes the code of one step of a plan."""

    async def generate_code(self, plan_step: str, language: str = "python", **caller: Unpack[Caller]) -> Result:
        """Have the role `coding` write code.

        Args:
            plan_step: What the code is to do.
            language: The programming language.
            caller: As on `Task`.

        Returns:
            `code` (without the fence, where one is around all of it), `language`, `plan_step`, `success`.
        """
        result: Result = {"code": "", "language": language, "plan_step": plan_step}
        with _told(result):
            text = asking_for_code(
                self._router.snapshot.config.prompts.code, required_text("plan_step", plan_step), language
            )
            await self._run(Task(text, mode="direct", role=self._role(CODER), **checked(caller)), result, "code")
        result["code"] = unfenced(result["code"])
        return result


class UnifiedRouterService(_Service):
    """Routes, plans and writes code in one call."""

    async def intelligent_code_gen(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
        **caller: Unpack[Caller],
    ) -> Result:
        """Write code: by a plan where the task is hard and names steps, else directly.

        Args:
            task: What the code is to do.
            language: The programming language.
            file_context: Code that is there already.
            task_description: Another name for `task`.
            caller: As on `Task`.

        Returns:
            `result` (the code, without the fence where one is around all of it), `task`, `language`,
            `context_provided`, `success`.
        """
        given = next((text for text in (task, task_description) if text is not None), "")
        result: Result = {"result": "", "task": given, "language": language, "context_provided": bool(file_context)}
        with _told(result):
            if task is not None and task_description is not None:
                raise RoutingError("'task' and 'task_description' are two names for one input", hint="Give one.")
            text = required_text("task", given)
            if file_context is not None and not isinstance(file_context, str):
                raise RoutingError(f"'file_context' must be text, not {type(file_context).__name__}")
            words, known = asking_for_code(self._router.snapshot.config.prompts.code, text, language), checked(caller)
            # How hard the task is shows in its own words, not in ours around them.
            plans = self._router.decide(Task(text, context=file_context or "", **known)).mode == "plan"
            mode: Mode = "plan" if plans else "direct"
            role = None if plans else self._role(CODER)
            await self._run(Task(words, context=file_context or "", mode=mode, role=role, **known), result, "result")
        result["result"] = unfenced(result["result"])
        return result


SERVICES: Mapping[tuple[str, str], type[_Service]] = {
    ("RouterService", "classify_intent"): RouterService,
    ("ReasoningService", "generate_plan"): ReasoningService,
    ("CodingService", "generate_code"): CodingService,
    ("UnifiedRouterService", "intelligent_code_gen"): UnifiedRouterService,
}
"""By the service's name and the method's."""


@contextmanager
def _told(result: Result) -> Iterator[None]:
    """Say in the result whether the block went well; only what the router raises on purpose is told."""
    result["success"] = False
    try:
        yield
    except AuraRouterError as error:
        result["error"] = f"{error}. {error.hint}" if error.hint else str(error)
    else:
        result["success"] = True
