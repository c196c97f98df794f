"""The configuration of a cell: every node checks a change and all apply it, or it is as if nobody had asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from aurarouter_auragrid.configuration import CellConfiguration, NodeAnswer, Outcome, Version, versions
from aurarouter_auragrid.configuration.travelling import LARGEST
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import ChangedMeanwhileError, GridError
from aurarouter_auragrid.names import SETTINGS_SUBJECT
from aurarouter_core.cli import cli
from aurarouter_core.cli.failure import exit_code
from aurarouter_hooks import AuraRouterError, ConfigError
from grid_inside import InsideCell, Rare

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cell(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InsideCell]:
    """Three nodes; `c` lacks the provider `rare`, and has a variable of its own."""
    async with InsideCell(tmp_path_factory.mktemp("cell")) as cell:
        await cell.join("a", rare=Rare)
        await cell.join("b", rare=Rare)
        await cell.join("c", environ={"AURAROUTER_SYSTEM__MAX_WAIT": "3"})
        yield cell


@pytest_asyncio.fixture(loop_scope="module")
async def engine(cell: InsideCell) -> AsyncIterator[Engine]:
    async with cell.engine() as engine:
        yield engine


@pytest.fixture
def ours(engine: Engine) -> CellConfiguration:
    return CellConfiguration(engine, sections={}, who="till")


async def changed(ours: CellConfiguration, settings: dict[str, Any], comment: str = "") -> Outcome:
    (*answers, outcome) = [step async for step in ours.propose(settings, comment)]
    assert isinstance(outcome, Outcome)
    assert outcome.answers == tuple(answers)
    return outcome


def timeouts(cell: InsideCell) -> dict[str, float]:
    return {name: node.router.snapshot.config.system.default_timeout for name, node in cell.nodes.items()}


def timeout(seconds: float) -> dict[str, Any]:
    return {"system": {"default_timeout": seconds}}


async def test_a_change_is_checked_and_applied_by_every_node_at_once(cell: InsideCell, ours: CellConfiguration) -> None:
    outcome = await changed(ours, timeout(7), "quicker")
    assert outcome.state == "in force"
    assert [(answer.step, answer.state) for answer in outcome.answers] == [("check", "ok")] * 3 + [("apply", "ok")] * 3
    assert timeouts(cell) == dict.fromkeys("abc", 7.0)
    assert {(state.node, state.number, state.problem) for state in await ours.nodes()} == {
        (name, outcome.version.number, "") for name in "abc"
    }
    newest = (await ours.history())[0]
    assert (newest.who, newest.comment, newest.state) == ("till", "quicker", "in force")
    assert [str(change) for change in newest.changes] == ["system.default_timeout: (not set) → 7"]
    assert (await changed(ours, timeout(7))).state == "unchanged"


async def test_what_one_node_cant_honour_is_refused_with_its_reason(cell: InsideCell, ours: CellConfiguration) -> None:
    before, was = await ours.current(), timeouts(cell)
    outcome = await changed(ours, {"models": {"new": {"provider": "rare"}}, **timeout(9)})
    assert outcome.state == "refused"
    assert outcome.reason.startswith("node 'c': ")
    assert "no installed plugin brings the provider 'rare'" in outcome.reason
    assert {answer.node: answer.state for answer in outcome.answers} == {"a": "ok", "b": "ok", "c": "refused"}
    assert (await ours.current(), timeouts(cell)) == (before, was)

    nowhere = await changed(ours, {"roles": {"coding": ["slow", "lost"]}})
    assert "no model is called 'lost'" in nowhere.reason
    lacking = await changed(ours, {"models": {"new": {"provider": "slow", "model_path": "/no/such.gguf"}}})
    assert "there is no file at /no/such.gguf" in lacking.reason
    assert await ours.current() == before


SECRET = "sk-abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"models": {"slow": {"api_key": "s3cret"}}}, "models.slow.api_key"),
        ({"models": {"slow": {"api_keys": ["${env.A}", "s3cret"]}}}, "models.slow.api_keys"),
        ({"models": {"slow": {"options": {"headers": {"Authorization": "Bearer s3cretwords"}}}}}, "Authorization"),
        ({"models": {"slow": {"endpoint": "https://me:s3cret@example.org/v1"}}}, "models.slow.endpoint"),
        ({"models": {"slow": {"options": {"word": SECRET}}}}, "models.slow.options.word"),
        ({"grid": {"token": "s3cret"}}, "grid"),
    ],
)
async def test_secrets_never_leave_the_machine(
    cell: InsideCell, engine: Engine, ours: CellConfiguration, settings: dict[str, Any], path: str
) -> None:
    heard = await engine.connection.nats.subscribe(SETTINGS_SUBJECT)
    before = await ours.current()
    with pytest.raises(ConfigError, match="don't travel") as caught:
        await changed(ours, settings)
    assert path in str(caught.value.problems[0])
    assert "s3cret" not in str(caught.value.problems)
    assert SECRET not in str(caught.value.problems)
    await engine.connection.nats.flush()
    assert heard.pending_msgs == 0
    assert await ours.current() == before


async def test_a_reference_travels_and_each_node_says_what_it_lacks(cell: InsideCell, ours: CellConfiguration) -> None:
    settings = {"models": {"slow": {"api_key": "${env.NOT_SET_HERE}"}}, "system": {"max_wait": 5}}
    outcome = await changed(ours, settings)
    assert outcome.state == "in force"
    warnings = {answer.node: " ".join(answer.warnings) for answer in outcome.answers if answer.step == "check"}
    assert all("the environment variable NOT_SET_HERE is not set" in warning for warning in warnings.values())
    hidden = "system.max_wait is not in force here: AURAROUTER_SYSTEM__MAX_WAIT sets it and comes first"
    assert [name for name, warning in warnings.items() if hidden in warning] == ["c"]
    assert [node.router.snapshot.config.system.max_wait for node in cell.nodes.values()] == [5, 5, 3]


async def test_of_two_administrators_at_once_one_is_told(cell: InsideCell, engine: Engine) -> None:
    first, second = (CellConfiguration(engine, sections={}, who=who) for who in ("first", "second"))
    before = (await first.current()).number
    done = await asyncio.gather(changed(first, timeout(11)), changed(second, timeout(12)), return_exceptions=True)
    won = [one for one in done if isinstance(one, Outcome)]
    lost = [one for one in done if isinstance(one, ChangedMeanwhileError)]
    assert (len(won), len(lost)) == (1, 1)
    assert won[0].version.number == before + 1
    assert won[0].version.who in str(lost[0])
    assert set(timeouts(cell).values()) == {won[0].version.settings["system"]["default_timeout"]}
    with pytest.raises(ChangedMeanwhileError, match="has changed the cell's configuration meanwhile"):
        async for _ in second.propose(timeout(13), upon=before):
            pass


async def test_going_back_restores_every_node(cell: InsideCell, ours: CellConfiguration) -> None:
    first = (await changed(ours, timeout(21))).version.number
    second = (await changed(ours, timeout(22))).version.number
    heard: list[NodeAnswer] = []
    outcome = await ours.rollback(hear=heard.append)
    assert outcome.success
    assert tuple(heard) == outcome.answers
    assert timeouts(cell) == dict.fromkeys("abc", 21.0)
    assert outcome.version.comment == f"back to version {first}"
    assert (await ours.rollback(second)).version.settings == timeout(22)
    assert timeouts(cell) == dict.fromkeys("abc", 22.0)
    assert (await ours.rollback(0)).version.settings == {}
    assert timeouts(cell) == dict.fromkeys("abc", 120.0)
    with pytest.raises(GridError, match="keeps no version 4711"):
        await ours.rollback(4711)


async def test_when_too_few_can_apply_it_all_go_back(cell: InsideCell, ours: CellConfiguration) -> None:
    """Two machines break between their word and the deed: a variable there makes any configuration wrong."""
    await changed(ours, timeout(31))
    environments = [cell.environments[name] for name in "ab"]
    steps: list[NodeAnswer | Outcome] = []
    try:
        async for step in ours.propose(timeout(32), "breaks"):
            steps.append(step)
            if len(steps) == 3:
                for environment in environments:
                    environment["AURAROUTER_SYSTEM__RETRIES"] = "-1"
    finally:
        for environment in environments:
            environment.pop("AURAROUTER_SYSTEM__RETRIES", None)
    outcome = steps[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.state == "undone"
    assert "1 of 3 nodes could apply it" in outcome.reason
    assert "node 'a': AURAROUTER_SYSTEM__RETRIES: system.retries" in outcome.reason
    assert timeouts(cell) == dict.fromkeys("abc", 31.0)
    restored, broken = (await ours.history())[:2]
    assert (restored.settings, restored.state) == (timeout(31), "in force")
    assert (broken.comment, broken.state, broken.reason) == ("breaks", "undone", "1 of 3 nodes could apply it")
    assert (await changed(ours, timeout(33))).state == "in force"  # the machines work again
    assert timeouts(cell) == dict.fromkeys("abc", 33.0)


async def test_who_cant_apply_what_most_can_is_named(cell: InsideCell, ours: CellConfiguration) -> None:
    steps: list[NodeAnswer | Outcome] = []
    try:
        async for step in ours.propose(timeout(34)):
            steps.append(step)
            if len(steps) == 3:
                cell.environments["c"]["AURAROUTER_SYSTEM__RETRIES"] = "-1"
        states = {state.node: state for state in await ours.nodes()}
    finally:
        cell.environments["c"].pop("AURAROUTER_SYSTEM__RETRIES")
    outcome = steps[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.state == "in force"
    assert timeouts(cell) == {"a": 34.0, "b": 34.0, "c": 33.0}
    assert states["c"].number == outcome.version.number - 1
    assert "system.retries" in states["c"].problem
    assert (await changed(ours, timeout(35))).success
    assert timeouts(cell) == dict.fromkeys("abc", 35.0)


async def test_a_change_that_nobody_confirms_is_undone_by_the_nodes(
    cell: InsideCell, engine: Engine, ours: CellConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it dies right after writing it."""
    monkeypatch.setattr("aurarouter_auragrid.configuration.following.TRIAL", 0.5)
    monkeypatch.setattr("aurarouter_auragrid.configuration.following.LOOK", 0.3)
    await changed(ours, timeout(41))
    kept = versions.Versions(engine.settings)
    trial = await kept.begin(timeout(42), who="gone", comment="", upon=await kept.head())
    assert trial is not None
    with pytest.raises(ChangedMeanwhileError, match="gone is just changing"):
        await changed(ours, timeout(43))
    async with asyncio.timeout(15):
        while (await ours.current()).number == trial.number or set(timeouts(cell).values()) != {41.0}:
            await asyncio.sleep(0.1)
    restored, undone = (await ours.history())[:2]
    assert restored.settings == timeout(41)
    assert undone.state == "undone"
    assert "nobody confirmed it" in undone.reason
    assert not await kept.confirm(trial)


