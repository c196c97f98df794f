"""What the files of models say of themselves, and how much memory each will take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from aurarouter_core.amounts import written
from aurarouter_core.router import Router
from aurarouter_hooks import ConfigError


@frozen(kw_only=True)
class FileFacts:
    """What is known of a model's file.

    Attributes:
        path: Where it is.
        problem: Why it can't be read; nothing else is known then.
        context_length: Tokens that the model was trained for; what its options ask for may be less.
        memory: Bytes that loading it with its options will take; None where its provider doesn't load it here.
    """

    path: Path
    problem: str = ""
    architecture: str = ""
    name: str = ""
    quantisation: str = ""
    parameters: int = 0
    context_length: int | None = None
    pooling: str = ""
    file_bytes: int = 0
    memory: int | None = None

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        said = [self.architecture, f"{_short(self.parameters)} parameters", self.quantisation]
        said += [f"context {self.context_length}"] if self.context_length is not None else []
        said += [f"takes {written(self.memory)} of memory"] if self.memory is not None else []
        return ", ".join(part for part in said if part)


def file_facts(router: Router) -> Mapping[str, FileFacts]:
    """By model: of those that have a file which is here, and a provider that holds such files in memory."""
    found: dict[str, FileFacts] = {}
    pool, snapshot = router.pool, router.snapshot
    for name, entry in snapshot.config.models.items():
        kind, path = snapshot.plugins.providers.get(entry.provider), pool.file(entry)
        if kind is None or path is None or entry.unset:
            continue
        try:
            model = pool.with_file(kind, snapshot.models[name], path)
            holds = kind.residency(model) is not None
        except ConfigError:  # its health says so
            continue
        header = model.header
        if header is None:
            if holds:
                found[name] = FileFacts(path=path, problem=pool.headers.problem(path))
            continue
        found[name] = FileFacts(
            path=path,
            architecture=header.architecture,
            name=header.name,
            quantisation=header.quantisation,
            parameters=header.parameters,
            context_length=header.context_length,
            pooling=header.pooling,
            file_bytes=header.file_bytes,
            memory=model.memory,
        )
    return found


def _short(count: int) -> str:
    """A large number for people: "135 M"."""
    value = float(count)
    for unit in ("", " K", " M", " G"):
        if value < 999.5:
            return f"{value:.0f}{unit}" if value >= 100 or not unit else f"{value:.1f}{unit}"
        value /= 1000
    return f"{value:.1f} T"
