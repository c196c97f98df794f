"""Placement: what goes where, and 200 random histories of a cell of twenty: it settles, in time, within its memory."""

from random import Random

import pytest

from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.deployment.placement import Member, Plan, View, place
from simulated_cell import SimulatedCell, SimulatedNode

SETTLES = 40
"""Beats within which a cell has nothing more to do after the last change; a pull here takes up to six."""


def a_view(*claims: Claim, wanted: dict[str, int], needs: dict[str, int] | None = None, **memory: int) -> View:
    members = [Member(name=name, memory=amount) for name, amount in memory.items()]
    return View(members=members, wanted=wanted, needs=needs or {"small": 2, "large": 6}, claims=claims)


def ready(model: str, number: int, node: str, memory: int = 2) -> Claim:
    return Claim(model=model, place=number, node=node, memory=memory, state="ready")


def taken(plan: Plan) -> set[tuple[str, int, str, bool]]:
    return {(claim.model, claim.place, claim.node, claim.moving) for claim in plan.takes}


def test_replicas_go_to_different_nodes_and_the_rest_says_why_it_waits() -> None:
    plan = place(a_view(wanted={"small": 3}, a=10, b=10))
    assert {node for _, _, node, _ in taken(plan)} == {"a", "b"}
    assert plan.pending == {("small", 2): "a: has it already; b: has it already"}


def test_nothing_is_placed_where_it_does_not_fit() -> None:
    plan = place(a_view(wanted={"large": 1}, a=5_000_000, needs={"large": 6_000_000}))
    assert (taken(plan), plan.pending) == (set(), {("large", 0): "a: 5 of the 6 MB that it takes are free"})


def test_a_node_that_has_the_file_comes_first() -> None:
    view = View(
        members=[Member(name="a", memory=10), Member(name="b", memory=10, has=frozenset({"small"}))],
        wanted={"small": 1},
        needs={"small": 2},
        claims=[],
    )
    assert taken(place(view)) == {("small", 0, "b", False)}


def test_what_nobody_wants_any_more_is_given_up() -> None:
    plan = place(a_view(ready("small", 0, "a"), ready("small", 1, "b"), wanted={"small": 1}, a=10, b=10))
    assert [claim.node for claim in plan.gives] == ["b"]


def test_a_node_that_is_about_to_leave_is_relieved_by_another_before_it_goes() -> None:
    members = [Member(name="a", memory=10, serving=False), Member(name="b", memory=10)]
    view = View(members=members, wanted={"small": 1}, needs={"small": 2}, claims=[ready("small", 0, "a")])
    assert taken(place(view)) == {("small", 0, "b", True)}


def test_a_model_moves_to_let_another_in_that_fits_nowhere_else() -> None:
    plan = place(a_view(ready("small", 0, "a"), wanted={"small": 1, "large": 1}, a=7, b=3))
    assert taken(plan) == {("small", 0, "b", True)}


def test_a_node_that_joins_takes_a_share() -> None:
    held = [ready("one", 0, "a"), ready("two", 0, "a")]
    plan = place(a_view(*held, wanted={"one": 1, "two": 1}, needs={"one": 2, "two": 2}, a=10, b=10))
    assert taken(plan) == {("one", 0, "b", True)}


def test_a_node_that_refused_is_not_asked_again() -> None:
    no = Claim(model="small", node="a", state="refused", reason="its disk is full")
    plan = place(a_view(no, wanted={"small": 1}, a=10))
    assert (taken(plan), plan.pending) == (set(), {("small", 0): "a: its disk is full"})


def test_who_has_a_place_too_many_takes_an_empty_one_before_it_leaves() -> None:
    """The node that had place 0 died, and then fewer are wished for: those that are left do not both leave."""
    plan = place(a_view(ready("small", 1, "b"), ready("small", 2, "c"), wanted={"small": 1}, b=10, c=10))
    assert [(claim.node, claim.place) for claim in plan.shifts] == [("b", 0)]
    assert [claim.node for claim in plan.gives] == ["c"]
    assert (taken(plan), plan.pending) == (set(), {})


