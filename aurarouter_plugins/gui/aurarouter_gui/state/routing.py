"""The routing panel: roles and their chains, words and kinds of task, and where a prompt would go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from aurarouter_core import Amendment, Change, IntentRow, Layers, Remove, Set, chains_in, check_config, intents_of
from aurarouter_gui.state.amending import Changes, amended, request_of
from aurarouter_gui.state.chains import Chains, chains_of
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.preview import Preview, Shown
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_hooks import ConfigError


@frozen(kw_only=True)
class Picture:
    """Routing as the configuration has it.

    Attributes:
        chains: Role → its models in order.
        descriptions: Role → what it is for.
        providers: Model → its provider.
        verbs: Role → what people call its work.
        intents: Kinds of task.
        settings: All settings, as they are written.
        problems: What is wrong with the configuration; the rest is as far as it can be read then.
    """

    chains: Mapping[str, tuple[str, ...]] = field(factory=dict)
    descriptions: Mapping[str, str] = field(factory=dict)
    providers: Mapping[str, str] = field(factory=dict)
    verbs: Mapping[str, tuple[str, ...]] = field(factory=dict)
    intents: Sequence[IntentRow] = ()
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    problems: tuple[str, ...] = ()


@frozen(kw_only=True)
class IntentDraft:
    """An intent as its form has it; what is empty is not set."""

    name: str
    role: str
    description: str = ""
    examples: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    def is_like(self, row: IntentRow) -> bool:
        """The configuration says the same."""
        return row.configured and row.intent == self.name and not self.changes(row)

    def changes(self, before: IntentRow | None) -> list[Change]:
        """What makes the configuration like this."""
        found: list[Change] = []
        for setting, was, now in (
            ("role", before.role if before else None, self.role),
            ("description", before.description if before else "", self.description),
            ("examples", before.examples if before else (), self.examples),
            ("synonyms", before.synonyms if before else (), self.synonyms),
        ):
            path = ("intents", self.name, setting)
            if now != was:
                found.append(Set(path, list(now) if isinstance(now, tuple) else now) if now else Remove(path))
        return found


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    picture: Callable[[Picture], None] = field(default=lambda _: None)
    saved: Callable[[Amendment], None] = field(default=lambda _: None)
    simulated: Callable[[Shown | None], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)
    unread: Callable[[Trouble], None] = field(default=lambda _: None)
    """The configuration can't be read; a picture follows once it can."""


class Routing:
    """What the routing panel shows. Lives on the UI's thread.

    Attributes:
        picture: As the configuration has it.
        chains: As the user rearranges it.
        busy: A change is being written.
    """

    def __init__(self, link: Link, listeners: Listeners) -> None:
        self._link = link
        self._told = listeners
        self.simulator = Preview(link, listeners.simulated)
        self.picture = Picture()
        self.chains = Chains({})
        self.busy = False
        self._known: dict[tuple[str, str], object] = {}  # what stood there when something began to be written for it
        self._written: set[tuple[str, str]] = set()  # by us, since the configuration was last read

    def refresh(self) -> None:
        """Read the configuration again; unless chains are being rearranged, they are as it says."""

        def came(picture: Picture) -> None:
            self.picture = picture
            self.chains.rebase(picture.chains)
            for path in self._written:
                self._known.pop(path, None)
            self._written.clear()
            self._told.picture(picture)

        self._link.worker.begin(asyncio.to_thread(self._read), came, lambda error: self._told.unread(trouble(error)))

    def _read(self) -> Picture:
        found = check_config(self._link.plugins, request_of(self._link))
        chains = list(chains_in(found.layers))
        models = found.layers.settings.get("models")
        return Picture(
            chains=chains_of(chains),
            descriptions={row.role: row.description for row in chains},
            providers={
                str(name): str(entry.get("provider", "")) if isinstance(entry, Mapping) else ""
                for name, entry in (models.items() if isinstance(models, Mapping) else ())
            },
            verbs={role: entry.synonyms for role, entry in found.config.semantic_verbs.items()} if found.config else {},
            intents=intents_of(found.config, self._link.plugins) if found.config else (),
            settings=found.layers.settings,
            problems=tuple(map(str, found.problems)),
        )

    def save(self) -> None:
        """Write the chains that were rearranged."""
        if self.chains.changed:
            self._change(self.chains.changes(), self._own_chains)

    def writing(self, section: str, names: Collection[str]) -> None:
        """For these of a section alone something is written and not saved: it began with what stands there now."""
        self._known = {path: was for path, was in self._known.items() if path[0] != section or path[1] in names}
        for name in names:
            self._known.setdefault((section, name), _at(self.picture.settings, (section, name)))

    def set_verbs(self, role: str, words: Sequence[str]) -> None:
        """What people call the work of a role."""
        path = ("semantic_verbs", role)
        self._change_of(path, [Set((*path, "synonyms"), list(words)) if words else Remove(path)])

    def set_intent(self, draft: IntentDraft) -> None:
        """Make an intent, or change one of the configuration."""
        rows = {row.intent: row for row in self.picture.intents if row.configured}
        changes = draft.changes(rows.get(draft.name))
        if changes:
            self._change_of(("intents", draft.name), changes)

    def remove_intent(self, name: str) -> None:
        """Take an intent out of the configuration."""
        path = ("intents", name)
        self._change_of(path, [Remove(path)])

    def _change_of(self, path: tuple[str, str], changes: Sequence[Change]) -> None:
        """Change what stands at a path, unless somebody else has changed it since this began to be written."""
        known = self._known.get(path, _at(self.picture.settings, path))

        def unchanged(layers: Layers) -> Sequence[Change]:
            now = _at(layers.settings, path)
            if now != known:
                self._known[path] = now  # the user knows of it now
                raise ConfigError(
                    f"{'.'.join(path)} was changed by somebody else meanwhile, and is left as it is",
                    hint="Look at it now; saving again puts yours in its place.",
                )
            return changes

        self._change(unchanged, lambda: self._written.add(path))

    def _own_chains(self) -> None:
        self.chains = Chains(self.chains.roles)

    def _change(self, changes: Changes, written: Callable[[], None]) -> None:
        if self.busy:
            return
        self.busy = True

        def came(amendment: Amendment) -> None:
            self.busy = False
            written()
            self._told.saved(amendment)
            self.refresh()

        self._link.worker.begin(amended(self._link, changes), came, self._failed)

    def _failed(self, error: BaseException) -> None:
        if self.busy:
            self.busy = False
            self.refresh()
        self._told.trouble(trouble(error))


def _at(settings: object, path: Sequence[str]) -> object:
    """What stands there; None for nothing."""
    for name in path:
        settings = settings.get(name) if isinstance(settings, Mapping) else None
    return settings
