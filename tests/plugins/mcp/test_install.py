"""The entry in a client's file: shown, backed up, put in and taken out, and all else stays as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from aurarouter_hooks import ConfigError
from aurarouter_mcp.commands import mcp
from aurarouter_mcp.jsonc import parse, with_entry, without_entry

JSONC = """\
// my servers
{
\t"inputs": [ 1, 2.5e3, "a // b", null, true, ], /* keep */
\t"servers": {
\t\t// the other one
\t\t"other": {"command": "x", "env": {"KEY": "sk-secret"}}, // its end
\t},
}
// the end
"""
Run = Callable[..., Result]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the folders of all clients."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "config" / "Claude").mkdir(parents=True)
    (tmp_path / "config" / "Code" / "User").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def run(files: Path) -> Run:
    @click.group()
    @click.option("--config")
    @click.pass_context
    def cli(context: click.Context, config: str | None) -> None:
        context.obj = config

    cli.add_command(mcp)

    def running(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    return running


@pytest.mark.parametrize(
    ("client", "file", "section"),
    [
        ("claude-desktop", "config/Claude/claude_desktop_config.json", "mcpServers"),
        ("claude-code", ".claude.json", "mcpServers"),
        ("vscode", "config/Code/User/mcp.json", "servers"),
    ],
)
def test_a_file_is_made_and_an_entry_undone(run: Run, files: Path, client: str, file: str, section: str) -> None:
    path = files / file
    told = run("mcp", "install", client)
    assert (told.exit_code, path.exists(), "--yes" in told.stderr) == (2, False, True)
    done = run("--config", "mine.yaml", "mcp", "install", client, "--yes", "--json")
    assert (done.exit_code, json.loads(done.stdout)["backup"]) == (0, None)
    assert '+  "aurarouter": {' in done.stderr
    entry = json.loads(path.read_text())[section]["aurarouter"]
    assert entry["args"] == ["--config", str(Path("mine.yaml").resolve()), "start"]
    assert os.access(entry["command"], os.X_OK)
    assert ("type" in entry) is (client != "claude-desktop")
    assert json.loads(run("--config", "mine.yaml", "mcp", "install", client, "--print").stdout) == {
        section: {"aurarouter": entry}
    }
    again = run("--config", "mine.yaml", "mcp", "install", client, "--yes")
    assert "as it should be" in again.stdout
    assert run("mcp", "uninstall", client, "--yes").exit_code == 0
    assert json.loads(path.read_text()) == {section: {}}


def test_comments_and_other_entries_stay_and_are_not_shown(run: Run, files: Path) -> None:
    path = files / "config/Code/User/mcp.json"
    path.write_text(JSONC)
    path.chmod(0o640)
    done = run("mcp", "install", "vscode", "--yes", "--json")
    assert "sk-secret" not in done.output
    after = path.read_text()
    assert '\t\t"aurarouter": {\n' in after
    for line in JSONC.splitlines():
        assert line.partition("}},")[0] in after
    backup = Path(json.loads(done.stdout)["backup"])
    assert (backup.read_text(), backup.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (JSONC, 0o640, 0o640)
    assert run("mcp", "uninstall", "vscode", "--yes").exit_code == 0
    assert path.read_text() == JSONC


def test_what_cannot_be_changed_is_told_and_left(run: Run, files: Path) -> None:
    path = files / ".claude.json"
    for text, where in (
        ('{"mcpServers": {}', "line 1"),
        ('{\n"mcpServers": [}', "line 2"),
        ("[]", "no object"),
        ('{"mcpServers": []}', "'mcpServers' is no object"),
        ('{"a": 1 "b": 2}', "',' or '}' is missing"),
    ):
        path.write_text(text)
        told = run("mcp", "install", "claude-code", "--yes")
        assert isinstance(told.exception, ConfigError)
        assert where in str(told.exception)
        assert path.read_text() == text
    (files / "config" / "Claude").rmdir()
    told = run("mcp", "install", "claude-desktop", "--yes")
    assert "Claude Desktop keeps no settings here" in str(told.exception)
    assert run("mcp", "install", "other").exit_code == 2
    assert "aurarouter" in json.loads(run("mcp", "install", "other", "--print").stdout)["mcpServers"]


ENTRY = {"command": "x", "args": ["start"]}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ }\n",
        "{\n}\n",
        "{ // nothing\n}",
        '{"s": {}}',
        '{"s": {"a": 1}}',
        '{"s": {"a": 1,}}',
        '{"a": {"s": {}}, "s": {"b": {}} }',
        '{\n    "s": {\n        "a": {"k": "}, //"}\n    },\n    "z": "\\"é\\u00e9"\n}\n',
        '{"s": {"a": 1 /* , */ /* more */ , // x\n}}',
        '{"s": {"a": 1 // x\n}}',
        '{\r\n  "s": {\r\n    "a": 1\r\n  }\r\n}\r\n',
    ],
)
def test_putting_in_and_taking_out(text: str) -> None:
    known: Any = parse(text).value
    put = with_entry(text, "s", "aurarouter", ENTRY)
    assert parse(put).value == {**known, "s": {**known.get("s", {}), "aurarouter": ENTRY}}
    again = with_entry(put, "s", "aurarouter", {"command": "y"})
    assert parse(again).value["s"]["aurarouter"] == {"command": "y"}
    gone = without_entry(again, "s", "aurarouter")
    assert parse(gone).value == {**known, "s": known.get("s", {})}
    first = with_entry(gone, "s", "zz", ENTRY)
    assert parse(without_entry(first, "s", "a")).value.get("s", {}).get("zz") == ENTRY
    for part in ("// x", "/* , */", "// nothing"):
        assert (part in text) == (part in gone)
    assert without_entry(gone, "s", "aurarouter") == gone