def test_nobody_who_is_ready_leaves_before_those_are_that_stay() -> None:
    coming = Claim(model="small", place=0, node="a", memory=2, state="loading")
    held = (ready("small", 1, "b"), Claim(model="small", place=2, node="c", memory=2))
    plan = place(a_view(coming, *held, wanted={"small": 1}, a=10, b=10, c=10))
    assert [claim.node for claim in plan.gives] == ["c"]  # it has nothing yet
    plan = place(a_view(coming, *held, wanted={}, a=10, b=10, c=10))
    assert [claim.node for claim in plan.gives] == ["a", "b", "c"]


def a_cell(random: Random, nodes: int = 20) -> SimulatedCell:
    needs = {f"m{number}": random.randint(1, 12) for number in range(random.randint(1, 12))}
    cell = SimulatedCell(random, needs)
    for number in range(nodes):
        cell.nodes[f"n{number}"] = SimulatedNode(f"n{number}", random.randint(4, 30))
    return cell


def change(cell: SimulatedCell, random: Random) -> None:
    """Something happens: a wish, a death, a departure, an arrival."""
    kind = random.choice(["wish", "wish", "death", "drain", "join"])
    if kind == "wish":
        cell.wanted[random.choice(list(cell.needs))] = random.randint(0, 8)
        cell.tell()
    elif kind == "join":
        name = f"j{cell.beat}"
        cell.nodes[name] = SimulatedNode(name, random.randint(4, 30))
    elif len(cell.nodes) > 2:
        name = random.choice(list(cell.nodes))
        if kind == "death":
            del cell.nodes[name]
        else:
            cell.nodes[name].serving = False


SOAK = [pytest.param(block, marks=pytest.mark.soak) for block in range(2, 10)]


@pytest.mark.parametrize("nodes", [20, 4])
@pytest.mark.parametrize("block", [0, 1, *SOAK])
def test_whatever_happens_a_cell_settles_in_time_and_within_its_memory(block: int, nodes: int) -> None:
    longest = last_change = 0
    for seed in range(block * 20, block * 20 + 20):
        random = Random(seed)
        cell = a_cell(random, nodes)
        for _ in range(random.randint(3, 12)):
            change(cell, random)
            last_change = cell.beat
            for _ in range(random.randint(0, 8)):
                cell.step()
        while not cell.is_settled:
            cell.step()
            assert cell.beat - last_change <= SETTLES, f"seed {seed}"
        longest = max(longest, cell.beat - last_change)
        assert not cell.broken, f"seed {seed}"
        taken_before = cell.taken
        for _ in range(10):
            cell.step()
        assert cell.taken == taken_before, f"seed {seed}: it goes on moving"
        view = cell.view()
        for model, replicas in cell.wanted.items():
            held = [claim.node for claim in view.claims if claim.model == model]
            assert len(held) == len(set(held)) <= replicas, f"seed {seed}"
    print(f"{nodes} nodes, seeds {block * 20} to {block * 20 + 19}: at most {longest} beats")


@pytest.mark.parametrize("place_of_the_dead", [0, 1, 2])
def test_replicas_grow_one_dies_they_shrink_and_somebody_has_the_model_all_the_while(place_of_the_dead: int) -> None:
    for seed in range(20):
        cell = SimulatedCell(Random(seed), {"small": 2})
        cell.nodes = {name: SimulatedNode(name, 10) for name in "abc"}
        for replicas in (1, 3):
            cell.wanted["small"] = replicas
            settle(cell)
        (dead,) = [claim.node for claim in cell.view().claims if claim.place == place_of_the_dead]
        del cell.nodes[dead]
        settle(cell)
        cell.wanted["small"] = 1
        settle(cell)
        assert [claim.place for claim in cell.view().claims] == [0]
        assert not cell.broken, f"seed {seed}"


def settle(cell: SimulatedCell) -> None:
    """Beats until nobody has anything to do, and the cell is at rest."""
    for _ in range(SETTLES):
        cell.step()
        if cell.is_settled:
            return
    pytest.fail(f"it does not settle: {cell.view()}")
