"""Who serves which role, while it is being rearranged: nothing is in force before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from aurarouter_core import Chain, Change, Layers, Remove, Set, chains_in
from aurarouter_hooks import ConfigError

Roles = dict[str, tuple[str, ...]]


class Chains:
    """Roles and the order of their models, with every step undone if that is wanted.

    Args:
        saved: As the configuration has them.

    Attributes:
        roles: As the user has them.
        saved: As the configuration has them; of those that are being rearranged, as it had them when that began.
    """

    def __init__(self, saved: Mapping[str, Sequence[str]]) -> None:
        self.saved: Roles = {role: tuple(models) for role, models in saved.items()}
        self.roles: Roles = dict(self.saved)
        self._there: Roles = dict(self.saved)
        self._before: list[Roles] = []

    @property
    def changed(self) -> list[str]:
        """The roles that are not as they were saved."""
        return [role for role in {**self.saved, **self.roles} if self.saved.get(role) != self.roles.get(role)]

    @property
    def can_undo(self) -> bool:
        """There is a step to undo."""
        return bool(self._before)

    def order(self, role: str, models: Sequence[str]) -> None:
        """The models of a role, in this order."""
        if self.roles.get(role) != tuple(models):
            self._before.append(dict(self.roles))
            self.roles[role] = tuple(models)

    def add(self, role: str, model: str) -> None:
        """One more model, tried last; nothing when it is there already."""
        if model not in self.roles[role]:
            self.order(role, [*self.roles[role], model])

    def remove(self, role: str, at: int) -> None:
        """Take the model at this place out."""
        models = self.roles[role]
        self.order(role, [*models[:at], *models[at + 1 :]])

    def move(self, role: str, at: int, to: int) -> bool:
        """Put the model at one place at another; False when there is no such place."""
        models = list(self.roles.get(role, ()))
        if not (0 <= at < len(models) and 0 <= to < len(models)):
            return False
        models.insert(to, models.pop(at))
        self.order(role, models)
        return True

    def add_role(self, role: str) -> None:
        """A role without models; one that is there stays as it is."""
        if role not in self.roles:
            self.order(role, [])

    def remove_role(self, role: str) -> None:
        """Take a role away."""
        self._before.append(dict(self.roles))
        del self.roles[role]

    def undo(self) -> None:
        """As it was before the last step."""
        if self._before:
            self.roles = self._before.pop()

    def discard(self) -> None:
        """As it is saved."""
        self.roles, self.saved, self._before = dict(self._there), dict(self._there), []

    def rebase(self, saved: Mapping[str, Sequence[str]]) -> None:
        """The configuration has these by now; what is being rearranged stays."""
        self._there = {role: tuple(models) for role, models in saved.items()}
        kept = [role for role in self.changed if self.roles.get(role) != self._there.get(role)]
        self._before = [_joined(step, self._there, kept) for step in self._before] if kept else []
        self.roles = _joined(self.roles, self._there, kept)
        self.saved = _joined(self.saved, self._there, kept)

    def changes(self) -> Callable[[Layers], Sequence[Change]]:
        """What makes a configuration like this, as it is now; what somebody else has rearranged meanwhile is refused.

        It raises `ConfigError` then.
        """
        wanted = {role: (self.saved.get(role), self.roles.get(role)) for role in self.changed}

        def changes(layers: Layers) -> Sequence[Change]:
            there = chains_of(chains_in(layers))
            theirs = [role for role, known in wanted.items() if there.get(role) not in known]
            if theirs:
                raise ConfigError(
                    f"the models of {', '.join(theirs)} were changed by somebody else meanwhile, and are left as they "
                    "are",
                    hint="Discard shows them; then make your change once more.",
                )
            return [
                Remove(("roles", role)) if models is None else Set(("roles", role, "models"), list(models))
                for role, (_, models) in wanted.items()
            ]

        return changes


def chains_of(rows: Iterable[Chain]) -> Roles:
    """Role → its models in order."""
    return {row.role: tuple(link.model for link in row.chain) for row in rows}


def _joined(own: Roles, others: Roles, kept: Collection[str]) -> Roles:
    """What is kept as in `own`, all else as in the others."""
    names = [role for role in {**others, **own} if role in (own if role in kept else others)]
    return {role: (own if role in kept else others)[role] for role in names}
