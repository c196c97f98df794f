"""Whatever a file holds: its header is read or an AssetError says why not. Nothing else happens, and nothing grows."""

import resource
import time
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_core import gguf
from gguf_files import SMALL
from gguf_files import gguf as made
from gguf_mutations import damaged, shortened, survived

SEEDS = [
    made(tensors=[("a", (64, 4), 0), ("b", (32,), 2), ("c", (256,), 14)]),
    made({**SMALL, "general.alignment": 64, "llama.attention.head_count_kv": [1, 2]}, order=">", align=64),
]


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_a_damaged_file_is_read_or_refused(raw: bytes, chance: Random) -> None:
    wrong = damaged(raw, chance)
    survived(wrong, len(wrong))


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_a_good_beginning(rest: bytes) -> None:
    raw = SEEDS[0][:24] + rest
    survived(raw, len(raw))


@pytest.mark.model
def test_a_damaged_header_of_the_real_model_is_read_or_refused(model_file: Path) -> None:
    raw, size = shortened(model_file, items=16, tensors=24), model_file.stat().st_size
    assert survived(raw, size)
    chance = Random(1)
    read = sum(survived(damaged(raw, chance), size) for _ in range(2000))
    assert 0 < read < 2000


RUNS, WHOLE_RUNS, BUDGET = 1_000_000, 2_000, 3600.0


@pytest.mark.soak
@pytest.mark.model
def test_a_million_damaged_headers_of_the_real_model(model_file: Path) -> None:
    size = model_file.stat().st_size
    with model_file.open("rb") as file:
        whole = file.read(2 * 2**20)
    gguf.parse(BytesIO(whole), size, "whole")
    chance = Random(20261128)
    raw = shortened(model_file, items=16, tensors=24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for words, seed, runs in (("short", raw, RUNS), ("whole", whole, WHOLE_RUNS)):
        began, read, slowest = time.perf_counter(), 0, 0.0
        for _ in range(runs):
            wrong = damaged(seed, chance)
            start = time.perf_counter()
            read += survived(wrong, size)
            slowest = max(slowest, time.perf_counter() - start)
            assert time.perf_counter() - began < BUDGET
        took = time.perf_counter() - began
        print(
            f"\n{words}: {len(seed)} bytes, {runs} runs in {took:.0f} s, {runs / took:.0f}/s, "
            f"{read} read, {runs - read} refused, slowest {slowest * 1000:.1f} ms"
        )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"peak of resident memory rose by {grown / 1024:.1f} MiB")
    assert grown < 256 * 1024
