"""What the llamacpp-server provider makes of each way in which a server can fail, and where prompts may go."""

import pytest
from attrs import evolve

from aurarouter_hooks import (
    ConfigError,
    EmbedRequest,
    Location,
    Model,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Timeouts,
)
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from fault_server import FaultServer
from faults import Fault, answer, hang, raw, reset, status, stream
from llama_dialect import PROPS, WELL, WHOLE, Pretender, bit
from llama_provider import HELLO, Make, pieces

pytest_plugins = ["llama_provider_fixtures"]


async def test_an_error_inside_a_stream(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    error = {"error": {"code": 500, "message": "the slot went away", "type": "server_error"}}
    pretender.says["/completion"] = stream([bit("Hello"), error])
    with pytest.raises(ProviderUnavailableError, match="the slot went away"):
        await pieces(at(fault_server.url))


@pytest.mark.parametrize("path", ["/props", "/completion"])
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (status(401), ProviderAuthError, "answered 401"),
        (status(429, {"Retry-After": "7"}), ProviderRateLimitedError, "answered 429"),
        (status(500), ProviderUnavailableError, "answered 500"),
        (
            status(503, None, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}),
            ProviderUnavailableError,
            "Loading model",
        ),
        (reset, ProviderUnavailableError, "was lost"),
        (hang, ProviderTimeoutError, "did not answer in time"),
    ],
)
async def test_failures_are_translated(
    at: Make,
    pretender: Pretender,
    fault_server: FaultServer,
    path: str,
    fault: Fault,
    kind: type[Exception],
    words: str,
) -> None:
    pretender.says[path] = fault
    provider = at(fault_server.url, timeouts=Timeouts(total=0.2))
    for use in (provider.generate(HELLO), pieces(provider)):
        with pytest.raises(kind, match=words) as caught:
            await use
        if isinstance(caught.value, ProviderRateLimitedError):
            assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "fault",
    [
        raw(b"\x00\xff\r\n\r\n"),
        answer(WHOLE),
        stream([[]]),
        stream([{"content": 7, "stop": True}]),
        stream([{"content": "x"}]),
        stream([{}]),
    ],
)
async def test_what_makes_no_sense_is_refused(
    at: Make, pretender: Pretender, fault_server: FaultServer, fault: Fault
) -> None:
    pretender.says["/completion"] = fault
    with pytest.raises(ProviderReplyError):
        await at(fault_server.url).generate(HELLO)
    pretender.says |= {"/apply-template": answer({}), "/tokenize": answer({}), "/v1/models": answer({"data": 1})}
    for use in (at(fault_server.url).generate(HELLO), at(fault_server.url).models()):
        with pytest.raises(ProviderReplyError):
            await use


async def test_health_is_what_the_server_says(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    loading = status(503, None, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})
    for path, fault, state in (
        ("/health", loading, "loading"),
        ("/health", status(500), "down"),
        ("/health", status(404), "unknown"),
        ("/health", status(429), "rate_limited"),
        ("/props", status(401), "misconfigured"),
        ("/props", status(404), "healthy"),
        ("/slots", answer(7), "healthy"),
        ("/slots", status(503), "down"),
    ):
        pretender.says |= {"/health": answer({"status": "ok"}), "/props": answer(PROPS), path: fault}
        assert (await at(fault_server.url).health()).state == state


async def test_a_server_that_was_away_is_asked_anew_what_it_is(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    provider = at(fault_server.url)
    await provider.generate(HELLO)
    pretender.says["/completion"] = reset
    with pytest.raises(ProviderUnavailableError):
        await provider.generate(HELLO)
    pretender.says |= {"/completion": WELL, "/props": answer({"default_generation_settings": {"n_ctx": 99}})}
    await provider.generate(HELLO)
    assert provider.capabilities().context_length == 99


async def test_an_endpoint_is_a_relay_and_private_prompts_keep_to_its_address(
    at: Make, pretender: Pretender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer("127.0.0.2") as checked, FaultServer() as proxy:
        checked.always(pretender)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        provider = at(f"http://localhost:{checked.port}")
        where = await provider.where()
        assert (where.kind, where.relay, where.here) == ("loopback", True, False)
        private = evolve(HELLO, private=True, location=Location(kind="loopback", addresses=("127.0.0.2",), relay=True))
        assert (await provider.generate(private)).text == "Hello Ada."
        assert await provider.count_tokens(private) == 3
        assert proxy.connections == 0
        with pytest.raises(ProviderUnavailableError, match="none of its addresses was checked"):
            await provider.generate(evolve(private, location=None))


@pytest.mark.parametrize("data", [None, [], [{"index": 0}], [{"index": 0, "embedding": ["x"]}]])
async def test_embeddings_that_make_no_sense(
    at: Make, pretender: Pretender, fault_server: FaultServer, data: object
) -> None:
    pretender.says["/v1/embeddings"] = answer({"data": data})
    with pytest.raises(ProviderError):
        await at(fault_server.url).embed(EmbedRequest(texts=("one",)))


def test_an_endpoint_that_is_no_address() -> None:
    with pytest.raises(ConfigError) as caught:
        LlamaServerProvider(Model(id="m", provider="llamacpp-server", endpoint="127.0.0.1:8080"))
    assert [str(problem) for problem in caught.value.problems] == [
        "models.m.endpoint: must begin with http:// or https://"
    ]
