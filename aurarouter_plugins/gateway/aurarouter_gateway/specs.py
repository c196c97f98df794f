"""The gateway's own hook, by which other plugins add pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aurarouter_hooks import Kernel, hookspec

Page = Callable[[], Awaitable[tuple[str, str]]]
"""Makes a page: its media type and its text. It is called for each request."""


class Specs:
    """Implement them with `@hookimpl(optionalhook=True)`, so that your plugin loads without the gateway too."""

    @hookspec
    def gateway_pages(self, kernel: Kernel) -> Mapping[str, Page]:  # type: ignore[empty-body]
        """Pages to serve: path → what `GET` answers there. Whoever may call the gateway may read them.

        It is called in the gateway's own process; the kernel may be the shared engine, in another one.
        """
