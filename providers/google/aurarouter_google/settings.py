"""What a model's configuration means here: where it is reached, with which key, and its options."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aurarouter_hooks import ConfigError, Model, ProviderAuthError, Secret
from aurarouter_hooks.endpoints import fault
from aurarouter_hooks.http_errors import origin

VENDOR = "https://generativelanguage.googleapis.com"
KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")  # in the SDK's own order
_VERSION = re.compile(r"/(v\d\w*)$")


@dataclass(frozen=True)
class Settings:
    """A model's configuration, read once.

    Attributes:
        endpoint: The server, without the API's version.
        version: The API's version, a part of every path.
        thinking: Fields of the SDK's `ThinkingConfig`: thinking_budget, thinking_level, include_thoughts.
        safety: Category of harm ("harassment", "hate_speech" …) → the threshold from which it is blocked.
    """

    endpoint: str
    version: str = "v1beta"
    thinking: Mapping[str, Any] = field(default_factory=dict)
    safety: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model) -> "Settings":
        """Read a model's endpoint and options.

        Raises:
            ConfigError: Something can't be used; all problems at once.
        """
        options = dict(model.options)
        problems = [f"models.{model.id}.endpoint: {what}" for what in _faults(model.endpoint.strip())]
        for name, value in options.items():
            kind = {"api_version": str, "thinking": Mapping, "safety": Mapping}.get(name)
            if kind is None:
                problems.append(
                    f"models.{model.id}.options.{name}: unknown option; google knows api_version, thinking, safety"
                )
            elif not isinstance(value, kind):
                problems.append(
                    f"models.{model.id}.options.{name}: must be {'a text' if kind is str else 'names and values'}"
                )
        version = options.pop("api_version", None)
        if isinstance(version, str) and not re.fullmatch(r"[\w.]+", version):
            problems.append(f"models.{model.id}.options.api_version: must be a word like v1beta")
        if problems:
            raise ConfigError("; ".join(problems), problems=problems, hint="Correct the model's settings.")
        endpoint = model.endpoint.strip().rstrip("/") or VENDOR
        named = _VERSION.search(endpoint)
        return cls(
            endpoint=endpoint[: named.start()] if named else endpoint,
            version=version or (named.group(1) if named else cls.version),
            **options,
        )


def key_of(model: Model, endpoint: str) -> Secret:
    """The model's own key; else the environment's, which goes to the vendor and to nobody else.

    Raises:
        ProviderAuthError: There is none.
    """
    key = model.api_key.reveal().strip() if model.api_key else ""
    ours = origin(endpoint) == VENDOR
    if not key and ours:
        key = next((value for name in KEYS if (value := os.environ.get(name, "").strip())), "")
    if key:
        if not (key.isascii() and key.isprintable()):
            raise ProviderAuthError(
                f"the key for {origin(endpoint)} holds characters that no HTTP header can carry",
                hint="Check the model's api_key for line ends and stray quotes.",
            )
        return Secret(key)
    raise ProviderAuthError(
        f"there is no key for {origin(endpoint)}",
        hint=f"Set the model's api_key, or {KEYS[1]}."
        if ours
        else f"Set the model's api_key: a key in the environment goes to {VENDOR} alone.",
    )


def _faults(endpoint: str) -> list[str]:
    if not endpoint:
        return []
    if wrong := fault(endpoint):
        return [wrong]
    url = urlsplit(endpoint)
    if "@" in url.netloc or url.query or url.fragment:
        return ["must hold no user, query or fragment"]  # the HTTP library would log them
    return []
