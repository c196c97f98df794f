"""Fit one linear layer with two softmax heads over hashed grams: AdaGrad, one text at a time, with numpy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]
RUN, WHOLE = 0.5, 2.2


@frozen
class Text:
    """A prompt ready to learn from: rows of the table, how much each counts, and the labels (-1 for none)."""

    rows: Rows
    counts: Floats
    intent: int
    role: int


@frozen
class Fit:
    """How the fit goes: chosen on whole sources that it had not seen (docs/experiments.md)."""

    epochs: int = 5
    rate: float = 0.5
    decay: float = 0.1  # L2, shared among the texts in which a row occurs
    kept: int = 2  # the weights are the mean over this many last epochs
    seed: int = 1


def counted(grams: Sequence[int], bits: int, intent: int, role: int) -> Text:
    """A text's grams as unique rows; each counts its loudness by the root of the number of grams."""
    rows, counts = np.unique(np.asarray(grams, np.uint32) >> np.uint32(32 - bits), return_counts=True)
    loud = counts * loudness(bits)[rows] / math.sqrt(max(1, len(grams)))
    return Text(rows.astype(np.int32), loud.astype(np.float32), intent, role)


@cache
def loudness(bits: int) -> Floats:
    """How much a row counts while learning: runs, in the lower half, generalize worse than words and pairs.

    In a pass all count one: the finished weights are multiplied by this.
    """
    return np.repeat(np.array([RUN, WHOLE], np.float32), 1 << (bits - 1))


def fit(texts: Sequence[Text], weights: Floats, bits: int, intents: int, roles: int, how: Fit) -> tuple[Floats, Floats]:
    """The table of weights and the biases, intents first."""
    columns = intents + roles
    table = np.zeros((1 << bits, columns), np.float32)
    past = np.full((1 << bits, columns), 1e-4, np.float32)
    bias, bias_past = np.zeros(columns, np.float32), np.full(columns, 1e-4, np.float32)
    decay = how.decay / np.maximum(1, occurrences(texts, bits)).astype(np.float32)
    mean, mean_bias = np.zeros_like(table), np.zeros_like(bias)
    dice = np.random.default_rng(how.seed)
    for epoch in range(how.epochs):
        rate = np.float32(how.rate * (1 - 0.8 * epoch / how.epochs))
        for i in dice.permutation(len(texts)):
            text = texts[i]
            own = table[text.rows]
            slope = (_slope(text.counts @ own + bias, text, intents) * weights[i]).astype(np.float32)
            step = text.counts[:, None] * slope
            step += decay[text.rows][:, None] * own
            seen = past[text.rows] + step * step
            past[text.rows] = seen
            table[text.rows] = own - rate * step / np.sqrt(seen)
            bias_past += slope * slope
            bias -= np.float32(0.1) * rate * slope / np.sqrt(bias_past)
        if epoch >= how.epochs - how.kept:
            mean += table / how.kept
            mean_bias += bias / how.kept
    return mean * loudness(bits)[:, None], mean_bias


def occurrences(texts: Sequence[Text], bits: int) -> NDArray[np.int64]:
    """In how many texts each row of the table occurs."""
    return np.bincount(np.concatenate([text.rows for text in texts]), minlength=1 << bits)


def _slope(scores: Floats, text: Text, intents: int) -> Floats:
    """The loss's derivative by each score."""
    slope = np.zeros_like(scores)
    for label, part in ((text.intent, slice(0, intents)), (text.role, slice(intents, None))):
        if label >= 0:
            powers = np.exp(scores[part] - scores[part].max())
            slope[part] = powers / powers.sum()
            slope[part][label] -= 1
    return slope


def softmax(scores: Floats) -> Floats:
    """Probabilities of each row of scores."""
    powers: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """The factor on the scores under which the labels are likeliest."""
    factors = np.arange(0.4, 2.001, 0.05)
    lost = [
        -float(np.mean(np.log(softmax(scores * factor)[np.arange(len(labels)), labels] + 1e-9))) for factor in factors
    ]
    return float(factors[int(np.argmin(lost))])


def calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """How far confidence and accuracy are apart on the average, over ten bins."""
    bins = np.minimum(9, (confidence * 10).astype(int))
    return sum(abs(float((right[bins == at] - confidence[bins == at]).sum())) for at in range(10)) / len(right)
