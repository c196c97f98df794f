"""Every example on the contract's page is a plugin that loads, and does what the page says when the kernel calls it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pluggy
import pytest
from click.testing import CliRunner

import aurarouter_hooks
from aurarouter_hooks import (
    Analysis,
    AssetError,
    AssetSource,
    AssetSpec,
    Attempt,
    Call,
    Constraint,
    Decision,
    ErrorInfo,
    Event,
    Health,
    Intent,
    Middleware,
    Model,
    Noted,
    Price,
    Progress,
    Prompt,
    Provider,
    Task,
    Trace,
    specs,
)

ANALYSIS = Analysis(
    intent="DIRECT",
    confidence=1.0,
    probabilities={"DIRECT": 1.0},
    role="",
    role_confidence=0.0,
    complexity=0.1,
    level=1,
)
DECISION = Decision(
    task_id="1", mode="direct", analysis=ANALYSIS, intent="DIRECT", role="coding", chain=("fast", "dear")
)
MODELS = (
    Model(id="fast", provider="echo", tags=frozenset({"fast"})),
    Model(id="dear", provider="echo", price=Price(output=75.0)),
)

Example = tuple[ModuleType, pluggy.PluginManager]


@pytest.fixture
def example(
    page: Callable[[str], str], blocks: Callable[[str], list[str]], as_module: Callable[[str, str], ModuleType]
) -> Callable[[str], Example]:
    """The example below a hook's heading, registered as the one plugin of a real plugin manager."""

    def load(hook: str) -> Example:
        section = re.split(rf"^### `{hook}\(.*$", page("hooks/README.md"), flags=re.MULTILINE)[1].split("\n#", 1)[0]
        (source,) = blocks(section)
        module = as_module(source, f"example_of_{hook}")
        manager = pluggy.PluginManager(specs.PROJECT)
        manager.add_hookspecs(specs)
        manager.register(module)
        manager.check_pending()
        assert [caller.name for caller in manager.get_hookcallers(module) or ()] == [hook]
        return module, manager

    return load


def test_hookspecs(example: Callable[[str], Example]) -> None:
    module, manager = example("register_hookspecs")
    manager.add_hookspecs(manager.hook.register_hookspecs()[0])
    assert module.Specs.menu_entries.__doc__

    class Guest:
        @aurarouter_hooks.hookimpl(optionalhook=True)
        def menu_entries(self, user: str) -> list[str]:
            return [f"Goodbye, {user}"]

    manager.register(Guest())
    manager.check_pending()
    assert manager.hook.menu_entries(user="ada") == [["Goodbye, ada"]]


def test_config(example: Callable[[str], Example]) -> None:
    _, manager = example("register_config")
    (sections,) = manager.hook.register_config()
    assert sections["shout"]().volume == 3


async def test_providers(example: Callable[[str], Example]) -> None:
    _, manager = example("register_providers")
    (found,) = manager.hook.register_providers()
    provider = found["shout"](Model(id="loud", provider="shout"))
    assert isinstance(provider, Provider)
    assert [chunk.text async for chunk in provider.stream(Prompt.of("hello"))] == ["HELLO"]
    await provider.aclose()


def test_verbs_and_intents(example: Callable[[str], Example]) -> None:
    _, manager = example("register_verbs")
    assert manager.hook.register_verbs()[0]["translate"] == "translation"
    _, manager = example("register_intents")
    (intents,) = manager.hook.register_intents()
    assert [(intent.name, intent.role) for intent in intents] == [("TRANSLATION", "translation")]


async def test_asset_sources(example: Callable[[str], Example], tmp_path: Path) -> None:
    _, manager = example("register_asset_sources")
    source: AssetSource = manager.hook.register_asset_sources()[0]["disk"]()
    origin, folder, told = tmp_path / "origin.gguf", tmp_path / "models", list[tuple[int, int | None]]()
    origin.write_bytes(b"GGUF")
    folder.mkdir()

    spec = AssetSpec(scheme="disk", location=str(origin), file="m.gguf", size=4)
    path = await source.fetch(spec, folder, lambda done, whole: told.append((done, whole)))
    assert path == folder / "m.gguf"
    assert path.read_bytes() == b"GGUF"
    assert told == [(4, 4)]

    for bad in (
        AssetSpec(scheme="disk", location=str(origin), file="other.gguf", sha256="0" * 64),
        AssetSpec(scheme="disk", location=str(tmp_path / "nowhere"), file="other.gguf"),
    ):
        with pytest.raises(AssetError) as caught:
            await source.fetch(bad, folder, lambda done, whole: None)
        assert caught.value.hint
    assert list(folder.iterdir()) == [path]


