"""What a configuration may hold, as classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import Attribute, Factory, field, frozen
from attrs import fields as attrs_fields
from attrs.validators import and_, deep_iterable, ge, gt, in_, le, max_len, min_len, optional

from aurarouter_core.ability_names import an_ability
from aurarouter_core.amounts import Amount, an_amount
from aurarouter_core.asset_settings import AssetEntry, Assets
from aurarouter_core.budget_settings import Budget
from aurarouter_core.plan_settings import Plans
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.prompts import Prompts
from aurarouter_core.request import Request
from aurarouter_hooks import Secret

NO_SETTING = {"setting": False}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
A_YEAR = 366 * 86400.0
LONGEST_EXAMPLE = 10_000
RESERVED = re.compile(r"(?:role|intent):|auto\Z")
"""Begins what no model may be called: in the model's place clients write these to leave the choice to the router."""

seconds = and_(gt(0.0), le(A_YEAR))
price = and_(ge(0.0), le(1e9))
abilities: Any = deep_iterable(an_ability)  # whose type attrs does not take within `optional`


def _upper(value: str) -> str:
    return value.upper()


def _variable(_: object, attribute: Attribute[str], value: str) -> None:
    if value and not (value.isascii() and value.isidentifier()):
        raise ValueError(f"'{attribute.name}' must be the name of a variable")


@frozen(kw_only=True)
class System:
    """Settings of the program as a whole.

    Attributes:
        log_level: How much is logged on stderr; in upper or lower case.
        default_timeout: Seconds that one attempt at a model may take unless the model says otherwise.
        default_role: Role of tasks that fit no other; also used where a role is not configured.
        ask_below: Confidence, 0 to 1, below which the models of the role `router` are asked what kind of task it is.
        keep_content: Keep prompts and answers in the stored traces, except those of private tasks.
        keep_traces: How many traces are kept; the oldest go first.
        keep_days: For how many days traces are kept.
        keep_megabytes: How large the file of traces and usage may become.
        retries: How often a model that was unavailable or limited is asked again, when no other could answer.
        max_wait: Seconds that a task waits in all for a model to come back, when none may be asked.
        memory: What models that are loaded on this machine may take together: bytes, an amount (`8 GiB`), or a share
            of what is free (`75%`).
        idle_unload: Seconds after which such a model is unloaded when nobody uses it; default: never.
        daemon_idle: Seconds after which the shared engine ends when its last client has gone.
    """

    log_level: str = field(default="WARNING", converter=_upper, validator=in_(LOG_LEVELS))
    default_timeout: float = field(default=120.0, validator=seconds)
    default_role: str = "coding"
    ask_below: float = field(default=0.5, validator=and_(ge(0.0), le(1.0)))
    keep_content: bool = False
    keep_traces: int = field(default=20_000, validator=and_(ge(0), le(10_000_000)))
    keep_days: float = field(default=30.0, validator=and_(gt(0.0), le(3660.0)))
    keep_megabytes: float = field(default=200.0, validator=and_(ge(1.0), le(100_000.0)))
    retries: int = field(default=1, validator=and_(ge(0), le(10)))
    max_wait: float = field(default=60.0, validator=and_(ge(0.0), le(A_YEAR)))
    memory: Amount = field(default=Amount("75%"), validator=an_amount)
    idle_unload: float | None = field(default=None, validator=optional(seconds))
    daemon_idle: float = field(default=600.0, validator=seconds)


@frozen(kw_only=True)
class PriceEntry:
    """US dollars per million tokens.

    Attributes:
        input: Of the prompt.
        output: Of the answer.
        cached_input: Of the part of a prompt that the service still had; default: as `input`.
        cached_write: Of the part of a prompt that the service keeps for later; default: as `input`.
    """

    input: float = field(default=0.0, validator=price)
    output: float = field(default=0.0, validator=price)
    cached_input: float | None = field(default=None, validator=optional(price))
    cached_write: float | None = field(default=None, validator=optional(price))


