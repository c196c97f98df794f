"""A provider in process whose answers a test writes down, for tests of plugins that never look at a backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from aurarouter_core import Plugins, Router
from aurarouter_hooks import Chunk, Location, Prompt, Provider, Reply, Usage, hookimpl

USAGE = Usage(input_tokens=10, output_tokens=3)


class Scripted(Provider):
    """Sends what `options: {script: […]}` says: texts, exceptions to raise, functions to await. Counts its calls.

    `options: {record: …}` is told each prompt; `{remote: true}` says that it is elsewhere,
    `{counts: false}` that nothing is counted, and `{ends: false}` that the script has its own last chunk.
    """

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("the kernel streams")

    async def where(self) -> Location:
        elsewhere = self.model.options.get("remote", False)
        return Location(kind="remote", host="far.example") if elsewhere else Location(kind="process")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        self.model.options.get("record", _forget)(prompt)
        for item in self.model.options.get("script", ["hello ", "there"]):
            if callable(item):
                made = item()
                item = await made if isinstance(made, Awaitable) else made
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Chunk):
                yield item
            elif item is not None:
                yield Chunk(text=item)
        if not self.model.options.get("ends", True):
            return
        usage = USAGE if self.model.options.get("counts", True) else None
        yield Chunk(finish="stop", usage=usage, model_name="scripted-1", request_id="r-1")


def plugins_of(*brought: object) -> Plugins:
    """The provider above as `scripted`, and these plugins."""
    testing = SimpleNamespace(__name__="testing", register_providers=hookimpl(lambda: {"scripted": Scripted}))
    return Plugins(discover=False, extra=[testing, *brought])


def _forget(_: Prompt) -> None:
    """Keep no record."""


def model(*script: str | BaseException | Chunk | Callable[[], Any] | None, **options: Any) -> dict[str, Any]:
    """A model that does this. `calls=[]` is a list that each prompt is added to."""
    if "calls" in options:
        options["record"] = options.pop("calls").append
    options = {**options, **({"script": list(script)} if script else {})}
    return {"provider": "scripted", "options": options, "price": {"input": 1_000_000, "output": 1_000_000}}


def router_of(models: Mapping[str, Any], *brought: object, surface: str = "embedded", **sections: Any) -> Router:
    """A router on these models, in one chain in that order, with these plugins and further sections."""
    from aurarouter_core.layers import Layers
    from aurarouter_core.structure import build

    plugins = plugins_of(*brought)
    roles = {role: list(models) for role in ("coding", "reasoning", "router", "reviewer")}
    settings = {"models": models, "roles": roles, "system": {"retries": 0}, **sections}
    return Router(build(Layers.of(settings, plugins.sections)), plugins, surface=surface)
