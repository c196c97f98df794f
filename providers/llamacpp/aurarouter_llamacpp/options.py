"""What a user may set for a model in this process, and what holds where nothing is set."""

import os
import sys
from dataclasses import dataclass
from typing import Any

from aurarouter_hooks import ConfigError, GgufHeader, Model

USUAL_CONTEXT = 4096
_LEAST = {"n_ctx": 1, "n_threads": 1, "gpu_layers": -1, "seed": 0}
_SWITCHES = ("embed", "normalise")


@dataclass(frozen=True)
class Options:
    """What the user may set under the model's options.

    Attributes:
        n_ctx: Tokens of context; None for what the model was trained for, 4096 at most.
        n_threads: Threads that calculate; None for all cores but one.
        gpu_layers: Layers for the GPU, -1 for all; None for all where llama.cpp has GPU support.
        seed: For repeatable answers of prompts that bring no seed of their own; None for random ones.
        embed: Make vectors of texts, too.
        normalise: Vectors have the length 1.
    """

    n_ctx: int | None = None
    n_threads: int | None = None
    gpu_layers: int | None = None
    seed: int | None = None
    embed: bool = False
    normalise: bool = True

    @classmethod
    def of(cls, model: Model) -> "Options":
        """Read a model's options.

        Raises:
            ConfigError: A name is unknown or a value can't be used; all problems at once.
        """
        given = {name: value for name, value in model.options.items() if value is not None}
        wrongs = {name: _wrong(name, value) for name, value in given.items()}
        problems = [f"models.{model.id}.options.{name}: {wrong}" for name, wrong in wrongs.items() if wrong]
        if problems:
            raise ConfigError("; ".join(problems), problems=problems, hint="Correct the model's options.")
        return cls(**given)

    def context(self, header: GgufHeader | None) -> int | None:
        """Tokens of context that a model with this header gets; None where only loading it tells."""
        if self.n_ctx is not None or header is None or header.context_length is None:
            return self.n_ctx
        return min(header.context_length, USUAL_CONTEXT)

    @property
    def threads(self) -> int:
        """Threads that calculate."""
        return self.n_threads or spare_cores()


def spare_cores() -> int:
    """All cores that this process may use but one.

    llama.cpp's threads wait for each other in a busy loop: where a neighbour takes the core of one, all stand still,
    and a small model answers many times slower than with a thread less. `benchmarks/bench_llamacpp.py` measures it.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores - 1)


def _wrong(name: str, value: Any) -> str:
    """Why this option can't be used; empty when it can."""
    if name in _SWITCHES:
        return "" if isinstance(value, bool) else "must be true or false"
    if name not in _LEAST:
        return f"unknown option; llamacpp knows {', '.join(Options.__annotations__)}"
    return "" if type(value) is int and value >= _LEAST[name] else f"must be a whole number of at least {_LEAST[name]}"
