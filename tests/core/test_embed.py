"""Tasks for vectors: who may make them, what comes back, and what never leaves."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.daemon import wire
from aurarouter_hooks import (
    AllModelsFailedError,
    BudgetError,
    Done,
    Embeddings,
    EmbedRequest,
    Location,
    Media,
    Message,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    RoutingError,
    Text,
    Tool,
    UnknownModelError,
    UnknownRoleError,
    Usage,
)

CARD = "4539 1488 0343 6467"


class Vectors(Provider):
    """Gives what `options: {gives: …}` says: vectors, an error, or nothing; else the length of each text, twice."""

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("vectors are asked for")

    async def embed(self, request: EmbedRequest) -> Embeddings | None:
        self.model.options["seen"].append((self.model.id, request))
        gives = self.model.options.get("gives", [[float(len(text)), len(text) / 2] for text in request.texts])
        if isinstance(gives, Exception):
            raise gives
        usage = Usage(input_tokens=1000 * len(request.texts))
        return None if gives is None else Embeddings(vectors=gives, usage=usage, model_name="a backend's name")

    async def where(self) -> Location:
        return Location(kind="process" if self.model.options.get("here") else "remote", host="api.example.com")


@pytest.fixture
def seen() -> list[tuple[str, EmbedRequest]]:
    """Who was asked what, in order."""
    return []


@pytest.fixture
def embed(make_plugin: Any, providers: Any, configure: Callable[..., Config], seen: Any) -> Callable[..., Any]:
    """Runs a task for vectors of these texts on models in one chain, by keyword: their settings, `gives` among them."""
    vectors = make_plugin("vectors", register_providers=lambda: {"vectors": Vectors})
    plugins = Plugins(discover=False, extra=[providers, vectors])

    async def run(*texts: str, models: Any, task: Any = None, **more: Any) -> Done:
        made = {name: {"provider": "vectors", **settings} for name, settings in models.items()}
        for name in made:
            chosen = {key: made[name].pop(key) for key in ("gives", "here") if key in made[name]}
            made[name]["options"] = {"seen": seen, **chosen}
        config = configure(roles={"embedding": [*models], "coding": [*models]}, **more, **made)
        async with Router(config, plugins) as router:
            messages = [Message("user", text) for text in texts]
            return await router.run(Task(messages=messages, mode="embed", **(task or {})))

    return run


async def test_each_text_gets_a_vector(embed: Any, seen: Any) -> None:
    done = await embed("one", "three", models={"a": {}}, task={"parameters": {"dimensions": 2, "temperature": 1}})
    assert [list(vector) for vector in done.reply.vectors] == [[3.0, 1.5], [5.0, 2.5]]
    assert (done.usage.input_tokens, done.usage.output_tokens, done.complete) == (2000, 0, True)
    ((_, request),) = seen
    assert (request.texts, request.dimensions, request.private) == (("one", "three"), 2, False)
    assert request.trace_context.trace_id == done.trace.id
    decision = done.trace.decision
    assert (decision.mode, decision.role, decision.intent, decision.chain) == ("embed", "embedding", "EMBED", ("a",))
    (attempt,) = done.trace.attempts
    assert (attempt.outcome, attempt.model_name, attempt.finish) == ("ok", "a backend's name", "stop")


async def test_another_models_vectors_never_stand_in(embed: Any, seen: Any) -> None:
    """The first model settles the space, whether it can be asked or not."""
    down = ProviderUnavailableError("down")
    with pytest.raises(AllModelsFailedError):
        await embed("one", models={"a": {"gives": down}, "b": {}, "c": {"embedding_space": "nomic"}})
    assert [name for name, _ in seen] == ["a"]


async def test_models_of_the_same_space_stand_in(embed: Any, seen: Any) -> None:
    nomic = {"embedding_space": "nomic"}
    done = await embed(
        "one", models={"a": {"gives": ProviderUnavailableError("down"), **nomic}, "other": {}, "b": nomic}
    )
    assert [name for name, _ in seen] == ["a", "b"]
    assert "not known to be of the same space as those of 'a'" in done.trace.decision.vetoes["other"]


async def test_models_that_make_none_settle_nothing(embed: Any, seen: Any) -> None:
    done = await embed("one", models={"talks": {"capabilities": ["tools"]}, "a": {"capabilities": ["embed"]}})
    assert [attempt.model for attempt in done.trace.attempts] == ["a"]
    assert done.trace.decision.vetoes == {"talks": "it can't do embed"}


async def test_wording_chooses_nobody(embed: Any, configure: Any, plugins: Plugins) -> None:
    for text in ("refactor this function", "prove the theorem step by step"):
        assert (await embed(text, models={"a": {}})).trace.decision.role == "embedding"
    async with Router(configure(a={"provider": "remote", "options": {"seen": []}}), plugins) as router:
        with pytest.raises(UnknownRoleError, match="embedding"):
            await router.run(Task("hello", mode="embed"))
        with pytest.raises(UnknownModelError):
            await router.run(Task("hello", mode="embed", model="nobody"))
        with pytest.raises(NoModelLeftError, match="it makes no vectors"):
            await router.run(Task("hello", mode="embed", model="a"))


@pytest.mark.parametrize(
    "task",
    [
        Task(mode="embed"),
        Task("hello", mode="embed", intent="DIRECT"),
        Task("hello", mode="embed", context="material"),
        Task("hello", mode="embed", response_schema={}),
        Task("hello", mode="embed", tools=[Tool(name="f")]),
        Task(messages=[Message("assistant", "hello")], mode="embed"),
        Task(messages=[Message("user", [Text("a"), Media(media_type="image/png", data=b"")])], mode="embed"),
    ],
)
async def test_only_texts_have_vectors(configure: Any, plugins: Plugins, task: Task) -> None:
    config = configure(roles={"embedding": ["a"]}, a={"provider": "remote"})
    async with Router(config, plugins) as router:
        with pytest.raises(RoutingError, match="vectors are"):
            await router.run(task)


@pytest.mark.parametrize(
    ("gives", "says"),
    [
        ([], "0 vectors of no numbers came for 2 texts"),
        ([[1.0]], "1 vectors of 1 numbers"),
        ([[1.0], [1.0, 2.0]], "2 vectors of 1, 2 numbers"),
        ([[], []], "2 vectors of 0 numbers"),
        ([[1.0], ["x"]], "no number"),
        ([[1.0], [None]], "no number"),
        ([[1.0], [float("nan")]], "no number"),
        ([[1.0], [1e300]], "no number"),
        ([[1.0], 5], "no number"),
    ],
)
async def test_what_comes_is_checked(embed: Any, gives: Any, says: str) -> None:
    with pytest.raises(AllModelsFailedError, match=says):
        await embed("one", "two", models={"a": {"gives": gives}})


async def test_another_length_is_no_failure_of_the_model(embed: Any) -> None:
    with pytest.raises(NoModelLeftError, match="its vectors have 2 numbers, 3 were asked for"):
        await embed("one", models={"a": {}}, task={"parameters": {"dimensions": 3}})


async def test_private_texts_go_to_cleared_models_alone(embed: Any, seen: Any, home: Any) -> None:
    nomic = {"embedding_space": "nomic"}
    with pytest.raises(PrivacyError):
        await embed("fine", f"card {CARD}", models={"cloud": nomic})
    assert not seen
    done = await embed(f"card {CARD}", "fine", models={"cloud": nomic, "home": {"here": True, **nomic}})
    ((name, request),) = seen
    assert (name, request.private, request.location.kind) == ("home", True, "process")
    assert (done.trace.private, done.trace.decision.vetoes.keys()) == (True, {"cloud"})


async def test_what_is_replaced_is_replaced_before_it_leaves(embed: Any, seen: Any) -> None:
    await embed(f"card {CARD}", "fine", models={"cloud": {}}, privacy={"rules": {"card": "redact"}})
    ((_, request),) = seen
    assert len(request.texts) == 2
    assert CARD not in request.texts[0]


async def test_budgets_count_what_is_read(embed: Any, seen: Any) -> None:
    price = {"price": {"input": 1.0, "output": 1000.0}}
    done = await embed("one", models={"a": price}, budget={"per_day": 0.01, "max_output": 100_000})
    assert done.trace.cost == pytest.approx(0.001)
    with pytest.raises(BudgetError):
        await embed("word " * 10_000, models={"a": price}, budget={"per_day": 0.01})
    assert len(seen) == 1


async def test_each_text_is_read_by_itself(embed: Any) -> None:
    short = {"a": {"context_length": 100}}
    assert len((await embed(*["a few words"] * 200, models=short)).reply.vectors) == 200
    with pytest.raises(NoModelLeftError, match="its context holds 100 tokens"):
        await embed("a", "word " * 400, models=short)


async def test_vectors_cross_between_processes_as_they_are(embed: Any) -> None:
    done = await embed("one", "three", models={"a": {"gives": [[0.1, -1.5], [2.0, 3e-20]]}})
    again = wire.decode(wire.encode(done))
    assert again.reply.vectors == done.reply.vectors
