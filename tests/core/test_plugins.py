"""Plugins: found, guarded, merged; a broken one has a name and harms nobody else."""

import logging
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy
import pytest

from aurarouter_core import Plugins, Task, discovery
from aurarouter_core.hotpath import analyse
from aurarouter_hooks import (
    Constraint,
    Intent,
    Middleware,
    Model,
    PluginBrokenError,
    PluginError,
    Provider,
    hookimpl,
    hookspec,
)

TASK = Task("hello")
ANALYSIS = analyse("hello")
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


def test_an_opinion_that_raises_is_left_out_and_counted(make_plugin: Make) -> None:
    plugins = Plugins(
        discover=False,
        extra=[
            make_plugin("good", score_models=lambda task: {"a": 1.5}, classify_task=lambda: Intent(name="X")),
            make_plugin("bad", score_models=lambda task: raising(), classify_task=lambda task: raising()),
        ],
    )
    assert plugins.score(TASK, ANALYSIS, []) == {"a": 1.5}
    assert plugins.classify(TASK, ANALYSIS) == Intent(name="X")
    assert [(fault.plugin, fault.hook) for fault in plugins.guard.faults] == [
        ("bad", "score_models"),
        ("bad", "classify_task"),
    ]


class _Gate(Middleware):
    def limits(self, app: str, settings: Mapping[str, Any]) -> Constraint | None:
        raise ValueError("deliberate")


@pytest.mark.parametrize("hook", ["veto_models", "constrain_task", "register_middleware"])
def test_a_limit_that_raises_refuses_the_task(make_plugin: Make, hook: str) -> None:
    plugins = Plugins(
        discover=False,
        extra=[make_plugin("guard", **{hook: lambda: [_Gate()] if hook == "register_middleware" else raising()})],
    )
    asked: dict[str, tuple[Callable[..., Any], list[Any]]] = {
        "veto_models": (plugins.veto, [TASK, ANALYSIS, []]),
        "constrain_task": (plugins.constrain, [TASK, ANALYSIS]),
        "register_middleware": (plugins.limit, ["editor", {}]),
    }
    call, arguments = asked[hook]
    with pytest.raises(PluginBrokenError, match="plugin 'guard' failed in") as caught:
        call(*arguments)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "AURAROUTER_WITHOUT=guard" in caught.value.hint


def test_results_do_not_depend_on_the_order_of_plugins(make_plugin: Make) -> None:
    extra = [
        make_plugin("a", score_models=lambda: {"m": 0.1, "n": 1e16}, veto_models=lambda: {"m": "tired"}),
        make_plugin("b", score_models=lambda: {"m": 0.2, "n": 1.0}, veto_models=lambda: {"m": "old"}),
        make_plugin("c", score_models=lambda: {"m": 0.3, "n": -1e16}, constrain_task=lambda: Constraint(private=True)),
    ]
    models = [Model(id="m", provider="x")]
    forwards = Plugins(discover=False, extra=extra)
    backwards = Plugins(discover=False, extra=reversed(extra))
    assert forwards.score(TASK, ANALYSIS, models) == backwards.score(TASK, ANALYSIS, models) == {"m": 0.6, "n": 1.0}
    assert forwards.veto(TASK, ANALYSIS, models) == backwards.veto(TASK, ANALYSIS, models) == {"m": "a: tired; b: old"}


def test_a_score_that_is_no_number_counts_as_a_fault(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("nan", score_models=lambda: {"m": float("nan"), "n": 1.0})])
    assert plugins.score(TASK, ANALYSIS, []) == {}
    assert plugins.guard.faults[0].plugin == "nan"


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


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ("register_providers", ["x"]),
        ("register_verbs", {"a": 1}),
        ("register_intents", "abc"),
        ("register_middleware", [object()]),
        ("register_settings", [1]),
        ("register_middleware", [Middleware]),
        ("classify_task", "coding"),
        ("classify_task", Intent(name=None, role="coding")),  # type: ignore[arg-type]
        ("score_models", "high"),
        ("score_models", {"m": 10**400}),
    ],
)
def test_a_wrong_answer_is_a_fault_with_a_name(make_plugin: Make, hook: str, answer: object) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", **{hook: lambda: answer})])
    ask: dict[str, Callable[[], object]] = {
        "register_providers": lambda: plugins.providers,
        "register_verbs": lambda: plugins.verbs,
        "register_intents": lambda: plugins.intents,
        "register_middleware": lambda: plugins.middleware,
        "register_settings": lambda: plugins.settings_layers("local"),
        "classify_task": lambda: plugins.classify(TASK, ANALYSIS),
        "score_models": lambda: plugins.score(TASK, ANALYSIS, []),
    }
    assert not ask[hook]()
    assert [(fault.plugin, fault.hook) for fault in plugins.guard.faults] == [("odd", hook)]


def test_a_wrong_veto_refuses_the_task(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", veto_models=lambda: ["a"])])
    with pytest.raises(PluginBrokenError, match="plugin 'odd' failed in veto_models"):
        plugins.veto(TASK, ANALYSIS, [])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"reasons": "one"}, "reasons"), ({"reasons": (1,)}, "reasons"), ({"private": "no"}, "private")],
)
def test_a_wrong_limit_refuses_the_task_and_says_what_is_wrong(
    make_plugin: Make, wrong: dict[str, Any], word: str
) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", constrain_task=lambda: Constraint(**wrong))])
    with pytest.raises(PluginBrokenError, match="plugin 'odd' failed in constrain_task"):
        plugins.constrain(TASK, ANALYSIS)
    assert word in plugins.guard.faults[0].error


def test_the_largest_scores_can_be_summed(make_plugin: Make) -> None:
    extra = [make_plugin(name, score_models=lambda: {"m": 1e300, "n": -1e300}) for name in ("a", "b")]
    assert Plugins(discover=False, extra=extra).score(TASK, ANALYSIS, []) == {"m": 2e300, "n": -2e300}
    extra = [make_plugin(name, score_models=lambda: {"m": 1.7e308}) for name in ("a", "b")]
    assert Plugins(discover=False, extra=extra).score(TASK, ANALYSIS, []) == {}


def test_two_plugins_of_one_class_are_two(make_plugin: Make) -> None:
    one, two = make_plugin("same", register_verbs=lambda: {"a": "x"}), make_plugin("same")
    assert {plugin.state for plugin in Plugins(discover=False, extra=[one, two]).found.values()} == {"loaded"}


def test_one_string_is_not_several() -> None:
    with pytest.raises(TypeError, match="expected several strings"):
        Task("x", tags="eu")
