"""One object for all that a program asks of a cell: the services, tasks as events, and topics."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Self

from aurarouter_auragrid.client.events import EventPublisher, EventSubscriber
from aurarouter_auragrid.client.services import (
    CodingServiceClient,
    ReasoningServiceClient,
    Result,
    RouterServiceClient,
    UnifiedRouterServiceClient,
)
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.errors import SealedError
from aurarouter_auragrid.names import ANONYMOUS, REQUESTS_TOPIC, result_topic
from aurarouter_auragrid.records import Endpoint, NodeRecord
from aurarouter_hooks import TraceContext
from aurarouter_hooks.values.ids import new_id


class AuraRouterClient:
    """A cell, from a program of yours. Use it as an async context manager; `SyncAuraRouterClient` is the plain one.

    Args:
        url: A NATS server of the cell; empty for what the configuration says, or this machine's node.
        token: What to sign in with there; empty likewise.
        key: Your app's own key for the services; empty for the cell's token.
        app: The name that your requests go under.
        session: A way into the cell that is there already.
        event_secret: As on `Session`.
    """

    def __init__(
        self,
        url: str = "",
        token: str = "",
        *,
        key: str = "",
        app: str = ANONYMOUS,
        session: Session | None = None,
        event_secret: str = "",
    ) -> None:
        self._session = session or Session(url, token, key=key, event_secret=event_secret)
        self.router = RouterServiceClient(self._session)
        self.reasoning = ReasoningServiceClient(self._session)
        self.coding = CodingServiceClient(self._session)
        self.unified = UnifiedRouterServiceClient(self._session)
        self.publisher = EventPublisher(self._session, app)
        self.subscriber = EventSubscriber(self._session)

    async def classify_intent(self, task_description: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `RouterService.classify_intent`."""
        return await self.router.classify_intent(task_description, context)

    async def generate_plan(self, intent: str, context: Mapping[str, Any] | None = None) -> Result:
        """As `ReasoningService.generate_plan`."""
        return await self.reasoning.generate_plan(intent, context)

    async def generate_code(self, plan_step: str, language: str = "python") -> Result:
        """As `CodingService.generate_code`."""
        return await self.coding.generate_code(plan_step, language)

    async def intelligent_code_gen(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
    ) -> Result:
        """As `UnifiedRouterService.intelligent_code_gen`."""
        return await self.unified.intelligent_code_gen(task, language, file_context, task_description=task_description)

    def stream(
        self,
        task: str | None = None,
        language: str = "python",
        file_context: str | None = None,
        *,
        task_description: str | None = None,
    ) -> AsyncGenerator[Any]:
        """The same in pieces: texts as they come, and at the end the result."""
        return self.unified.intelligent_code_gen_stream(task, language, file_context, task_description=task_description)

    async def submit(
        self,
        task: str,
        language: str = "python",
        *,
        context: Mapping[str, Any] | str | None = None,
        request_id: str = "",
        return_topic: str = "",
        trace_context: TraceContext | None = None,
        encrypt: bool = False,
    ) -> str:
        """Give the cell a task as an event; its id. From here on it is not lost.

        Raises:
            As `EventPublisher.publish`, which says what `encrypt` does.
        """
        request_id = request_id or new_id()
        request = {"request_id": request_id, "task": task, "language": language}
        request |= {"return_topic": return_topic or result_topic(request_id)}
        if context is not None:
            request["context"] = context  # type: ignore[assignment]  # text or a mapping
        await self.publisher.publish(REQUESTS_TOPIC, request, trace_context=trace_context, encrypt=encrypt)
        return request_id

    async def result(self, request_id: str, return_topic: str = "") -> Result:
        """Wait for the result of a task that was submitted; also one that another program submitted before.

        Raises:
            SealedError: It was encrypted for another program.
        """
        topic = return_topic or result_topic(request_id)
        async with aclosing(self.subscriber.consume(topic, after=0)) as events:
            async for event in events:
                result: Result = json.loads(event.payload)
                if result.get("request_id") == request_id:
                    if "sealed" in result:
                        raise SealedError(
                            "the result is encrypted for another program",
                            hint="Use the same 'event_secret' as the program that asked.",
                        )
                    return result
        raise AssertionError("a topic has no end")

    async def nodes(self) -> list[NodeRecord]:
        """The members of the cell."""
        return await (await self._session.engine()).membership.heard()

    async def endpoints(self, service: str = "") -> list[Endpoint]:
        """Where a service is offered."""
        return await (await self._session.engine()).registry.endpoints(service)

    async def aclose(self) -> None:
        """Leave the cell."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        await self._session.engine()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
