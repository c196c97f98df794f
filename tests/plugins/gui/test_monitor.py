"""The monitor panel on a real kernel and its real store: health, traffic, cost, private data, traces, and files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from pytestqt.qtbot import QtBot

from aurarouter_gui.state.figures import Figures, figures
from aurarouter_gui.state.monitor import A_DAY
from aurarouter_gui.state.monitor_parts import HealthPart, ModelHealth
from aurarouter_gui.state.table_file import Sheet, write
from aurarouter_hooks import Health, Task
from fault_server import FaultServer
from faults import status

Open = Callable[..., Any]
PATIENCE = 20_000
TWO = """\
models:
  dear: {provider: openapi, endpoint: "URL", price: {input: 3, output: 15}}
  first: {provider: echo, tags: [private], price: {input: 1, output: 2}}
roles: {coding: [dear, first], reasoning: [first]}
budget: {reference: dear}
"""
CARD = "Fix this function. My card is 4539 1488 0343 6467."


def worked(window: Any, qtbot: QtBot, *prompts: str) -> None:
    """Have tasks run to their end."""
    for prompt in prompts:
        ended: list[object] = []

        async def run(text: str = prompt) -> None:
            await (await window.desk.link.kernel()).run(Task(text, role="coding", mode="direct"))

        window.desk.worker.begin(run(), ended.append, ended.append)
        qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE)  # noqa: B023 - waited for at once
        assert ended == [None], ended


@pytest.fixture
def at_work(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> Any:
    """The panel of a window whose dear model fails, after three tasks, one of them private."""
    fault_server.always(status(500))
    window = open_window(TWO.replace("URL", fault_server.url))
    worked(window, qtbot, "Fix it", "Fix that", CARD)
    window.go("monitor")
    return window.shown


def shown(view: Any, qtbot: QtBot, page: Any, ready: Callable[[], bool]) -> None:
    """Turn to a tab, and wait until it knows."""
    view.tabs.setCurrentWidget(page)
    qtbot.waitUntil(ready, timeout=PATIENCE)


@pytest.mark.promise("future.12")
def test_health_says_how_each_model_is_and_did(at_work: Any, qtbot: QtBot) -> None:
    page = at_work.health
    qtbot.waitUntil(lambda: len(page.part.models) == 2 and page.part.traces == 3, timeout=PATIENCE)
    dear, first = (line.cells for line in page.table.lines)
    assert (first[0], first[1], first[2], first[3], first[4], first[7]) == ("first", "ready", "closed", "3", "0%", "")
    assert (dear[0], dear[4]) == ("dear", "100%")
    assert "500" in dear[7]
    assert int(dear[3]) >= 1, "it rests after the first failure"
    page.table.choose("dear")
    assert "Last failure" in page.detail.text


def test_an_open_breaker_shows_and_says_for_how_long(at_work: Any, qtbot: QtBot) -> None:
    page = at_work.health
    at_work.leave()
    qtbot.waitUntil(lambda: bool(page.part.models), timeout=PATIENCE)
    resting = ModelHealth(name="dear", health=Health(state="open", retry_in=12.4), figures=Figures())
    page.show_part(HealthPart(models=[resting], traces=3))
    assert page.table.lines[0].cells[1:3] == ("failing, again in 12 s", "open")
    assert page.verdict.text() == "1 of 1 models can't be asked"


def test_traffic_and_cost_are_drawn_from_what_was_counted(at_work: Any, qtbot: QtBot) -> None:
    page = at_work.traffic
    shown(at_work, qtbot, page, lambda: page.tasks is not None and page.part.tasks == 3)
    assert sum(sum(values) for _, values in page.tasks.bars) == 3
    ((today, (spent, saved)),) = page.money.bars
    assert page.money.plot.viewRange()[0][1] >= today + A_DAY  # its bar is whole however early it is
    assert spent > 0
    assert saved > 0, "the reference costs more"
    assert "saved against dear" in page.costs.text()
    page.period.setCurrentIndex(2)
    qtbot.waitUntil(lambda: page.part.step == 86400.0, timeout=PATIENCE)
    assert sum(sum(values) for _, values in page.tasks.bars) == 3


def test_private_data_is_listed_by_rule_and_never_as_text(at_work: Any, qtbot: QtBot) -> None:
    page = at_work.privacy
    shown(at_work, qtbot, page, lambda: bool(page.part.rows))
    (line,) = page.table.lines
    assert line.cells[1:5] == ("sent", "first", "here", "card")
    assert "none left this machine" in page.verdict.text()
    page.table.choose(line.key)
    said = page.detail.text + "".join(line.cells)
    assert "fingerprint" in said
    assert "4539" not in said
    page.remote.setChecked(True)
    qtbot.waitUntil(lambda: not page.part.rows, timeout=PATIENCE)


def test_a_trace_that_is_selected_shows_how_it_went(at_work: Any, qtbot: QtBot) -> None:
    page = at_work.traces
    shown(at_work, qtbot, page, lambda: len(page.part.traces) == 3)
    assert page.table.key == page.part.traces[0]["id"]
    tried = [one.model for vertex in page.execution._graph.vertices.values() for one in vertex.attempts]
    assert tried[-1] == "first"
    page.failed.setChecked(True)
    qtbot.waitUntil(lambda: not page.part.traces, timeout=PATIENCE)
    assert "has failed" in page.verdict.text()


def test_each_tab_is_written_to_a_file(at_work: Any, qtbot: QtBot, tmp_path: Path) -> None:
    ready = {
        at_work.health: lambda: bool(at_work.health.part.models),
        at_work.traffic: lambda: bool(at_work.traffic.part.days),
        at_work.privacy: lambda: bool(at_work.privacy.part.rows),
        at_work.traces: lambda: bool(at_work.traces.part.traces),
    }
    for number, (page, there) in enumerate(ready.items()):
        shown(at_work, qtbot, page, there)
        path = tmp_path / f"{number}.csv"
        at_work.export(path)
        qtbot.waitUntil(path.exists, timeout=PATIENCE)
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert len(rows) == len(page.part.sheet.rows) > 0
        assert "4539" not in path.read_text()
    at_work.export(tmp_path)
    qtbot.waitUntil(at_work.notice.isVisible, timeout=PATIENCE)


def test_what_could_not_be_read_is_told_until_it_can(at_work: Any, qtbot: QtBot, home: Path) -> None:
    shown(at_work, qtbot, at_work.traffic, lambda: at_work.traffic.part.tasks == 3)
    file = home / "auraconfig.yaml"
    good = file.read_text()
    file.write_text("models: [\n")
    at_work.look()
    qtbot.waitUntil(at_work.notice.isVisible, timeout=PATIENCE)
    assert "is not valid YAML" in at_work.notice.text
    assert at_work.traffic.part.tasks == 3
    file.write_text(good)
    qtbot.waitUntil(lambda: not at_work.notice.isVisible(), timeout=PATIENCE)


def test_nothing_is_looked_at_while_the_panel_is_hidden(at_work: Any) -> None:
    assert at_work._clock.isActive()
    at_work.desk.go("workspace")
    assert not at_work._clock.isActive()


def test_a_spreadsheet_takes_no_cell_for_a_formula(tmp_path: Path) -> None:
    sheet = Sheet(name="x", titles=("a", "b", "c"), rows=[("=1+1", None, 2.5)])
    assert write(sheet, tmp_path / "x.csv").read_text() == "a,b,c\n'=1+1,,2.5\n"


def test_what_was_cancelled_or_not_asked_counts_for_no_model() -> None:
    def attempt(**more: Any) -> Mapping[str, Any]:
        usual = {"model": "m", "outcome": "ok", "started": 0.0, "seconds": 2.0, "first_token": 1.0, "error": None}
        return {**usual, "asked": True, **more}

    attempts = [
        attempt(),
        attempt(outcome="cancelled"),
        attempt(asked=False),
        attempt(outcome="failed", error={"message": "no"}, started=5.0),
    ]
    (found,) = figures([{"started_at": 10.0, "nodes": [{"attempts": attempts}]}]).values()
    assert (found.attempts, found.failures, found.seconds, found.rate) == (2, 1, 2.0, 0.5)
    assert (found.error, found.error_at) == ("no", 17.0)


def test_without_a_price_the_chart_of_cost_says_why(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> None:
    unpriced = TWO.replace("{input: 1, output: 2}", "{}").replace("[dear, first]", "[first]").partition("budget")[0]
    window = open_window(unpriced.replace("URL", fault_server.url))
    window.go("monitor")
    view = window.shown
    page = view.traffic
    shown(view, qtbot, page, lambda: page.tasks is not None and page.tasks.isVisible())
    for chart in (page.tasks, page.money):
        assert "Nothing was asked" in chart.empty.text()
        assert (chart.empty.isVisible(), chart.plot.isVisible()) == (True, False)
    worked(window, qtbot, "Fix it")
    qtbot.waitUntil(lambda: page.part.tasks == 1 and bool(page.part.days), timeout=PATIENCE)
    assert (page.tasks.empty.isVisible(), page.tasks.plot.isVisible()) == (False, True)
    assert not page.money.plot.isVisible()
    free = page.part
    for unknown, words in ((0, "cost nothing"), (1, "models.NAME.price")):
        days = [{**day, "cost": None if unknown else 0.0, "unpriced": unknown} for day in free.days]
        page.show_part(evolve(free, days=days))
        assert words in page.money.empty.text()
        assert (page.money.empty.isVisible(), page.money.plot.isVisible()) == (True, False)