@frozen(kw_only=True)
class ModelEntry:
    """What reaches a model, and what it may and can do.

    Attributes:
        provider: Name of the plugin that reaches it.
        model_name: What the backend calls it; empty means the model's own name here.
        endpoint: The backend's URL.
        endpoints: Further ones, tried in order, for providers that can (`ollama`).
        model_path: Its file on disk; with one, nothing is fetched.
        asset: The model's file, fetched when it is missing.
        api_key: The key, better `${env.NAME}` or `${key.NAME}`; read when the model is used.
        api_keys: Several keys, used in turn; one that is refused or limited is passed over for a while.
        env_key: The variable that holds the key: `env_key: NAME` is `api_key: ${env.NAME}`.
        tags: Words of your own; a task can ask for them. `private` lets private content go there.
        parameters: Sampling parameters under the names of the OpenAI API.
        options: Settings that only this provider knows.
        timeout: Seconds that one attempt may take; default: `system.default_timeout`.
        connect_timeout: Seconds until a connection stands; default: 10.
        first_token_timeout: Seconds until the first word of an answer; default: only `timeout` holds.
        between_tokens_timeout: Seconds between two pieces of an answer; default: 60.
        max_concurrency: Attempts at a time; default: any number.
        max_queue: Tasks that may wait for one of these; those beyond go on to the next model; default: 100.
        capabilities: What it can do: any of stream, tools, vision, json_schema, logprobs, embed, reasoning.
        context_length: Tokens of prompt and answer together.
        embedding_space: A name of your own for the space of its vectors. Models of a role stand in for each other only
            when they have the same; default: no other model's.
        price: What it costs; default: as listed for a vendor's model, nothing for a file on this machine.
        idle_unload: Seconds after which it is unloaded when nobody uses it; default: `system.idle_unload`.
        unset: No setting: what is wrong with this model alone, since variables that it names are not set.
    """

    provider: str
    model_name: str = ""
    endpoint: str = field(default="", repr=False)
    endpoints: tuple[str, ...] = field(default=(), repr=False)
    model_path: str = ""
    asset: AssetEntry | None = None
    api_key: Secret | None = None
    api_keys: tuple[Secret, ...] = ()
    env_key: str = field(default="", validator=_variable)
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = Factory(dict)
    options: Mapping[str, Any] = Factory(dict)
    timeout: float | None = field(default=None, validator=optional(seconds))
    connect_timeout: float | None = field(default=None, validator=optional(seconds))
    first_token_timeout: float | None = field(default=None, validator=optional(seconds))
    between_tokens_timeout: float | None = field(default=None, validator=optional(seconds))
    max_concurrency: int | None = field(default=None, validator=optional(gt(0)))
    max_queue: int | None = field(default=None, validator=optional(ge(0)))
    capabilities: tuple[str, ...] | None = field(default=None, validator=optional(abilities))
    context_length: int | None = field(default=None, validator=optional(gt(0)))
    embedding_space: str = ""
    price: PriceEntry | None = None
    idle_unload: float | None = field(default=None, validator=optional(seconds))
    unset: tuple[str, ...] = field(default=(), metadata=NO_SETTING)


@frozen(kw_only=True)
class RoleEntry:
    """A role: who does a kind of work. A list of models is its short form.

    Attributes:
        models: The chain: the first model that answers wins.
        description: For people.
    """

    models: tuple[str, ...] = ()
    description: str = ""


@frozen(kw_only=True)
class VerbsEntry:
    """Words that make a task likelier to get the role. A list of words is its short form.

    Attributes:
        synonyms: The words; up to four in a row make one entry.
    """

    synonyms: tuple[str, ...] = ()


@frozen(kw_only=True)
class IntentEntry:
    """A kind of task beside the built-in ones, or in place of one of the same name.

    Attributes:
        role: The role that serves it.
        description: For people, and for the models that are asked what kind a task is.
        examples: Tasks of this kind; a handful is enough to tell others like them.
        synonyms: Words that show this kind wherever they stand; up to four in a row make one entry.
        threshold: How like the examples a task must be, 0 to 1; default: chosen from the examples.
    """

    role: str
    description: str = ""
    examples: tuple[str, ...] = field(default=(), validator=deep_iterable(and_(min_len(1), max_len(LONGEST_EXAMPLE))))
    synonyms: tuple[str, ...] = ()
    threshold: float | None = field(default=None, validator=optional(and_(gt(0.0), le(1.0))))


SHORT_FORMS = {RoleEntry: "models", VerbsEntry: "synonyms"}
"""Classes that may be written as a list: that of this setting."""


def settings_of(kind: type) -> tuple[Attribute[Any], ...]:
    """The fields of a configuration class that a user may set."""
    return tuple(item for item in attrs_fields(kind) if item.metadata.get("setting", True))


@frozen(kw_only=True)
class Config:
    """One valid configuration.

    Attributes:
        system: Settings of the program as a whole.
        models: The models, each under a name of your own.
        roles: The roles, by name.
        semantic_verbs: What people call the work of a role, by the role's name.
        intents: Kinds of task of your own, by name.
        privacy: What counts as private, and what happens then.
        budget: What may be spent.
        plans: When tasks are answered in steps, and in how many.
        prompts: What models are told in the router's own words.
        assets: Model files on this machine.
        path: The file it came from; None when there was none.
        said: Settings stood in that file.
        sections: The plugins' sections, by name.
        warnings: What is probably a mistake but harms nothing.
        request: How it was asked for; None when a program put it together itself.
        seen: How its files were right before they were read.
    """

    system: System = System()
    models: Mapping[str, ModelEntry] = Factory(dict)
    roles: Mapping[str, RoleEntry] = Factory(dict)
    semantic_verbs: Mapping[str, VerbsEntry] = Factory(dict)
    intents: Mapping[str, IntentEntry] = Factory(dict)
    privacy: Privacy = Factory(Privacy)
    budget: Budget = Factory(Budget)
    plans: Plans = Factory(Plans)
    prompts: Prompts = Factory(Prompts)
    assets: Assets = Factory(Assets)
    sections: Mapping[str, Any] = Factory(dict)
    path: Path | None = None
    said: bool = field(default=False, repr=False, eq=False)
    warnings: tuple[str, ...] = ()
    request: Request | None = field(default=None, repr=False)
    seen: tuple[tuple[int, int, int] | None, ...] = field(default=(), repr=False, eq=False)
