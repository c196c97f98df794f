"""What is made quickly is what its class would have made, and wrong arguments are refused in the class's own words."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from attrs import NOTHING, Factory, field, fields, frozen
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import made
from aurarouter_core.maker import maker
from aurarouter_hooks import Attempt, Call, Constraint, Decision, Done, Node, Prompt, Stage, Task, Trace

KINDS: dict[type, Callable[..., Any]] = {
    Stage: made.stage,
    Decision: made.decision,
    Call: made.call,
    Prompt: made.prompt,
    Node: made.node,
    Attempt: made.attempt,
    Trace: made.trace,
    Done: made.done,
}


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or the type and the words of what it raises."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_the_same_values_and_the_same_errors(kind: Any, data: st.DataObject) -> None:
    keywords = [*(each.alias for each in fields(kind)), "unheard_of"]
    named = {name: data.draw(st.text(max_size=3)) for name in data.draw(st.sets(st.sampled_from(keywords)))}
    placed = data.draw(st.lists(st.text(max_size=3), max_size=len(keywords)))
    assert outcome(KINDS[kind], *placed, **named) == outcome(kind, *placed, **named)


@pytest.mark.parametrize("kind", KINDS)
def test_what_every_field_needs_is_enough(kind: Any) -> None:
    needed = {each.alias: "x" for each in fields(kind) if each.default is NOTHING}
    quick, slow = KINDS[kind](**needed), kind(**needed)
    assert quick == slow
    assert repr(quick) == repr(slow)
    with pytest.raises(AttributeError):
        setattr(quick, fields(kind)[0].name, "y")


def test_defaults_that_are_made_are_made_anew() -> None:
    node, other = made.node(id="a", kind="answer"), made.node(id="b", kind="answer")
    assert node.skipped == {}
    assert node.skipped is not other.skipped


@pytest.mark.parametrize("kind", [Constraint, Task])
def test_a_class_that_converts_or_checks_is_not_made_quickly(kind: Any) -> None:
    with pytest.raises(TypeError, match="does more than set its attributes"):
        maker(kind)


def test_neither_is_one_with_a_method_of_its_own_or_another_order() -> None:
    @frozen
    class Checked:
        one: int

        def __attrs_post_init__(self) -> None: ...

    @frozen
    class Mixed:
        one: int = field(kw_only=True)
        two: int

    @frozen
    class Derived:
        one: int
        two: int = Factory(lambda self: self.one, takes_self=True)

    for kind in (Checked, Mixed, Derived):
        with pytest.raises(TypeError, match="does more than set its attributes"):
            maker(kind)


def test_both_implementations_refuse_what_does_not_fit_together(plain: ModuleType, compiled: ModuleType) -> None:
    for wrong in ((("a",), (), (...,), (None,), 0), (("a",), ("a",), (...,), (None,), 2), ((), (), (), (), -1)):
        assert outcome(compiled.constructor, Stage, *wrong) == outcome(plain.constructor, Stage, *wrong)


def test_what_is_made_is_given_back(compiled: ModuleType) -> None:
    quick = maker(Stage)
    assert type(quick).__module__ == compiled.__name__
    watched: list[Any] = [object() for _ in range(3)]
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(10_000):
        quick(watched[0], watched[1], score=watched[2])
        outcome(quick, watched[0], other=watched[1])
        outcome(quick, *watched, *watched)
    assert [sys.getrefcount(thing) for thing in watched] == before
