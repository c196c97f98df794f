"""A user at a terminal: waits for each question of a program and types the answer."""

import os
import pty
import select

PATIENCE = 60.0  # seconds until a terminal session counts as stuck


def converse(line: list[str], *turns: tuple[str, str]) -> tuple[int, str]:
    """Sit at a terminal: wait for each question, type its answer. The exit code, and all that was on the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execv(line[0], line)
        finally:
            os._exit(127)
    screen, seen, left = "", 0, list(turns)
    try:
        while True:
            ready, _, _ = select.select([terminal], [], [], PATIENCE)
            assert ready, f"it waits and nothing more comes:\n{screen}"
            try:
                data = os.read(terminal, 65536)
            except OSError:  # what Linux says when the other side is closed
                data = b""
            if not data:
                break
            screen += data.decode(errors="replace")
            while left and left[0][0] in screen[seen:]:
                question, reply = left.pop(0)
                seen = screen.index(question, seen) + len(question)
                os.write(terminal, f"{reply}\n".encode())
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    assert not left, f"never asked: {left}\n{screen}"
    return os.waitstatus_to_exitcode(status), screen
