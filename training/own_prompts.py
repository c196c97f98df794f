"""Training prompts of our own, made from the patterns in `prompts/`: a fixed seed gives the same prompts every time."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

PROMPTS = Path(__file__).parent / "prompts"
CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
SLOT = re.compile(r"<([a-z]+)>")
NEIGHBOURS = {
    a: b for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for a, b in zip(row, row[1:] + row[-2], strict=True)
}

Row = dict[str, str]


def sections(path: Path) -> Iterator[tuple[str, str]]:
    """(section, line) of a file of prompts."""
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            yield section, line


def slots() -> dict[str, list[str]]:
    """What each <slot> may be."""
    found: dict[str, list[str]] = {}
    for section, line in sections(PROMPTS / "slots.txt"):
        found.setdefault(section, []).append(line)
    return found


def expand(pattern: str, choices: dict[str, list[str]], dice: random.Random) -> str:
    """One text out of a pattern: `{a|b}` is a choice, `<slot>` one of the list of that name."""
    text = pattern
    while CHOICE.search(text):
        text = CHOICE.sub(lambda found: dice.choice(found[1].split("|")), text, count=1)
    text = SLOT.sub(lambda found: dice.choice(choices.get(found[1], [found[0]])), text)
    return SLOT.sub(lambda found: dice.choice(choices.get(found[1], [found[0]])), text).replace("\\n", "\n").strip()


def noisy(text: str, dice: random.Random) -> str:
    """The same in a hurry: lower case, letters that are swapped, lost, doubled or next to the right one."""
    letters = list(text.lower() if dice.random() < 0.7 else text)
    i = 0
    while i < len(letters) - 1 and i < 400:
        if letters[i].isalpha() and letters[i + 1].isalpha() and dice.random() < 0.05:
            kind = dice.randrange(4)
            if kind == 0:
                letters[i], letters[i + 1] = letters[i + 1], letters[i]
            elif kind == 1:
                letters[i] = ""
            elif kind == 2:
                letters[i] *= 2
            else:
                letters[i] = NEIGHBOURS.get(letters[i], letters[i])
            i += 1
        i += 1
    return "".join(letters)


def rows(each: int = 14, seed: int = 7) -> list[Row]:
    """All prompts: at most `each` of a pattern, a quarter of them once more with typing errors."""
    dice = random.Random(seed)
    choices = slots()
    made: list[Row] = []
    seen: set[str] = set()
    for path in sorted(PROMPTS.rglob("*.txt")):
        if path.stem == "slots":
            continue
        for section, pattern in sections(path):
            intent, role = (word.replace("-", "") for word in section.split())
            for _ in range(each):
                text = expand(pattern, choices, dice)
                if text in seen:
                    continue
                seen.add(text)
                row = {
                    "text": text,
                    "intent": intent,
                    "role": role,
                    "source": f"own-{path.stem}",
                    "license": "Apache-2.0",
                }
                made.append(row)
                if dice.random() < 0.25:
                    made.append(row | {"text": noisy(text, dice)})
    return made