async def test_who_joins_later_begins_with_it_or_says_why_it_cant(cell: InsideCell, ours: CellConfiguration) -> None:
    await changed(ours, timeout(51))
    try:
        node = await cell.join("late")
        assert node.router.snapshot.config.system.default_timeout == 51
        assert {state.node: state.number for state in await ours.nodes()}["late"] == (await ours.current()).number
        await cell.leave("late")
        await cell.leave("c")
        assert (
            await changed(ours, {"models": {"new": {"provider": "slow"}}, "roles": {"coding": ["slow", "new"]}})
        ).success
        words = r"can't honour version \d+ of the cell's configuration: .*no model is called 'slow'"
        with pytest.raises(ConfigError, match=words):
            await cell.join("c", settings={"models": {"other": {"provider": "slow"}}, "roles": {"coding": ["other"]}})
    finally:
        if "c" not in cell.nodes:
            await cell.join("c")
    assert cell.nodes["c"].router.snapshot.config.roles["coding"].models == ("slow", "new")
    await ours.rollback(0)


async def test_nonsense_stops_no_node(cell: InsideCell, engine: Engine, ours: CellConfiguration) -> None:
    nats = engine.connection.nats
    for data in (b"", b"\xff", b"[]", b'"check"', b"{}", b'{"wish": "check"}', b'{"wish": "check", "settings": []}'):
        await nats.publish(SETTINGS_SUBJECT, data, reply=nats.new_inbox())
        await nats.publish(SETTINGS_SUBJECT, data)
    await nats.publish(SETTINGS_SUBJECT, b"[" * 100_000)
    assert (await changed(ours, timeout(61))).state == "in force"
    for bad in ({"system": {"default_timeout": {1, 2}}}, {"system": {"default_timeout": float("nan")}}):
        with pytest.raises(ConfigError, match="can't travel"):
            await changed(ours, bad)
    with pytest.raises(ConfigError, match="a cell keeps up to"):
        await changed(ours, {"prompts": {"x": "y" * LARGEST}})


