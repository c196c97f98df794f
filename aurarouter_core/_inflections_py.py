"""English inflections of a word: "debugs", "debugged" and "debugging" stand for "debug"; `inflections.pxi` in C."""

from __future__ import annotations

_LENGTHS = range(3, 33)  # letters of a word that is inflected
_VOWELS = "aeiou"


def inflected(word: str) -> list[str]:
    """The regular forms of a verb, in small letters; also those of a noun, which are the same in part.

    Where the last letter may be doubled, as in "planned", the plain form is there too: who looks for a word in a text
    doesn't know where its stress is. None of a word with other signs than the letters from a to z.
    """
    if len(word) not in _LENGTHS or not (word.isascii() and word.isalpha() and word.islower()):
        return []
    stem, last, before = word[:-1], word[-1], word[-2]
    if last == "y" and before not in _VOWELS:
        forms = [f"{stem}ies", f"{stem}ied"]
    else:
        hisses = last in "sxz" or word.endswith(("ch", "sh"))
        forms = [f"{word}es" if hisses else f"{word}s", f"{stem if last == 'e' else word}ed"]
    forms.append(f"{stem if last == 'e' and before not in 'eoy' else word}ing")
    if before in _VOWELS and word[-3] not in _VOWELS and last not in f"{_VOWELS}wxy":
        forms += [f"{word}{last}ed", f"{word}{last}ing"]
    return forms
