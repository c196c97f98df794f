"""Plugins: found, guarded and named; a broken one harms nobody else."""

import logging
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy
import pytest

from aurarouter_core import Plugins, Task, discovery
from aurarouter_hooks import (
    PluginError,
    Provider,
    hookimpl,
    hookspec,
)

Make = Callable[..., Any]


def raising(*_: object) -> Any:
    raise ValueError("deliberate")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretends that entry points are installed: name → function that loads, or raises."""

    def install(**loaders: Callable[[], object]) -> None:
        class Found(EntryPoint):
            def load(self) -> object:
                return loaders[self.name]()

        found = [Found(name=name, value="x", group="aurarouter") for name in loaders]
        monkeypatch.setattr(discovery, "entry_points", lambda group: found)

    return install


def test_a_plugin_that_cannot_be_imported_is_reported_and_the_rest_goes_on(
    installed: Callable[..., None], make_plugin: Make, caplog: pytest.LogCaptureFixture
) -> None:
    installed(bad=raising, good=lambda: make_plugin("good", register_verbs=lambda: {"haiku": "coding"}))
    with caplog.at_level(logging.WARNING):
        plugins = Plugins()
    assert plugins.found["bad"].state == "broken"
    assert "ValueError: deliberate" in plugins.found["bad"].error
    assert plugins.verbs == {"haiku": "coding"}
    assert "plugin 'bad' is left out" in caplog.text


def test_a_plugin_that_exits_at_import_does_not_end_us(installed: Callable[..., None]) -> None:
    def leave() -> object:
        raise SystemExit(3)

    installed(bad=leave)
    assert Plugins().found["bad"].error == "SystemExit: 3"


@pytest.mark.parametrize(
    ("needs", "fits"),
    [
        ("aurarouter<2,>=1", True),
        ("aurarouter", True),
        ("aurarouter[gui] (>=1.0)", True),
        ("aurarouter-echo>=7", True),
        ("aurarouter~=1.0", True),
        ("aurarouter==1.*,!=1.0.1", True),
        ('aurarouter>=7; extra == "later"', True),
        ("aurarouter @ file:///somewhere", True),
        ("aurarouter<3,>=2", False),
        ("AuraRouter>=1.0.1", False),
        ("aurarouter<1", False),
        ("aurarouter[gui]~=2.0", False),
        ("aurarouter==0.5.*", False),
        ("aurarouter!=1.0", False),
    ],
)
def test_a_plugin_that_needs_another_version_is_left_out_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needs: str, fits: bool
) -> None:
    info = tmp_path / "stranger-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stranger\nVersion: 1\nRequires-Dist: {needs}\n")
    (info / "entry_points.txt").write_text("[aurarouter]\nstranger = string\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(discovery, "__version__", "1.0.0")
    found = Plugins(environ={"AURAROUTER_PLUGINS": "stranger"}).found["stranger"]
    assert (found.state, found.distribution, found.version) == ("loaded" if fits else "broken", "stranger", "1")
    assert found.error == ("" if fits else f"PluginError: it needs {needs}, and this is 1.0.0")


def test_a_misspelt_hook_is_an_error_that_names_plugin_and_hook(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("typo", register_provider=lambda: {"x": Provider})])
    found = plugins.found["typo"]
    assert found.state == "broken"
    assert "'register_provider' (did you mean 'register_providers'?)" in found.error
    assert plugins.providers == {}


def test_a_hook_with_wrong_arguments_is_an_error(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("args", decision_made=lambda verdict: None)])
    assert plugins.found["args"].state == "broken"
    assert "verdict" in plugins.found["args"].error


def test_an_optional_hook_of_an_absent_plugin_is_fine() -> None:
    class Brings:
        @hookimpl(optionalhook=True)
        def gui_panels(self) -> list[str]:
            return ["panel"]

    plugins = Plugins(discover=False, extra=[Brings()])
    assert plugins.found["Brings"].state == "loaded"
    assert plugins.call_hook("gui_panels") == [["panel"]]


def test_a_plugin_may_bring_hooks_of_its_own(make_plugin: Make) -> None:
    class Specs:
        @hookspec
        def gui_panels(self) -> list[str] | None: ...

    host = make_plugin("host", register_hookspecs=lambda: Specs)
    guest = make_plugin("guest", gui_panels=lambda: ["mine"])
    broken = make_plugin("broken", gui_panels=raising)
    plugins = Plugins(discover=False, extra=[host, guest, broken])
    assert plugins.call_hook("gui_panels") == [["mine"]]
    assert [fault.plugin for fault in plugins.guard.faults] == ["broken"]


def test_wrappers_are_refused() -> None:
    class Wraps:
        @pluggy.HookimplMarker("aurarouter")(wrapper=True)
        def decision_made(self, decision: object) -> Iterator[None]:
            yield

    assert "middleware" in Plugins(discover=False, extra=[Wraps()]).found["Wraps"].error


def test_two_plugins_with_one_key_is_an_error_that_names_both(make_plugin: Make) -> None:
    extra = [make_plugin(name, register_providers=lambda: {"x": Provider}) for name in ("one", "two")]
    with pytest.raises(PluginError, match=r"'x' is brought by both '(one|two)' and '(one|two)'"):
        Plugins(discover=False, extra=extra).providers  # noqa: B018


def test_allow_list_and_block_list(installed: Callable[..., None], make_plugin: Make) -> None:
    installed(a=lambda: make_plugin("a"), b=lambda: make_plugin("b"), c=lambda: make_plugin("c"))
    states = {name: plugin.state for name, plugin in Plugins(environ={"AURAROUTER_PLUGINS": "a, b"}).found.items()}
    assert states == {"a": "loaded", "b": "loaded", "c": "off"}
    states = {name: plugin.state for name, plugin in Plugins(environ={"AURAROUTER_WITHOUT": "b"}).found.items()}
    assert states == {"a": "loaded", "b": "off", "c": "loaded"}
    assert {plugin.state for plugin in Plugins(environ={"AURAROUTER_PLUGINS": ""}).found.values()} == {"off"}


async def test_life_hooks_may_return_awaitables_and_may_fail(make_plugin: Make) -> None:
    heard: list[str] = []

    async def late(kernel: object) -> None:
        heard.append("awaited")

    async def bad(kernel: object) -> None:
        raise ValueError("deliberate")

    plugins = Plugins(
        discover=False,
        extra=[
            make_plugin("a", kernel_started=lambda kernel: heard.append("plain")),
            make_plugin("b", kernel_started=lambda kernel: late(kernel)),
            make_plugin("c", kernel_started=lambda kernel: bad(kernel)),
        ],
    )
    await plugins.lifecycle("kernel_started", None)  # type: ignore[arg-type]  # none of them looks at it
    assert sorted(heard) == ["awaited", "plain"]
    assert [fault.plugin for fault in plugins.guard.faults] == ["c"]


def test_two_plugins_of_one_class_are_two(make_plugin: Make) -> None:
    one, two = make_plugin("same", register_verbs=lambda: {"a": "x"}), make_plugin("same")
    assert {plugin.state for plugin in Plugins(discover=False, extra=[one, two]).found.values()} == {"loaded"}


def test_one_string_is_not_several() -> None:
    with pytest.raises(TypeError, match="expected several strings"):
        Task("x", tags="eu")
