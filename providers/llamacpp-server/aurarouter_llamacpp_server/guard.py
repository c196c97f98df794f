"""Run as a program, starts another one that ends when the thread or process that started this one does.

    python guard.py PARENT_PID COMMAND …

On Linux the kernel is asked to kill the command with its parent, and then this program becomes the command. Elsewhere
it stays, and kills the command once its own standard input ends, which happens however the other end's holder dies.
Uses the standard library only, and nothing of this package: it's run by its path.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1  # linux/prctl.h; survives exec, and speaks of the parent's thread


def main(parent: int, command: list[str]) -> int:
    """Become the command, or run it; returns its exit code."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            print(f"the system won't end the server with us: {os.strerror(ctypes.get_errno())}", file=sys.stderr)  # noqa: T201
            return 1
        if os.getppid() != parent:  # it died before the kernel knew
            return 1
        os.execv(command[0], command)  # noqa: S606
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), child.kill()), daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
