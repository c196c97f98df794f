"""A model's chat template, at work in a child process: it is a program that came with the file.

Jinja's sandbox keeps it from files and from our objects. But it may still calculate without an end or fill all memory,
within one step that no thread can interrupt. In a process of its own that costs a bounded time, and one error.
"""

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_hooks import ProviderReplyError, ProviderUnavailableError
from aurarouter_hooks.http_errors import short
from aurarouter_llamacpp import page

log = logging.getLogger(__name__)


class Template:
    """A template, ready. Its child starts with it, and again after it had to be ended.

    Args:
        source: The template.
        begin, end: The texts of the tokens that begin and end a conversation.

    Raises:
        ProviderUnavailableError: It can't be read.
    """

    def __init__(self, source: str, begin: str, end: str) -> None:
        self._first = (source, begin, end)
        self._child: subprocess.Popen[bytes] | None = None
        self._page: page.Page | None = None
        if sys.executable:
            self._child = self._started()
            return
        log.debug("the chat template has no process of its own: there is no interpreter to start one with")
        try:
            self._page = page.page(*self._first)
        except Exception as exc:
            raise _unreadable(str(exc)) from exc

    def write(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The conversation as text.

        Raises:
            ProviderReplyError: The template refuses it: a role that it doesn't know, say.
            ProviderUnavailableError: The template took too much time or memory.
        """
        if self._page is not None:
            try:
                return self._page(messages)
            except Exception as exc:
                raise _refused(str(exc)) from exc
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = self._started()
        text, error = _ask(self._child, messages)
        if error:
            raise _refused(error)
        return text

    def close(self) -> None:
        """End the child. Harmless when that was done before."""
        child, self._child = self._child, None
        if child is not None:
            _end(child)

    def _started(self) -> subprocess.Popen[bytes]:
        # -P keeps the folder of the file out of the child's import path: what is imported comes from where ours does.
        command = [sys.executable, "-P", page.__file__, json.dumps(sys.path)]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        try:
            child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
        except OSError as exc:
            raise ProviderUnavailableError(f"no process can be started for the model's chat template: {exc}") from exc
        _, error = _ask(child, self._first)
        if error:
            _end(child)
            raise _unreadable(error)
        return child


def _ask(child: Any, request: object) -> tuple[str, str]:
    """What it wrote, and why it did not. One that gives neither in time is ended."""
    clock = threading.Timer(page.SECONDS, child.kill)
    clock.daemon = True
    clock.start()
    try:
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        line = child.stdout.readline()
    except OSError:  # it has ended
        line = b""
    finally:
        clock.cancel()
    if line.endswith(b"\n"):
        text, error = json.loads(line)
        return text, error
    _end(child)
    raise ProviderUnavailableError(
        f"the model's chat template takes more than {page.SECONDS} s or {page.MEMORY} MiB",
        hint="Use another file of this model: a template that does so is broken, or meant to do harm.",
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError), child:  # what was not sent yet can no longer be
        child.kill()


def _refused(why: str) -> ProviderReplyError:
    return ProviderReplyError(f"the model's chat template refuses this conversation: {short(why)}", refused=True)


def _unreadable(why: str) -> ProviderUnavailableError:
    return ProviderUnavailableError(f"the model's chat template can't be read: {short(why)}")
