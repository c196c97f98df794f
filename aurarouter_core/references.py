"""What stands where a model's keys belong: keys themselves, or references to variables and to keys that we keep."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal

from attrs import frozen

from aurarouter_core import keys, variables
from aurarouter_core.config import ModelEntry
from aurarouter_core.keys import KeyStore
from aurarouter_hooks import ConfigError, ProviderAuthError, ProviderUnavailableError, Secret

log = logging.getLogger(__name__)
PATIENCE = 30.0
"""Seconds that the system's keyring may take."""
REFERENCE = re.compile(r"\$\{(env|key)\.([^{}]*)\}")


@frozen
class Reference:
    """`${env.NAME}` or `${key.NAME}`."""

    kind: Literal["env", "key"]
    name: str

    def __str__(self) -> str:
        return f"${{{self.kind}.{self.name}}}"

    @classmethod
    def of(cls, text: str) -> Reference | None:
        """What a text refers to; None when it is a key itself.

        Raises:
            ValueError: It is neither. The text is not repeated: a key may be in it.
        """
        if "${" not in text:
            return None
        match = REFERENCE.fullmatch(text)
        if match is None:
            raise ValueError("what stands there is no reference")
        kind: Literal["env", "key"] = "env" if match[1] == "env" else "key"
        if not (variables.NAME if kind == "env" else keys.NAME).fullmatch(match[2]):
            raise ValueError(f"what stands after '{kind}.' is no name")
        return cls(kind, match[2])


@frozen(cache_hash=True)
class Key:
    """One of a model's keys; as text, which one, and never what it is.

    Attributes:
        secret: None when the model names no key, so that its provider looks for its own.
        position, count: Its place among those that the model names, from 1.
    """

    secret: Secret | None = None
    position: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"key {self.position} of {self.count}"


def written(entry: ModelEntry) -> dict[str, str]:
    """What the configuration says about a model's keys: setting → text, without what only holds a place.

    `api_key` is above `env_key`, so that a variable can give a model of the file another key.
    """
    listed = {f"api_keys.{number}": secret.reveal() for number, secret in enumerate(entry.api_keys)}
    texts = {"api_key": entry.api_key.reveal() if entry.api_key else "", **listed}
    found = {setting: text.strip() for setting, text in texts.items() if not keys.is_placeholder(text.strip())}
    if entry.env_key and "api_key" not in found:
        return {"env_key": f"${{env.{entry.env_key}}}", **found}
    return found


def references(entry: ModelEntry) -> Iterator[Reference]:
    """The variables and kept keys that a model refers to; what is no reference is left out."""
    for text in written(entry).values():
        try:
            reference = Reference.of(text)
        except ValueError:
            continue  # told with its reason when the model is used
        if reference is not None:
            yield reference


def keys_of(
    name: str, entry: ModelEntry, environ: Mapping[str, str], kept: Callable[[str], Secret | None]
) -> tuple[Key, ...]:
    """A model's keys, at least one; several that differ are used in turn.

    Args:
        name: The model's id.
        entry: Its configuration.
        environ: The variables that it may name.
        kept: Looks up a key that we keep.

    Raises:
        ProviderAuthError: None of what it names is there; the message says what is missing.
    """
    texts = written(entry)
    found: dict[Secret, Key] = {}
    faults: list[ProviderAuthError] = []
    for position, (setting, text) in enumerate(texts.items(), start=1):
        try:
            value = _value(text, environ, kept)
        except (ConfigError, ValueError) as error:
            hint = error.hint if isinstance(error, ConfigError) else "Write ${env.NAME} or ${key.NAME}."
            fault = ProviderAuthError(
                f"models.{name}.{setting}: {error}", provider=entry.provider, model=name, hint=hint
            )
            fault.__cause__ = error
            faults.append(fault)
            continue
        if not keys.is_placeholder(value):
            found.setdefault(Secret(value), Key(Secret(value), position, len(texts)))
    if faults and not found:
        raise faults[0]
    for fault in faults:
        log.warning("%s; the model's other keys are used", fault)
    return tuple(found.values()) or (Key(),)


async def looked_up(name: str, entry: ModelEntry, environ: Mapping[str, str], store: KeyStore) -> tuple[Key, ...]:
    """The same, without holding up other tasks: a keyring may take its time, or ask its user to unlock it.

    Raises:
        ProviderAuthError: As `keys_of`.
        ProviderUnavailableError: The keyring takes too long.
    """
    look = partial(keys_of, name, entry, environ, store.get)
    if all(reference.kind == "env" for reference in references(entry)):
        return look()
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(look)
    except TimeoutError as error:
        raise ProviderUnavailableError(
            f"the system's keyring did not hand out a key within {PATIENCE:.0f} s",
            provider=entry.provider,
            model=name,
            hint="Unlock it.",
        ) from error


def _value(text: str, environ: Mapping[str, str], kept: Callable[[str], Secret | None]) -> str:
    reference = Reference.of(text)
    if reference is None:
        return text
    if reference.kind == "env":
        value = environ.get(reference.name, "").strip()
        if not value:
            raise ConfigError(
                f"the environment variable {reference.name} is not set",
                hint=f"Set {reference.name} to the key, or take the model out of its roles.",
            )
        return value
    secret = kept(reference.name)
    if secret is None:
        raise ConfigError(
            f"no key is kept under the name '{reference.name}'", hint=f"Run: aurarouter keys set {reference.name}"
        )
    return secret.reveal().strip()
