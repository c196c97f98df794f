"""The page about the ollama provider is right: its file loads and runs, its program prints what stands below it."""

import os
import re
from pathlib import Path

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_ollama.request import settings
from fault_server import FaultServer
from ollama_faults import MODEL, ollama
from ollama_server import OllamaServer

pytest_plugins = ["ollama_fixtures"]
pytestmark = pytest.mark.usefixtures("no_ollama_named")
PAGE = (Path(__file__).parents[2] / "docs" / "providers" / "ollama.md").read_text(encoding="utf-8")
ENDPOINT = "AURAROUTER_MODELS__LOCAL_QWEN__ENDPOINT"


@pytest.fixture
def config() -> Path:
    """The page's configuration, as it is printed."""
    file = Path("ollama.yaml")
    file.write_text(block("yaml"), encoding="utf-8")
    return file


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.promise("file-format.6")
@pytest.mark.promise("file-format.19")
def test_the_program_prints_what_the_page_says(
    config: Path,
    fault_server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault_server.always(ollama())
    monkeypatch.setenv(ENDPOINT, f"{fault_server.url}/api/generate")
    exec(compile(block("python"), "the page", "exec"), {})
    assert capsys.readouterr().out == block("text")
    (asked,) = (one for one in fault_server.requests if one.path == "/api/chat")
    assert {one.path for one in fault_server.requests} <= {"/api/chat", "/api/show"}  # where it runs, for its price
    assert asked.json["options"] == {"num_ctx": 8192, "temperature": 0.1, "num_predict": 400}
    assert asked.json["keep_alive"] == "30m"
    assert asked.json["model"] == "qwen2.5-coder:7b"


async def test_the_variable_on_the_page_leads_to_a_real_model(config: Path, ollama_peer: OllamaServer) -> None:
    (variable,) = re.findall(rf"export ({ENDPOINT})=http://192\.168\.1\.50:11434/api/generate", PAGE)
    environ = {
        variable: f"{ollama_peer.url}/api/generate",
        "AURAROUTER_MODELS__LOCAL_QWEN__MODEL_NAME": ollama_peer.name,
        "AURAROUTER_MODELS__LOCAL_QWEN__PARAMETERS__MAX_TOKENS": "8",
    }
    plugins = Plugins()
    async with Router(load_config(plugins, path=config, environ={**os.environ, **environ}), plugins) as router:
        done = await router.run(Task("Say hello to Ada.", role="coding"))
        assert done.text
        assert done.usage.output_tokens > 0


def test_every_option_is_on_the_page() -> None:
    beside = {"keep_alive": "1m", "think": True, "truncate": True, "shift": True, "logprobs": True, "top_logprobs": 1}
    from aurarouter_hooks import Model

    body = settings(Model(id="m", provider="ollama", options={**beside, "format": "json", "relay": True}), {})
    assert set(body) == {*beside, "format"}
    assert [
        name for name in (*body, "relay", "endpoints", "max_tokens") if f"`{name}`" not in PAGE.replace("options.", "")
    ] == []


async def test_private_prompts_stay_where_the_page_says(
    config: Path, fault_server: FaultServer, tmp_path: Path
) -> None:
    from aurarouter_hooks import PrivacyError
    from ollama_faults import WEIGHTS

    blobs = tmp_path / "blobs"
    blobs.mkdir()
    fault_server.always(ollama(blobs))
    environ = {ENDPOINT: fault_server.url, "AURAROUTER_MODELS__LOCAL_QWEN__MODEL_NAME": MODEL}
    plugins = Plugins()
    async with Router(load_config(plugins, path=config, environ={**os.environ, **environ}), plugins) as router:
        secret = Task("My name is Ada.", role="coding", private=True)
        with pytest.raises(PrivacyError):
            await router.run(secret)
        assert {request.path for request in fault_server.requests} <= {"/api/show"}
        (blobs / WEIGHTS).write_bytes(b"GGUF")
        assert (await router.run(secret)).text == "Hello Ada."
