"""Clients of the four services: the inputs and outputs of the services themselves, wherever in the cell they run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypedDict, Unpack

from aurarouter_auragrid.client.calling import Options
from aurarouter_auragrid.client.private import is_private
from aurarouter_auragrid.client.session import Session, session
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.wire import codec
from aurarouter_hooks import RoutingError, TraceContext

Result = dict[str, Any]
Context = Mapping[str, Any] | None


class Wishes(TypedDict, total=False):
    """What a caller may say beside the inputs: `private` as on `Task`, the rest as on `Options`."""

    private: bool
    deadline: float | None
    request_id: str
    trace_context: TraceContext | None


class ServiceClient:
    """What the clients share.

    Args:
        session: The cell to call; None for the shared session of the running event loop.
    """

    service = ""

    def __init__(self, session: Session | None = None) -> None:
        self._session = session

    async def call(self, name: str, inputs: Mapping[str, Any], **wishes: Unpack[Wishes]) -> Result:
        """Call a method by its name.

        Raises:
            RoutingError: There is no such method, or an input is wrong.
            PrivacyError: The content is private, and no node is cleared for that.
            CellUnavailableError: No node could be reached.
            CallFailedError: A node refused the call.
        """
        method, request, private, options = self._prepared(name, inputs, wishes, streams=False)
        calling = await (self._session or session()).calling()
        return await calling.unary(method, request, private, options)

    async def stream(
        self, name: str, inputs: Mapping[str, Any], **wishes: Unpack[Wishes]
    ) -> AsyncGenerator[str | Result]:
        """The same in pieces: texts as they come, and at the end the result, which alone counts."""
        method, request, private, options = self._prepared(name, inputs, wishes, streams=True)
        calling = await (self._session or session()).calling()
        async for piece in calling.stream(method, request, private, options):
            yield piece

    def _prepared(
        self, name: str, inputs: Mapping[str, Any], wishes: Wishes, *, streams: bool
    ) -> tuple[codec.Method, Any, bool, Options]:
        method = codec.method(self.service, name, streams=streams)
        if method is None:
            known = ", ".join(m.name for m in codec.METHODS if (m.service, m.streams) == (self.service, streams))
            how = "streams" if streams else "has"
            raise RoutingError(f"{self.service} {how} no '{name}'", hint=f"There is: {known or 'nothing'}.")
        asked = {**inputs, "private": wishes.get("private") or inputs.get("private", False)}  # in either place
        private = is_private(asked)  # what is found here says where the call may go; there its rules act on it
        try:
            request = codec.request(method.request, asked)
            options = Options(**{key: value for key, value in wishes.items() if key != "private"})  # type: ignore[arg-type]
        except TypeError as error:
            raise RoutingError(f"{self.service}.{name}: {error}") from error
        return method, request, private, options


class RouterServiceClient(ServiceClient):
    """Tells simple tasks from complex ones."""

    service = "RouterService"

    async def classify_intent(self, task_description: str, context: Context = None, **wishes: Unpack[Wishes]) -> Result:
        """As `RouterService.classify_intent`; raises as `call`."""
        inputs = {"task_description": task_description, "context": context}
        return await self.call("classify_intent", inputs, **wishes)


class ReasoningServiceClient(ServiceClient):
    """Makes plans for complex tasks."""

    service = "ReasoningService"

    async def generate_plan(self, intent: str, context: Context = None, **wishes: Unpack[Wishes]) -> Result:
        """As `ReasoningService.generate_plan`; raises as `call`."""
        return await self.call("generate_plan", {"intent": intent, "context": context}, **wishes)

    def generate_plan_stream(
        self, intent: str, context: Context = None, **wishes: Unpack[Wishes]
    ) -> AsyncGenerator[str | Result]:
        """The same in pieces."""
        return self.stream("generate_plan", {"intent": intent, "context": context}, **wishes)


class CodingServiceClient(ServiceClient):
    """Writes the code of one step of a plan."""

    service = "CodingService"

    async def generate_code(self, plan_step: str, language: str = "python", **wishes: Unpack[Wishes]) -> Result:
        """As `CodingService.generate_code`; raises as `call`."""
        return await self.call("generate_code", {"plan_step": plan_step, "language": language}, **wishes)

    def generate_code_stream(
        self, plan_step: str, language: str = "python", **wishes: Unpack[Wishes]
    ) -> AsyncGenerator[str | Result]:
        """The same in pieces."""
        return self.stream("generate_code", {"plan_step": plan_step, "language": language}, **wishes)


class UnifiedRouterServiceClient(ServiceClient):
    """Routes, plans and writes code in one call."""

    service = "UnifiedRouterService"

    async def intelligent_code_gen(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
        **wishes: Unpack[Wishes],
    ) -> Result:
        """As `UnifiedRouterService.intelligent_code_gen`; raises as `call`."""
        inputs = {"task": _task(task, task_description), "language": language, "file_context": file_context}
        return await self.call("intelligent_code_gen", inputs, **wishes)

    def intelligent_code_gen_stream(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
        **wishes: Unpack[Wishes],
    ) -> AsyncGenerator[str | Result]:
        """The same in pieces."""
        inputs = {"task": _task(task, task_description), "language": language, "file_context": file_context}
        return self.stream("intelligent_code_gen", inputs, **wishes)


def _task(task: str | None, task_description: str | None) -> str:
    given = [text for text in (task, task_description) if text is not None]
    if len(given) != 1:
        raise RoutingError("'task' and 'task_description' are two names for one input", hint="Give one of them.")
    return given[0]


KINDS: Mapping[str, type[ServiceClient]] = {
    kind.service: kind
    for kind in (RouterServiceClient, ReasoningServiceClient, CodingServiceClient, UnifiedRouterServiceClient)
}


def create_service_client(service: str, session: Session | None = None) -> Any:
    """A client of a service by the service's name; it connects when it is first used.

    Raises:
        GridError: No service has that name.
    """
    if service not in KINDS:
        raise GridError(f"no service is called '{service}'", hint=f"There are {', '.join(sorted(KINDS))}.")
    return KINDS[service](session)


RouterService_client = RouterServiceClient()
ReasoningService_client = ReasoningServiceClient()
CodingService_client = CodingServiceClient()
UnifiedRouterService_client = UnifiedRouterServiceClient()
