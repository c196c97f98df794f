"""Where a cell governs a place, its list says whether private content may go there, and the model's tag does not."""

from __future__ import annotations

import pytest

from aurarouter_core import privacy
from aurarouter_hooks import Constraint, Location, Model

PRIVATE, HERE = Constraint(private=True), Constraint(here=True)


@pytest.mark.parametrize("tags", [frozenset(), frozenset({"private"})])
def test_the_list_counts_and_the_tag_does_not(tags: frozenset[str]) -> None:
    model = Model(id="m", provider="grid", tags=tags)
    listed, other = (Location(kind="remote", host="b", cleared=said) for said in (True, False))
    assert privacy.refusal(model, PRIVATE, listed) is None
    reason = privacy.refusal(model, PRIVATE, other)
    assert reason == "the content is private, it runs at b, and the cell does not clear that for it"
    assert privacy.refusal(model, HERE, listed) is not None  # cleared is not here


def test_where_nobody_governs_the_tag_counts() -> None:
    elsewhere = Location(kind="remote", host="b")
    assert privacy.is_cleared(Model(id="m", provider="x", tags=frozenset({"private"})), elsewhere)
    assert not privacy.is_cleared(Model(id="m", provider="x"), elsewhere)
