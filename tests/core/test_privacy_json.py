"""Private data inside JSON: found, blocked and replaced as it would be in the open, and refused where it can't be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, ReasoningService, Router, Task
from aurarouter_core.detector import Detector
from aurarouter_core.home import Home
from aurarouter_core.inspection import Inspector
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.service_inputs import as_material
from aurarouter_core.store import Audit
from aurarouter_hooks import (
    Media,
    Message,
    PrivacyError,
    Prompt,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

VALUES = {
    "marker": "CONFIDENTIAL\nSalaries",
    "us-ssn": "SSN:\n123-45-6789",
    "password": '{"password": "tr0ub4dor&3xyz"}',
    "card": "card ４５３９ １４８８ ０３４３ ６４６７",
}


def call(arguments: str) -> Task:
    """A conversation in which a tool was called."""
    asked = ToolCall(id="1", name="f", arguments=arguments)
    said = [Message("user", "x"), Message("assistant", [asked]), Message("tool", [ToolResult(call_id="1", content="")])]
    return Task("go on", messages=said)


def result(content: str) -> Task:
    return Task("go on", messages=[Message("tool", [ToolResult(call_id="1", content=content)])])


PLACES: dict[str, Callable[[str], Task]] = {
    "arguments": lambda value: call(json.dumps({"a": value})),
    "arguments, cut": lambda value: call(json.dumps({"a": value})[:-1]),
    "arguments in arguments": lambda value: call(json.dumps({"a": json.dumps([value])})),
    "result": lambda value: result(json.dumps([{"text": value}])),
    "result, one string": lambda value: result(json.dumps(value)),
    "text": lambda value: Task(json.dumps({"a": value})),
    "text with JSON": lambda value: Task(f"Repair this:\n{json.dumps({'a': value})}"),
    "text with JSON, indented": lambda value: Task(f"Repair this:\n    {json.dumps({'a': value})}"),
    "output of a program": lambda value: result(json.dumps({"stdout": "$ cat a.json\n" + json.dumps({"a": value})})),
    "text in pieces": lambda value: Task(
        messages=[Message("user", [Text(json.dumps([value])[:9]), Text(json.dumps([value])[9:])])]
    ),
    "context": lambda value: Task("x", context=json.dumps({"a": value})),
    "context of a service": lambda value: Task("x", context=as_material({"doc": [{"name": "x", "content": value}]})),
    "file": lambda value: Task(
        messages=[Message("user", [Media(media_type="application/json", data=json.dumps([value]).encode())])]
    ),
    "schema of a tool": lambda value: Task("x", tools=[Tool(name="f", schema={"default": json.dumps([value])})]),
    "schema": lambda value: Task("x", response_schema={"description": json.dumps([value])}),
    "parameters": lambda value: Task("x", parameters={"stop": [json.dumps([value])]}),
    "extra": lambda value: Task("x", extra={"metadata": {"u": json.dumps([value])}}),
}


@pytest.fixture
def ask(providers: Any, configure: Callable[..., Config], home: Path) -> Any:
    """Runs a task on a model that is not cleared. Returns what that was sent."""

    async def run(task: Task, **privacy: Any) -> list[Prompt]:
        seen: list[Prompt] = []
        config = configure(privacy=privacy, cloud={"provider": "remote", "options": {"seen": seen}})
        async with Router(config, Plugins(discover=False, extra=[providers]), home=Home(home)) as router:
            await router.run(task)
        return seen

    return run


@pytest.mark.parametrize("rule", VALUES)
@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_and_counted_once(place: str, rule: str) -> None:
    found = Inspector(Detector(Privacy())).task(PLACES[place](VALUES[rule]))
    assert found.counts == {rule: 1}
    assert found.outcome == f"{rule}: 1 finding: reroute"


ORDINARY = [
    'Write a zod schema for this enum:\n["public", "internal", "confidential"]',
    '{"title":"Q3 plan","classification":"Confidential"}',
    '{"type": "string", "path": "C:\\\\x", "enum": ["UNCLASSIFIED", "CONFIDENTIAL"]}',
    '[2024-01-01 10:00:00] "CONFIDENTIAL"',
    'const labels =\n["public","confidential"]',
    json.dumps({"cells": [{"cell_type": "markdown", "source": ["# Confidential\n", 'What "confidential" means']}]}),
    json.dumps({"source": ["# Confidential\n", "\n", "Confidential\n"]}, indent=1),
    json.dumps({"labels": json.dumps(["public", "confidential"])}),
]


@pytest.mark.parametrize("text", ORDINARY)
def test_a_word_in_json_is_no_heading(text: str) -> None:
    assert not Inspector(Detector(Privacy())).task(Task(text)).counts


@pytest.mark.parametrize("rule", VALUES)
async def test_it_reaches_no_model_that_is_not_cleared(ask: Any, rule: str, home: Path) -> None:
    for action in ("reroute", "block"):
        with pytest.raises(PrivacyError):
            await ask(PLACES["arguments"](VALUES[rule]), rules={rule: action})
    rows = Audit(Home(home).store).rows()
    assert {(row.action, *(one.rule for one in row.findings)) for row in rows} == {("refused", rule)}


NAMED: dict[str, Task] = {
    "extra": Task("x", extra={"login": {"password": "tr0ub4dor&3xyz"}}),
    "number": Task("x", parameters={"ssn": 123456789}),
    "quotes": Task("x", extra={"password": 'tr0ub"4dor&3xyz'}),
    "quotes in arguments": call(json.dumps({"password": 'tr0ub"4dor&3xyz'})),
    "context of a service": Task("x", context=as_material({"password": "tr0ub4dor&3xyz"})),
    "nested context of a service": Task("x", context=as_material({"a": [{"password": "tr0ub4dor&3xyz"}]})),
    "data url in arguments": call(json.dumps({"file": "data:,CONFIDENTIAL%0ASalaries"})),
}


@pytest.mark.parametrize("task", NAMED.values(), ids=NAMED)
def test_what_a_key_names_is_found(task: Task) -> None:
    assert Inspector(Detector(Privacy())).task(task).constraint()


async def test_the_context_of_a_service_is_looked_through_however_deep(
    providers: Any, configure: Callable[..., Config], home: Path
) -> None:
    seen: list[Prompt] = []
    config = configure(cloud={"provider": "remote", "options": {"seen": seen}})
    async with Router(config, Plugins(discover=False, extra=[providers]), home=Home(home)) as router:
        for value in VALUES.values():
            told = await ReasoningService(router).generate_plan("sum up", context={"doc": [{"content": value}]})
            assert "no model is cleared" in told["error"]
    assert seen == []


async def test_the_rest_of_a_redacted_task_goes_on(ask: Any) -> None:
    (prompt,) = await ask(PLACES["arguments"](VALUES["us-ssn"]), rules={"us-ssn": "redact"})
    assert json.loads(prompt.messages[1].parts[0].arguments) == {"a": "SSN:\n[us-ssn-1]"}
