"""The model servers that the nodes of a cell found on their machines, told from the nodes' records; no Qt."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from aurarouter_auragrid.records import NodeRecord

TITLES = {"llamacpp-server": "llama.cpp", "ollama": "Ollama", "openapi": "OpenAI dialect"}
READY = "ready"


@frozen(kw_only=True)
class FoundServer:
    """A server, as its node last told. One that ends is found no longer, and its node tells of it no longer.

    Attributes:
        kind: What it speaks, in a word or two.
        node: On whose machine it is.
        address: Where it listens there; "" where its node does not say.
        models: Model id → how it is.
        draining: Its node takes nothing new.
    """

    kind: str
    node: str
    address: str
    models: dict[str, str]
    draining: bool = False

    @property
    def is_available(self) -> bool:
        """One of its models can be asked for."""
        return not self.draining and READY in self.models.values()

    @property
    def availability(self) -> str:
        """Whether it can be asked, in words."""
        if self.draining:
            return "its node is draining"
        ready = sum(state == READY for state in self.models.values())
        if ready == len(self.models):
            return "available"
        return f"{ready} of {len(self.models)} models available" if ready else "failing, and resting for it"


def found_servers(nodes: Iterable[NodeRecord]) -> list[FoundServer]:
    """The servers of all nodes, by node."""
    found: dict[tuple[str, str, str], FoundServer] = {}
    for node in sorted(nodes, key=lambda node: node.name):
        for model, provider in sorted(node.discovered.items()):
            place = (node.name, provider, node.places.get(model, ""))
            if place not in found:
                found[place] = FoundServer(
                    kind=TITLES.get(provider, provider),
                    node=node.name,
                    address=place[2],
                    models={},
                    draining=node.state != "serving",
                )
            found[place].models[model] = node.models.get(model, "gone")
    return list(found.values())
