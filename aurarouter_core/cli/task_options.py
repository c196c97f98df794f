"""The options that describe a task, alike for every command that takes one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from aurarouter_core.cli.attached import attached
from aurarouter_hooks import Message, Part, Task, Text, TraceContext


def task_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument TASK and its options; it is called with `task`, a `Task`."""

    @click.argument("text", metavar="TASK")
    @click.option("-m", "--model", help="Use this model and no other.")
    @click.option("--role", help="Use this role's chain.")
    @click.option("--intent", help="Take this intent as given.")
    @click.option("--context", "context_file", type=click.Path(dir_okay=False), help="A file that belongs to the task.")
    @click.option(
        "--attach",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="A picture or a document to look at; repeatable.",
    )
    @click.option("--tag", "tags", multiple=True, help="Only models with this tag; repeatable.")
    @click.option("--private", is_flag=True, help="Only models that are cleared for private content.")
    @click.option(
        "--restore/--no-restore", default=None, help="Put back into the answer what was replaced by placeholders."
    )
    @wraps(command)
    def described(
        *arguments: Any,
        text: str,
        model: str | None,
        role: str | None,
        intent: str | None,
        context_file: str | None,
        attach: tuple[str, ...],
        tags: tuple[str, ...],
        private: bool,
        restore: bool | None,
        **others: Any,
    ) -> Any:
        said = _text(text)
        parts: list[Part] = [Text(said), *attached(attach)]
        task = Task(
            "" if attach else said,
            messages=[Message("user", parts)] if attach else (),
            context=_content(context_file),
            model=model,
            role=role,
            intent=intent,
            tags=frozenset(tags),
            private=private,
            restore=restore,
            trace_context=trace_context(),
        )
        return command(*arguments, task=task, **others)

    return described


def plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that has `task_options` what says how a task is answered."""

    @click.option(
        "--mode",
        type=click.Choice(["auto", "direct", "plan"]),
        default="auto",
        help="Answer directly, by a plan of several steps, or as fits the task (auto, the default).",
    )
    @click.option("--review/--no-review", default=None, help="Have the role 'reviewer' check the answer, or not.")
    @wraps(command)
    def described(*arguments: Any, task: Task, mode: Any, review: bool | None, **others: Any) -> Any:
        return command(*arguments, task=evolve(task, mode=mode, review=review), **others)

    return described


def trace_context() -> TraceContext | None:
    """The trace that whoever started us is in, as the variables TRACEPARENT and TRACESTATE tell it."""
    return TraceContext.parse(os.environ.get("TRACEPARENT", ""), os.environ.get("TRACESTATE", ""))


def _text(text: str) -> str:
    if text == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"standard input is not UTF-8 text: {error}") from error
    if not text.strip():
        raise click.UsageError("the task is empty; write it as an argument, or '-' to read standard input")
    return text


def _content(path: str | None) -> str:
    if path is None:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--context {path} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--context {path} is not UTF-8 text: {error}") from error
