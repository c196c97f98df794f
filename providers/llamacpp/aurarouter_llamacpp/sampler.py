"""How llama.cpp chooses the next token. Importing this loads the native library."""

import importlib
import re
from collections.abc import Callable
from typing import Any

from aurarouter_hooks import ProviderReplyError
from aurarouter_llamacpp.request import Sampling

# Typed as Any: type checkers run where llama.cpp isn't built, too.
C: Any = importlib.import_module("llama_cpp.llama_cpp")
to_grammar: Callable[[str], str] = importlib.import_module("llama_cpp.llama_grammar").json_schema_to_gbnf

_PENALISED_TOKENS = 64
_ELSEWHERE = re.compile(r'"\$ref": "(?!#)')


def make_sampler(vocab: Any, wish: Sampling) -> Any:
    """A chain of samplers, to be freed with `llama_sampler_free`.

    Raises:
        ProviderReplyError: The schema can't be turned into a grammar.
    """
    links = [
        C.llama_sampler_init_penalties(
            C.llama_vocab_n_tokens(vocab),
            _PENALISED_TOKENS,
            wish.repeat_penalty,
            wish.frequency_penalty,
            wish.presence_penalty,
        )
    ]
    if wish.schema:
        links.append(_schema_sampler(vocab, wish.schema))
    if wish.temperature > 0:
        links += [
            C.llama_sampler_init_top_k(wish.top_k),
            C.llama_sampler_init_top_p(wish.top_p, 1),
            C.llama_sampler_init_min_p(wish.min_p, 1),
            C.llama_sampler_init_temp(wish.temperature),
            C.llama_sampler_init_dist(wish.seed),
        ]
    else:
        links.append(C.llama_sampler_init_greedy())
    chain = C.llama_sampler_chain_init(C.llama_sampler_chain_default_params())
    for link in links:
        C.llama_sampler_chain_add(chain, link)
    return chain


def _schema_sampler(vocab: Any, schema: str) -> Any:
    if _ELSEWHERE.search(schema):  # the converter would fetch it from the network
        raise ProviderReplyError(
            "the response schema refers to something outside itself", refused=True, hint="Use '#/…' references."
        )
    try:
        rules = to_grammar(schema)
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError) as exc:
        raise ProviderReplyError(
            f"the response schema can't be kept by llama.cpp: {exc or type(exc).__name__}",
            refused=True,
            hint="Use a simpler schema.",
        ) from exc
    sampler = C.llama_sampler_init_grammar(vocab, rules.encode(), b"root")
    if not sampler:  # a chain with an empty link crashes
        raise ProviderReplyError("the response schema gives a grammar that llama.cpp can't read", refused=True)
    return sampler
