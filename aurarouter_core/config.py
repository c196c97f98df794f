"""What a configuration may hold, as classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen


@frozen(kw_only=True)
class System:
    """Settings of the program as a whole.

    Attributes:
        log_level: How much is logged on stderr.
        default_timeout: Seconds that one attempt at a model may take unless the model says otherwise.
        default_role: Role of tasks that fit no other; also used where a role is not configured.
        keep_content: Keep prompts and answers in the stored traces.
    """

    log_level: str = "WARNING"
    default_timeout: float = 120.0
    default_role: str = "coding"
    keep_content: bool = False


@frozen(kw_only=True)
class AssetEntry:
    """A model file to fetch when it is missing; fields mean what they mean on `AssetSpec`."""

    source: str
    file: str
    size: int | None = None
    sha256: str = ""
    container_sha256: str = ""
    container_size: int | None = None
    licence: str = ""


@frozen(kw_only=True)
class PriceEntry:
    """US dollars per million tokens."""

    input: float = 0.0
    output: float = 0.0
    cached_input: float | None = None


@frozen(kw_only=True)
class ModelEntry:
    """One model. `api_key` may be `${env.NAME}`; `env_key: NAME` says the same."""

    provider: str
    model_name: str = ""
    endpoint: str = ""
    endpoints: tuple[str, ...] = ()
    model_path: str = ""
    asset: AssetEntry | None = None
    api_key: str = field(default="", repr=False)
    env_key: str = ""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = Factory(dict)
    options: Mapping[str, Any] = Factory(dict)
    timeout: float | None = None
    first_token_timeout: float | None = None
    capabilities: tuple[str, ...] | None = None
    context_length: int | None = None
    max_concurrency: int | None = None
    price: PriceEntry | None = None


@frozen(kw_only=True)
class RoleEntry:
    """A role's chain: the first model that answers wins."""

    models: tuple[str, ...] = ()
    description: str = ""


@frozen(kw_only=True)
class VerbsEntry:
    """Words that name a role."""

    synonyms: tuple[str, ...] = ()


@frozen(kw_only=True)
class IntentEntry:
    """A kind of task of the user's own."""

    role: str
    description: str = ""
    examples: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()


@frozen(kw_only=True)
class Config:
    """One valid configuration.

    Attributes:
        path: The file it came from; None when there was none.
        sections: The plugins' sections, by name.
        warnings: What is probably a mistake but harms nothing.
    """

    system: System = System()
    models: Mapping[str, ModelEntry] = Factory(dict)
    roles: Mapping[str, RoleEntry] = Factory(dict)
    semantic_verbs: Mapping[str, VerbsEntry] = Factory(dict)
    intents: Mapping[str, IntentEntry] = Factory(dict)
    sections: Mapping[str, Any] = Factory(dict)
    path: Path | None = None
    warnings: tuple[str, ...] = ()
