"""The plugin's own hook, by which others count for more than one machine."""

from __future__ import annotations

from aurarouter_hooks import Kernel, hookspec
from aurarouter_limits.counter import Counter


class Specs:
    """Implement it with `@hookimpl(optionalhook=True)`, so that your plugin loads without this one too."""

    @hookspec
    def limits_counter(self, kernel: Kernel) -> Counter | None:
        """A counter that more machines share, in the place of this machine's file. The first one is used."""
