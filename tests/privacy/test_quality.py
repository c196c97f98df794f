"""How much the detector finds, and how much of what it finds is none: on the committed samples, and on fresh ones."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from aurarouter_core.detection.rules import RULES
from aurarouter_core.detector import Detector
from make_samples import SAMPLES, SEED, samples, written

GROUP = {rule.name: rule.group for rule in RULES}
Sample = dict[str, Any]


def committed() -> list[Sample]:
    return [json.loads(line) for line in gzip.decompress(SAMPLES.read_bytes()).splitlines()]


def judged(detector: Detector, texts: Iterable[Sample]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Of each rule: what was found, what was missed, what was none.

    A value that is also a right number of a neighbouring rule counts for its own: some Finnish numbers are Swedish too.
    """
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    for sample in texts:
        found = detector.find(sample["text"])
        for rule, start, end in sample["private"]:
            hit = any(GROUP[f.rule] == GROUP[rule] and f.start < end and start < f.end for f in found)
            (right if hit else missed)[rule] += 1
        for f in found:
            if not any(
                GROUP[f.rule] == GROUP[rule] and f.start < end and start < f.end
                for rule, start, end in sample["private"]
            ):
                wrong[f.rule] += 1
    return right, missed, wrong


def test_the_samples_are_what_their_generator_makes() -> None:
    assert gzip.decompress(SAMPLES.read_bytes()) == gzip.decompress(written())


def test_the_samples_are_many_and_hard() -> None:
    texts = committed()
    hard = [sample for sample in texts if not sample["private"]]
    assert len(texts) >= 1_500
    assert len(hard) >= 500
    assert len({sample["kind"] for sample in hard}) >= 40
    kinds = Counter(rule for sample in texts for rule, _, _ in sample["private"])
    assert set(kinds) == {rule.name for rule in RULES} - {"unreadable"}
    assert min(kinds.values()) >= 40


@pytest.mark.parametrize("seed", [SEED, 1, 2])
def test_recall_and_precision_of_each_rule(strict: Detector, seed: int) -> None:
    texts = committed() if seed == SEED else list(samples(seed))
    right, missed, wrong = judged(strict, texts)
    print(f"\n{'rule':<20}{'found':>6}{'missed':>8}{'wrong':>7}")
    for rule in right | missed | wrong:
        print(f"{rule:<20}{right[rule]:>6}{missed[rule]:>8}{wrong[rule]:>7}")
        assert right[rule] / (right[rule] + missed[rule]) >= 0.95, rule
        assert right[rule] / (right[rule] + wrong[rule]) >= 0.93, rule
    assert right.total() / (right.total() + missed.total()) >= 0.98
    assert right.total() / (right.total() + wrong.total()) >= 0.97
    sure = [rule.name for rule in RULES if rule.group in ("secrets", "money", "ids")]
    found, lost = (sum(count[rule] for rule in sure) for count in (right, missed))
    assert found / (found + lost) >= 0.98
