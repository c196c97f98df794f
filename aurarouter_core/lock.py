"""The lock of an open file, which the system gives back when the process dies. Imports next to nothing."""

from __future__ import annotations

import sys


def take_lock(handle: int) -> bool:
    """Take the lock of an open file, unless somebody has it; taking what is ours already is fine."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
