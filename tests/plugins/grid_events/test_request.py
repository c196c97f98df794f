"""A request to the cell as it is read: its id may be any text, null is left out, and return topics can be narrowed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aurarouter_auragrid.errors import EventRefusedError
from aurarouter_auragrid.names import RESULTS_PREFIX, answer_key
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.settings import Events


def test_return_topics_can_be_narrowed_to_a_list() -> None:
    events = Events(return_topics=("shop",))
    for topic, allowed in (("shop", True), ("shop.results", True), ("shopping", False), ("other", False)):
        data = json.dumps({"request_id": "a", "task": "x", "return_topic": topic}).encode()
        if allowed:
            assert Request.parse("app", data, events).return_topic == topic
        else:
            with pytest.raises(EventRefusedError, match="not among those"):
                Request.parse("app", data, events)


def test_null_is_the_same_as_leaving_it_out() -> None:
    needed = {"request_id": "a", "task": "x"}
    left_out = dict.fromkeys(("language", "return_topic", "context"))
    parsed = [Request.parse("app", json.dumps(said).encode(), Events()) for said in (needed, {**needed, **left_out})]
    assert parsed[0] == parsed[1]
    with pytest.raises(EventRefusedError, match="'task' is missing"):
        Request.parse("app", json.dumps({**needed, "task": None}).encode(), Events())


def test_any_text_may_be_an_id() -> None:
    for text in ("a b", "*", ">", "../x", "日本", "\ud800", "a" * 200):
        data: Any = json.dumps({"request_id": text, "task": "x"}).encode()
        request = Request.parse("app", data, Events())
        assert request.key == answer_key("app", text)
        assert request.return_topic.startswith(RESULTS_PREFIX)
