"""Private data in tasks: what is found where, what then follows, and what reaches a model that isn't cleared."""

import base64
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.detector import Detector
from aurarouter_core.home import Home
from aurarouter_core.inspection import Inspector
from aurarouter_hooks import (
    Call,
    Chunk,
    Constraint,
    Event,
    Media,
    Message,
    Opaque,
    PrivacyError,
    Proceed,
    Prompt,
    Provider,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

CARD = "4539 1488 0343 6467"
KEY = "AKIAZQ3DLQ7JXWV2MP5T"
MAIL = "anna.berg@nordwind.de"


class Echoing(Provider):
    """Sends the prompt back in pieces of three characters, so that placeholders are cut."""

    async def generate(self, prompt: Prompt) -> Any:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        self.model.options["seen"].append(prompt)
        text = "".join(message.text for message in prompt.messages)
        for at in range(0, len(text), 3):
            yield Chunk(text=text[at : at + 3])
        yield Chunk(finish="stop")


@pytest.fixture
def seen() -> list[Prompt]:
    """What every model was sent, in order."""
    return []


@pytest.fixture
def ask(make_plugin: Any, providers: Any, configure: Callable[..., Config], tmp_path: Any, seen: list[Prompt]) -> Any:
    """Runs a task on a cloud model and, after it, one on this machine."""
    echoing = make_plugin("echoing", register_providers=lambda: {"echoing": Echoing})

    async def run(task: Task, *more: object, models: tuple[str, ...] = ("cloud", "home"), **privacy: Any) -> Any:
        plugins = Plugins(discover=False, extra=[providers, echoing, *more])
        known = {
            "cloud": {"provider": "echoing", "options": {"seen": seen}},
            "home": {"provider": "here", "options": {"seen": seen}},
        }
        config = configure(privacy=privacy, **{name: known[name] for name in models})
        async with Router(config, plugins, home=Home(tmp_path)) as router:
            return await router.run(task)

    return run


def user(*parts: Any) -> Task:
    """A task of one message with these parts."""
    return Task(messages=[Message("user", parts)])


def after(*parts: Any, speaker: Any = "tool") -> Task:
    """A question after a message with these parts."""
    return Task("?", messages=[Message(speaker, parts)])


def photo(data: bytes) -> Media:
    return Media(media_type="image/jpeg", data=b"\xff\xd8\xff\xe1" + data + b"\xff")


def png(kind: bytes, body: bytes) -> Media:
    chunk = len(body).to_bytes(4) + kind + body + b"0000"
    return Media(media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + chunk)


def gif(comment: bytes) -> Media:
    blocks = b"".join(bytes([len(part := comment[at : at + 255])]) + part for at in range(0, len(comment), 255))
    return Media(media_type="image/gif", data=b"GIF89a\1\0\1\0\0\0\0!\xfe" + blocks + b"\0;")


PACKED = zlib.compress(f"Comment by {KEY}".encode())
URL = "data:text/plain;base64," + base64.b64encode(KEY.encode()).decode()
CSV = Media(media_type="text/csv", data=KEY.encode())
HIDDEN = {
    "text": Task(f"use {KEY}"),
    "context": Task("sum up", context=f"a file\n{KEY}"),
    "history": Task("go on", messages=[Message("user", f"my key is {KEY}"), Message("assistant", "ok")]),
    "two parts": user(Text(f"x {KEY[:9]}"), Text(KEY[9:])),
    "tool result": after(ToolResult(call_id="1", content=KEY)),
    "tool call": after(ToolCall(id="1", name="f", arguments=f'{{"k": "{KEY}"}}'), speaker="assistant"),
    "opaque": after(Opaque(provider="echoing", data={"a": [{"b": KEY}]}), speaker="assistant"),
    "tool": Task("?", tools=[Tool(name="f", description="d", schema={"properties": {"x": {"default": KEY}}})]),
    "schema": Task("?", response_schema={"enum": [KEY]}),
    "parameters": Task("?", parameters={"stop": [KEY]}),
    "extra": Task("?", extra={"metadata": {KEY: 1}}),
    "tool choice": Task("?", tool_choice=KEY),
    "exif": user(photo(KEY.encode())),
    "exif, utf-16": user(photo(KEY.encode("utf-16-le"))),
    "png, plain": user(png(b"tEXt", b"Comment\0" + KEY.encode())),
    "png, compressed": user(png(b"zTXt", b"Comment\0\0" + PACKED)),
    "png, compressed, international": user(png(b"iTXt", b"Comment\0\1\0en\0Kommentar\0" + PACKED)),
    "exif, utf-16, named": user(photo(b"UNICODE\0" + KEY.encode("utf-16-le"))),
    "exif, utf-16, the other way round": user(photo(b"UNICODE\0" + KEY.encode("utf-16-be"))),
    "exif, utf-16, behind another": user(photo("x\0".encode("utf-16-le") + KEY.encode("utf-16-le"))),
    "xmp": user(photo(f"<dc:creator>{KEY}</dc:creator>".encode())),
    "xmp, as numbers": user(
        photo(f"<dc:creator>{KEY.replace('Z', '&#x5A;').replace('D', '&#68;')}</dc:creator>".encode())
    ),
    "gif, across blocks": user(gif(b"x " * 120 + KEY.encode())),
    "utf-16 file": user(Media(media_type="text/plain", data=f"ключ {KEY}".encode("utf-16"))),
    "file's name": user(Media(media_type="text/plain", data=b"x", name=f"{KEY}.txt")),
    "data url": user(Media(media_type="text/plain", url=URL)),
    "data url, quoted": Task("?", extra={"image": f"data:text/plain,{KEY.replace('A', '%41')}"}),
    "file of a tool": after(ToolResult(call_id="1", content="", media=(CSV,))),
}


@pytest.mark.parametrize("task", HIDDEN.values(), ids=HIDDEN)
async def test_private_data_is_found_wherever_it_stands(ask: Any, task: Task) -> None:
    with pytest.raises(PrivacyError) as told:
        await ask(task, models=("cloud",))
    assert "privacy" in str(told.value) or "private" in str(told.value)
    assert KEY not in str(told.value)


@pytest.mark.promise("future.17")
async def test_it_goes_to_the_model_on_this_machine(ask: Any, seen: list[Prompt]) -> None:
    done = await ask(Task(f"pay with {CARD}"))
    assert done.text == "home says hello"
    assert [prompt.private for prompt in seen] == [True]
    decision = done.trace.decision
    assert decision.constraint == Constraint(private=True, reasons=("privacy rule card: 1 finding",))
    assert [(f.rule, f.start, f.end) for f in decision.analysis.findings] == [("card", 9, 28)]
    (stage,) = [stage for stage in decision.stages if stage.name == "private"]
    assert stage.outcome == "card: 1 finding: reroute"
    assert done.trace.private
    assert CARD not in str(done.trace)


async def test_what_is_flagged_goes_on_and_is_told(ask: Any) -> None:
    done = await ask(Task(f"write to {MAIL} and {MAIL}"))
    assert done.text == f"write to {MAIL} and {MAIL}"
    (stage,) = [stage for stage in done.trace.decision.stages if stage.name == "private"]
    assert stage.outcome == "email: 2 findings: flag"
    assert not done.trace.private


async def test_what_is_blocked_reaches_nobody(ask: Any, seen: list[Prompt]) -> None:
    with pytest.raises(PrivacyError, match="blocked by the privacy rule card: 1 finding"):
        await ask(Task(f"pay with {CARD}"), rules={"money": "block"})
    assert seen == []


async def test_a_pattern_of_ones_own(ask: Any) -> None:
    with pytest.raises(PrivacyError):
        await ask(
            Task("about PRJ-1234"),
            models=("cloud",),
            patterns={"project": {"pattern": r"\bPRJ-\d{4}\b"}},
            profile="off",
        )


async def test_a_detector_that_fails_makes_everything_private(ask: Any, seen: list[Prompt], monkeypatch: Any) -> None:
    def broken(self: Detector, text: str, most: int = -1) -> Any:
        raise ZeroDivisionError(text)

    monkeypatch.setattr(Detector, "find", broken)
    done = await ask(Task("a harmless secret word"))
    assert done.text == "home says hello"
    reason = "the detector failed (ZeroDivisionError), so the content counts as private"
    assert done.trace.decision.constraint.reasons == (reason,)
    with pytest.raises(PrivacyError):
        await ask(Task("a harmless secret word"), models=("cloud",))


async def test_what_middleware_adds_is_looked_at_too(ask: Any, seen: list[Prompt]) -> None:
    class Retrieval:
        scope, order = "attempt", 0

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            from attrs import evolve

            assert call.prompt is not None
            added = evolve(call.prompt, messages=(*call.prompt.messages, Message("user", f"found: {KEY}")))
            async for event in proceed(evolve(call, prompt=added)):
                yield event

    from types import SimpleNamespace

    from aurarouter_hooks import hookimpl

    more = SimpleNamespace(__name__="retrieval", register_middleware=hookimpl(lambda: [Retrieval()]))
    done = await ask(Task("look it up"), more)
    assert done.text == "home says hello"
    assert [attempt.outcome for attempt in done.trace.attempts] == ["failed", "ok"]
    assert [prompt.private for prompt in seen] == [True]
    assert done.trace.private


async def test_a_model_that_is_not_cleared_gets_placeholders(ask: Any, seen: list[Prompt]) -> None:
    task = Task(f"pay with {CARD}, not [card-1]; again {CARD}", context=f"mail {MAIL}")
    done = await ask(task, rules={"card": "redact", "email": "redact"})
    assert "pay with [card-2], not [card-1]; again [card-2]" in done.text
    assert "mail [email-1]" in done.text
    assert CARD not in str(seen)
    assert MAIL not in str(seen)
    assert not done.trace.private


@pytest.mark.parametrize("how", ["task", "configured"])
async def test_values_are_put_back_where_that_is_asked_for(ask: Any, seen: list[Prompt], how: str) -> None:
    task = Task(f"pay with {CARD} or [card-9] [", restore=True if how == "task" else None)
    done = await ask(task, rules={"card": "redact"}, restore=how == "configured")
    assert done.text == f"pay with {CARD} or [card-9] ["
    assert CARD not in str(seen)


async def test_a_cleared_model_gets_the_values_and_nobody_on_the_way(ask: Any, seen: list[Prompt]) -> None:
    await ask(Task(f"pay with {CARD}"), models=("home",), rules={"card": "redact"})
    (prompt,) = seen
    assert CARD in prompt.text
    assert prompt.private


async def test_what_can_not_be_replaced_goes_to_nobody_who_is_not_cleared(ask: Any, seen: list[Prompt]) -> None:
    done = await ask(user(Text("what is this?"), photo(KEY.encode())), rules={"api-key": "redact"})
    assert done.text == "home says hello"
    assert len(seen) == 1


async def test_a_conversation_stays_private(make_plugin: Any, providers: Any, configure: Any, tmp_path: Any) -> None:
    sent: list[Prompt] = []
    config = configure(
        cloud={"provider": "remote", "options": {"seen": sent}}, home={"provider": "here", "options": {"seen": sent}}
    )
    async with Router(config, Plugins(discover=False, extra=[providers]), home=Home(tmp_path)) as router:
        assert (await router.run(Task("hello", conversation="a"))).text == "cloud says hello"
        assert (await router.run(Task(f"pay with {CARD}", conversation="a"))).text == "home says hello"
        after = await router.run(Task("and now?", conversation="a"))
        assert after.text == "home says hello"
        assert after.trace.decision is not None
        assert "the conversation was private before" in after.trace.decision.constraint.reasons
        assert (await router.run(Task("hello", conversation="b"))).text == "cloud says hello"


def test_readable_files_are_not_counted_as_unreadable() -> None:
    inspector = Inspector(Detector(Config().privacy))
    files = [Media(media_type="text/csv", data=b"a,b"), Media(media_type="application/pdf", data=b"%PDF"),
             Media(media_type="text/plain", url="https://host/file")]  # fmt: skip
    found = inspector.task(Task(messages=[Message("user", files)]))
    assert found.counts == {"unreadable": 2}
    assert found.outcome == "unreadable: 2 findings: flag"