async def test_many_versions_take_bounded_room(
    cell: InsideCell, engine: Engine, ours: CellConfiguration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "KEPT", 3)
    for number in range(5):
        await changed(ours, timeout(70 + number))
    found = await ours.history()
    newest = found[0].number
    kept = [version for version in found if version.number > newest - 4]
    assert [version.number for version in kept] == [newest - number for number in range(4)]
    assert str(kept[0].changes[0]) == "system.default_timeout: 73 → 74"
    with pytest.raises(GridError, match="keeps no version"):
        await ours.rollback(newest - 4)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("administrator")


async def run(cell: InsideCell, place: Path, *arguments: str) -> tuple[int, Any, str]:
    """A command on another machine of the cell: its exit code, what it printed, what it complained of."""
    file, token = place / "auraconfig.yaml", cell.cell.token
    assert token is not None
    grid = {"urls": list(cell.cell.urls), "token": token.reveal()}
    file.write_text(json.dumps({"models": {"slow": {"provider": "echo"}}, "grid": grid}))

    def ran() -> tuple[int, Any, str]:
        command = ["--config", str(file), "grid", "config", *arguments]
        done = CliRunner(env={"AURAROUTER_HOME": str(place / "home")}).invoke(cli, command, prog_name="aurarouter")
        if isinstance(done.exception, AuraRouterError):
            return exit_code(done.exception), done.stdout, f"Error: {done.exception}\n{done.exception.hint}"
        return done.exit_code, json.loads(done.stdout) if "--json" in arguments else done.stdout, done.stderr

    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, ran)


