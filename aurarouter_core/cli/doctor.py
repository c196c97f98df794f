"""`aurarouter doctor`: check this installation and say what to do."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from functools import partial

import click

from aurarouter_core import __version__, install
from aurarouter_core.apps import Apps
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.finding import Finding, problems
from aurarouter_core.cli.model_findings import model_findings
from aurarouter_core.cli.money import standings
from aurarouter_core.cli.session import Session
from aurarouter_core.home import private_folder
from aurarouter_core.keys import KeyStore
from aurarouter_core.plain import dumps
from aurarouter_core.room import shortage
from aurarouter_core.shown import printable
from aurarouter_core.soundness import databases, look_through, open_to_others
from aurarouter_hooks import AuraRouterError, ConfigError


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check this installation and say what to do. Exit code 1 when there is a problem."""
    session = Session.of(context)
    findings = [*_installation(session), *_files(session), *_plugins(session), *_configuration(session)]
    findings = list(dict.fromkeys(findings))  # two looks may meet the same damage
    if as_json:
        click.echo(dumps(findings, indent=2))
    else:
        marks = {"ok": "✓", "note": "•", "problem": "✗"}
        for finding in findings:
            click.echo(f"{marks[finding.level]} {printable(finding.what)}")
            if finding.hint:
                click.echo(f"    {printable(finding.hint)}")
    if any(finding.level == "problem" for finding in findings):
        context.exit(1)


def _installation(session: Session) -> Iterator[Finding]:
    from aurarouter_core import hotpath

    yield Finding("ok", f"aurarouter {__version__} on Python {sys.version.split()[0]}")
    if hotpath.IMPLEMENTATION == "cython":
        yield Finding("ok", "the analyser is compiled")
    else:
        yield Finding(
            "note",
            "the analyser is plain Python: right, but many times slower",
            "Install a C compiler, then reinstall; or unset AURAROUTER_NO_SPEEDUPS.",
        )
    try:
        private_folder(session.home.root)
        writable = os.access(session.home.root, os.W_OK)
    except AuraRouterError:
        writable = False
    if writable:
        yield Finding("ok", f"files are kept in {session.home.root}")
    else:
        yield Finding(
            "problem", f"{session.home.root} can't be written to", "Correct its permissions, or set AURAROUTER_HOME."
        )
    if short := shortage(session.home.root):
        what = "traces, usage and budgets can't be kept, and private content is refused"
        yield Finding("problem", f"the disk is full, or nearly: {short}", f"Make room: until then {what}.")


def _files(session: Session) -> Iterator[Finding]:
    home = session.home
    for path in databases(home):
        yield from problems(partial(look_through, path))
    for look in (session.conversations.latest, Apps(home).kept, KeyStore(home).kept):
        yield from problems(look)
    if names := ", ".join(path.name for path in open_to_others(home)):
        hint = f"Run: chmod -R go= {shlex.quote(str(home.root.resolve()))}"
        yield Finding("problem", f"others can read or change {names} in {home.root}", hint)


def _plugins(session: Session) -> Iterator[Finding]:
    found = session.plugins.found.values()
    if not any(plugin.state == "loaded" for plugin in found):
        yield Finding("problem", "no plugin is loaded, so no model can be reached", install.install_hint("all"))
    for plugin in found:
        if plugin.state == "broken":
            yield Finding(
                "problem",
                f"plugin '{plugin.name}' is broken and left out: {plugin.error}",
                f"Repair it, or run without it: AURAROUTER_WITHOUT={plugin.name}",
            )
        else:
            yield Finding("ok" if plugin.state == "loaded" else "note", f"plugin '{plugin.name}' is {plugin.state}")
    try:
        for name, hook, error, count, last in session.store.faults():
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(last))
            yield Finding(
                "problem",
                f"plugin '{name}' raised in {hook} {count} time{'s' if count > 1 else ''}, last on {when}: {error}",
                f"Repair it, or run without it: AURAROUTER_WITHOUT={name}",
            )
        yield from _losses(*session.store.losses())
    except AuraRouterError as error:
        yield Finding("problem", str(error), error.hint)


def _losses(records: int, ends: int) -> Iterator[Finding]:
    if records:
        killed = f"; programs that ended without closing it: {ends}" if ends else ""
        yield Finding("note", f"records of traces that were lost so far: {records}{killed}")


def _configuration(session: Session) -> Iterator[Finding]:
    try:
        config = session.config
        router = session.router
    except ConfigError as error:
        yield Finding("problem", str(error), error.hint)
        for problem in error.problems:
            yield Finding("problem", str(problem))
        return
    except AuraRouterError as error:
        yield Finding("problem", str(error), error.hint)
        return
    where = str(config.path) if config.path else "none; every role uses the embedded model"
    yield Finding("ok", f"configuration: {where}")
    for warning in config.warnings:
        yield Finding("note", warning)
    for role, entry in config.roles.items():
        if not entry.models:
            yield Finding("note", f"role '{role}' names no model")
    yield _engine(session)
    yield from problems(partial(standings, session))
    yield from run_async(model_findings(router))


def _engine(session: Session) -> Finding:
    from aurarouter_core.daemon.control import status
    from aurarouter_core.daemon.door import shares

    if not shares():
        return Finding("note", "no engine is shared here: each program works by itself")
    state = next(map(status, session.engines), {"running": False})
    if not state["running"]:
        return Finding("ok", "no shared engine is running; one starts when it is needed")
    if "error" in state:
        return Finding("problem", f"the shared engine does not answer: {state['error']}", "aurarouter stop --force")
    if state["problem"]:
        return Finding(
            "problem",
            f"the shared engine keeps to the configuration that it had: {state['problem']}",
            "Correct the file, or put it back; 'aurarouter stop' ends the engine, and the next is without it.",
        )
    return Finding("ok", f"the shared engine is process {state['pid']}, clients: {state['clients']}")
