"""What a configuration may hold, as classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Attribute, Factory, field, frozen
from attrs.validators import and_, ge, gt, in_, le, optional

from aurarouter_hooks import Secret

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
A_YEAR = 366 * 86400.0

seconds = and_(gt(0.0), le(A_YEAR))
price = and_(ge(0.0), le(1e9))


def _upper(value: str) -> str:
    return value.upper()


def _plain_name(_: object, attribute: Attribute[str], value: str) -> None:
    if value in ("", ".", "..") or any(part in value for part in ("/", "\\", "\0")):
        raise ValueError(f"'{attribute.name}' must be a plain file name: {value!r}")


def _scheme(_: object, attribute: Attribute[str], value: str) -> None:
    scheme, _colon, location = value.partition(":")
    if not scheme.isidentifier() or not location:
        raise ValueError(f"'{attribute.name}' must be a scheme, a colon and a location: {value!r}")


@frozen(kw_only=True)
class System:
    """Settings of the program as a whole.

    Attributes:
        log_level: How much is logged on stderr.
        default_timeout: Seconds that one attempt at a model may take unless the model says otherwise.
        default_role: Role of tasks that fit no other; also used where a role is not configured.
        keep_content: Keep prompts and answers in the stored traces.
    """

    log_level: str = field(default="WARNING", converter=_upper, validator=in_(LOG_LEVELS))
    default_timeout: float = field(default=120.0, validator=seconds)
    default_role: str = "coding"
    keep_content: bool = False


@frozen(kw_only=True)
class AssetEntry:
    """A model file to fetch when it is missing; fields mean what they mean on `AssetSpec`."""

    source: str = field(validator=_scheme)
    file: str = field(validator=_plain_name)
    size: int | None = field(default=None, validator=optional(gt(0)))
    sha256: str = ""
    container_sha256: str = ""
    container_size: int | None = field(default=None, validator=optional(gt(0)))
    licence: str = ""


@frozen(kw_only=True)
class PriceEntry:
    """US dollars per million tokens."""

    input: float = field(default=0.0, validator=price)
    output: float = field(default=0.0, validator=price)
    cached_input: float | None = field(default=None, validator=optional(price))


@frozen(kw_only=True)
class ModelEntry:
    """One model. `api_key` may be `${env.NAME}`; `env_key: NAME` says the same."""

    provider: str
    model_name: str = ""
    endpoint: str = field(default="", repr=False)
    model_path: str = ""
    asset: AssetEntry | None = None
    api_key: Secret | None = None
    env_key: str = ""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = Factory(dict)
    options: Mapping[str, Any] = Factory(dict)
    timeout: float | None = field(default=None, validator=optional(seconds))
    first_token_timeout: float | None = field(default=None, validator=optional(seconds))
    capabilities: tuple[str, ...] | None = None
    context_length: int | None = field(default=None, validator=optional(gt(0)))
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


@frozen(kw_only=True)
class Request:
    """How a configuration was asked for, so that a reload can ask again.

    Attributes:
        path: The file that was named; None for the usual places.
        environment: "local" or "auragrid".
        overrides: Settings above all others.
        layers: (name, settings) that plugins set at run time, highest first.
        environ: The environment to read; None for this process's own.
    """

    path: Path | None = None
    environment: str = "local"
    overrides: Mapping[str, Any] = Factory(dict)
    layers: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    environ: Mapping[str, str] | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Config:
    """One valid configuration.

    Attributes:
        path: The file it came from; None when there was none.
        sections: The plugins' sections, by name.
        warnings: What is probably a mistake but harms nothing.
        request: How it was asked for; None when a program put it together itself.
    """

    system: System = System()
    models: Mapping[str, ModelEntry] = Factory(dict)
    roles: Mapping[str, RoleEntry] = Factory(dict)
    semantic_verbs: Mapping[str, VerbsEntry] = Factory(dict)
    intents: Mapping[str, IntentEntry] = Factory(dict)
    sections: Mapping[str, Any] = Factory(dict)
    path: Path | None = None
    warnings: tuple[str, ...] = ()
    request: Request | None = field(default=None, repr=False)
