"""Everything that AuraRouter raises on purpose, as one tree.

    AuraRouterError                     .hint: what to do next
    ├── ConfigError                     .problems, each with path, line and source where they are known
    │   ├── ConfigNotFoundError         .searched: the places that were looked at
    │   └── ConfigUntrustedError        a file from the current directory that nobody has trusted yet
    ├── PluginError                     .plugin
    │   ├── PluginMissingError          the hint is the install command
    │   └── PluginBrokenError           __cause__ is the original
    ├── RoutingError
    │   ├── UnknownModelError           .name .known
    │   ├── UnknownRoleError            .name .known
    │   ├── UnknownIntentError          .name .known
    │   ├── NoModelLeftError            .vetoes: {model id: reason}
    │   │   └── ForbiddenError          whoever asks may use none of them
    │   ├── PrivacyError                .vetoes; private content had nowhere allowed to go
    │   ├── BudgetError                 .vetoes .retry_after; money or an allowance is used up
    │   └── AllModelsFailedError        .attempts, in the order they were made; .retry_after
    ├── AssetError                      a model file could not be found, fetched or verified
    │   └── AssetNameError              what somebody wrote can't name one, or its model
    ├── DaemonError                     the shared engine could not be reached
    └── ProviderError                   .provider .model; the kind that moves a chain on
        ├── ProviderUnavailableError    .retry_after; cannot connect, overloaded, 5xx, not installed
        ├── ProviderTimeoutError        .after seconds
        ├── ProviderRateLimitedError    .retry_after seconds, when the backend said so
        ├── ProviderAuthError           401 or 403: the model is skipped, never retried
        └── ProviderReplyError          it answered, but refused the request or made no sense

Anything else that escapes from a provider is a bug and is never swallowed by a chain. Inside the kernel a model that
turns out not to be allowed right before its attempt is passed over too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from aurarouter_hooks.provider_errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from aurarouter_hooks.root_error import AuraRouterError

if TYPE_CHECKING:
    from aurarouter_hooks.values import Attempt

__all__ = [
    "AllModelsFailedError",
    "AssetError",
    "AssetNameError",
    "AuraRouterError",
    "BudgetError",
    "ConfigError",
    "ConfigNotFoundError",
    "ConfigUntrustedError",
    "DaemonError",
    "ForbiddenError",
    "NoModelLeftError",
    "PluginBrokenError",
    "PluginError",
    "PluginMissingError",
    "PrivacyError",
    "Problem",
    "ProviderAuthError",
    "ProviderError",
    "ProviderRateLimitedError",
    "ProviderReplyError",
    "ProviderTimeoutError",
    "ProviderUnavailableError",
    "RoutingError",
    "UnknownIntentError",
    "UnknownModelError",
    "UnknownRoleError",
]


@frozen
class Problem:
    """One thing that is wrong with a configuration; as text it is one line for people.

    Attributes:
        what: What is wrong, in words. Never holds a secret.
        path: Where in the configuration, as keys from the section down.
        line: Line of the file that `source` names, counted from 1.
        source: The file, variable or plugin that the value came from.
    """

    what: str
    path: tuple[str, ...] = ()
    line: int | None = None
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source and self.line else self.source
        place = place or (f"line {self.line}" if self.line else "")
        return ": ".join(part for part in (place, ".".join(self.path), self.what) if part)


class ConfigError(AuraRouterError):
    """The configuration cannot be used; every problem at once."""

    def __init__(self, message: str, *, problems: Sequence[Problem | str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(Problem(problem) if isinstance(problem, str) else problem for problem in problems)


class ConfigNotFoundError(ConfigError):
    """A configuration file that was named does not exist."""

    def __init__(self, message: str, *, searched: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.searched = tuple(searched)


class ConfigUntrustedError(ConfigError):
    """A file found in the current directory asks for something that only a trusted file may."""


class PluginError(AuraRouterError):
    """A plugin is at fault."""

    def __init__(self, message: str, *, plugin: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin


class PluginMissingError(PluginError):
    """Something was asked for that a plugin would bring, and that plugin is not installed."""


class PluginBrokenError(PluginError):
    """A plugin could not be loaded or raised where only failing closed is safe."""


class RoutingError(AuraRouterError):
    """No answer could be routed."""


class _UnknownNameError(RoutingError):
    """Shared shape of the errors that know a name's alternatives."""

    _kind: ClassVar[str]

    def __init__(self, name: str, known: Sequence[str]) -> None:
        kind = self._kind
        super().__init__(f"no {kind} is called '{name}'", hint=f"Known {kind}s: {', '.join(known) or 'none'}.")
        self.name = name
        self.known = tuple(known)

    @property
    def recorded(self) -> str:
        """Without the name."""
        return f"no {self._kind} has the name that was asked for"


class UnknownModelError(_UnknownNameError):
    """A model was asked for that is not configured."""

    _kind = "model"


class UnknownRoleError(_UnknownNameError):
    """A role was asked for that is not configured."""

    _kind = "role"


class UnknownIntentError(_UnknownNameError):
    """A kind of task was asked for that nobody told apart."""

    _kind = "intent"


class _VetoedError(RoutingError):
    """Shared shape of the errors that carry a reason for each model."""

    def __init__(self, message: str, *, vetoes: Mapping[str, str] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.vetoes = dict(vetoes or {})


class NoModelLeftError(_VetoedError):
    """Every model of the chain was vetoed before it could be tried."""


class ForbiddenError(NoModelLeftError):
    """Whoever asks may not use the role, or none of its models."""


class PrivacyError(_VetoedError):
    """Private content had no cleared model to go to. Raised instead of sending it anywhere."""


class BudgetError(_VetoedError):
    """Money or an allowance is used up.

    Args:
        retry_after: Seconds until asking again makes sense, when that is known.
    """

    def __init__(
        self,
        message: str,
        *,
        vetoes: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, vetoes=vetoes, hint=hint)
        self.retry_after = retry_after


class AllModelsFailedError(RoutingError):
    """Each model of the chain was tried and each failed.

    Args:
        attempts: What was tried.
        refused: Each model of the chain said that the request itself is wrong: the same again is refused again.
    """

    refused = False

    def __init__(
        self, message: str, *, attempts: Sequence[Attempt] = (), refused: bool = False, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.attempts = tuple(attempts)
        self.refused = refused

    @property
    def retry_after(self) -> float | None:
        """Seconds until the first of them may be asked again, where one of them said so."""
        waits = [attempt.error.retry_after for attempt in self.attempts if attempt.error]
        return min((wait for wait in waits if wait is not None), default=None)


class AssetError(AuraRouterError):
    """A model file is missing, incomplete, or not what it says it is."""


class AssetNameError(AssetError):
    """The words are wrong, wherever the file may be: a place, an id or a tag that can't be one."""


class DaemonError(AuraRouterError):
    """The shared engine process could not be reached or started."""
