"""What every provider of a server says of its health, from what the server says."""

import pytest

from aurarouter_hooks import ProviderReplyError, ProviderUnavailableError
from behaviour import HELLO
from bench import HttpBench, errors
from benches import REMOTE
from faults import Fault, answer, status

LOADING = status(503, None, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})
pytest_plugins = ["ollama_fixtures"]
pytestmark = pytest.mark.parametrize("bench", REMOTE, indirect=True, ids=lambda kind: kind.provider)


@pytest.mark.parametrize(
    ("code", "state"),
    [(401, "misconfigured"), (403, "misconfigured"), (429, "rate_limited"), (503, "down"), (529, "down")],
)
async def test_health_says_how_it_is(bench: HttpBench, code: int, state: str) -> None:
    bench.server.always(bench.refusal(code, "No.", {"Retry-After": "9"}))
    health = await bench.make().health()
    assert health.state == state
    assert "answered" in health.detail
    assert health.hint
    assert health.retry_in == (9.0 if state in {"rate_limited", "down"} else None)


@pytest.mark.parametrize("fault", [status(404), answer([]), status(200, None, b"no JSON")])
async def test_health_is_unknown_where_nobody_can_say(bench: HttpBench, fault: Fault) -> None:
    bench.server.always(fault)
    health = await bench.make().health()
    assert health.state == "unknown"
    assert health.detail


async def test_a_list_of_models_that_cannot_be_read(bench: HttpBench) -> None:
    bench.server.always(answer({"data": [{}], "models": [7]}))
    if bench.provider == "google":  # a gateway need not have such a list
        assert await bench.make().models() == ()
        return
    with pytest.raises(ProviderReplyError):
        await bench.make().models()


async def test_a_server_that_loads_its_model_says_so(bench: HttpBench) -> None:
    bench.server.always(LOADING)
    provider = bench.make()
    health = await provider.health()
    assert health.state == "loading"
    assert "Loading model" in health.detail
    for error in await errors(provider, HELLO, ProviderUnavailableError, "Loading model"):
        assert "loads its model" in error.hint
