"""The document's own configuration, in force: what its keys mean is seen where it matters, at the backend's socket."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.references import keys_of
from aurarouter_hooks import Secret

FILE = """
system: {{default_timeout: 5}}
models:
  local_qwen:
    provider: openapi
    endpoint: {url}
    model_name: qwen2.5-coder
    api_key: from-the-file
    parameters: {{temperature: 0.1}}
  cloud_gemini: {{provider: openapi}}
  cloud_claude: {{provider: openapi}}
  nearby: {{provider: echo}}
roles:
  coding: [local_qwen, nearby]
"""


@pytest.fixture
def file(home: Path, fault_server: Any) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(FILE.format(url=fault_server.url))
    return path


@pytest.mark.promise("file-format.5")
@pytest.mark.promise("file-format.12")
@pytest.mark.promise("file-format.13")
@pytest.mark.promise("file-format.14")
@pytest.mark.promise("file-format.18")
async def test_what_the_file_says_reaches_the_backend(file: Path, fault_server: Any) -> None:
    async with Router() as router:
        assert (await router.run(Task("hi"))).text == "Hello Ada."
        assert (await router.run(Task("hi", model="nearby"))).text == "hi"
    (request,) = fault_server.requests
    assert request.json["model"] == "qwen2.5-coder"
    assert request.json["temperature"] == 0.1
    assert request.headers["authorization"] == "Bearer from-the-file"


@pytest.mark.promise("environment.2")
@pytest.mark.promise("environment.3")
@pytest.mark.promise("file-format.15")
@pytest.mark.promise("security.1")
async def test_variables_move_the_endpoint_and_bring_the_key(
    file: Path, fault_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAROUTER_MODELS__CLOUD_GEMINI__ENDPOINT", fault_server.url)
    monkeypatch.setenv("AURAROUTER_MODELS__CLOUD_GEMINI__API_KEY", "from-a-variable")
    monkeypatch.setenv("AURAROUTER_MODELS__LOCAL_QWEN__ENDPOINT", f"{fault_server.url}/moved/v1")
    async with Router() as router:
        await router.run(Task("hi", model="cloud_gemini"))
        await router.run(Task("hi", model="local_qwen"))
    first, second = fault_server.requests
    assert first.headers["authorization"] == "Bearer from-a-variable"
    assert second.path == "/moved/v1/chat/completions"


@pytest.mark.promise("api-keys.1")
@pytest.mark.promise("api-keys.2")
def test_keys_taken_over_from_other_variables_in_a_shell(file: Path, aurarouter: Callable[..., Any]) -> None:
    script = (
        "export AURAROUTER_MODELS__CLOUD_GEMINI__API_KEY=$GOOGLE_API_KEY\n"
        "export AURAROUTER_MODELS__CLOUD_CLAUDE__API_KEY=$ANTHROPIC_API_KEY\n"
        "env"
    )
    done = subprocess.run(
        ["sh", "-c", script],
        env={"GOOGLE_API_KEY": "g-1", "ANTHROPIC_API_KEY": "a-2", "AURAROUTER_HOME": str(file.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    environ = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    models = load_config(Plugins(), environ=environ).models
    keys = [key for name in ("cloud_gemini", "cloud_claude") for key in keys_of(name, models[name], environ, _nothing)]
    assert [key.secret for key in keys] == [Secret("g-1"), Secret("a-2")]


def _nothing(_: str) -> Secret | None:
    return None


@pytest.mark.promise("security.2")
async def test_a_key_from_a_variable_is_in_no_file_that_we_write(
    file: Path, home: Path, fault_server: Any, monkeypatch: pytest.MonkeyPatch, aurarouter: Callable[..., Any]
) -> None:
    key = "sk-nobody-may-see-this"
    environ = {"AURAROUTER_MODELS__LOCAL_QWEN__API_KEY": key, "AURAROUTER_SYSTEM__LOG_LEVEL": "DEBUG"}
    said = aurarouter("run", "hello", "--json", "--trace", **environ)
    assert said.returncode == 0
    assert fault_server.requests[-1].headers["authorization"] == f"Bearer {key}"
    told = said.stdout + said.stderr
    for more in (["doctor", "--json"], ["model", "list", "--json"], ["trace", "--json"], ["plugins"]):
        done = aurarouter(*more, **environ)
        told += done.stdout + done.stderr
    assert key not in told
    assert key.encode() not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.promise("file-format.3")
def test_the_default_timeout_holds_for_models_that_name_none(file: Path) -> None:
    config = load_config(Plugins())
    assert Router(config).snapshot.models["local_qwen"].timeouts.total == 5


@pytest.mark.promise("precedence.5")
def test_the_file_beats_the_defaults_and_is_beaten_by_variables(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_config(Plugins(), path=file).system.default_timeout == 5
    monkeypatch.setenv("AURAROUTER_SYSTEM__DEFAULT_TIMEOUT", "7")
    assert load_config(Plugins()).system.default_timeout == 7
    file.write_text("{}")
    monkeypatch.delenv("AURAROUTER_SYSTEM__DEFAULT_TIMEOUT")
    assert load_config(Plugins()).system.default_timeout == 120
