"""The provider `grid`: a model that lives on another node of the cell."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve

from aurarouter_auragrid.arrival import arrival
from aurarouter_auragrid.errors import GridError
from aurarouter_hooks import (
    Chunk,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Message,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    Provider,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    Reply,
)

if TYPE_CHECKING:
    from aurarouter_auragrid.records import NodeRecord
    from aurarouter_auragrid.remote.link import Link, Opened
    from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb

NODES = "See 'aurarouter grid nodes'."
NOT_CLEARED = "Clear one: aurarouter grid clearance grant NODE."
ELSEWHERE = (ProviderUnavailableError, ProviderRateLimitedError, NoModelLeftError)
"""What another node that has the model may not suffer from."""


class GridProvider(Provider):
    """Asks the node that has the model and least to do; `node` in its options names the only one to ask.

    Attributes:
        link: The way to the cell, one for all models of a router.
    """

    link: ClassVar[Link]

    async def generate(self, prompt: Prompt) -> Reply:
        """As `stream`, in one piece."""
        async with aclosing(self.stream(prompt)) as chunks:
            return Reply.from_chunks([chunk async for chunk in chunks])

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Chunk]:
        """A node's answer. Another node takes over only as long as nothing was shown.

        Raises:
            PrivacyError: The content is private, and the cell clears no node that has the model.
            ProviderError: No node could answer.
        """
        from aurarouter_auragrid.remote.protocol import GENERATE

        async with aclosing(self._answered(prompt, GENERATE)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def embed(self, request: EmbedRequest) -> Embeddings:
        """A node's vectors for each text.

        Raises:
            PrivacyError, ProviderError: As `stream`.
            NoModelLeftError: The model makes no vectors on any node.
        """
        from aurarouter_auragrid.remote.protocol import EMBED

        prompt = Prompt(
            messages=tuple(Message("user", text) for text in request.texts),
            parameters={} if request.dimensions is None else {"dimensions": request.dimensions},
            private=request.private,
            location=request.location,
            trace_context=request.trace_context,
        )
        async with aclosing(self._answered(prompt, EMBED)) as chunks:
            reply = Reply.from_chunks([chunk async for chunk in chunks])
        return Embeddings(
            vectors=reply.vectors or (),
            usage=reply.usage,
            model_name=reply.model_name,
            request_id=reply.request_id,
        )

    async def _answered(self, prompt: Prompt, method: str) -> AsyncGenerator[Chunk]:
        came = arrival.get()
        if came is not None and came.hops:
            raise ProviderUnavailableError("a node's question is not passed on to a third node")
        opened = await self._opened()
        request = self._request(prompt)
        problem: Exception | None = None
        asked = set[str]()
        while nodes := [node for node in await self._nodes(opened, prompt, asked) if node.instance not in asked]:
            for node in nodes:
                asked.add(node.instance)
                shown = False
                try:
                    async with aclosing(self._asked(opened, node, method, request, prompt)) as chunks:
                        async for chunk in chunks:
                            shown = shown or chunk.has_content
                            yield chunk
                    return
                except ELSEWHERE as error:
                    if shown:
                        raise
                    opened.offers.failed(node)
                    problem = error
        raise problem or self._nowhere()

    async def health(self) -> Health:
        """How the model is on the node that is best off, as the nodes said lately."""
        try:
            nodes = await (await self._opened()).offers.of(self.model.name, self._node)
        except (GridError, ProviderUnavailableError) as error:
            return Health(state="down", detail=str(error), hint=error.hint)
        if not nodes:
            return Health(state="down", detail=str(self._nowhere()), hint=NODES)
        state = nodes[0].models[self.model.name]
        where = f"on node '{nodes[0].name}'"
        return Health(state="healthy", detail=where) if state == "ready" else Health(state="cooling", detail=where)

    async def models(self) -> Sequence[str]:
        """Every model that a node of the cell has."""
        try:
            return await (await self._opened()).offers.models()
        except GridError as error:
            raise self._lost(error) from error

    async def where(self) -> Location:
        """The nodes that have it; of those the cleared ones alone, where there are any. Asked of the cell now."""
        from aurarouter_auragrid.wire.serving import is_loopback

        try:
            opened = await self._opened()
            cleared = await opened.engine.configuration.cleared()
            nodes = await opened.offers.of(self.model.name, self._node, now=True)
        except (GridError, ProviderUnavailableError):
            return Location(cleared=False)  # nobody says yes
        usable = [node for node in nodes if node.name in cleared]
        nodes = usable or nodes
        here = bool(nodes) and all(is_loopback(node.address.rpartition(":")[0]) for node in nodes)
        return Location(
            kind="loopback" if here else "remote",
            host=", ".join(node.name for node in nodes),
            addresses=tuple(node.address for node in nodes),
            relay=True,
            cleared=bool(usable),
        )

    async def aclose(self) -> None:
        """Need the cell no more."""
        await self.link.release(self)

    @property
    def _node(self) -> str:
        return str(self.model.options.get("node") or "")

    async def _opened(self) -> Opened:
        try:
            return await self.link.opened(self)
        except GridError as error:
            raise self._lost(error) from error

    async def _nodes(self, opened: Opened, prompt: Prompt, asked: Collection[str]) -> list[NodeRecord]:
        """Whom to ask, best first; after those that were asked in vain, the cell is asked who is there now."""
        try:
            nodes = await opened.offers.of(self.model.name, self._node, now=bool(asked)) or await opened.offers.of(
                self.model.name, self._node, now=True
            )
            if not prompt.private:
                return nodes
            cleared = await opened.engine.configuration.cleared()
        except GridError as error:
            raise self._lost(error) from error
        checked = prompt.location.addresses if prompt.location else ()
        usable = [node for node in nodes if node.name in cleared and node.address in checked]
        if not usable and not asked:
            what = f"the content is private, and the cell clears no node that has '{self.model.name}'"
            raise PrivacyError(what, vetoes={self.model.id: what}, hint=NOT_CLEARED)
        return usable

    def _request(self, prompt: Prompt) -> pb.GenerateRequest:
        from aurarouter_auragrid.remote import protocol
        from aurarouter_auragrid.remote.opaque import unwrapped
        from aurarouter_auragrid.wire.generated import aurarouter_grid_node_v1_pb2 as pb

        bare = evolve(unwrapped(prompt), location=None, trace_context=None)
        return pb.GenerateRequest(
            model=self.model.name, prompt=protocol.encoded(bare), private=prompt.private, hops=protocol.HOPS
        )

    async def _asked(
        self, opened: Opened, node: NodeRecord, method: str, request: pb.GenerateRequest, prompt: Prompt
    ) -> AsyncGenerator[Chunk]:
        from aurarouter_auragrid.remote.asking import asked
        from aurarouter_auragrid.remote.opaque import wrapped

        token = opened.engine.cell.token
        with opened.offers.calling(node):
            async with aclosing(asked(opened.channels, token, node, self.model.id, method, request, prompt)) as chunks:
                async for chunk in chunks:
                    yield wrapped(chunk, self.model)

    def _nowhere(self) -> ProviderUnavailableError:
        whose = f"node '{self._node}' of the cell does not offer" if self._node else "no node of the cell offers"
        return ProviderUnavailableError(f"{whose} '{self.model.name}' now", hint=NODES)

    @staticmethod
    def _lost(error: GridError) -> ProviderUnavailableError:
        return ProviderUnavailableError(str(error), hint=error.hint)


def provider_of(link: Link) -> type[GridProvider]:
    """The provider's class for one router."""
    return type("GridProvider", (GridProvider,), {"link": link, "__module__": GridProvider.__module__})
