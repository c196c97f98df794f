"""What the sums of a pass say, in plain Python: chances, the intent and the role that are chosen, and the words that
decided. The twin of `_speedups/choice.pxi`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aurarouter_core.classifier import Model

_SPANS = 4  # pieces of text that are shown as an explanation; each costs the caller an object
_UNIT = 25600.0  # the fixed-point 1 of a score
_SHOWN = 2560  # a score below which a piece explains nothing
_NAMED = 10 * 25600  # score of a synonym from a configuration or a plugin for its role

_Pair = tuple[str, str]  # synonym, role
_Span = tuple[int, int, str, float]  # start, end, what, weight
_Finding = tuple[str, int, int]  # rule, start, end
# intent, confidence, probabilities, role, role_confidence, complexity, level, verbs, findings, spans
Raw = tuple[
    str, float, dict[str, float], str, float, float, int, tuple[_Pair, ...], tuple[_Finding, ...], tuple[_Span, ...]
]
Hit = tuple[int, int, int]  # number of the synonym, start, end
Piece = tuple[int, int, list[int]]  # start, end, sums of a word


class Known(NamedTuple):
    """What an analyser knows.

    Attributes:
        alike: Names of the intents that are made of examples.
        roles: The model's, and behind these the user's own.
        verbs: Each synonym, the place of its role, and whether it makes its role likelier.
    """

    model: Model
    alike: Sequence[str]
    roles: Sequence[str]
    verbs: Sequence[tuple[str, int, bool]]


class Found(NamedTuple):
    """What a pass found.

    Attributes:
        scores: Of each intent, then of each of the model's roles.
        length: Characters.
        root: By which scores of words are divided.
        alike: The intent whose examples the text is most like, or -1, and how likely it is of that intent.
    """

    scores: list[int]
    length: int
    verbs: list[Hit]
    pieces: list[Piece]
    root: float
    alike: tuple[int, float]


def _log(n: int) -> int:
    """log2(1 + n) times 256, with straight lines between the powers of two."""
    power = (n + 1).bit_length() - 1
    return (power - 1) * 256 + (((n + 1) << 8) >> power)


def _softmax(scores: Sequence[int]) -> list[float]:
    top = max(scores)
    powers = [math.exp((score - top) / _UNIT) for score in scores]
    total = 0.0
    for power in powers:  # sum() rounds differently from Python 3.12 on
        total += power
    return [power / total for power in powers]


def _second(scores: Sequence[int], best: int) -> int:
    """The place of the highest score beside the best one's."""
    return max((place for place in range(len(scores)) if place != best), key=scores.__getitem__, default=best)


def choice(known: Known, found: Found) -> Raw:
    """Turn sums into probabilities, and choose."""
    model, split, roles_known = known.model, len(known.model.intents), len(known.model.roles)
    scores, verbs, root, length = found.scores, found.verbs, found.root, _log(found.length)
    chances = _softmax(scores[:split])
    first = chances.index(max(chances))
    second = _second(scores[:split], first)
    named = dict.fromkeys(known.verbs[verb][1] for verb, _, _ in verbs if known.verbs[verb][2])
    roles = [*range(roles_known), *[role for role in named if role >= roles_known]]
    theirs = [scores[split + role] if role < roles_known else 0 for role in roles]
    likely = _softmax([score + _NAMED * (role in named) for role, score in zip(roles, theirs, strict=True)])
    best = likely.index(max(likely))
    role = roles[best]
    clues: list[tuple[int, int, int, str]] = []
    for verb, start, stop in verbs:
        if role and known.verbs[verb][1] == role and known.verbs[verb][2]:
            clues.append((_NAMED, start, stop, known.roles[role]))
    other = _second(scores[split:], role) if 0 < role < roles_known else 0
    for start, stop, own in found.pieces:
        lead = own[first] * model.scales[first] - own[second] * model.scales[second]
        what = model.intents[first]
        if 0 < role < roles_known:  # a word is shown for what it says most about
            led = own[split + role] * model.scales[split + role] - own[split + other] * model.scales[split + other]
            lead, what = max((lead, what), (led, model.roles[role]), key=lambda each: each[0])
        clues.append((math.floor(lead / root), start, stop, what))
    clues = sorted([clue for clue in clues if clue[0] >= _SHOWN], key=lambda clue: -clue[0])[:_SPANS]
    clues.sort(key=lambda clue: clue[1])
    probabilities = dict(zip(model.intents, chances, strict=True))
    intent, sure = model.intents[first], chances[first]
    if found.alike[0] >= 0:
        rest = 1.0 - found.alike[1]
        probabilities = {name: chance * rest for name, chance in probabilities.items()}
        for name in known.alike:
            probabilities.setdefault(name, 0.0)
        probabilities[known.alike[found.alike[0]]] += found.alike[1]
        intent = max(probabilities, key=probabilities.__getitem__)
        sure = probabilities[intent]
    hard = 0.0  # quotients alone: no compiler fuses them with a sum
    for chance, part in zip(chances, model.parts, strict=True):
        if part:
            hard += chance / part
    fading = 1.0 + math.exp(min(700.0, (length - model.fades) / model.within))
    complexity = length / model.length + hard / fading
    return (
        intent,
        sure,
        probabilities,
        known.roles[role],
        likely[best],
        complexity,
        1 + sum([level <= complexity for level in model.levels]),
        tuple([(known.verbs[verb][0], known.roles[known.verbs[verb][1]]) for verb, _, _ in verbs]),
        (),
        tuple([(start, stop, what, weight / _UNIT) for weight, start, stop, what in clues]),
    )
