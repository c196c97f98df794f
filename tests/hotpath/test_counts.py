"""Nothing that a pass touches is lost or kept, however often: ten million calls of the compiled analyser and scan."""

from __future__ import annotations

import resource
import sys
from types import ModuleType

import pytest

from aurarouter_core.detector import standard
from aurarouter_core.lexicon import Lexicon
from aurarouter_hooks.values import Analysis, Finding, Span

CALLS = 10_000_000
TEXTS = (
    "Review this code",
    "plan",
    "\u603b\u7ed3 caf\u00e9",
    "",
    "mail a.b@corp.de",
    "x\ud800\0",
    "\U0001f600 write it",
)


@pytest.mark.soak
def test_reference_counts_and_memory_stay_over_ten_million_calls(compiled: ModuleType) -> None:
    lexicon = Lexicon.default().with_verbs({"code golf": "golf", "plan": "reasoning"})
    made = compiled.Analyser(dict(lexicon.verbs), lexicon.named, lexicon.model, lexicon.likeness)
    scanner = standard()._scanner
    assert scanner is not None
    watched = [made, scanner, Analysis, Finding, Span, None, True, *made.analyse("plan")[2], *filter(None, TEXTS)]

    def rounds(count: int) -> None:
        for _ in range(count):
            for text in TEXTS:
                made.value(text, Analysis, Finding, Span)
                made.resolve(text)
                scanner.scan(text)

    each = 3 * len(TEXTS)
    rounds(1_000)
    before = [sys.getrefcount(thing) for thing in watched]
    blocks, memory = sys.getallocatedblocks(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds(CALLS // each + 1)
    after = [sys.getrefcount(thing) for thing in watched]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    more = sys.getallocatedblocks() - blocks
    print(f"{(CALLS // each + 1) * each:,} calls, counts {before} -> {after}, {more} more blocks, {grown} KiB grown")
    assert all(abs(one - other) <= 2 for one, other in zip(before, after, strict=True))
    assert abs(more) < 1_000
    assert grown < 4_096