async def test_the_commands(cell: InsideCell, ours: CellConfiguration, place: Path) -> None:
    await ours.rollback(0)
    code, said, told = await run(cell, place, "set", "models.slow.timeout", "5", "--comment", "slow\x1b[2J as ever")
    assert code == 0
    assert "is in force" in said
    assert sorted(told.splitlines()[-3:]) == [f"✓ {name}: works with it" for name in "abc"]
    assert {node.router.snapshot.models["slow"].timeouts.total for node in cell.nodes.values()} == {5.0}

    code, said, _ = await run(cell, place, "show")
    assert code == 0
    assert "slow:\n    timeout: 5" in said
    assert "# c: version" in said
    code, said, _ = await run(cell, place, "show", "--json")
    assert said["settings"] == {"models": {"slow": {"timeout": 5}}}
    assert {node["node"] for node in said["nodes"]} == set("abc")

    code, said, _ = await run(cell, place, "history")
    assert "models.slow.timeout: (not set) → 5" in said
    assert r"slow\x1b[2J as ever" in said
    code, said, _ = await run(cell, place, "history", "--json")
    assert said[0]["changes"] == [{"path": ["models", "slow", "timeout"], "before": None, "after": 5}]

    code, said, told = await run(cell, place, "set", "models.slow.provider", "rare")
    assert code == 2
    assert said == ""
    assert "Error: refused, nothing is changed: node 'c': " in told
    code, said, _ = await run(cell, place, "set", "models.slow.provider", "rare", "--json")
    assert (code, said["success"], said["state"]) == (2, False, "refused")
    assert "no installed plugin brings the provider 'rare'" in said["reason"]

    code, _, told = await run(cell, place, "set", "models.slow.api_key", "s3cret")
    assert code == 2
    assert "don't travel" in told
    assert "${env.NAME}" in told

    code, said, _ = await run(cell, place, "set", "models.slow.timeout", "5")
    assert "the cell says so already" in said
    code, _, told = await run(cell, place, "set", "system.nope", "--unset")
    assert (code, told.splitlines()[0]) == (2, "Error: the cell does not set system.nope")
    code, _, _ = await run(cell, place, "set", "models.slow.timeout", "--unset")
    assert code == 0
    assert (await ours.current()).settings == {}

    code, _, _ = await run(cell, place, "rollback", "--json")
    assert (await ours.current()).settings == {"models": {"slow": {"timeout": 5}}}
    assert code == 0
    code, _, told = await run(cell, place, "rollback", "4711")
    assert (code, told.splitlines()[0]) == (1, "Error: the cell keeps no version 4711 of its configuration")


async def test_a_whole_file_can_be_applied(cell: InsideCell, ours: CellConfiguration, place: Path) -> None:
    file = place / "cell.yaml"
    file.write_text("system: {default_timeout: 81}\nroles: {coding: [slow], writing: [slow]}\n")
    code, said, _ = await run(cell, place, "apply", str(file), "--json")
    assert (code, said["success"], said["state"]) == (0, True, "in force")
    assert timeouts(cell) == dict.fromkeys("abc", 81.0)
    assert all("writing" in node.router.snapshot.config.roles for node in cell.nodes.values())
    file.write_text("system: {default_timeout: 82}\nsystem: {default_timeout: 83}\n")
    code, _, told = await run(cell, place, "apply", str(file))
    assert code == 2
    assert "can't be applied" in told
    assert timeouts(cell) == dict.fromkeys("abc", 81.0)


async def test_without_a_cell_one_clear_error(tmp_path: Path) -> None:
    done = CliRunner(env={"AURAROUTER_HOME": str(tmp_path)}).invoke(cli, ["grid", "config", "show"])
    assert isinstance(done.exception, AuraRouterError)
    assert (exit_code(done.exception), str(done.exception)) == (1, "no cell is known here")


async def test_a_version_of_a_newer_program_can_be_read() -> None:
    from aurarouter_auragrid.configuration.version import version_of

    said = {"number": 3, "settings": {}, "id": "x", "of": "tomorrow"}
    assert version_of(said) == Version(number=3, id="x")
    with pytest.raises(GridError, match="can't be read"):
        version_of({"number": "3"})
