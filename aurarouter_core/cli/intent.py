"""`aurarouter intent`: which kinds of task there are, how well they are told apart, and how to do it better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from aurarouter_core.amend import amend_config
from aurarouter_core.cli.amending import request_of, tell
from aurarouter_core.cli.session import Session
from aurarouter_core.decide import decide
from aurarouter_core.edit import Set
from aurarouter_core.examples import mean, vector
from aurarouter_core.intent_list import intents_in
from aurarouter_core.labelled import Labelled, read
from aurarouter_core.plain import dumps, plain
from aurarouter_core.scored import Scored, score, threshold
from aurarouter_core.shown import printable
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import ConfigError, Task

SHOWN = 10
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("intent")
def command() -> None:
    """List kinds of task, and measure how well they are told apart."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_intents(context: click.Context, as_json: bool) -> None:
    """List the intents: the built-in ones, the plugins', and your own."""
    snapshot = Session.of(context).router.snapshot
    if as_json:
        rows = [{**plain(row), "examples": len(row.examples)} for row in intents_in(snapshot)]
        click.echo(dumps({"intents": rows}, indent=2))
        return
    for row in intents_in(snapshot):
        about = [f"{len(row.examples)} examples, threshold {row.threshold:.3f}"] if row.threshold is not None else []
        about += [f"words: {', '.join(row.synonyms)}"] if row.synonyms else []
        line = f"{row.intent:<20} {row.role or '(default role)':<16} {row.description}"
        click.echo(printable(f"{line}  [{'; '.join(about)}]" if about else line))


@command.command("eval")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def evaluate(context: click.Context, file: Path, as_json: bool) -> None:
    """Classify the labelled tasks of FILE (.csv or .jsonl), and show the confusion matrix. No model is called."""
    snapshot = Session.of(context).router.snapshot
    tasks = read(file, snapshot.intents)
    _show(_scored(tasks, snapshot), tasks, as_json)


@command.command("fit")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Show the thresholds, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def fit(context: click.Context, file: Path, dry_run: bool, as_json: bool) -> None:
    """Choose the threshold of each intent that has examples by the labelled tasks of FILE, and write it down.

    Tasks that are examples themselves don't count: an intent is always like them.
    """
    session = Session.of(context)
    snapshot = session.router.snapshot
    tasks = read(file, snapshot.intents)
    found = _thresholds(tasks, snapshot)
    if not found:
        raise ConfigError(
            "no threshold can be fitted",
            hint="Give an intent of the configuration examples, and at least 3 labelled tasks that are not among them.",
        )
    if dry_run:
        if as_json:
            click.echo(dumps({"success": True, "thresholds": found}, indent=2))
        for name, value in found.items() if not as_json else ():
            click.echo(printable(f"intents.{name}.threshold: {value}"))
        return
    changes = [Set(("intents", name, "threshold"), value) for name, value in found.items()]
    amendment = amend_config(session.plugins, request_of(context), changes)
    tell(amendment, as_json)
    if amendment.config is not None and not as_json:
        _show(_scored(tasks, Snapshot.of(amendment.config, session.plugins)), tasks, as_json)


def _thresholds(tasks: Sequence[Labelled], snapshot: Snapshot) -> dict[str, float]:
    """The best threshold of each intent of the configuration that has examples and enough tasks."""
    model = snapshot.analyser.model
    intents = {name: snapshot.intents[name] for name in snapshot.config.intents if snapshot.intents[name].examples}
    known = {text for intent in intents.values() for text in intent.examples}
    vectors = [(task.intent, vector(task.text, model)) for task in tasks if task.text not in known]
    found = {}
    for name, intent in intents.items():
        middle = mean([vector(text, model) for text in intent.examples])
        ours = [each for label, each in vectors if label == name]
        value = threshold(middle, ours, [each for label, each in vectors if label != name])
        if value is not None:
            found[name] = value
    return found


def _scored(tasks: Sequence[Labelled], snapshot: Snapshot) -> Scored:
    decisions = [decide(Task(task.text), snapshot, {}) for task in tasks]
    given = [decision.intent for decision in decisions]
    return score([task.intent for task in tasks], given, [decision.analysis.confidence for decision in decisions])


def _show(scored: Scored, tasks: Sequence[Labelled], as_json: bool) -> None:
    if as_json:
        figures = {
            name: {"labelled": each.labelled, "given": each.given, "precision": each.precision, "recall": each.recall}
            for name, each in scored.intents.items()
        }
        told = {"tasks": len(tasks), "accuracy": scored.accuracy, "calibration_error": scored.calibration}
        wrong = [tasks[at].line for at in scored.wrong]
        click.echo(dumps({**told, "intents": figures, "matrix": scored.matrix, "wrong_lines": wrong}, indent=2))
        return
    for line in _table(scored):
        click.echo(printable(line))
    click.echo(f"{len(tasks)} tasks, accuracy {scored.accuracy:.3f}, calibration error {scored.calibration:.3f}")
    for at in scored.wrong[:SHOWN]:
        click.echo(printable(f"  line {tasks[at].line} is {tasks[at].intent}: {tasks[at].text[:70]!r}"))
    if len(scored.wrong) > SHOWN:
        click.echo(f"  … and {len(scored.wrong) - SHOWN} more that were given another intent")


def _table(scored: Scored) -> Iterator[str]:
    """The confusion matrix: a row for what tasks have, a column for what they were given."""
    names = list(scored.intents)
    width = max(len(name) for name in [*names, "has \\ given"])
    yield "  ".join(["has \\ given".ljust(width), *names, "recall"])
    for name, row in scored.matrix.items():
        recall = scored.intents[name].recall
        cells = [f"{row[other]:>{len(other)}}" for other in names]
        yield "  ".join([name.ljust(width), *cells, f"{recall:.2f}" if recall is not None else ""])
    given = [scored.intents[name].precision for name in names]
    cells = [
        f"{'-' if value is None else f'{value:.2f}':>{len(name)}}" for name, value in zip(names, given, strict=True)
    ]
    yield "  ".join(["precision".ljust(width), *cells])
