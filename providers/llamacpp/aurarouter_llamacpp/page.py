"""Writes conversations in the words of one chat template. A program of its own: see `template`, which starts it.

It imports nothing of ours, so that it starts fast. A request is a line of JSON; so is its answer: `[text, error]`. The
first request is the template, every other one the messages of a conversation.
"""

import contextlib
import importlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Page = Callable[[Sequence[Mapping[str, str]]], str]

SECONDS = 10
MEMORY = 512  # MiB of address space, where the system keeps to such a limit
GROWTH, START = 8, 2**20  # characters that a template may write: so many for each that it was given, and some anyway

# Marks that tell a trainer what the model wrote; Jinja doesn't know them, and to us they are a block like any other.
_GENERATION = re.compile(r"(\{%[-+]?\s*)(?:(end)|)generation(\s*[-+]?%\})")


def page(source: str, begin: str, end: str) -> Page:
    """What writes a conversation, with the means that Transformers gives templates, too.

    Args:
        source: The template.
        begin, end: The texts of the tokens that begin and end a conversation.
    """
    jinja2: Any = importlib.import_module("jinja2")
    sandbox: Any = importlib.import_module("jinja2.sandbox")
    environment = sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.BaseLoader(), trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _tojson
    template = environment.from_string(_GENERATION.sub(_block, source))

    def write(messages: Sequence[Mapping[str, str]]) -> str:
        text: str = template.render(
            messages=messages,
            bos_token=begin,
            eos_token=end,
            raise_exception=_refuse,
            add_generation_prompt=True,
            functions=None,
            function_call=None,
            tools=None,
            tool_choice=None,
            strftime_now=lambda form: datetime.now().strftime(form),
        )
        if len(text) > START + GROWTH * sum(len(value) for message in messages for value in message.values()):
            raise ValueError(f"it makes {len(text)} characters of it")
        return text

    return write


def main() -> None:
    """Answer requests until there are no more."""
    sys.path[:] = json.loads(sys.argv[1])
    if sys.platform != "win32":
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(ValueError):  # macOS has no such limit
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 2**20,) * 2)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's, meant for the program that started this one
        watch = signal.alarm  # ends this process although nobody is left who would
    else:
        watch = int
    write: Page | None = None
    for line in sys.stdin:
        watch(2 * SECONDS)
        try:
            if write is None:
                text, write = "", page(*json.loads(line))
            else:
                text = write(json.loads(line))
            answer = [text, ""]
        except MemoryError:
            sys.exit(1)
        except Exception as exc:  # noqa: BLE001 - the template is a program, and may fail in any way
            answer = ["", str(exc) or type(exc).__name__]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        watch(0)


def _refuse(message: str) -> None:
    raise ValueError(message)


def _block(mark: re.Match[str]) -> str:
    return mark[1] + ("endif" if mark[2] else "if true") + mark[3]


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


if __name__ == "__main__":
    main()
