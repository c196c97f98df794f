"""The gateway's own hook, by which other plugins add pages."""

from __future__ import annotations

from aurarouter_hooks import hookspec


class Specs:
    """Implement them with `@hookimpl(optionalhook=True)`, so that your plugin loads without the gateway too.

    They are called where tasks run, which may be the shared engine: what they return has to be plain values.
    """

    @hookspec
    def gateway_page(self, path: str) -> tuple[str, str] | None:
        """What `GET` answers at a path where the gateway itself has nothing: media type and text; None for no page.

        Called for each request, without I/O. Whoever may call the gateway may read it.
        """
