"""The page about private data: its commands print what stands there, its tables are those of the program."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from aurarouter_core import Plugins, load_config
from aurarouter_core.cli import cli
from aurarouter_core.detection.patterns import POSITIONS
from aurarouter_core.detection.rules import ACTIONS, PROFILES, RULES
from aurarouter_core.detector import Detector
from aurarouter_core.privacy_settings import Privacy

PAGE = "docs/privacy.md"
Blocks = Callable[[str, str], list[str]]


@pytest.fixture
def text() -> str:
    return (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def config(blocks_of: Blocks, tmp_path: Path) -> Path:
    file = tmp_path / "router.yaml"
    file.write_text(blocks_of(PAGE, "yaml")[0])
    return file


def test_the_commands_print_what_the_page_says(
    blocks_of: Blocks, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.setenv("AURACORE_ROUTER_CONFIG", str(config))
    monkeypatch.setenv("EXAMPLE_API_KEY", "sesame")
    monkeypatch.chdir(home)
    ran = []
    for command, expected in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", blocks_of(PAGE, "console")[0], re.MULTILINE):
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == expected
        ran.append(done.returncode)
    assert ran == [0, 4]


def test_the_audit_says_what_the_page_says(blocks_of: Blocks, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    (home / "auraconfig.yaml").write_text("models: {a: {provider: echo}}\nroles: {coding: [a], reasoning: [a]}\n")
    block = blocks_of(PAGE, "console")[1]
    for command, expected in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == expected


def test_the_numbers_of_the_audit_are_right_and_its_options_all_there(text: str) -> None:
    command = cli.get_command(click.Context(cli), "privacy")
    assert command is not None
    for option in command.params:
        assert all(flag in text for flag in option.opts if flag.startswith("--")), option.opts
    assert f"`privacy.audit_days`, {Privacy().audit_days:.0f} unless" in text


def test_the_tables_are_whole(text: str) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == [*ACTIONS, *PROFILES, *(rule.name for rule in RULES)]
    assert [row[1] for row in rows[-len(RULES) :]] == [f"{rule.group} | {rule.what}" for rule in RULES]


def test_the_settings_do_what_the_page_says(blocks_of: Blocks, config: Path, tmp_path: Path) -> None:
    nobody = Plugins(discover=False)
    detector = Detector(load_config(nobody, path=config).privacy)
    assert {name: detector.actions[name] for name in ("email", "us-ssn", "card", "project", "unreadable")} == {
        "email": "redact",
        "us-ssn": "block",
        "card": "reroute",
        "project": "reroute",
        "unreadable": "flag",
    }
    assert [found.rule for found in detector.find("PROJEKT BLAU\nsee PRJ-1234")] == ["marker", "project"]
    other = tmp_path / "other.yaml"
    other.write_text(blocks_of(PAGE, "yaml")[1])
    own = Detector(load_config(nobody, path=other).privacy)
    assert [found.rule for found in own.find("KD-123456, cust654321, kd-12")] == ["customer", "customer"]


def test_the_numbers_are_right(text: str) -> None:
    assert f"It may read {POSITIONS}\ncharacters at most" in text
