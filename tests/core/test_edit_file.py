"""An edit of a file: only what differs is written, and mode, owner, links and protection are kept."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurarouter_core.atomic import replace_file
from aurarouter_core.edit import Remove, Set, edit_file
from aurarouter_hooks import ConfigError

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and links as POSIX has them")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "auraconfig.yaml"
    path.parent.mkdir()
    path.write_text("a: 1  # why\n")
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_what_differs_is_written(file: Path) -> None:
    before = file.stat()
    assert not edit_file(file, [Set(("a",), 1), Remove(("b",))])
    after = file.stat()  # but for when it was read last, which is what happened to it
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert edit_file(file, [Set(("a",), 2)])
    assert file.read_text() == "a: 2  # why\n"
    assert list(file.parent.iterdir()) == [file]


def test_bytes_are_kept_as_they_are(file: Path) -> None:
    file.write_bytes("\ufeff# größe\r\na: 1\r\n".encode())
    edit_file(file, [Set(("a",), "é")])
    assert file.read_bytes() == "\ufeff# größe\r\na: é\r\n".encode()


def test_the_check_sees_the_new_text_and_may_refuse_it(file: Path) -> None:
    seen: list[str] = []

    def check(text: str) -> None:
        seen.append(text)
        raise ConfigError("no")

    with pytest.raises(ConfigError, match=r"^no$"):
        edit_file(file, [Set(("a",), 2)], check=check)
    assert seen == ["a: 2  # why\n"]
    assert file.read_text() == "a: 1  # why\n"
    assert list(file.parent.iterdir()) == [file]


def test_what_can_not_be_edited_is_named_with_its_file(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"'a' in .*auraconfig.yaml can't be edited \(line 1\)"):
        edit_file(file, [Set(("a", "b"), 2)])
    file.write_bytes(b"a: \xff\n")
    with pytest.raises(ConfigError, match=r"auraconfig.yaml can't be read"):
        edit_file(file, [Set(("a",), 2)])


@posix
def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "auraconfig.yaml"
    assert edit_file(path, [Set(("models", "a", "provider"), "echo")])
    assert path.read_text() == "models:\n  a:\n    provider: echo\n"
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)


@posix
def test_mode_and_owner_are_kept(file: Path) -> None:
    file.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    before = file.stat()
    edit_file(file, [Set(("a",), 2)])
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


@posix
def test_a_mode_can_be_asked_for(file: Path) -> None:
    file.chmod(0o644)
    replace_file(file, b"{}", mode=0o600)
    assert (file.read_bytes(), mode(file)) == (b"{}", 0o600)


@posix
def test_a_link_stays_and_what_it_leads_to_is_changed(file: Path, tmp_path: Path) -> None:
    link, second = tmp_path / "link.yaml", tmp_path / "second.yaml"
    link.symlink_to("folder/auraconfig.yaml")
    second.symlink_to(link)
    edit_file(second, [Set(("a",), 2)])
    assert second.is_symlink()
    assert link.is_symlink()
    assert file.read_text() == "a: 2  # why\n"
    file.unlink()
    edit_file(second, [Set(("a",), 3)])
    assert file.read_text() == "a: 3\n"
    file.unlink()
    file.symlink_to(link)
    with pytest.raises(ConfigError, match=r"second.yaml can't be resolved|can't be (read|opened)"):
        edit_file(second, [Set(("a",), 4)])


@posix
def test_nobody_leads_the_new_version_elsewhere(file: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (file.parent / ".auraconfig.yaml.new").symlink_to(victim)
    edit_file(file, [Set(("a",), 2)])
    assert victim.read_text() == "mine"
    assert list(file.parent.iterdir()) == [file]


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of a user without special rights, who this process is meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)


@posix
@pytest.mark.parametrize("protected", ["folder", "file"])
def test_write_protection_is_respected(nobody: Path, protected: str) -> None:
    path = nobody / "auraconfig.yaml"
    path.write_text("a: 1\n")
    (nobody if protected == "folder" else path).chmod(0o500)
    with pytest.raises(ConfigError, match=r"auraconfig.yaml can't be written") as caught:
        edit_file(path, [Set(("a",), 2)])
    assert "permissions" in caught.value.hint
    assert path.read_text() == "a: 1\n"
    assert list(nobody.iterdir()) == [path]
    (nobody if protected == "folder" else path).chmod(0o700)
    assert edit_file(path, [Set(("a",), 2)])


@posix
def test_a_file_that_may_not_be_read_is_left_alone(nobody: Path) -> None:
    path = nobody / "auraconfig.yaml"
    path.write_text("a: 1\n")
    path.chmod(0o200)
    with pytest.raises(ConfigError, match=r"auraconfig.yaml can't be read"):
        edit_file(path, [Set(("a",), 2)])
    nobody.chmod(0o300)
    with pytest.raises(ConfigError, match="can't be opened"):
        edit_file(path, [Set(("a",), 2)])
