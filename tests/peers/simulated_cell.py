"""A cell of nodes on paper that place models by the real rules: leases run out, views lag behind, messages get lost."""

from random import Random

from attrs import define, evolve, field

from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.deployment.placement import Member, Plan, View, place
from aurarouter_auragrid.deployment.resting import is_another, neighbour, rests

TERM = 4
"""Beats after which a lease of a silent node is gone."""
LOOK = 15
"""Beats after which a node looks in any case."""


@define
class Lease:
    claim: Claim
    until: int


@define
class SimulatedNode:
    """What a node knows of itself."""

    name: str
    memory: int
    serving: bool = True
    claims: list[Claim] = field(factory=list)
    work: dict[str, int] = field(factory=dict)
    files: set[str] = field(factory=set)
    told: bool = True
    looked: int = 0
    view: View | None = None
    mine: frozenset[Claim] | None = None


@define
class SimulatedCell:
    """Nodes, and what they have told each other.

    Attributes:
        taken: Claims that were made, in all.
        lost: The part of the messages that does not arrive.
        looks: How often a node has looked at the cell, in all.
        broken: What must never happen, and did.
    """

    random: Random
    needs: dict[str, int]
    nodes: dict[str, SimulatedNode] = field(factory=dict)
    wanted: dict[str, int] = field(factory=dict)
    leases: dict[str, Lease] = field(factory=dict)
    seen: dict[str, tuple[int, Member]] = field(factory=dict)
    lost: float = 0.2
    beat: int = 0
    taken: int = 0
    looks: int = 0
    broken: list[str] = field(factory=list)
    before: View | None = None
    ready: dict[str, set[str]] = field(factory=dict)

    def view(self) -> View:
        """What stands in the cell now."""
        members = [member for beat, member in self.seen.values() if beat + TERM > self.beat]
        live = [lease.claim for lease in self.leases.values() if lease.until > self.beat]
        return View(members=members, wanted=dict(self.wanted), needs=self.needs, claims=live)

    def step(self) -> None:
        """One beat of every node, in any order; some have read what was there a beat ago."""
        self.beat += 1
        names = list(self.nodes)
        self.random.shuffle(names)
        old = self.before or self.view()
        self.before = self.view()
        for name in names:
            self._act(self.nodes[name], old if self.random.random() < 0.3 else self.view())
        self._check()

    def _act(self, node: SimulatedNode, view: View) -> None:
        self.seen[node.name] = (
            self.beat,
            Member(name=node.name, memory=node.memory, serving=node.serving, has=frozenset(node.files)),
        )
        renewed = [self._renewed(node, claim) for claim in node.claims]
        node.claims = [claim for claim in renewed if claim is not None]
        if not self._has_to_look(node):
            return
        self.looks += 1
        node.told, node.looked = False, self.beat
        plan: Plan = place(self._own(view, node))
        for claim in plan.gives:
            if claim.node == node.name:
                del self.leases[claim.key]
                node.claims[node.claims.index(claim)] = self._leaving(node, claim)
        for claim in plan.shifts:
            if claim.node == node.name and self._free(claim.key):
                (earlier,) = [each for each in node.claims if each.model == claim.model]
                del self.leases[earlier.key]
                node.claims[node.claims.index(earlier)] = self._hold(claim)
        for claim in plan.takes:
            if claim.node == node.name and self._free(claim.key):
                node.claims.append(self._hold(claim))
                node.work[claim.model] = self.random.randint(1, 6)
                self.taken += 1
        before, node.mine = node.mine, frozenset(node.claims)
        view = self._own(view, node)
        node.view = view if rests(view, plan) else None
        if node.view is None or node.mine != before:
            self.tell()

    def _own(self, view: View, node: SimulatedNode) -> View:
        return evolve(view, claims=[*(claim for claim in view.claims if claim.node != node.name), *node.claims])

    def _has_to_look(self, node: SimulatedNode) -> bool:
        if node.told or node.view is None or node.mine != frozenset(node.claims) or self.beat >= node.looked + LOOK:
            return True
        known = neighbour(node.view, node.name)
        if known is None:
            return False
        beat, now = self.seen.get(known.name, (-TERM, known))
        if not is_another(known, now if beat + TERM > self.beat else None):
            return False
        self.tell()
        return True

    def tell(self) -> None:
        """Have every node look, as far as the message arrives."""
        for node in self.nodes.values():
            node.told = node.told or self.random.random() >= self.lost

    def _renewed(self, node: SimulatedNode, claim: Claim) -> Claim | None:
        lease = self.leases.pop(claim.key, None)
        if lease is not None and lease.claim.node != node.name:  # taken over
            self.leases[claim.key] = lease
            return self._leaving(node, claim)
        node.work[claim.model] = left = node.work[claim.model] - 1
        if claim.state == "leaving" and left <= 0:
            node.files.discard(claim.model)
            return None
        if claim.state == "pulling" and left <= 0:
            node.files.add(claim.model)
            claim = evolve(claim, state="ready", moving=False)
        return self._hold(claim)

    def _free(self, key: str) -> bool:
        held = self.leases.get(key)
        return held is None or held.until <= self.beat

    def _hold(self, claim: Claim) -> Claim:
        self.leases[claim.key] = Lease(claim, self.beat + TERM)
        return claim

    def _leaving(self, node: SimulatedNode, claim: Claim) -> Claim:
        node.work[claim.model] = self.random.randint(1, 3)
        return self._hold(evolve(claim, state="leaving", moving=False))

    def _check(self) -> None:
        for node in self.nodes.values():
            used = sum(claim.memory for claim in node.claims)
            if used > node.memory:
                self.broken.append(f"beat {self.beat}: {node.name} uses {used} of {node.memory}")
            models = [claim.model for claim in node.claims]
            if len(models) != len(set(models)):
                self.broken.append(f"beat {self.beat}: {node.name} has a model twice: {models}")
        ready = {
            name: {claim.model for claim in node.claims if claim.state == "ready"} for name, node in self.nodes.items()
        }
        had, self.ready = self.ready, ready
        lost = set[str]().union(*(had[name] for name in had.keys() & ready.keys())) - set[str]().union(*ready.values())
        mourned = {lease.claim.model for lease in self.leases.values() if lease.claim.node not in self.nodes}
        for model in lost - mourned:  # of a death, nobody knows before its leases end
            if self.wanted.get(model):
                self.broken.append(f"beat {self.beat}: nobody has '{model}' any more")

    @property
    def is_settled(self) -> bool:
        """Nobody has anything to do."""
        view = self.view()
        plan = place(view)
        dead = any(claim.node not in self.nodes for claim in view.claims)
        known = self.nodes.keys() <= self.seen.keys()  # who has just joined has a say
        busy = plan.takes or plan.shifts or plan.gives or any(claim.state != "ready" for claim in view.claims)
        return known and not (busy or dead)
