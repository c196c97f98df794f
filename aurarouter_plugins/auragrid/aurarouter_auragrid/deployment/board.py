"""Where a cell's wishes and claims stand: read by everybody, as placement wants it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, instance_of, le

from aurarouter_auragrid.deployment.claims import claim_of
from aurarouter_auragrid.deployment.placement import Member, View
from aurarouter_auragrid.engine.directory import readable
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.names import model_key
from aurarouter_auragrid.records import NodeRecord
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.stored import StoredModel, read, to_bytes

MOST_REPLICAS = 1000


@frozen(kw_only=True)
class Wish:
    """How many nodes should have a model."""

    model: str = field(validator=instance_of(str))
    replicas: int = field(validator=[instance_of(int), ge(0), le(MOST_REPLICAS)])


class Board:
    """The wishes and claims of a cell.

    Args:
        engine: The cell, open.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._storage = GridModelStorage(engine)

    async def stored(self) -> dict[str, StoredModel]:
        """The files that the cell keeps and are complete, by model."""
        return {one.model_id: one for one in await self._storage.stored() if one.complete}

    async def wish(self, wish: Wish) -> None:
        """Say how many nodes should have a model."""
        key = model_key(wish.model)
        if wish.replicas:
            await self._engine.wanted.put(key, to_bytes(wish))
        else:
            await self._engine.wanted.remove(key)

    async def wanted(self) -> dict[str, int]:
        """How many nodes should have a model, by model.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        wishes = readable(await self._engine.wanted.all(), lambda data: read(Wish, data))
        return {wish.model: wish.replicas for wish in wishes}

    async def member(self, name: str) -> Member | None:
        """A node as it is now; None when it was not heard of lately.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        node = await self._engine.membership.node(name)
        return _member(node) if node else None

    async def view(self, wanted: Mapping[str, int] | None = None) -> View:
        """What stands there now.

        Args:
            wanted: From `wanted`; None to ask for it.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        wanted = await self.wanted() if wanted is None else wanted
        nodes = await self._engine.membership.nodes()
        return View(
            members=[_member(node) for node in nodes],
            wanted=wanted,
            needs={name: one.memory for name, one in (await self.stored()).items()},
            claims=readable(await self._engine.places.all(), claim_of),
        )


def _member(node: NodeRecord) -> Member:
    return Member(name=node.name, memory=node.memory, serving=node.state == "serving", has=frozenset(node.assets))
