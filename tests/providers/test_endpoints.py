"""An endpoint that no request can go to is told by every provider when it is made, so that a check tells it, too."""

from collections.abc import Callable

import pytest

from aurarouter_claude.provider import ClaudeProvider
from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import ConfigError, Model, Provider
from aurarouter_hooks.endpoints import fault
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from aurarouter_ollama.provider import OllamaProvider
from aurarouter_openapi import OpenApiProvider

GOOD = (
    "http://127.0.0.1:8080/v1",
    "HTTPS://api.example.com",
    "http://[::1]:11434",
    "http://gpu_box:1/a b?key=[",
    "http://bücher.example",
    "http://1.2.3.4.example",
)
BAD = {
    "http://[::1": "is not a usable address",
    "http://[::1]:x/": "is not a usable address",
    "http://[zz]/": "is not a usable address",
    "http://host:99999": "is not a usable address",
    "http://host:0": "is not a usable address",
    "http://two words/v1": "is not a usable address",
    "http://host\t.example/v1": "is not a usable address",
    "http://1.2.3.400": "is not a usable address",
    "http://": "names no host",
    "https://:80/v1": "names no host",
}


@pytest.mark.parametrize("endpoint", GOOD)
def test_what_a_request_can_go_to_has_no_fault(endpoint: str) -> None:
    assert fault(endpoint) == ""


@pytest.mark.parametrize("endpoint", ["", "host:80", "ftp://x", "http:/x", "//host"])
def test_what_is_no_http_url_is_said(endpoint: str) -> None:
    assert fault(endpoint) == "must begin with http:// or https://"


@pytest.mark.parametrize("kind", [OpenApiProvider, OllamaProvider, ClaudeProvider, GoogleProvider, LlamaServerProvider])
@pytest.mark.parametrize(("endpoint", "what"), BAD.items())
def test_every_provider_says_what_is_wrong(kind: Callable[[Model], Provider], endpoint: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        kind(Model(id="m", provider="p", model_name="x", endpoint=endpoint))
    assert [str(problem) for problem in caught.value.problems] == [f"models.m.endpoint: {what}"]
