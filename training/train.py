"""Train the classifier that ships: `python training/train.py DATA_FOLDER --out aurarouter_core/classifier.bin`.

DATA_FOLDER holds `intents/train.jsonl.gz`. Same data, same seed, same file, bit for bit, on one machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import own_prompts
import sgd
from numpy.typing import NDArray

from aurarouter_core import classifier
from aurarouter_core.classifier import Model
from aurarouter_core.hotpath import Analyser, grams
from aurarouter_core.lexicon import Lexicon

INTENTS = ("DIRECT", "SIMPLE_CODE", "COMPLEX_REASONING")
ROLES = ("", "coding", "reasoning", "summarization", "analysis", "reviewer", "router")
NOT_OURS = {"CC-BY-NC-4.0", "C-UDA"}  # licences whose rows are left out of what ships
BITS, HEAD, TAIL = 17, 450, 250
LENGTH, FADES, WITHIN = 2048.0, 2304.0, 384.0  # eight doublings; about 512 characters; one and a half doublings
PARTS = (0.0, 4 / 3, 2.0)  # of INTENTS; `complexity.py` is how these were chosen
OWN = 1.5  # how much a prompt of our own counts beside a public one
WARMTH = (1.0, 1.0)  # factors on the scores of each head: one over its temperature
FOLDS = 5

Row = Mapping[str, str]


def read_rows(folder: Path) -> list[Row]:
    """The labelled prompts of a data folder."""
    with gzip.open(folder / "intents" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def source(row: Row) -> str:
    """Where a row is from; its copy with typing errors is from there, too."""
    return row["source"].removesuffix("+typo")


def prepared(rows: Sequence[Row]) -> list[sgd.Text]:
    """Rows as texts to learn from."""
    return [
        sgd.counted(
            grams(row["text"], HEAD, TAIL),
            BITS,
            INTENTS.index(row["intent"]) if row["intent"] else -1,
            ROLES.index(row["role"]) if row["role"] or row["intent"] == "DIRECT" else -1,
        )
        for row in rows
    ]


def weights(rows: Sequence[Row]) -> sgd.Floats:
    """How much each row counts."""
    found = np.array([OWN if source(row).startswith("own-") else 1.0 for row in rows], np.float32)
    return found / found.mean()


def train(rows: Sequence[Row], how: sgd.Fit | None = None) -> Model:
    """A model of these rows and of our own prompts, as it ships."""
    how = how or sgd.Fit()
    rows = [row for row in rows if row["license"] not in NOT_OURS] + own_prompts.rows()
    texts = prepared(rows)
    split = len(INTENTS)
    table, bias = sgd.fit(texts, weights(rows), BITS, split, len(ROLES), how)
    for factor, part in zip(WARMTH, (slice(0, split), slice(split, None)), strict=True):
        table[:, part] *= factor
        bias[part] *= factor
    model = quantized(table, bias, sgd.occurrences(texts, BITS), len(texts))
    return model._replace(levels=levels(model, rows))


def held_out(rows: Sequence[Row], how: sgd.Fit) -> None:
    """Print how sure the heads are of sources that a fit has not seen, for several factors: how `WARMTH` was chosen."""
    ours = [row for row in rows if row["license"] not in NOT_OURS] + own_prompts.rows()
    texts, split = prepared(ours), len(INTENTS)
    group = [-1 if source(row).startswith(("own-", "synthetic-")) else zlib.crc32(source(row).encode()) for row in ours]
    scores: list[NDArray[np.float32]] = []
    labels: list[tuple[int, int]] = []
    loud = sgd.loudness(BITS)
    for fold in range(FOLDS):
        seen = [i for i, number in enumerate(group) if number < 0 or number % FOLDS != fold]
        unseen = [i for i, number in enumerate(group) if number >= 0 and number % FOLDS == fold]
        share = weights([ours[i] for i in seen])
        table, bias = sgd.fit([texts[i] for i in seen], share, BITS, split, len(ROLES), how)
        for i in unseen:
            scores.append(texts[i].counts / loud[texts[i].rows] @ table[texts[i].rows] + bias)
            labels.append((texts[i].intent, texts[i].role))
    for head, part in enumerate((slice(0, split), slice(split, None))):
        truth = np.array([label[head] for label in labels])
        told = np.array(scores)[truth >= 0, part]
        print(("intent", "role")[head], "likeliest factor", sgd.temperature(told, truth[truth >= 0]))
        for factor in (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2):
            chances = sgd.softmax(told * factor)
            right = chances.argmax(axis=1) == truth[truth >= 0]
            sure = chances.max(axis=1)
            error = sgd.calibration_error(sure, right)
            print(f"  {factor:.1f}: accuracy {right.mean():.3f}, confidence {sure.mean():.3f}, ECE {error:.3f}")


def quantized(table: sgd.Floats, bias: sgd.Floats, occurrences: NDArray[np.int64], texts: int) -> Model:
    """Whole numbers: a scale for each column, and in one of the free columns how rare a row is."""
    columns = table.shape[1]
    most = np.maximum(np.abs(table).max(axis=0), 1e-6)
    packed = np.zeros((len(table), classifier.WIDTH), np.int8)
    packed[:, :columns] = np.rint(table / most * 127)
    packed[:, 10] = np.rint(127 * (1 - np.log(np.maximum(1, occurrences)) / np.log(texts + 1)))
    return Model(
        table=memoryview(packed.tobytes()),
        bits=BITS,
        head=HEAD,
        tail=TAIL,
        scales=tuple(int(n) for n in np.rint(most / 127 * 25600)),
        biases=tuple(int(n) for n in np.rint(bias * 25600)),
        intents=INTENTS,
        roles=ROLES,
        levels=(),
        parts=PARTS,
        length=LENGTH,
        fades=FADES,
        within=WITHIN,
    )


def levels(model: Model, rows: Sequence[Row]) -> tuple[float, ...]:
    """Complexities that part the prompts into ten equal shares, every source counting alike."""
    analyser = Analyser(Lexicon(verbs={}, named=frozenset(), model=model))
    sizes = Counter(map(source, rows))
    found = sorted((analyser.analyse(row["text"]).complexity, 1 / sizes[source(row)]) for row in rows)
    shares = np.cumsum([share for _, share in found]) / len(sizes)
    return tuple(round(found[int(np.searchsorted(shares, tenth / 10))][0], 3) for tenth in range(1, 10))


def classify(model: Model, texts: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    """(intent, role, confidence) of each text, through the public door."""
    analyser = Analyser(Lexicon.default().with_model(model))
    for text in texts:
        found = analyser.analyse(text)
        yield found.intent, found.role, found.confidence


def cross_source(rows: Sequence[Row]):  # type: ignore[no-untyped-def]
    """A trainer for a cross-source scorer: rows of a fold in, a function that classifies texts out."""
    model = train(rows)
    return lambda texts: list(classify(model, texts))


def main() -> None:
    """Train on everything, and write the file; without a file, measure on held-out sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with intents/train.jsonl.gz")
    parser.add_argument("--out", type=Path, help="write the model there")
    options = parser.parse_args()
    if options.out is None:
        held_out(read_rows(options.data), sgd.Fit())
        return
    model = train(read_rows(options.data))
    options.out.write_bytes(classifier.to_bytes(model))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes, scales {model.scales}, levels {model.levels}")


if __name__ == "__main__":
    main()
