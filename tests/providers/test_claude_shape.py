"""How the claude provider asks for an answer of a shape: by a schema, or where the API can't keep to it, in words."""

import json
from typing import Any

import pytest
from attrs import evolve

import claude_provider
from anthropic_dialect import claude, said
from aurarouter_hooks import Message, Prompt
from claude_provider import HELLO, Make
from fault_server import FaultServer

make = claude_provider.make
FREE = {"type": "object"}
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}}
OPEN: list[dict[str, Any]] = [
    {"type": "object", "additionalProperties": {"type": "string"}},
    {**CLOSED, "additionalProperties": True},
    {"type": "object", "properties": {"any": FREE}},
    {"type": "array", "items": FREE},
    {"type": "object", "properties": {"a": {"anyOf": [FREE, {"type": "null"}]}}},
    {"$ref": "#/$defs/A", "$defs": {"A": FREE}},
]


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer) -> None:
    fault_server.always(claude)


async def test_a_schema_is_sent_as_the_api_takes_it(make: Make, fault_server: FaultServer) -> None:
    fault_server.will(said('{"n":', " 4}"))
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
    parameters = {"reasoning_effort": "low"}
    reply = await make(fault_server.url).generate(evolve(HELLO, response_schema=schema, parameters=parameters))
    assert json.loads(reply.text) == {"n": 4}
    taken = {
        "type": "object",
        "properties": {"n": {"type": "integer", "description": "{minimum: 1}"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    config = {"effort": "low", "format": {"type": "json_schema", "schema": taken}}
    assert fault_server.requests[0].json["output_config"] == config
    assert schema["properties"] == {"n": {"type": "integer", "minimum": 1}}


async def test_json_of_any_kind_is_asked_for_in_words(make: Make, fault_server: FaultServer) -> None:
    prompt = Prompt(messages=(Message("system", "Be brief."), Message("user", "Go.")), response_schema=FREE)
    await make(fault_server.url).generate(prompt)
    sent = fault_server.requests[0].json
    assert "output_config" not in sent
    assert sent["system"].startswith("Be brief.\n\nAnswer with a JSON object, and with nothing else")


@pytest.mark.parametrize("schema", OPEN)
async def test_a_schema_of_open_objects_is_told_in_words(
    make: Make, fault_server: FaultServer, schema: dict[str, Any]
) -> None:
    prompt = evolve(HELLO, response_schema=schema, parameters={"reasoning_effort": "low"})
    await make(fault_server.url).generate(prompt)
    sent = fault_server.requests[0].json
    assert sent["output_config"] == {"effort": "low"}
    assert json.loads(sent["system"].partition("\n")[2]) == schema


@pytest.mark.parametrize("schema", [CLOSED, {"type": "object", "additionalProperties": False}])
async def test_a_schema_of_closed_objects_is_kept_to(
    make: Make, fault_server: FaultServer, schema: dict[str, Any]
) -> None:
    await make(fault_server.url).generate(evolve(HELLO, response_schema=schema))
    sent = fault_server.requests[0].json
    assert sent["output_config"]["format"]["schema"]["additionalProperties"] is False
    assert "system" not in sent


@pytest.mark.parametrize("schema", [{}, {"type": ["string", "null"]}, {"type": "array", "items": True}])
async def test_a_schema_that_cannot_be_adapted_is_sent_as_it_is(
    make: Make, fault_server: FaultServer, schema: dict[str, Any]
) -> None:
    await make(fault_server.url).generate(evolve(HELLO, response_schema=schema))
    assert fault_server.requests[0].json["output_config"]["format"]["schema"] == schema
