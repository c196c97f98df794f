"""How much memory is free: the machine's word, and that of each control group with a limit."""

from pathlib import Path

import pytest

from aurarouter_core.free_memory import free_memory

GIB = 2**30


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root.joinpath(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def machine(root: Path, available: int = 8 * GIB) -> Path:
    return write(root, proc__meminfo=f"MemTotal: 99999999 kB\nMemAvailable: {available // 1024} kB\n")


def group(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_the_machine_s_own_word(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path)) == 8 * GIB


def test_this_machine_says_something() -> None:
    assert 2**20 < (free_memory() or 0) < 2**50


def test_where_nobody_says_it_is_unknown(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None


def test_version_2_counts_the_tightest_group_and_cached_files_as_free(tmp_path: Path) -> None:
    root = write(machine(tmp_path), proc__self__cgroup="0::/outer/inner\n")
    mount = root / "sys/fs/cgroup"
    stat = f"anon 5\ninactive_file {GIB // 4}\nactive_file {GIB // 4}"
    group(mount / "outer", memory__max=4 * GIB, memory__current=3 * GIB, memory__stat=stat)
    group(mount / "outer/inner", memory__max="max", memory__current=GIB, memory__stat=stat)
    assert free_memory(root) == 3 * GIB // 2


def test_a_container_sees_its_limit_at_the_root(tmp_path: Path) -> None:
    root = write(machine(tmp_path), proc__self__cgroup="0::/\n")
    group(root / "sys/fs/cgroup", memory__max=2 * GIB, memory__current=GIB)
    assert free_memory(root) == GIB
    group(root / "sys/fs/cgroup", memory__max=GIB, memory__current=2 * GIB)
    assert free_memory(root) == 0


def test_version_1(tmp_path: Path) -> None:
    root = write(machine(tmp_path), proc__self__cgroup="3:cpu,cpuacct:/x\n2:memory:/docker/1\n0::/\n")
    mount = root / "sys/fs/cgroup/memory"
    group(mount, memory__limit_in_bytes=2**63 - 4096, memory__usage_in_bytes=GIB)
    stat = f"total_inactive_file {GIB}"
    files = {"memory__limit_in_bytes": 3 * GIB, "memory__usage_in_bytes": 2 * GIB, "memory__stat": stat}
    group(mount / "docker/1", **files)
    assert free_memory(root) == 2 * GIB


@pytest.mark.parametrize("text", ["", "nonsense", "0:", "\n\n", "0::/../../etc"])
def test_odd_files_do_no_harm(tmp_path: Path, text: str) -> None:
    assert free_memory(write(machine(tmp_path), proc__self__cgroup=text)) == 8 * GIB
