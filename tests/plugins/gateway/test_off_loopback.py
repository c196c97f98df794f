"""Where strangers can reach the gateway it speaks TLS alone, and none of its routes answers without a key."""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient
from starlette.routing import Route

from aurarouter_core import Doorkeeper, Home, Listening, Plugins, Router, guarded, load_config
from aurarouter_core.apps import Apps
from aurarouter_gateway.app import application
from aurarouter_gateway.engine import Engine
from aurarouter_hooks import ConfigError
from gateway import served

EVERYWHERE = "0.0.0.0"
SETTINGS = {"models": {"e": {"provider": "echo"}}, "roles": {role: ["e"] for role in ("coding", "reasoning", "router")}}
PARAMETERS = {"{model:path}": "e", "{service}": "RouterService", "{method}": "classify_intent"}


@pytest.fixture
async def router(home: Path) -> AsyncIterator[Router]:
    plugins = Plugins()
    async with Router(load_config(plugins, settings=SETTINGS), plugins, surface="gateway") as made:
        yield made


def routes(router: Router) -> list[tuple[str, str]]:
    """The route table: methods and paths."""
    table = application(Engine(router), Doorkeeper(Home.of()))._inside._inside.routes  # type: ignore[attr-defined]
    found = [(method, route.path) for route in table if isinstance(route, Route) for method in route.methods or ()]
    for name, value in PARAMETERS.items():
        found = [(method, path.replace(name, value)) for method, path in found]
    return [*found, ("GET", "/metrics"), ("GET", "/nothing"), ("GET", "/docs")]


async def test_without_a_key_no_route_answers(router: Router, certificate: dict[str, str]) -> None:
    key = Apps(Home.of()).create("editor").reveal()
    trusting = ssl.create_default_context(cafile=certificate["certificate"])
    async with served(router, host=EVERYWHERE, **certificate) as url, httpx.AsyncClient(verify=trusting) as client:
        table = routes(router)
        assert len(table) > 12
        for method, path in table:
            for headers in ({}, {"authorization": "Bearer x"}, {"x-api-key": f"{key}x"}, {"authorization": key}):
                answer = await client.request(
                    method, url + path, headers=headers, json={} if method == "POST" else None
                )
                assert answer.status_code == (200 if path == "/health" else 401), (method, path, headers)
            known = await client.request(method, url + path, headers={"x-api-key": key})
            assert known.status_code != 401
        Apps(Home.of()).revoke("editor")  # with no key left nobody comes in
        assert (await client.get(f"{url}/v1/models", headers={"x-api-key": key})).status_code == 401
        with pytest.raises(httpx.HTTPError):
            await client.get(url.replace("https", "http") + "/health")


async def test_a_vendors_client_comes_in_over_tls(router: Router, certificate: dict[str, str]) -> None:
    key = Apps(Home.of()).create("editor").reveal()
    trusting = ssl.create_default_context(cafile=certificate["certificate"])
    async with served(router, host=EVERYWHERE, **certificate) as url:
        http = DefaultAsyncHttpxClient(verify=trusting)
        async with AsyncAnthropic(base_url=url, api_key=key, http_client=http, max_retries=0) as client:
            done = await client.messages.create(
                model="auto", max_tokens=9, messages=[{"role": "user", "content": "over TLS"}]
            )
    assert done.content[0].type == "text"
    assert done.content[0].text == "over TLS"


async def test_it_does_not_even_listen_without_both(router: Router, certificate: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="needs a client key"):
        async with served(router, host=EVERYWHERE, **certificate):
            raise AssertionError
    Apps(Home.of()).create("editor")
    with pytest.raises(ConfigError, match="needs TLS"):
        async with served(router, host=EVERYWHERE):
            raise AssertionError


@pytest.mark.parametrize(
    ("broken", "text", "why"),
    [
        ("certificate", None, "can't be read: No such file or directory"),
        ("key", None, "can't be read: No such file or directory"),
        ("certificate", "no PEM", "holds no certificate"),
        ("key", "no PEM", "holds no private key"),
        ("key", "locked", "holds no private key, or one with a passphrase"),
        ("key", "other", "is not the key of"),
    ],
)
def test_files_of_tls_that_are_none(
    certificate: dict[str, str], tmp_path: Path, broken: str, text: str | None, why: str
) -> None:
    file = tmp_path / "broken.pem"
    if text in ("locked", "other"):
        secret = ["-aes256", "-pass", "pass:x"] if text == "locked" else []
        curve = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", *secret, "-out", str(file)]
        subprocess.run(["openssl", *curve], check=True, capture_output=True)
    elif text is not None:
        file.write_text(text)
    files: dict[str, Any] = {**certificate, broken: str(file)}
    settings = Listening(**files)
    for section in ("gateway", "mcp.http"):
        with pytest.raises(ConfigError, match=re.escape(f"{section}.{broken}: {file} ") + why) as caught:
            guarded(settings, section)
        assert caught.value.hint


def test_the_command_says_which_file_it_is(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"
        "gateway: {shared: false, certificate: /nope, key: /nope}\nmcp: {http: {certificate: /nope, key: /nope}}\n"
    )
    program = str(Path(sys.executable).with_name("aurarouter"))
    for section, command in (("gateway", ["serve"]), ("mcp.http", ["start", "--http"])):
        environ = {**os.environ, "AURAROUTER_NO_DAEMON": "1"}
        done = subprocess.run(
            [program, *command, "--port", "0"], capture_output=True, text=True, env=environ, check=False
        )
        assert (done.returncode, f"{section}.certificate: /nope can't be read" in done.stderr) == (2, True)
