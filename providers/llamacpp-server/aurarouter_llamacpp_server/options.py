"""What a user may set for a server that we start: checked names, checked values, no way to open it to others."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from aurarouter_hooks import ConfigError, Model

WHEEL = "xllamacpp"  # as `binary`: the wheel, even where a llama-server is in the PATH

# Flags of llama-server that only change how it calculates. What names an address, a key, a file, a log or another
# machine is ours to say, or nobody's.
EXTRA = {
    "--batch-size": 1,
    "--cache-type-k": 1,
    "--cache-type-v": 1,
    "--cpu-moe": 0,
    "--flash-attn": 1,
    "--load-mode": 1,
    "--main-gpu": 1,
    "--mlock": 0,
    "--n-cpu-moe": 1,
    "--no-kv-offload": 0,
    "--no-mmap": 0,
    "--no-repack": 0,
    "--numa": 1,
    "--poll": 1,
    "--prio": 1,
    "--rope-freq-base": 1,
    "--rope-freq-scale": 1,
    "--rope-scale": 1,
    "--rope-scaling": 1,
    "--split-mode": 1,
    "--swa-full": 0,
    "--tensor-split": 1,
    "--ubatch-size": 1,
    "--yarn-orig-ctx": 1,
}
_LEAST = {"n_ctx": 1, "n_threads": 1, "gpu_layers": -1, "n_parallel": 1, "load_timeout": 1}


@frozen(kw_only=True)
class Options:
    """What the user may set under the model's options.

    Attributes:
        n_ctx: Tokens of one request, prompt and answer together.
        n_threads: Threads that calculate; None for all cores but one.
        gpu_layers: Layers for the GPU, -1 for all; None leaves it to llama.cpp.
        n_parallel: Requests that are answered at a time; each has `n_ctx` tokens of its own.
        embed: Serve embeddings.
        binary: The llama-server to start, or "xllamacpp" for the wheel; "" looks for either.
        extra_args: Further flags of llama-server, out of `EXTRA`.
        load_timeout: Seconds that starting and loading may take.
    """

    n_ctx: int = 4096
    n_threads: int | None = None
    gpu_layers: int | None = None
    n_parallel: int = 1
    embed: bool = False
    binary: str = ""
    extra_args: tuple[str, ...] = ()
    load_timeout: int = 600

    @classmethod
    def of(cls, model: Model) -> Options:
        """Read a model's options.

        Raises:
            ConfigError: A name is unknown, a value can't be used, or there is an endpoint; all problems at once.
        """
        given = {name: value for name, value in model.options.items() if value is not None}
        problems = [f"{name}: {wrong}" for name, value in given.items() if (wrong := _wrong(name, value))]
        if model.endpoint:
            problems = [f"{name}: only for a server that is started here, so not with an endpoint" for name in given]
        if problems:
            problems = [f"models.{model.id}.options.{problem}" for problem in problems]
            raise ConfigError("; ".join(problems), problems=problems, hint="Correct the model's options.")
        return cls(**given | {"extra_args": tuple(map(str, given.get("extra_args", ())))})


def _wrong(name: str, value: Any) -> str:
    """Why this option can't be used; empty when it can."""
    if name in _LEAST:
        whole = type(value) is int and value >= _LEAST[name]
        return "" if whole else f"must be a whole number of at least {_LEAST[name]}"
    if name == "embed":
        return "" if isinstance(value, bool) else "must be true or false"
    if name == "binary":
        return "" if isinstance(value, str) else "must be a path"
    if name == "extra_args":
        return _wrong_flags(value)
    return f"unknown option; llamacpp-server knows {', '.join(Options.__annotations__)}"


def _wrong_flags(value: Any) -> str:
    if not isinstance(value, list | tuple) or not all(type(word) in {str, int, float} for word in value):
        return "must be a list of flags and their values"
    words = [str(word) for word in value]
    while words:
        flag = words.pop(0)
        if flag not in EXTRA:
            return f"'{flag}' is not one of {', '.join(EXTRA)}"
        if len(words) < EXTRA[flag] or any(word.startswith("--") for word in words[: EXTRA[flag]]):
            return f"{flag} lacks its value"
        del words[: EXTRA[flag]]
    return ""
