"""How much memory is really free for this process: the machine's, and the control groups' that it is in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

NO_LIMIT = 2**60
"""Version 1 of control groups writes a number near 2**63 for "no limit"."""


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that can be taken without swapping; None where the system doesn't say.

    What is cached from files counts as free, since the system drops it when memory is needed.

    Args:
        root: Where `proc` and `sys` are.
    """
    free = [_of_machine(root), *_of_groups(root)]
    return min((amount for amount in free if amount is not None), default=None)


def _of_machine(root: Path) -> int | None:
    available = _table(root / "proc/meminfo").get("MemAvailable:")
    if available is not None:
        return available * 1024
    names = getattr(os, "sysconf_names", {})
    if root == Path("/") and "SC_PHYS_PAGES" in names and "SC_PAGE_SIZE" in names:  # not Linux: all that there is
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_groups(root: Path) -> Iterator[int]:
    """What is left in each group with a limit, ours and those above it."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return
    for line in lines:
        _, controllers, path = line.split(":", 2) if line.count(":") >= 2 else ("", "?", "")
        if not controllers:
            yield from _left(
                root / "sys/fs/cgroup", path, "memory.max", "memory.current", ("inactive_file", "active_file")
            )
        elif "memory" in controllers.split(","):
            cached = ("total_inactive_file", "total_active_file")
            yield from _left(
                root / "sys/fs/cgroup/memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes", cached
            )


def _left(mount: Path, path: str, limit: str, usage: str, cached: tuple[str, ...]) -> Iterator[int]:
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    for depth in range(len(parts), -1, -1):
        group = mount.joinpath(*parts[:depth])
        most, used = _number(group / limit), _number(group / usage)
        if most is None or used is None or most >= NO_LIMIT:
            continue
        table = _table(group / "memory.stat")
        yield max(0, most - max(0, used - sum(table.get(name, 0) for name in cached)))


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None  # "max", or no such file


def _table(file: Path) -> dict[str, int]:
    """The first two words of each line, where the second is a number."""
    try:
        lines = [line.split() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeError):
        return {}
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