def test_settings(example: Callable[[str], Example]) -> None:
    _, manager = example("register_settings")
    assert manager.hook.register_settings(environment="auragrid") == [{"system": {"log_level": "WARNING"}}]
    assert manager.hook.register_settings(environment="local") == []


def test_commands(example: Callable[[str], Example]) -> None:
    _, manager = example("register_commands")
    cli = click.Group()
    manager.hook.register_commands(cli=cli)
    assert CliRunner().invoke(cli, ["shout", "hello"]).output == "HELLO\n"


async def test_middleware(example: Callable[[str], Example]) -> None:
    _, manager = example("register_middleware")
    ((greeting,),) = manager.hook.register_middleware()
    assert isinstance(greeting, Middleware)
    closed: list[bool] = []

    async def inside(call: Call) -> AsyncGenerator[Event]:
        try:
            yield Progress(what="loading")
            yield Progress(what="loaded")
        finally:
            closed.append(True)

    call = Call(task=Task("hi", app="kiosk"), decision=DECISION, constraint=Constraint())
    events = [event async for event in greeting(call, inside)]
    assert events[0] == Noted(name="greeting", value="hello kiosk")
    assert len(events) == 3

    closed.clear()
    early: Any = greeting(call, inside)
    assert [await anext(early), await anext(early)][1] == Progress(what="loading")
    await early.aclose()
    assert closed == [True]


def test_opinions_about_a_task(example: Callable[[str], Example]) -> None:
    _, manager = example("classify_task")
    asked: dict[str, Any] = {"task": Task("Translate this"), "analysis": ANALYSIS}
    assert manager.hook.classify_task(**asked) == Intent(name="TRANSLATION", role="translation")
    assert manager.hook.classify_task(task=Task("Sing"), analysis=ANALYSIS) is None

    _, manager = example("constrain_task")
    (limit,) = manager.hook.constrain_task(task=Task("hi", app="payroll"), analysis=ANALYSIS)
    assert limit.private
    assert limit.reasons
    assert manager.hook.constrain_task(**asked) == []

    _, manager = example("veto_models")
    (vetoes,) = manager.hook.veto_models(task=Task("hi", app="kiosk"), analysis=ANALYSIS, models=MODELS)
    assert list(vetoes) == ["dear"]
    assert manager.hook.veto_models(**asked, models=MODELS) == [{}]

    _, manager = example("score_models")
    assert manager.hook.score_models(**asked, models=MODELS) == [{"fast": 1.0}]


def test_what_is_told(example: Callable[[str], Example]) -> None:
    module, manager = example("decision_made")
    manager.hook.decision_made(decision=DECISION)
    assert module.roles == {"coding": 1}

    module, manager = example("attempt_finished")
    attempt = Attempt(number=1, model="fast", provider="echo", started=0.0, seconds=0.25)
    manager.hook.attempt_finished(attempt=attempt)
    manager.hook.attempt_finished(attempt=attempt)
    assert module.seconds == {"fast": 0.5}

    module, manager = example("task_finished")
    manager.hook.task_finished(trace=Trace(id="t", task_id="1", started_at=0.0))
    assert module.unanswered == []
    error = ErrorInfo(type="PrivacyError", message="nowhere to go")
    manager.hook.task_finished(trace=Trace(id="t", task_id="2", started_at=0.0, error=error))
    assert module.unanswered == [("2", "PrivacyError")]


class StillKernel:
    """Only what the examples ask of a kernel, which this package may not import."""

    async def health(self) -> Mapping[str, Health]:
        return {"fast": Health(state="healthy"), "dear": Health(state="down")}


async def test_the_kernels_life(example: Callable[[str], Example]) -> None:
    module, manager = example("kernel_started")
    for waiting in manager.hook.kernel_started(kernel=StillKernel()):
        await waiting
    assert module.down == ["dear"]

    module, manager = example("kernel_stopping")
    beside = module.asyncio.create_task(module.asyncio.Event().wait())
    module.tasks.add(beside)
    for waiting in manager.hook.kernel_stopping(kernel=StillKernel()):
        await waiting
    assert beside.cancelled()
