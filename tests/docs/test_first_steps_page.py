"""The page about the first steps: its two commands ask, write and print what stands there."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import aurarouter_openapi.discovery as discovery
from aurarouter_core import litellm_entry, offers
from aurarouter_core.litellm_services import SERVICES
from llama_server import LlamaServer

PAGE = "docs/first-steps.md"
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def text() -> str:
    return (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


def converse(line: list[str], said: str) -> str:
    """Run a program with these answers typed on a terminal; both its streams, in order. It must succeed."""
    ours, theirs = pty.openpty()
    os.write(ours, said.encode())
    done = subprocess.run(
        line, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_init_goes_as_the_page_says(
    blocks_of: Blocks, home: Path, llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAROUTER_PLUGINS", "openapi,llamacpp,assets,echo")
    port = llama_server.url.rpartition(":")[2]
    code = (
        f"import aurarouter_openapi.discovery as d; d.PORTS = ({port},)\nfrom aurarouter_core.cli import main; main()"
    )
    screen = converse([sys.executable, "-c", code, "init"], "1\ny\n").replace(f":{port}", ":8080")
    expected = blocks_of(PAGE, "text")[0]
    for line in expected.splitlines()[1:]:
        said = re.sub(r": (1|y)$", ": ", line).replace("~/.auracore/aurarouter", str(home))
        assert said in screen, line
    written = (home / "auraconfig.yaml").read_text().replace(f":{port}", ":8080")
    assert re.sub(r"\d{4}-\d\d-\d\d", "2026-11-23", written) == blocks_of(PAGE, "yaml")[0]


def test_the_import_goes_as_the_page_says(blocks_of: Blocks, home: Path) -> None:
    Path("proxy.yaml").write_text(blocks_of(PAGE, "yaml")[1])
    command, _, expected = blocks_of(PAGE, "text")[1].partition("\n")
    program = Path(sys.executable).with_name("aurarouter")
    screen = converse([str(program), *command.split()[2:]], "y\n")
    for line in expected.splitlines():
        assert re.sub(r": y$", ": ", line) in screen, line
    assert (home / "auraconfig.yaml").is_file()


def test_the_page_names_every_service_parameter_and_port(text: str) -> None:
    assert set(re.findall(r"`([a-z_]+)/`", text)) == set(SERVICES)
    rows = re.findall(r"^\| (`\w+/`.*) \| `(\w+)`", text, re.MULTILINE)
    assert {name: row[1] for row in rows for name in re.findall(r"(\w+)/", row[0])} == {
        name: service.provider for name, service in SERVICES.items()
    }
    for name in litellm_entry.PARAMETERS | set(litellm_entry.TIMEOUTS):
        assert f"`{name}`" in text
    ports = [str(port) for port in discovery.PORTS]
    assert f"the ports {', '.join(ports[:-1])} and {ports[-1]} of this machine" in " ".join(text.split())
    assert (offers.PATIENCE, offers.MOST, discovery.FEW) == (5.0, 8, 3)


def test_what_the_page_points_to_is_there(text: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)", text)
    assert links
    assert [link for link in links if not (Path(__file__).parents[2] / "docs" / link).is_file()] == []
