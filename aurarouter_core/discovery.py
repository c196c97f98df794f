"""Finds plugins and loads each by itself: a broken one is reported by name and never stops the rest."""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

import pluggy
from attrs import define

from aurarouter_core import __version__
from aurarouter_core.install import GROUP, switch_of
from aurarouter_core.needs import unmet
from aurarouter_hooks import PluginError, specs

log = logging.getLogger(__name__)


@define
class Plugin:
    """One plugin that was found. `state` is "loaded", "off" (by `switch`) or "broken"; `entry`: what to load."""

    name: str
    entry: str = ""
    distribution: str = ""
    version: str = ""
    state: str = "loaded"
    switch: str = ""
    error: str = ""
    hooks: tuple[str, ...] = ()
    milliseconds: float = 0.0


class Discovery:
    """A manager with every plugin that could be loaded, and what became of the others.

    Args:
        installed: Look for entry points of the group "aurarouter".
        extra: Plugins of the embedding program.
        environ: Holds AURAROUTER_PLUGINS (only these) and AURAROUTER_WITHOUT (not these), comma-separated.
    """

    def __init__(self, *, installed: bool, extra: Iterable[object], environ: Mapping[str, str]) -> None:
        self.manager = pluggy.PluginManager(specs.PROJECT)
        self.manager.add_hookspecs(specs)
        self.found: dict[str, Plugin] = {}
        self._environ = environ
        if installed:
            for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
                self._find(entry)
        for loaded in extra:
            name = getattr(loaded, "__name__", None) or type(loaded).__name__
            while name in self.found:
                name += "'"
            self._load(Plugin(name=name), lambda loaded=loaded: loaded)  # type: ignore[misc]
        self._add_hookspecs()
        self._refuse_misspelt()
        for name, plugin in self.found.items():
            loaded = self.manager.get_plugin(name)
            if loaded is not None:
                plugin.hooks = tuple(sorted(caller.name for caller in self._callers(loaded)))

    def _find(self, entry: EntryPoint) -> None:
        said = entry.dist.metadata if entry.dist else None  # each property of `dist` reads it anew
        plugin = Plugin(entry.name, entry.value, said["Name"] if said else "", said["Version"] if said else "")
        first = self.found.get(entry.name)
        if first is not None:
            plugin.state, plugin.error = "broken", f"its name is taken by {first.distribution} {first.version}"
            self.found[f"{entry.name} ({plugin.distribution})"] = plugin
        elif switch := switch_of(entry.name, self._environ):
            plugin.state, plugin.switch = "off", switch
            self.found[entry.name] = plugin
        elif needs := unmet(said.get_all("Requires-Dist") or () if said else (), __version__):
            self.found[entry.name] = plugin
            self._leave_out(plugin, PluginError(f"it needs {needs}, and this is {__version__}", plugin=entry.name))
        else:
            self._load(plugin, lambda: _of_its_own(entry.load()))

    def _load(self, plugin: Plugin, load: Callable[[], object]) -> None:
        self.found[plugin.name] = plugin
        started = time.perf_counter()
        try:
            loaded = load()
            self.manager.register(loaded, name=plugin.name)
            for caller in self._callers(loaded):
                if any(impl.plugin is loaded and (impl.wrapper or impl.hookwrapper) for impl in caller.get_hookimpls()):
                    raise PluginError(
                        f"'{caller.name}' is a hook wrapper; the contract has middleware instead", plugin=plugin.name
                    )
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise anything; it is reported
            self._leave_out(plugin, error)
        plugin.milliseconds = (time.perf_counter() - started) * 1000

    def _add_hookspecs(self) -> None:
        for impl in list(self.manager.hook.register_hookspecs.get_hookimpls()):
            try:
                brought: type | None = impl.function()  # type: ignore[assignment]
                if brought is not None:
                    self.manager.add_hookspecs(brought)
            except Exception as error:  # noqa: BLE001 - reported with the plugin's name
                self._leave_out(self.found[impl.plugin_name], error)

    def _refuse_misspelt(self) -> None:
        """A hook that nobody specified would be silence for ever, so it is an error."""
        specified = [name for name in vars(self.manager.hook) if getattr(self.manager.hook, name).has_spec()]
        for name, loaded in list(self.manager.list_name_plugin()):
            for caller in self._callers(loaded):
                mine = [impl for impl in caller.get_hookimpls() if impl.plugin is loaded]
                if caller.has_spec() or all(impl.optionalhook for impl in mine):
                    continue
                near = difflib.get_close_matches(caller.name, specified, n=1)
                meant = f" (did you mean '{near[0]}'?)" if near else ""
                error = PluginError(f"no hook is called '{caller.name}'{meant}", plugin=name)
                self._leave_out(self.found[name], error)
                break

    def _callers(self, loaded: object) -> list[pluggy.HookCaller]:
        return self.manager.get_hookcallers(loaded) or []

    def _leave_out(self, plugin: Plugin, error: BaseException) -> None:
        if self.manager.has_plugin(plugin.name):
            self.manager.unregister(name=plugin.name)
        plugin.state, plugin.error = "broken", f"{type(error).__name__}: {error}"
        log.warning("plugin '%s' is left out: %s", plugin.name, plugin.error)


def _of_its_own(loaded: object) -> object:
    """A plugin that is a class keeps a state: each router has one of its own."""
    return loaded() if isinstance(loaded, type) else loaded
