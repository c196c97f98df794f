"""Which node should take which model: a pure function of what every node can read, so that all come to the same.

Nothing here keeps two nodes that have read different things from taking the same place: their leases do. Nothing here
keeps a node within its memory when others misjudge it: each takes for itself alone, and knows its own claims.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import Factory, evolve, frozen

from aurarouter_auragrid.deployment.claims import Claim


@frozen(kw_only=True)
class Member:
    """A node as placement sees it.

    Attributes:
        memory: Bytes that the models which are placed there may take together.
        serving: It takes new work.
        has: Models whose file is there.
    """

    name: str
    memory: int
    serving: bool = True
    has: frozenset[str] = frozenset()


@frozen(kw_only=True)
class View:
    """What a node has read.

    Attributes:
        members: The nodes that were heard of lately.
        wanted: Replicas that are wished for, by model.
        needs: Bytes that a model takes, told from its file; a model that is missing here can't be placed.
        claims: Who has what.
    """

    members: Sequence[Member]
    wanted: Mapping[str, int]
    needs: Mapping[str, int]
    claims: Sequence[Claim]


@frozen(kw_only=True)
class Plan:
    """What should happen next.

    Attributes:
        shifts: Claims that should change their place for an empty one that is wanted; their models stay where they are.
        takes: Claims that should be made.
        gives: Claims that nobody wants any more.
        pending: Why a place stays empty, by model and place.
    """

    shifts: Sequence[Claim] = ()
    takes: Sequence[Claim] = ()
    gives: Sequence[Claim] = ()
    pending: Mapping[tuple[str, int], str] = Factory(dict)


def place(view: View) -> Plan:
    """What should happen next: empty places are filled first, then nodes that leave are relieved, then others.

    What has a place keeps it, unless its node leaves, the room is needed for what fits nowhere else, or its node has
    two models more than another. Each of these makes the cell better in a way that nothing later makes worse.
    """
    table = _Table(view)
    shifts, gives = table.shifted(), table.given_up()
    takes, pending = list[Claim](), dict[tuple[str, int], str]()
    for model, number in table.empty():
        claim = table.take(model, number)
        if claim is None:
            pending[model, number] = table.why_not(model)
        else:
            takes.append(claim)
    takes += table.relieved()
    if not takes and not gives and not shifts and table.is_settled:
        takes += table.made_room(pending) or table.balanced()
    return Plan(shifts=shifts, takes=takes, gives=gives, pending=pending)


class _Table:
    """The places of all models, while a plan is made."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.held = [claim for claim in view.claims if claim.state != "refused"]
        self.placed = [claim for claim in self.held if claim.has_place]
        self._refused = {(claim.model, claim.node): claim.reason for claim in view.claims if claim.state == "refused"}
        self._serving = {member.name: member for member in view.members if member.serving}
        self._room = {member.name: member.memory for member in view.members}
        self._on: dict[str, set[str]] = {member.name: set() for member in view.members}
        for claim in self.held:
            self._add(claim)

    @property
    def is_settled(self) -> bool:
        """Everything that has a place is ready there, and nothing is on its way out."""
        return all(claim.state == "ready" and not claim.moving for claim in self.held)

    def shifted(self) -> list[Claim]:
        """Who has a place too many takes an empty one of the same model, rather than that nobody has the model."""
        spare = [
            claim for claim in self.placed if self._is_spare(claim) and claim.node in self._on and not claim.moving
        ]
        spare.sort(key=lambda claim: (claim.state != "ready", claim.node not in self._serving, claim.place))
        found = []
        for model, number in list(self.empty()):
            claim = next((claim for claim in spare if claim.model == model), None)
            if claim is not None:
                spare.remove(claim)
                found.append(evolve(claim, place=number))
                self.placed[self.placed.index(claim)] = found[-1]
        return found

    def given_up(self) -> list[Claim]:
        """Those with a place too many, but nobody who is ready before all of those are that stay."""
        ready = {
            (claim.model, claim.place)
            for claim in self.placed
            if claim.state == "ready" and not claim.moving and claim.node in self._on
        }
        waited_for = {
            model
            for model, replicas in self._view.wanted.items()
            if any((model, number) not in ready for number in range(replicas))
        }
        return [
            claim
            for claim in self.placed
            if self._is_spare(claim) and (claim.state != "ready" or claim.model not in waited_for)
        ]

    def _is_spare(self, claim: Claim) -> bool:
        return claim.place >= self._view.wanted.get(claim.model, 0)

    def empty(self) -> Iterator[tuple[str, int]]:
        """Places that nobody has, those of the largest models first."""
        taken = {(claim.model, claim.place) for claim in self.placed}
        for model in sorted(self._view.wanted, key=lambda model: (-self._view.needs.get(model, 0), model)):
            for number in range(self._view.wanted[model]):
                if (model, number) not in taken:
                    yield model, number

    def take(self, model: str, number: int, *, moving: bool = False) -> Claim | None:
        """The best node takes a place; None when there is none."""
        nodes = self._fit(model)
        if not nodes:
            return None
        best = max(nodes, key=lambda node: self._rank(model, node))
        claim = Claim(model=model, place=number, node=best, memory=self._view.needs[model], moving=moving)
        self._add(claim)
        return claim

    def why_not(self, model: str) -> str:
        """Why no node can take a model."""
        need = self._view.needs.get(model)
        if need is None:
            return "the cell keeps no file of it"
        reasons = [f"{node}: {self._obstacle(model, node)}" for node in sorted(self._serving)]
        return "; ".join(reasons) or "no node takes new work"

    def relieved(self) -> list[Claim]:
        """What nodes have that are about to leave goes to others, which take over when they are ready."""
        known = {member.name for member in self._view.members}
        moving = {(claim.model, claim.place) for claim in self.placed if claim.moving}
        leaving = [
            claim
            for claim in self.placed
            if claim.node in known - self._serving.keys()
            and (claim.model, claim.place) not in moving
            and claim.place < self._view.wanted.get(claim.model, 0)
        ]
        found = (self.take(claim.model, claim.place, moving=True) for claim in reversed(_smallest_first(leaving)))
        return [claim for claim in found if claim is not None]

    def made_room(self, pending: Mapping[tuple[str, int], str]) -> list[Claim]:
        """One model moves, where that lets another in which fits nowhere."""
        for model in dict.fromkeys(model for model, _ in pending):
            need = self._view.needs.get(model)
            for node in sorted(self._serving, key=lambda node: -self._room[node]):
                if need is None or model in self._on[node] or (model, node) in self._refused:
                    continue
                for claim in _smallest_first(claim for claim in self.placed if claim.node == node):
                    if self._room[node] + claim.memory >= need > claim.memory and self._fit(claim.model):
                        moved = self.take(claim.model, claim.place, moving=True)
                        return [moved] if moved else []
        return []

    def balanced(self) -> list[Claim]:
        """One model moves from a node that has two more than another."""
        by_count = sorted(self._serving, key=lambda node: (len(self._on[node]), node))
        for poor in by_count:
            for rich in reversed(by_count):
                if len(self._on[rich]) - len(self._on[poor]) < 2:
                    break
                for claim in _smallest_first(claim for claim in self.placed if claim.node == rich):
                    if poor in self._fit(claim.model):
                        moved = Claim(
                            model=claim.model,
                            place=claim.place,
                            node=poor,
                            memory=self._view.needs[claim.model],
                            moving=True,
                        )
                        self._add(moved)
                        return [moved]
        return []

    def _add(self, claim: Claim) -> None:
        if claim.node in self._room:
            self._room[claim.node] -= claim.memory
            self._on[claim.node].add(claim.model)

    def _fit(self, model: str) -> list[str]:
        return [node for node in self._serving if not self._obstacle(model, node)]

    def _obstacle(self, model: str, node: str) -> str:
        """Why a node can't take a model; "" when it can."""
        if model in self._on[node]:
            return "has it already"
        if (model, node) in self._refused:
            return self._refused[model, node]
        need = self._view.needs.get(model)
        if need is None:
            return "the cell keeps no file of it"
        if need > self._room[node]:
            return f"{max(0, self._room[node]) / 1e6:.0f} of the {need / 1e6:.0f} MB that it takes are free"
        return ""

    def _rank(self, model: str, node: str) -> tuple[bool, int, int, str]:
        """Whoever has the file, then whoever has the fewest models, then the most memory; in the end a draw."""
        draw = hashlib.sha256(f"{model}\n{node}".encode()).hexdigest()
        return model in self._serving[node].has, -len(self._on[node]), self._room[node], draw


def _smallest_first(claims: Iterable[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: (claim.memory, claim.model, claim.place))
