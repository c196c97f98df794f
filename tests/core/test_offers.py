"""Models on offer for a first file: the nearest first, failures are notes, and what a server says acts nowhere."""

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import aurarouter_core.offers as asking
from aurarouter_core import Plugins, load_config
from aurarouter_core.first_file import Choice, require_good, text_of
from aurarouter_core.offers import offers
from aurarouter_hooks import (
    Capabilities,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    Secret,
    hookimpl,
)

SECRET = "sk-sesame-0815-sesame-0815"


# What providers say


class Speaker(Provider):
    """Offers what its class says."""

    says: Any = ()
    place = Location()

    async def generate(self, prompt: Prompt) -> Reply:
        raise NotImplementedError

    async def where(self) -> Location:
        return self.place

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        if isinstance(cls.says, BaseException):
            raise cls.says
        if callable(cls.says):
            await cls.says()
        return tuple(cls.says)


def speaker(says: Any, **place: Any) -> type[Speaker]:
    return type("One", (Speaker,), {"says": says, "place": Location(**place)})


def plugins(**kinds: type[Speaker]) -> Plugins:
    brought = SimpleNamespace(__name__="testing", register_providers=hookimpl(lambda: kinds))
    return Plugins(discover=False, extra=[brought])


def model(name: str, endpoint: str = "", **settings: Any) -> Model:
    return Model(id=name, provider="?", model_name=name, endpoint=endpoint, **settings)


async def test_a_provider_that_fails_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    found = await offers(
        plugins(
            broken=speaker(RuntimeError(SECRET)),
            down=speaker(ProviderUnavailableError("the switch is off")),
            hanging=speaker(asyncio.Event().wait),
            odd=speaker(["no model"]),
            well=speaker([model("good")], kind="process"),
        )
    )
    assert [offer.model.id for offer in found.found] == ["good"]
    assert [note.split(" ")[0] for note in found.notes] == ["broken", "down", "hanging", "odd"]
    assert "the switch is off" in found.notes[1]
    assert SECRET not in "".join(found.notes)


async def test_nearest_first_and_one_provider_for_each_server() -> None:
    here, near = "http://localhost:8080", "http://127.0.0.1:8080/v1"
    found = await offers(
        plugins(
            cloud=speaker([model("big"), model("x", f"https://me:{SECRET}@example.com")], kind="remote"),
            general=speaker([model("tiny", near), model("own", "http://127.0.0.1:9/v1")], kind="loopback", relay=True),
            special=speaker([model("tiny", here)], kind="loopback"),
        )
    )
    offered = [(offer.model.provider, offer.model.id, offer.here, offer.near) for offer in found.found]
    assert offered == [
        ("special", "tiny", True, False),
        ("general", "own", False, True),
        ("cloud", "big", False, False),
    ]
    assert len(found.notes) == 2
    assert SECRET not in "".join(found.notes)


async def test_names_are_told_apart_and_few_are_taken() -> None:
    many = [model(f"m{number}") for number in range(20)]
    found = await offers(plugins(a=speaker([model("same"), model("smollm2")]), b=speaker([model("same"), *many])))
    assert [offer.model.id for offer in found.found][:3] == ["same", "smollm2-2", "same-2"]
    assert len(found.found) == 2 + asking.MOST
    assert found.notes == ("b offers 21 models; the first 8 are taken ('aurarouter model add' adds more)",)


def test_the_file_claims_only_what_a_model_can_be_said_to_do(tmp_path: Path) -> None:
    """Any other word is refused in a file; a provider may know one that is newer than the kernel."""
    offer = model("m", capabilities=Capabilities(names=frozenset({"tools", "telepathy"})))
    text = text_of([Choice(offer, "here")], embedded=False, today=date(2026, 11, 23))
    require_good(text, tmp_path / "file.yaml", plugins(a=speaker([])))
    assert "tools" in text
    assert "telepathy" not in text


async def test_what_a_server_says_acts_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server chooses its models' names: they name no variable, break no line and claim no clearance."""
    monkeypatch.setenv("STOLEN", SECRET)
    wild = "${env.STOLEN}: [a]\n  evil: {provider: x}"
    offer = model(wild, "http://127.0.0.1:9", tags=frozenset({"private"}), api_key=Secret(SECRET))
    kinds = plugins(wild=speaker([offer], kind="loopback", relay=True))
    found = await offers(kinds)
    choices = [Choice(found.found[0].model, found.found[0].place)]
    text = text_of(choices, embedded=False, today=date(2026, 11, 23))
    file = tmp_path / "file.yaml"
    require_good(text, file, kinds)
    file.write_text(text)
    config = load_config(kinds, path=file)
    ((name, entry),) = config.models.items()
    assert (entry.model_name, entry.tags, entry.api_key) == (wild, (), None)
    assert config.roles["coding"].models == (name,)
    assert "$" not in name
    assert SECRET not in text
