"""Who serves which role, while it is being rearranged: nothing is in force before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurarouter_core import Change, Remove, Set

Roles = dict[str, tuple[str, ...]]


class Chains:
    """Roles and the order of their models, with every step undone if that is wanted.

    Args:
        saved: As the configuration has them.
    """

    def __init__(self, saved: Mapping[str, Sequence[str]]) -> None:
        self.saved: Roles = {role: tuple(models) for role, models in saved.items()}
        self.roles: Roles = dict(self.saved)
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
        self.roles, self._before = dict(self.saved), []

    def rebase(self, saved: Mapping[str, Sequence[str]]) -> None:
        """The configuration has these by now; what is being rearranged stays."""
        now: Roles = {role: tuple(models) for role, models in saved.items()}
        if not self.changed:
            self.roles, self._before = dict(now), []
        self.saved = now

    def changes(self) -> list[Change]:
        """What makes the configuration like this."""
        return [
            Set(("roles", role, "models"), list(self.roles[role])) if role in self.roles else Remove(("roles", role))
            for role in self.changed
        ]
