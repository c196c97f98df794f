"""What the user configured: a model, its key, where it runs, what it can do and how it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen
from attrs.exceptions import FrozenInstanceError

from aurarouter_hooks.values.gguf import GgufHeader


class Secret:
    """A key or token. Shows itself only through `reveal()`; every other form is masked.

    Not an attrs class like the rest: `attrs.asdict` of a model would lay it bare.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self._value,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(****)"

    def __str__(self) -> str:
        return "****"


@frozen(kw_only=True)
class Timeouts:
    """Seconds that one attempt may take; None means no limit of its own."""

    connect: float | None = 10.0
    first_token: float | None = None
    between_tokens: float | None = 60.0
    total: float | None = 120.0


@frozen(kw_only=True)
class Price:
    """US dollars per million tokens, with the day and the page that they were read from.

    Attributes:
        input, output: Of the prompt, and of the answer with its thinking.
        cached_input: Of what the service still had of the prompt; None for the price of any input.
        cached_write: Of what it keeps of the prompt for later; None for the price of any input.
        as_of: The day, as YYYY-MM-DD; "" for a price that the user gave.
        source: The page.
    """

    input: float = 0.0
    output: float = 0.0
    cached_input: float | None = None
    cached_write: float | None = None
    as_of: str = ""
    source: str = ""


@frozen(kw_only=True)
class Capabilities:
    """What a model can do.

    Attributes:
        names: Any of "stream", "tools", "vision", "json_schema", "logprobs", "embed", "reasoning"; None when unknown.
        context_length: Tokens of prompt and answer together; None when unknown.
    """

    names: frozenset[str] | None = None
    context_length: int | None = None


@frozen(kw_only=True)
class Location:
    """Where a model runs, as resolved just now.

    Attributes:
        kind: "process" (inside this one), "loopback" (another process of this machine), "remote", or "unknown".
        host: The name that was resolved.
        addresses: What it resolved to; a private attempt connects to one of these only.
        relay: What answers there may pass the request on (any HTTP server that we can't see through).
        cleared: Whether those who govern the place list it for private content, where somebody does: the configuration
            of a cell. It stands in the place of the model's tag `private`. None where nobody governs it.
    """

    kind: Literal["process", "loopback", "remote", "unknown"] = "unknown"
    host: str = ""
    addresses: tuple[str, ...] = ()
    relay: bool = False
    cleared: bool | None = None

    @property
    def here(self) -> bool:
        """True when the model provably runs on this machine."""
        return self.kind == "process" or (self.kind == "loopback" and not self.relay)


HealthState = Literal[
    "unknown", "healthy", "cold", "loading", "cooling", "open", "half_open", "rate_limited", "misconfigured", "down"
]


@frozen(kw_only=True)
class Health:
    """How a model is.

    Attributes:
        detail, hint: What is the matter, and what to do about it.
        progress: 0..1 while loading.
        retry_in: Seconds for which it is left alone.
    """

    state: HealthState = "unknown"
    detail: str = ""
    hint: str = ""
    progress: float | None = None
    retry_in: float | None = None


@frozen(kw_only=True)
class Model:
    """One configured model, as its provider sees it.

    Attributes:
        id: The name that the user gave it.
        provider: The configuration's `provider:` value.
        model_name: What the backend calls it; empty means the id.
        endpoint: The backend's URL; `endpoints` holds further ones in order.
        model_path: The file on disk. The kernel has made sure of it before the provider first loads.
        api_key: The key in force, if any; with several keys the kernel makes one provider for each.
        tags: The user's tags. `private` clears the model for private content.
        parameters: Default sampling parameters under OpenAI's names.
        options: Settings that only this provider knows (`gpu_layers` …).
        timeouts: Seconds that one attempt may take. `connect` is the provider's to keep; the executor keeps the rest.
        capabilities: What the user says it can do; overrides what the provider says.
        price: What it costs; None when unknown, zero when local.
        header: What its file says of itself; None when it has no file, or one that is no GGUF file.
        memory: Bytes that loading will take, told from the file's header; None when unknown.
        max_concurrency: Attempts at a time; None for no limit of its own.
        workdir: A private folder where the provider may keep small files of its own.
    """

    id: str
    provider: str
    model_name: str = ""
    endpoint: str = field(default="", repr=False)
    endpoints: tuple[str, ...] = field(default=(), repr=False)
    model_path: Path | None = None
    api_key: Secret | None = None
    tags: frozenset[str] = frozenset()
    parameters: Mapping[str, Any] = field(factory=dict)
    options: Mapping[str, Any] = field(factory=dict)
    timeouts: Timeouts = Timeouts()
    capabilities: Capabilities = Capabilities()
    price: Price | None = None
    header: GgufHeader | None = None
    memory: int | None = None
    max_concurrency: int | None = None
    workdir: Path | None = None

    @property
    def name(self) -> str:
        """The name to send to the backend."""
        return self.model_name or self.id
