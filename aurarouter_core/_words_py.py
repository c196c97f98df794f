"""Words in plain Python: how a text is cut into them and folded; the twin of `_speedups/words.pxi`."""

from __future__ import annotations

from collections.abc import Iterator

Word = tuple[int, int, str]  # start, end, folded


def check(name: str, value: object) -> None:
    """Raise the TypeError of a function that wants a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name}() needs a str, not {type(value).__name__}")


def fold(text: str) -> str:
    """Lower case, one code point for one code point; a typographic apostrophe becomes a plain one."""
    check("fold", text)
    if text.isascii():
        return text.lower()
    return "".join([c.lower()[0] for c in text]).replace("\u2019", "'")


def words(text: str) -> list[Word]:
    """Every word as (start, end, folded): letters, digits, underscores, and an apostrophe between two of them."""
    check("words", text)
    return list(cut(text, 0, len(text)))


def cut(text: str, begin: int, end: int) -> Iterator[Word]:
    """The words of a part; what is around it is not looked at."""
    start = -1
    for i in range(begin, end):
        if in_word(text[i]):
            start = i if start < 0 else start
        elif start >= 0 and not (text[i] in "'\u2019" and i + 1 < end and in_word(text[i + 1])):
            yield start, i, fold(text[start:i])
            start = -1
    if start >= 0:
        yield start, end, fold(text[start:end])


def in_word(c: str) -> bool:
    """Whether words are made of this character."""
    return c.isalnum() or c == "_"
