"""A command is asked of its own plugin alone, and of all of them where what is remembered may not hold any more."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

import aurarouter_core.plugins
from aurarouter_core.cli.command_index import find_command, help_lines

HEAD = "import click\nfrom aurarouter_hooks import hookimpl\n"
COMMAND = """
@click.command("{name}", help="{words}")
def command(): pass

@hookimpl
def register_commands(cli):
    cli.add_command(command)
"""


class Installed:
    """Plugins in a folder on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plugin(self, name: str, source: str) -> None:
        info = self.folder / f"{name}-1.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[aurarouter]\n{name} = indexed_{name}\n")
        (self.folder / f"indexed_{name}.py").write_text(HEAD + source)
        sys.modules.pop(f"indexed_{name}", None)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    monkeypatch.syspath_prepend(str(tmp_path / "plugins"))
    monkeypatch.setenv("AURAROUTER_PLUGINS", "one,two")
    made = Installed(tmp_path / "plugins")
    made.plugin("one", COMMAND.format(name="greet", words="Say hello."))
    made.plugin("two", COMMAND.format(name="leave", words="Say good-bye."))
    return made


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Notes each time that all plugins are loaded."""
    noted: list[None] = []

    class Noting(aurarouter_core.plugins.Plugins):
        def __init__(self) -> None:
            noted.append(None)
            super().__init__()

    monkeypatch.setattr(aurarouter_core.plugins, "Plugins", Noting)
    return noted


def test_help_and_commands_load_all_plugins_once(installed: Installed, scans: list[None]) -> None:
    for _ in range(2):
        command = find_command("greet")
        assert command is not None
        assert command.help == "Say hello."
        assert help_lines() == {"greet": "Say hello.", "leave": "Say good-bye."}
    assert len(scans) == 1


def test_a_command_is_asked_of_its_own_plugin_alone(installed: Installed, scans: list[None]) -> None:
    help_lines()
    for name in ("one", "two"):
        del sys.modules[f"indexed_{name}"]
    assert find_command("greet") is not None
    assert "indexed_one" in sys.modules
    assert "indexed_two" not in sys.modules
    assert len(scans) == 1


def test_a_command_that_stands_by_itself_is_imported_without_its_plugin(
    installed: Installed, scans: list[None]
) -> None:
    alone = "@click.command('greet', help='Say hello.')\ndef greet(): pass\n"
    (installed.folder / "indexed_alone.py").write_text(HEAD + alone)
    brought = (
        "@hookimpl\ndef register_commands(cli):\n    from indexed_alone import greet\n    cli.add_command(greet)\n"
    )
    installed.plugin("one", brought)
    help_lines()
    for name in ("indexed_one", "indexed_alone"):
        del sys.modules[name]
    assert find_command("greet") is sys.modules["indexed_alone"].greet
    assert "indexed_one" not in sys.modules
    # Another length: bytecode is kept by a file's size and the second of its last change.
    (installed.folder / "indexed_alone.py").write_text(HEAD + alone.replace("def greet", "def moved_on"))
    del sys.modules["indexed_alone"]
    installed.plugin("one", brought.replace("import greet", "import moved_on as greet"))
    command = find_command("greet")
    assert command is not None
    assert command.help == "Say hello."


def test_a_name_that_no_plugin_brings_is_looked_for_everywhere(installed: Installed, scans: list[None]) -> None:
    help_lines()
    assert find_command("sing") is None
    assert len(scans) == 2


def test_a_changed_file_counts_at_once(installed: Installed, scans: list[None]) -> None:
    help_lines()
    installed.plugin("one", COMMAND.format(name="sing", words="Sing."))
    os.utime(installed.folder / "indexed_one.py", ns=(0, 0))
    assert set(help_lines()) == {"leave", "sing"}
    assert len(scans) == 2


def test_a_plugin_that_does_not_bring_its_command_any_more_is_no_end(installed: Installed, scans: list[None]) -> None:
    brought = 'import os\nif "KEPT" in os.environ:' + COMMAND.format(name="greet", words="Hi.").replace("\n", "\n    ")
    installed.plugin("one", brought)
    os.environ["KEPT"] = "1"
    try:
        assert "greet" in help_lines()
    finally:
        del os.environ["KEPT"]
    del sys.modules["indexed_one"]
    assert find_command("greet") is None
    assert len(scans) == 2
    assert set(help_lines()) == {"leave"}


def test_a_name_that_two_bring_is_asked_of_all(installed: Installed, home: Path, scans: list[None]) -> None:
    installed.plugin("two", COMMAND.format(name="greet", words="Say hello, too."))
    lines = help_lines()
    command = find_command("greet")
    assert command is not None
    assert command.help == lines["greet"]
    assert len(scans) == 2


def test_a_broken_plugin_is_tried_again_each_time(installed: Installed, scans: list[None]) -> None:
    installed.plugin("two", "raise RuntimeError('broken')\n")
    assert set(help_lines()) == {"greet"}
    installed.plugin("two", COMMAND.format(name="leave", words="Repaired."))
    assert set(help_lines()) == {"greet", "leave"}


@pytest.mark.parametrize("wrong", ["{", "[]", '{"installed": 1}', "others could write it", "other kinds"])
def test_what_is_no_index_of_ours_counts_as_nothing(
    installed: Installed, home: Path, scans: list[None], wrong: str
) -> None:
    help_lines()
    index = home / "cache" / "commands.json"
    assert index.stat().st_mode & 0o777 == 0o600
    if wrong == "others could write it":
        index.chmod(0o620)
    elif wrong == "other kinds":
        index.write_text(json.dumps({**json.loads(index.read_text()), "commands": {"greet": 3}}))
    else:
        index.write_text(wrong)
    assert find_command("greet") is not None
    assert len(scans) == 2
