"""The configuration's section `limits`."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, gt, optional


@frozen(kw_only=True)
class Limit:
    """What one app, or one model, may do. What is not set is not limited.

    Attributes:
        requests_per_minute: Tasks of an app; attempts at a model.
        tokens_per_minute: Tokens that they read and write.
        concurrency: How many at a time.
        burst: Seconds for which what was not used is saved up, and can be used at once.
    """

    requests_per_minute: float | None = field(default=None, validator=optional(gt(0)))
    tokens_per_minute: float | None = field(default=None, validator=optional(gt(0)))
    concurrency: int | None = field(default=None, validator=optional(ge(1)))
    burst: float = field(default=6.0, validator=ge(0))

    @property
    def is_set(self) -> bool:
        """It limits something."""
        return any(most is not None for most in (self.requests_per_minute, self.tokens_per_minute, self.concurrency))


@frozen(kw_only=True)
class LimitsSettings:
    """How much apps and models may be used, by all processes of this user together.

    Attributes:
        apps: Limits of client keys, by their names.
        each_app: The limit of each app that has none of its own, one for each; those who give no name are one app.
        models: Limits of models, by their ids.
        each_model: The limit of each model that has none of its own.
        queue: Tasks that wait for one limit in one process; more are refused at once.
        patience: Seconds for which a task waits; one that would have to wait longer is refused at once.
    """

    apps: Mapping[str, Limit] = field(factory=dict)
    each_app: Limit = Limit()
    models: Mapping[str, Limit] = field(factory=dict)
    each_model: Limit = Limit()
    queue: int = field(default=100, validator=ge(0))
    patience: float = field(default=10.0, validator=ge(0))
