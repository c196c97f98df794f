"""What the context still remembers isn't calculated again, by llama.cpp's own count; and it is remembered rightly."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import Message, Prompt, Reply
from aurarouter_llamacpp.provider import LlamaCppProvider

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]
SYSTEM = "You are a careful assistant who answers in few words and never guesses. " * 6


def prompt(*said: str) -> Prompt:
    talk = [Message("system", SYSTEM)]
    talk += [Message("assistant" if number % 2 else "user", text) for number, text in enumerate(said)]
    return Prompt(messages=tuple(talk), parameters={"max_tokens": 6, "temperature": 0})


async def counted(provider: LlamaCppProvider, wanted: Prompt) -> tuple[Reply, int]:
    """The answer, and how many tokens of the prompt llama.cpp has calculated for it, by its own count."""
    import llama_cpp.llama_cpp as library

    await provider.load()
    assert provider._engine is not None
    c: Any = library
    c.llama_perf_context_reset(provider._engine._context)
    reply = await provider.generate(wanted)
    perf = c.llama_perf_context(provider._engine._context)
    assert reply.usage is not None
    single = reply.usage.output_tokens - (reply.finish == "length")  # it reads what it wrote, one by one
    return reply, perf.n_p_eval + perf.n_eval - single


async def odds(provider: LlamaCppProvider, wanted: Prompt) -> list[float]:
    """How likely each token is to follow the prompt, as llama.cpp's numbers."""
    import llama_cpp.llama_cpp as library
    import numpy

    await provider.generate(Prompt(messages=wanted.messages, parameters={"max_tokens": 1}))
    assert provider._engine is not None
    c: Any = library
    row: list[float] = numpy.ctypeslib.as_array(
        c.llama_get_logits_ith(provider._engine._context, -1), (49152,)
    ).tolist()
    return row


def same(one: list[float], other: list[float]) -> bool:
    """Alike but for rounding: llama.cpp rounds otherwise when it calculates more tokens at a time."""
    return sum(map(float.__mul__, one, other)) / (math.hypot(*one) * math.hypot(*other)) > 0.9995


async def test_the_second_question_under_a_system_prompt_reads_only_itself(make: Make) -> None:
    provider = make()
    first, read = await counted(provider, prompt("What is the capital of France?"))
    assert first.usage is not None
    assert read == first.usage.input_tokens > 90
    second, read = await counted(provider, prompt("Name a colour."))
    assert second.usage is not None
    assert read == second.usage.input_tokens - second.usage.cached_input_tokens < 20
    assert second.usage.cached_input_tokens > 80
    remembered = await odds(provider, prompt("Name a fruit."))
    assert same(remembered, await odds(make(), prompt("Name a fruit.")))
    assert not same(remembered, await odds(make(), prompt("What is the capital of France?")))


async def test_a_conversation_reads_only_what_is_new(make: Make) -> None:
    provider = make()
    first, _ = await counted(provider, prompt("Name a colour."))
    more = prompt("Name a colour.", first.text, "Another.")
    _, read = await counted(provider, more)
    assert read < 30
    assert same(await odds(provider, more), await odds(make(), more))


async def test_after_a_prompt_that_was_left_answers_are_right(make: Make) -> None:
    provider = make()
    long = Prompt(messages=prompt("Tell me everything.").messages, parameters={"max_tokens": 200, "temperature": 0})
    stream = provider.stream(long)
    for _ in range(5):
        await anext(stream)
    await stream.aclose()
    assert same(await odds(provider, prompt("Name a fruit.")), await odds(make(), prompt("Name a fruit.")))
