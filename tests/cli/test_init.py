"""`aurarouter init`: what it asks, what it writes, what it tells, and that nothing gets lost or let out."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from aurarouter_core.first_file import EXPLAINED
from aurarouter_core.sources import ROLES
from fault_server import FaultServer
from llama_server import LlamaServer
from terminal_talk import converse

Program = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = "sk-sesame-0815-sesame-0815"


def command(*arguments: str, ports: Sequence[int] = ()) -> list[str]:
    """The real program, which looks for servers at these ports instead of the usual ones, where anybody may be."""
    code = (
        f"import aurarouter_openapi.discovery as d; d.PORTS = {tuple(ports)!r}\n"
        "from aurarouter_core.cli import main; main()"
    )
    return [sys.executable, "-c", code, *arguments]


@pytest.fixture(autouse=True)
def known_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_PLUGINS", "openapi,llamacpp,assets,echo")


@pytest.fixture
def program() -> Program:
    def run(
        *arguments: str, ports: Sequence[int] = (), stdin: str = "", **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, **environ}
        line = command(*arguments, ports=ports)
        return subprocess.run(
            line, input=stdin, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def port(url: str) -> int:
    return int(url.rpartition(":")[2])


def written(home: Path) -> Any:
    return yaml.safe_load((home / "auraconfig.yaml").read_text())


# What is written


def test_yes_writes_a_file_that_answers(program: Program, home: Path, llama_server: LlamaServer) -> None:
    done = program("init", "--yes", ports=[port(llama_server.url)])
    file = home / "auraconfig.yaml"
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{file} is written" in done.stdout
    assert 'Next: aurarouter run "' in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    settings = written(home)
    assert settings["models"] == {"smollm2-135m": {"provider": "openapi", "endpoint": f"{llama_server.url}/v1"}}
    assert settings["roles"] == {role: ["smollm2-135m", "smollm2"] for role in ROLES}
    limit = {"AURAROUTER_MODELS__SMOLLM2_135M__PARAMETERS__MAX_TOKENS": "8"}
    answer = json.loads(program("run", "--json", "Say hello", **limit).stdout)
    assert answer["success"]
    assert [attempt["model"] for attempt in answer["attempts"]] == ["smollm2-135m"]


def test_no_model_sees_private_content_unless_somebody_said_so(
    program: Program, home: Path, llama_server: LlamaServer
) -> None:
    assert program("init", "--yes", ports=[port(llama_server.url)]).returncode == 0
    assert "private" not in yaml.safe_dump(written(home))
    refused = program("run", "--private", "-m", "smollm2-135m", "Say hello")
    assert refused.returncode == 4


def test_every_setting_is_explained(program: Program, home: Path, llama_server: LlamaServer) -> None:
    environ = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{llama_server.url}/v1"}
    assert program("init", "--yes", **environ).returncode == 0
    lines = (home / "auraconfig.yaml").read_text().splitlines()
    for number, line in enumerate(lines):
        setting = re.match(r"( *)([a-z_]+): ?", line)
        if setting and line.startswith("    "):
            assert f"#   {setting[2]:<15} {EXPLAINED[setting[2]]}" in lines
        elif line and not line.startswith(("#", " ")):
            assert lines[number - 1].startswith("#"), line
        elif setting:
            assert lines[number - 1].lstrip().startswith("#"), line


def test_a_key_is_named_and_never_written(program: Program, home: Path, fault_server: FaultServer) -> None:
    environ = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{fault_server.url}/v1"}
    done = program("init", "--yes", "--json", **environ)
    text = (home / "auraconfig.yaml").read_text()
    assert written(home)["models"]["pretender"]["env_key"] == "OPENAI_API_KEY"
    assert fault_server.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in text + done.stdout + done.stderr


def test_json_tells_everything(program: Program, home: Path, llama_server: LlamaServer) -> None:
    told = json.loads(program("init", "--yes", "--json", ports=[port(llama_server.url)]).stdout)
    assert told == {
        "success": True,
        "file": str(home / "auraconfig.yaml"),
        "backup": None,
        "found": [
            {
                "name": "smollm2-135m",
                "provider": "openapi",
                "model_name": "smollm2-135m",
                "endpoint": f"{llama_server.url}/v1",
                "place": "on this machine; may pass prompts on",
                "private": False,
            }
        ],
        "chain": ["smollm2-135m", "smollm2"],
        "notes": [],
    }


def test_where_nothing_is_found_the_built_in_model_serves_alone(program: Program, home: Path) -> None:
    done = program("init", "--yes")
    assert done.returncode == 0
    assert "No server answers on this machine" in done.stdout
    assert written(home)["roles"] == {role: ["smollm2"] for role in ROLES}
    assert "models" not in written(home)
    assert "smollm2" in program("explain", "hello").stdout


def test_where_no_model_is_in_reach_nothing_is_written(program: Program, home: Path) -> None:
    done = program("init", "--yes", AURAROUTER_PLUGINS="echo,openapi")
    assert done.returncode == 2
    assert "no model is in reach" in done.stderr
    assert "llamacpp" in done.stderr
    assert list(home.glob("auraconfig*")) == []


# Which file


def test_a_file_that_is_there_stays(program: Program, home: Path) -> None:
    file = home / "auraconfig.yaml"
    file.write_text("# mine\n")
    file.chmod(0o644)
    for arguments in (["--yes"], ["--yes", "--json"], []):
        done = program("init", *arguments)
        assert done.returncode == 2
        assert "--force" in done.stdout + done.stderr
    assert file.read_text() == "# mine\n"
    for number, name in enumerate(["auraconfig.yaml.bak", "auraconfig.yaml.bak2"]):
        before = file.read_text()
        done = program("init", "--yes", "--force")
        assert f"is now {home / name}" in done.stdout
        assert (home / name).read_text() == before
        assert (home / name).stat().st_mode & 0o777 == 0o600
        assert (before == "# mine\n") == (number == 0)
        assert file.stat().st_mode & 0o777 == 0o600


def test_another_file_may_be_named(program: Program, home: Path, tmp_path: Path) -> None:
    for arguments in (["init", "--file", "a.yaml"], ["--config", "b.yaml", "init"]):
        done = program(*arguments, "--yes")
        assert done.returncode == 0, done.stderr
        name = "a.yaml" if "--file" in arguments else "b.yaml"
        assert f"Next: aurarouter --config {name} run" in done.stdout
        assert program("--config", name, "config", "check").returncode == 0
    variable = str(tmp_path / "c.yaml")
    assert program("init", "--yes", AURACORE_ROUTER_CONFIG=variable).returncode == 0
    assert Path(variable).is_file()
    assert not (home / "auraconfig.yaml").exists()


def test_a_file_written_here_is_trusted_and_one_that_hides_ours_is_told(
    program: Program, llama_server: LlamaServer
) -> None:
    environ = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{llama_server.url}/v1"}
    assert program("init", "--yes", "--file", "auraconfig.yaml", **environ).returncode == 0
    assert program("explain", "hello").returncode == 0
    elsewhere = program("init", "--yes")
    assert elsewhere.returncode == 0
    assert f"{Path.cwd() / 'auraconfig.yaml'} comes first" in elsewhere.stderr


# What is asked


def test_on_a_terminal_it_asks_what_to_use_and_who_may_see_private_content(
    home: Path, llama_server: LlamaServer, program: Program
) -> None:
    code, screen = converse(
        command("init", ports=[port(llama_server.url)]),
        ("Which to use", "7"),
        ("Which to use", "1"),
        ("May private content go there?", "y"),
    )
    assert code == 0, screen
    assert "write numbers from 1 to 1" in screen
    assert "1. smollm2-135m" in screen
    assert written(home)["models"]["smollm2-135m"]["tags"] == ["private"]
    explained = json.loads(program("explain", "--private", "--json", "Say hello").stdout)
    assert "smollm2-135m" not in explained["decision"]["vetoes"]


def test_the_order_is_the_users_and_private_content_is_refused_by_default(
    home: Path, llama_server: LlamaServer, fault_server: FaultServer
) -> None:
    code, screen = converse(
        command("init", ports=[port(llama_server.url), fault_server.port]),
        ("Which to use", "2, 1"),
        (f"127.0.0.1:{fault_server.port} may pass on what it is sent", ""),
        (f"127.0.0.1:{port(llama_server.url)} may pass on what it is sent", "n"),
    )
    assert code == 0, screen
    assert written(home)["roles"]["coding"] == ["pretender", "smollm2-135m", "smollm2"]
    assert "private" not in yaml.safe_dump(written(home))


@pytest.mark.parametrize(("reply", "code"), [("y", 0), ("n", 2)])
def test_the_built_in_model_alone_is_a_choice(home: Path, llama_server: LlamaServer, reply: str, code: int) -> None:
    ended, screen = converse(
        command("init", ports=[port(llama_server.url)]),
        ("Which to use", "none"),
        ("Use the built-in model alone", reply),
    )
    assert ended == code, screen
    assert (home / "auraconfig.yaml").exists() == (code == 0)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_where_nobody_can_be_asked_it_says_so(program: Program, home: Path, arguments: list[str]) -> None:
    done = program("init", *arguments, stdin="y\n")
    assert done.returncode == 2
    assert "--yes" in done.stdout + done.stderr
    assert not (home / "auraconfig.yaml").exists()
