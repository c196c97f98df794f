"""Which of Anthropic's models the claude provider finds by itself."""

from typing import Any

import pytest

from anthropic_dialect import HAIKU, OPUS, claude, listed, refused
from aurarouter_claude.discovery import FEW
from aurarouter_claude.provider import ClaudeProvider
from aurarouter_hooks import Model
from fault_server import FaultServer
from faults import Fault, answer, hang, status

KEY = "sk-ant-from-the-environment"


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fault_server.always(claude)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fault_server.url)


async def test_a_key_in_the_environment_finds_models(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ClaudeProvider.discover() == ()
    assert fault_server.connections == 0
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert await ClaudeProvider.discover() == tuple(
        Model(id=name, provider="claude", model_name=name, endpoint=fault_server.url) for name in (OPUS, HAIKU)
    )
    request = fault_server.requests[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.path.startswith("/v1/models?")


async def test_only_a_few_and_the_newest_of_each_line(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    lines: list[dict[str, Any]] = [
        {"id": "opus-3", "line": "opus", "lifecycle": "deprecated"},
        {"id": "opus-2", "line": "opus"},
        {"id": "opus-1", "line": "opus"},
        *({"id": f"other-{n}", "line": None} for n in range(9)),
    ]
    fault_server.will(listed(lines))
    found = [model.id for model in await ClaudeProvider.discover()]
    assert found == ["opus-2", *(f"other-{n}" for n in range(FEW - 1))]


@pytest.mark.parametrize(
    "fault",
    [refused(401, "authentication_error"), status(200, None, b"no JSON"), answer([]), answer({"data": [7]}), hang],
)
async def test_silence_when_it_cannot_be_asked(
    fault_server: FaultServer, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setattr("aurarouter_claude.discovery.PATIENCE", 0.2)
    fault_server.will(fault)
    assert await ClaudeProvider.discover() == ()
