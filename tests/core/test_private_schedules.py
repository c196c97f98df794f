"""Generated days with private content: whatever happens, no byte of it arrives where it may not.

Chains of cleared and uncleared models on real sockets; every byte that reaches an uncleared one is kept and looked at.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, aclosing
from typing import Any

import pytest
from attrs import evolve, frozen

import faults
from aurarouter_core import Plugins, Router, Task, load_config, privacy
from aurarouter_core.chat import Chat, Conversations
from aurarouter_core.comparison import compare
from aurarouter_core.detector import Detector
from aurarouter_core.home import Home
from aurarouter_hooks import (
    AllModelsFailedError,
    Call,
    Done,
    Event,
    Media,
    Message,
    NoModelLeftError,
    PrivacyError,
    Proceed,
    Text,
    ToolResult,
)
from listener import Listener, leaked

CLEARED = {"trusted", "named"}
HOST = "models.test"
ENDS = (PrivacyError, AllModelsFailedError, NoModelLeftError)
"""How a task may end without an answer."""
FAULTS = [
    faults.status(500), faults.status(429, {"retry-after-ms": "1"}), faults.reset, faults.half_a_stream(),
    faults.half_a_stream("reset"), faults.answer(b"\xff\xfe<html>"), faults.status(401),
]  # fmt: skip


def card(dice: random.Random) -> str:
    digits = "4" + "".join(str(dice.randrange(10)) for _ in range(14))
    doubled = [int(d) * 2 if at % 2 == 0 else int(d) for at, d in enumerate(digits)]
    number = digits + str(-sum(sum(divmod(d, 10)) for d in doubled) % 10)
    return " ".join(number[at : at + 4] for at in range(0, 16, 4))


class World:
    """The servers, and what the names resolve to."""

    def __init__(self, stack: ExitStack) -> None:
        self.open = [stack.enter_context(Listener()) for _ in range(2)]
        self.trusted = stack.enter_context(Listener())
        self.stranger = stack.enter_context(Listener("127.0.0.2", self.trusted.port))  # same port, another machine
        self.elsewhere, self.proxy = stack.enter_context(Listener()), stack.enter_context(Listener())

    @property
    def uncleared(self) -> list[Listener]:
        return [*self.open, self.stranger, self.elsewhere, self.proxy]

    def forget(self) -> None:
        for server in [*self.uncleared, self.trusted]:
            server.forget()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


class LooksUp:
    """Middleware that adds to a prompt what it asks for, once the model is chosen."""

    scope, order = "attempt", 0

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        assert call.prompt is not None
        _, wanted, what = call.prompt.text.partition("Look up ")
        if wanted:
            found = Message("user", f"Found: {bytes.fromhex(what).decode()}")
            call = evolve(call, prompt=evolve(call.prompt, messages=(*call.prompt.messages, found)))
        async with aclosing(proceed(call)) as events:
            async for event in events:
                yield event


@pytest.fixture
def plugins(make_plugin: Any, monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """With one that wants uncleared models first, one that adds to prompts, and a name whose address changes."""
    looked_up = asyncio.BaseEventLoop.getaddrinfo

    async def changing(loop: Any, host: Any, port: Any, **rest: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name == HOST:
            host = "127.0.0.1" if port is None else "127.0.0.2"
        return await looked_up(loop, host, port, **rest)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", changing)
    first = make_plugin("first", score_models=lambda models: {m.id: 1e9 for m in models if m.id not in CLEARED})
    return Plugins(extra=[first, make_plugin("adding", register_middleware=lambda: [LooksUp()])])


def settings(world: World, dice: random.Random, *, redact: bool) -> dict[str, Any]:
    own = {"provider": "openapi", "timeout": 1.0, "first_token_timeout": 0.5}
    models = {
        "open0": {**own, "endpoint": world.open[0].url},
        "open1": {**own, "endpoint": world.open[1].url},
        "trusted": {**own, "endpoint": world.trusted.url, "tags": ["private"]},
        "named": {**own, "endpoint": f"http://{HOST}:{world.trusted.port}", "tags": ["private"]},
    }
    chain = dice.sample(sorted(models), dice.randint(1, 4))
    roles = dict.fromkeys(("coding", "reasoning", "router", "reviewer", "summarization"), chain)
    rules = {"card": "redact"} if redact else {}
    return {
        "models": models, "roles": roles, "system": {"retries": dice.randint(0, 1), "max_wait": 0.2},
        "privacy": {"rules": rules},
    }  # fmt: skip


@frozen
class Outcome:
    """How a task ended.

    Attributes:
        kind: What kind of task it was.
        private: It was private from its first word.
        ended: "answered", or the name of an error.
        model: Who answered, or who said the last word of a plan.
    """

    kind: str
    private: bool
    ended: str
    model: str = ""


class Day:
    """One schedule: what is asked of one router, and what must not leave."""

    def __init__(self, world: World, plugins: Plugins, home: Home, seed: int) -> None:
        self.world, self.plugins, self.home, self.seed = world, plugins, home, seed
        self.dice = random.Random(seed)
        self.card = card(self.dice)
        self.redact = self.dice.random() < 0.25
        self.secrets = [self.card]
        self.outcomes: list[Outcome] = []

    @property
    def word(self) -> str:
        """One that nobody said before."""
        return f"zq{self.dice.getrandbits(60):015x}"

    def private(self) -> Task:
        """A task that is private by what it says, or by what its caller says; one secret may hide in a file."""
        kind = self.dice.choice(["declared", "text", "context", "history", "tool", "file"])
        word = self.word
        text = f"Remember {word}"
        if kind == "declared":
            self.secrets.append(word)
            return Task(text, private=True)
        if not self.redact:
            self.secrets.append(word)
        said = f"{text}, pay with {self.card}"
        match kind:
            case "text":
                return Task(said)
            case "context":
                return Task(text, context=said)
            case "history":
                return Task("Go on", messages=[Message("user", said), Message("assistant", "ok")])
            case "tool":
                return Task("Go on", messages=[Message("tool", [ToolResult(call_id="1", content=said)])])
        if self.redact:
            self.secrets.append(word)  # a file can't be replaced, so nothing of it may go
        picture = Media(media_type="image/jpeg", data=b"\xff\xd8\xff\xe1" + said.encode() + b"\xff")
        return Task(messages=[Message("user", [Text("What is this?"), picture])])

    async def tell(self, kind: str, private: bool, events: AsyncGenerator[Event]) -> None:
        """Live through a task, to whatever end."""
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Done):
                        last = event.trace.attempts[-1].model
                        steps = f" of {len(event.steps)} steps" if event.steps else ""
                        self.outcomes.append(Outcome(kind + steps, private, "answered", last))
        except ENDS as error:
            self.outcomes.append(Outcome(kind, private, type(error).__name__))

    async def one_thing(self, router: Router) -> None:
        kinds = ["run", "cut", "plan", "private plan", "review", "compare", "chat", "public", "conversation", "added"]
        match kind := self.dice.choice(kinds):
            case "run":
                await self.tell(kind, True, router.stream(self.private()))
            case "cut":
                with contextlib.suppress(*ENDS):
                    async with aclosing(router.stream(self.private())) as events:
                        for _ in range(self.dice.randint(1, 4)):
                            await anext(events, None)
            case "plan":
                for server in (*self.world.open, self.world.trusted, self.world.stranger):
                    server.says = f"It is {self.card}."  # comes up in step 3 of 4
                await self.tell(kind, False, router.stream(Task("Plan the bakery", mode="plan")))
            case "private plan":
                await self.tell(kind, True, router.stream(evolve(self.private(), mode="plan")))
            case "review":
                await self.tell(kind, True, router.stream(evolve(self.private(), review=True)))
            case "compare":
                for side in await compare(router, self.private(), ["open0", "open1", "trusted", "named"]):
                    ended = "answered" if side.success or side.error is None else side.error.type
                    self.outcomes.append(Outcome(kind, True, ended, side.model))
            case "chat":
                await self._chat(router)
            case "public":
                await self.tell(kind, False, router.stream(Task("Say hello")))
            case "added":  # by a middleware, right before each attempt
                await self.tell(kind, False, router.stream(Task(f"Look up {self.card.encode().hex()}")))
            case "conversation":
                name, word = f"talk {self.word}", self.word
                await self.tell(kind, True, router.stream(evolve(self.private(), conversation=name, private=True)))
                self.secrets.append(word)
                await self.tell(kind, True, router.stream(Task(f"Remember {word}", conversation=name)))

    async def _chat(self, router: Router) -> None:
        kept = Conversations(self.home.conversations)
        chat = Chat(router, kept, kept.begin())
        for number in range(4):
            await self.tell("chat, public", False, chat.say(Task(f"Turn {number}")))
        await self.tell("chat", True, chat.say(Task(f"Pay with {self.card}")))
        await self.tell("chat", True, chat.say(Task("And now?")))

    async def live(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world, dice = self.world, self.dice
        world.forget()
        for server in [world.trusted, *world.open]:
            if dice.random() < 0.5:
                server.will(*dice.choices(FAULTS, k=dice.randint(1, 3)))
        if dice.random() < 0.3:
            world.trusted.always(faults.redirect(f"{world.elsewhere.url}/chat/completions"))
        config = load_config(self.plugins, settings=settings(world, dice, redact=self.redact))
        async with Router(config, self.plugins, home=self.home) as router:
            for _ in range(dice.randint(1, 3)):
                working = asyncio.create_task(self.one_thing(router))
                if dice.random() < 0.3:
                    await asyncio.sleep(0.002)
                    await router.set_layer("test", {"models": {"open0": {"timeout": dice.choice([0.8, 0.9])}}})
                await working
            if dice.random() < 0.3:
                monkeypatch.setattr(Detector, "find", _broken)
                self.secrets.append(self.word)
                await self.tell("broken detector", True, router.stream(Task(f"Remember {self.secrets[-1]}")))

    def check(self) -> None:
        for secret in self.secrets:
            for server in self.world.uncleared:
                for form in (secret, secret.replace(" ", "")) if secret == self.card else (secret,):
                    assert not leaked(bytes(server.heard), form), f"schedule {self.seed}: {form!r} at {server.url}"
        for outcome in self.outcomes:
            if outcome.private and outcome.ended == "answered" and not self.redact:
                assert outcome.model in CLEARED, f"schedule {self.seed}: {outcome.kind} answered by {outcome.model}"


def _broken(self: Detector, text: str, most: int = -1) -> Any:
    raise ZeroDivisionError(text)


def live(world: World, plugins: Plugins, seed: int) -> Day:
    with pytest.MonkeyPatch.context() as patch:
        home = Home(Home.of().root / f"day{seed}")  # what failed on one day is forgotten on the next
        home.root.mkdir(exist_ok=True)
        day = Day(world, plugins, home, seed)
        if day.dice.random() < 0.5:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                patch.setenv(name, world.proxy.url)
        asyncio.run(day.live(patch))
    day.check()
    return day


def answered(days: Sequence[Day]) -> float:
    """The share of private tasks that somebody answered: where nobody does, silence means nothing."""
    private = [one.ended for day in days for one in day.outcomes if one.private]
    return private.count("answered") / len(private)


def test_nothing_private_arrives_where_it_may_not(world: World, plugins: Plugins) -> None:
    days = [live(world, plugins, seed) for seed in range(40)]
    assert answered(days) > 0.3


@pytest.mark.soak
def test_nothing_private_arrives_in_two_thousand_days(
    world: World, plugins: Plugins, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [live(world, plugins, seed) for seed in range(2000)]
    ends = Counter(
        ("private " if one.private else "") + f"{one.kind}: {one.ended}" for day in days for one in day.outcomes
    )
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:<60}{count:>6}" for name, count in sorted(ends.items())))
        print(f"answered, of the private ones: {answered(days):.0%}")
    assert answered(days) > 0.4
    assert ends["plan of 4 steps: answered"] > 50  # the card came up in the third, and the fourth was asked with it


def test_the_test_sees_what_a_missing_filter_lets_out(
    world: World, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "refusal", lambda *_: None)

    def days() -> None:
        for seed in range(20):
            live(world, plugins, seed)

    with pytest.raises(AssertionError, match="schedule"):
        days()
