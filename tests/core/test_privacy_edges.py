"""Around private data: fingerprints, streams that are put together again, endpoints in the clear, strangers' files."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import Config
from aurarouter_core.config import ModelEntry
from aurarouter_core.detector import Detector
from aurarouter_core.exposure import exposed
from aurarouter_core.fingerprints import Fingerprints
from aurarouter_core.home import Home
from aurarouter_core.inspection import Inspector
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.redaction import Redaction, Restorer, redacted
from aurarouter_core.trust import objections
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import AuraRouterError, Chunk, Message, Prompt, Text, Tool, ToolCall, ToolCallDelta, ToolResult

VALUES = {"[card-1]": "4539 1488 0343 6467", "[email-10]": 'a"b@c.de'}


def test_a_fingerprint_is_the_same_for_the_same_value_and_this_home_alone(tmp_path: Path) -> None:
    mine, again, other = (Fingerprints(Home(tmp_path / name)) for name in ("a", "a", "b"))
    made = mine.of("4539 1488 0343 6467")
    assert made == again.of("4539-1488-0343-6467") == again.of("４５３９1488 03436467")
    assert made not in (other.of("4539148803436467"), mine.of("4539148803436468"))
    assert mine.of("конфиденциально") != mine.of("секретно")
    assert (len(made), set(made) <= set("0123456789abcdef")) == (32, True)
    assert Home(tmp_path / "a").privacy_key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["privacy.key"]


def test_fingerprints_of_texts_name_rules_and_no_text(tmp_path: Path) -> None:
    texts = ["card 4539148803436467", "again 4539 1488 0343 6467, x@corp-mail.de"]
    rows = Fingerprints(Home(tmp_path)).rows(texts, Detector(Privacy()))
    assert [rule for rule, _ in rows] == ["card", "email"]


def test_two_processes_that_make_the_key_at_once_agree(tmp_path: Path) -> None:
    both = [Fingerprints(Home(tmp_path)) for _ in range(2)]
    assert both[0]._made() == both[1]._made()


def test_a_key_that_is_none_is_an_error(tmp_path: Path) -> None:
    Home(tmp_path).privacy_key.write_bytes(b"short")
    with pytest.raises(AuraRouterError, match="has 5 bytes in place of 32"):
        Fingerprints(Home(tmp_path)).of("x")


@given(st.lists(st.sampled_from([*VALUES, "[", "]", "card", "-1", "[card-", "x [[card-1]]", " "])), st.data())
def test_however_a_stream_is_cut_the_same_comes_out(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    restorer = Restorer(VALUES)
    fed = "".join(restorer.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
    fed += restorer.feed("", last=True)
    whole = text
    for name, value in VALUES.items():
        whole = whole.replace(name, value)
    assert fed == whole


async def test_calls_and_thoughts_are_put_together_too() -> None:
    async def answer() -> AsyncIterator[Chunk]:
        yield Chunk(
            reasoning="about [card",
            tool_calls=(ToolCallDelta(index=0, id="1", name="pay", arguments='{"to": "[email'),),
        )
        yield Chunk(reasoning="-1].", tool_calls=(ToolCallDelta(index=0, arguments='-10]"}'),))
        yield Chunk(text="so [card-1", stop_sequence="[card-1]")

    redaction = Redaction(prompt=Prompt.of("x"), values=VALUES)
    chunks = [chunk async for chunk in redaction.restored(answer())]
    assert "".join(chunk.reasoning for chunk in chunks) == "about 4539 1488 0343 6467."
    assert "".join(piece.arguments for chunk in chunks for piece in chunk.tool_calls) == '{"to": "a\\"b@c.de"}'
    assert "".join(chunk.text for chunk in chunks) == "so [card-1"
    assert "".join(chunk.stop_sequence for chunk in chunks) == "4539 1488 0343 6467"


async def test_calls_that_come_by_turns_are_restored() -> None:
    said = ['{"to": "[email-10]"}', '{"card": "[card-1]", "list": ["[card-1]", [', "[card"]

    async def answer() -> AsyncIterator[Chunk]:
        for at in range(max(map(len, said))):
            pieces = [ToolCallDelta(index=index, arguments=text[at : at + 1]) for index, text in enumerate(said)]
            yield Chunk(tool_calls=tuple(piece for piece in pieces if piece.arguments))

    chunks = [chunk async for chunk in Redaction(prompt=Prompt.of("x"), values=VALUES).restored(answer())]
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    told = ["".join(piece.arguments for piece in pieces if piece.index == index) for index in range(3)]
    card = VALUES["[card-1]"]
    assert told == ['{"to": "a\\"b@c.de"}', f'{{"card": "{card}", "list": ["{card}", [', "[card"]


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("whole", [True, False])
async def test_what_looks_like_a_beginning_in_a_call_is_not_lost(size: int, whole: bool) -> None:
    said = ['{"smile": ":["}', '{"to": "[email-10] [x"}', '{"list": "[card-1"}']

    async def answer() -> AsyncIterator[Chunk]:
        yield Chunk(text="I look [")
        for index, text in enumerate(said):
            for at in range(0, len(text), size):
                yield Chunk(tool_calls=(ToolCallDelta(index=index, arguments=text[at : at + size]),))
        if whole:
            yield Chunk(finish="tool_calls")

    chunks = [chunk async for chunk in Redaction(prompt=Prompt.of("x"), values=VALUES).restored(answer())]
    pieces = [piece for chunk in chunks for piece in chunk.tool_calls]
    told = ["".join(piece.arguments for piece in pieces if piece.index == index) for index in range(3)]
    assert told == [said[0], '{"to": "a\\"b@c.de [x"}', said[2]]
    assert [piece.index for piece in pieces] == sorted(piece.index for piece in pieces)
    assert "".join(chunk.text for chunk in chunks[: 1 + len(said[0])]) == "I look ["


def test_every_part_of_a_prompt_is_replaced_and_the_same_value_has_one_name() -> None:
    card = "4539148803436467"
    prompt = Prompt(
        messages=(
            Message("user", [Text("card 4539148"), Text("803436467")]),
            Message("assistant", [ToolCall(id="1", name="f", arguments=f'{{"c": "{card}"}}')]),
            Message("tool", [ToolResult(call_id="1", content=f"ok {card}")]),
        ),
        tools=(Tool(name="f", description=f"like {card}", schema={"default": [card]}),),
        extra={"note": {"c": card}},
    )
    made = redacted(prompt, Inspector(Detector(Privacy(rules={"card": "redact"}))))
    assert card not in str(made.prompt)
    assert made.prompt.messages[0].text == "card [card-1]"
    assert made.prompt.extra == {"note": {"c": "[card-1]"}}
    assert made.values == {"[card-1]": card}


ENDPOINTS = {
    "http://127.0.0.1:8080": False,
    "http://localhost:1": False,
    "http://[::1]:80": False,
    "https://api.example.com": False,
    "http://10.20.1.2:8080": False,
    "http://[::ffff:10.20.1.2]": False,
    "http://10.21.1.2:8080": True,
    "http://name.invalid": True,
    "10.21.1.2:8080": True,
    "http://[bad": True,
}


@pytest.mark.promise("security.5")
@pytest.mark.parametrize(("endpoint", "told"), ENDPOINTS.items())
def test_endpoints_in_the_clear_are_told(endpoint: str, told: bool) -> None:
    config = Config(
        models={"m": ModelEntry(provider="openapi", endpoint=endpoint)},
        privacy=Privacy(trusted_networks=("10.20.0.0/16", "fd00::/8")),
    )
    found = asyncio.run(exposed(config))
    assert [one.model for one in found] == (["m"] if told else [])
    assert "user" not in str(
        asyncio.run(
            exposed(evolve(config, models={"m": ModelEntry(provider="o", endpoint="http://user:pw@10.21.1.2")}))
        )
    )


STRANGERS: dict[str, tuple[str, list[str]]] = {
    "stricter": ("profile: strict\n  rules: {email: reroute, phone: block}\n  markers: [Secret plan]", []),
    "as built in": ("profile: balanced", []),
    "a pattern": ("patterns: {a: {pattern: abc}, b: {pattern: abc, action: block}}", []),
    "off": ("profile: off", ["privacy.profile"]),
    "allowed": ("rules: {card: allow, iban: reroute}", ["privacy.rules.card"]),
    "flagged": ("rules: {secrets: flag}", ["privacy.rules.secrets"]),
    "replaced": ("rules: {card: redact}", ["privacy.rules.card"]),
    "a gentle pattern": ("patterns: {a: {pattern: abc, action: allow}}", ["privacy.patterns.a"]),
    "networks": ("trusted_networks: [10.0.0.0/8]", ["privacy.trusted_networks"]),
    "restored": ("restore: true", ["privacy.restore"]),
    "a variable": ("markers: ['${env.HOME}']", ["privacy.markers.0"]),
    "no list": ("rules: off", ["privacy.rules"]),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "refused"), STRANGERS.values(), ids=STRANGERS)
def test_a_strangers_file_may_only_be_stricter(home: Path, settings: str, refused: list[str]) -> None:
    found: Any = objections(parse(f"privacy:\n  {settings}\n".encode(), "auraconfig.yaml"), Home(home))
    assert [".".join(problem.path) for problem in found] == refused
