"""Who makes vectors: models of one embedding space, since vectors of different models mean nothing to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve

from aurarouter_core.config import Config, ModelEntry
from aurarouter_hooks import Constraint, Intent, Task, UnknownRoleError

EMBEDDING = "embedding"
"""The role that makes vectors, where the task names neither a role nor a model."""
EMBED = Intent(name="EMBED", role=EMBEDDING)


def makers(task: Task, config: Config, limits: Constraint) -> tuple[str, Sequence[str]]:
    """The role, and the models that a task for vectors names: by themselves or by a role. Wording plays no part.

    Raises:
        UnknownRoleError: It is not configured.
    """
    role = task.role or EMBEDDING
    if task.model is not None:
        return role, (task.model,)
    if role not in config.roles:
        raise UnknownRoleError(role, sorted(filter(limits.allows_role, config.roles)))
    return role, tuple(dict.fromkeys(config.roles[role].models))


def longest(task: Task) -> Task:
    """The task with its longest text alone: each is read by itself, so that one has to fit."""
    return evolve(task, messages=[max(task.messages, key=lambda message: len(message.text))]) if task.messages else task


def foreign(chain: Sequence[str], models: Mapping[str, ModelEntry]) -> dict[str, str]:
    """Why models of a chain may not stand in for its first one, which settles the space whether it answers or not.

    Models that are said to make no vectors don't count: they are ruled out anyway.
    """
    able = [name for name in chain if (can := models[name].capabilities) is None or "embed" in can]
    if not able:
        return {}
    first, *others = able
    space = models[first].embedding_space
    why = f"its vectors are not known to be of the same space as those of '{first}' ('embedding_space')"
    return {name: why for name in others if not space or models[name].embedding_space != space}
