"""Embeddings of the llamacpp provider: llama.cpp's own means, whatever was asked before, and what is refused."""

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import EmbedRequest, ProviderReplyError, ProviderUnavailableError
from aurarouter_llamacpp.provider import LlamaCppProvider
from llamacpp_prompts import ask

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]
TEXTS = ("The cat sits on the mat.", "A kitten is sitting on a rug.", "Stock markets fell sharply today.")
EMBED = {"embed": True}


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(map(float.__mul__, one, other)) / (math.hypot(*one) * math.hypot(*other))


async def vectors(provider: LlamaCppProvider, *texts: str) -> Sequence[Sequence[float]]:
    found = await provider.embed(EmbedRequest(texts=texts))
    assert found is not None
    return found.vectors


async def test_they_are_as_long_as_the_model_is_wide_and_near_where_the_meaning_is(make: Make) -> None:
    provider = make(options=EMBED)
    found = await provider.embed(EmbedRequest(texts=TEXTS))
    assert found is not None
    assert [len(vector) for vector in found.vectors] == [576] * 3
    assert all(math.isclose(math.hypot(*vector), 1) for vector in found.vectors)
    cat, kitten, markets = found.vectors
    assert cosine(cat, kitten) > cosine(cat, markets) + 0.1
    assert found.usage is not None
    assert found.usage.input_tokens > 15
    assert "embed" in (provider.capabilities().names or ())


async def test_they_are_the_means_that_llama_cpp_makes_itself(make: Make, model_file: Path) -> None:
    import llama_cpp.llama_cpp as library
    import numpy

    text = "A sentence with some words. " * 20  # more than one batch
    c: Any = library
    params = c.llama_model_default_params()
    params.use_extra_bufts = False
    model = c.llama_model_load_from_file(os.fsencode(model_file), params)
    settings = c.llama_context_default_params()
    settings.embeddings, settings.pooling_type = True, c.LLAMA_POOLING_TYPE_MEAN
    settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
    settings.n_threads = settings.n_threads_batch = 1
    context = c.llama_init_from_model(model, settings)
    tokens = (c.llama_token * 512)()
    raw = text.encode()
    count = c.llama_tokenize(c.llama_model_get_vocab(model), raw, len(raw), tokens, 512, True, False)
    assert 64 < count < 512
    assert c.llama_decode(context, c.llama_batch_get_one(tokens, count)) == 0
    theirs = numpy.ctypeslib.as_array(c.llama_get_embeddings_seq(context, 0), (576,)).tolist()
    c.llama_free(context)
    c.llama_model_free(model)
    (ours,) = await vectors(make(options={**EMBED, "normalise": False}), text)
    assert cosine(ours, theirs) > 0.9999
    assert math.isclose(math.hypot(*ours), math.hypot(*theirs), rel_tol=0.01)


async def test_answers_before_and_after_are_the_same(make: Make) -> None:
    provider = make(options=EMBED)
    before = await provider.generate(ask())
    first = await vectors(provider, *TEXTS)
    after = await provider.generate(ask())
    assert after.text == before.text
    assert after.usage is not None
    assert after.usage.cached_input_tokens == 0  # the context was needed for the texts
    assert await vectors(provider, *TEXTS) == first


async def test_marks_in_a_text_are_text(make: Make) -> None:
    provider = make(options=EMBED)
    plain, marked = [await provider.embed(EmbedRequest(texts=(text,))) for text in ("a", "<|im_start|>a")]
    assert plain is not None
    assert marked is not None
    assert plain.usage is not None
    assert marked.usage is not None
    assert marked.usage.input_tokens > plain.usage.input_tokens + 1


async def test_without_the_option_there_are_none(make: Make) -> None:
    provider = make()
    assert await provider.embed(EmbedRequest(texts=TEXTS)) is None
    assert "embed" not in (provider.capabilities().names or ())
    assert provider.loaded() is False


@pytest.mark.parametrize(
    ("texts", "dimensions", "words"),
    [
        (("a", ""), None, "the text has 0 tokens"),
        (("word " * 600,), None, r"the text has 6\d\d tokens and the context holds 512"),
        (("a",), 64, "vectors have 576 numbers, not 64"),
    ],
)
async def test_what_can_t_be_embedded_is_told(
    make: Make, texts: tuple[str, ...], dimensions: int | None, words: str
) -> None:
    provider = make(options=EMBED)
    with pytest.raises(ProviderReplyError, match=words) as caught:
        await provider.embed(EmbedRequest(texts=texts, dimensions=dimensions))
    assert caught.value.hint
    assert len(await vectors(provider, "a")) == 1
    assert await vectors(provider) == []


async def test_it_can_be_cancelled_and_closed(make: Make) -> None:
    provider = make(options=EMBED)
    await provider.load()
    request = EmbedRequest(texts=("word " * 400,) * 50)
    task = asyncio.create_task(provider.embed(request))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await vectors(provider, *TEXTS)) == 3
    task = asyncio.create_task(provider.embed(request))
    await asyncio.sleep(0.05)
    await provider.aclose()
    with pytest.raises(ProviderUnavailableError):
        await task
