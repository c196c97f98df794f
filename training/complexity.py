"""How well complexity ranks prompts by what a strong model gains: `python training/complexity.py DATA_FOLDER`.

DATA_FOLDER holds `outcomes/llmrouter.jsonl.gz`: prompts with the scores of several models. Three families of prompts
are looked at; the four numbers of the formula are chosen on two of them and measured on the third.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from aurarouter_core.hotpath import analyse

Numbers = NDArray[np.float64]
SMALL, CODER, STRONG = "mistral-7b-instruct-v0.3", "codegemma-7b", "llama-3.1-nemotron-51b-instruct"
OTHERS = ("llama-3.1-8b-instruct", "gemma-2-9b-it", "llama-3.3-nemotron-super-49b-v1")
PAIRS = {
    "grade-school maths": ((SMALL, STRONG), (CODER, OTHERS[0]), (SMALL, OTHERS[1])),
    "knowledge and passages": ((SMALL, STRONG), (SMALL, OTHERS[1]), (SMALL, OTHERS[2]), (OTHERS[0], STRONG)),
    "a mixture": ((SMALL, STRONG), (SMALL, OTHERS[2]), (CODER, STRONG)),
}
TASKS = {
    "grade-school maths": ("gsm8k",),
    "knowledge and passages": ("mmlu",),
    "a mixture": ("natural_qa", "trivia_qa", "commongen", "mbpp", "human_eval", "math", "gsm8k", "commonsense_qa"),
}
GRID = tuple(itertools.product((7.0, 8.0, 9.0, 10.0), (1.0, 1.5, 2.0), (1.0, 2 / 3, 0.5)))


@frozen
class Prompts:
    """A family's prompts: bits of length, P(code), P(complex), today's score, and what each strong model gains."""

    length: Numbers
    code: Numbers
    hard: Numbers
    shipped: Numbers
    gains: Sequence[Numbers]


def area(score: Numbers, gain: Numbers) -> float:
    """APGR: how much of the gain the prompts of highest score bring, averaged over all shares of strong calls."""
    reached = np.concatenate([[0.0], np.cumsum(gain[np.argsort(-score, kind="stable")])]) / gain.sum()
    return float(np.mean((reached[1:] + reached[:-1]) / 2))


def families(folder: Path) -> dict[str, Prompts]:
    """The three families; a mixture has at most 130 prompts of each task, so that none outweighs the rest."""
    with gzip.open(folder / "outcomes" / "llmrouter.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = {}
    for name, tasks in TASKS.items():
        of_tasks = [[row for row in rows if row["task"] == task] for task in tasks]
        chosen = list(itertools.chain(*(each[: 130 if len(tasks) > 1 else None] for each in of_tasks)))
        seen = [analyse(row["text"]) for row in chosen]
        gains = [
            np.array([row["scores"][strong] - row["scores"][weak] for row in chosen]) for weak, strong in PAIRS[name]
        ]
        found[name] = Prompts(
            np.array([np.log2(1 + len(row["text"].strip())) for row in chosen]),
            np.array([each.probabilities["SIMPLE_CODE"] for each in seen]),
            np.array([each.probabilities["COMPLEX_REASONING"] for each in seen]),
            np.array([each.complexity for each in seen]),
            gains,
        )
    return found


def formula(prompts: Prompts, fades: float, within: float, hard: float) -> Numbers:
    """Complexity; code has the largest share with which more of a text is never easier, COMPLEX `hard` of it."""
    share = within / 2
    said = share * (prompts.code + hard * prompts.hard)
    return prompts.length / 8 + said / (1 + np.exp((prompts.length - fades) / within))


def mean(score: Numbers, prompts: Prompts) -> float:
    """The area, averaged over the pairs of models."""
    return float(np.mean([area(score, gain) for gain in prompts.gains]))


def main() -> None:
    """Print the table of the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with outcomes/llmrouter.jsonl.gz")
    known = families(parser.parse_args().data)
    tried: Mapping[tuple[float, ...], dict[str, float]] = {
        numbers: {name: mean(formula(prompts, *numbers), prompts) for name, prompts in known.items()}
        for numbers in GRID
    }
    print(f"{'':24} length  before  ships  chosen on the others")
    for name, prompts in known.items():
        others = [other for other in known if other != name]
        best = max(GRID, key=lambda numbers: sum(tried[numbers][other] for other in others))
        before = prompts.length / 8 + prompts.code + prompts.hard
        scores = (mean(prompts.length, prompts), mean(before, prompts), mean(prompts.shipped, prompts))
        print(f"{name:24}", *(f"{score:.3f}  " for score in scores), f"{tried[best][name]:.3f} with {best}")


if __name__ == "__main__":
    main()
