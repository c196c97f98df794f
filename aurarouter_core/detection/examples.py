"""What stands for a key in an example: it says so, or repeats a character six times.

Values may stand in each other, `pwd="pwd='…`. What was looked through isn't looked through again.
"""

from __future__ import annotations

from aurarouter_core.detection.codes import EXAMPLE, EXAMPLE_TO, SMALL, UNSAID, UNSAID_TO, Numbers

_STRIDE = 3  # no such word is shorter than four letters: of three neighbours one stands on its first three
LONGEST_WORD = 11
_EXAMPLES = "example your placeholder redacted replace changeme dummy 123456789 abcdefg"


def _examples() -> bytes:
    """Where the row of each two lower five bits is; then the words, each after its length; then the rows.

    A row says of the second, third and fourth letter of a word with the one before it which word that is, and how many
    letters come before the two; a 0 ends it. Of two that are alike there always is one: six of them are no key either.
    """
    rows: dict[int, bytes] = {33 * c: b"" for c in range(32)}
    words = b""
    for word in _EXAMPLES.split():
        for before in range(_STRIDE):
            key = 32 * (ord(word[before]) & 31) + (ord(word[before + 1]) & 31)
            rows[key] = rows.get(key, b"") + bytes([1 + len(words), before])
        words += bytes([len(word)]) + word.encode()
    index, made = bytearray(1024), words
    for key, row in rows.items():
        index[key] = 1 + len(made)
        made += row + b"\0"
    return bytes(index) + made


EXAMPLES: bytes = _examples()


def placeholder(s: bytes, start: int, end: int, out: Numbers) -> bool:
    """These characters stand for a key in an example."""
    if start <= out[EXAMPLE] < out[EXAMPLE_TO] <= end:
        return True  # as before
    at = start
    if out[UNSAID] <= start < out[UNSAID_TO] - LONGEST_WORD:
        at = out[UNSAID_TO] - LONGEST_WORD
    else:
        out[UNSAID] = start
        out[UNSAID_TO] = start
    while at + 1 < end:
        row = EXAMPLES[32 * (s[at] & 31) + (s[at + 1] & 31)]
        if row and example(s, start, at, end, row + 1023, out):
            out[UNSAID_TO] = at
            return True
        at += 3
    out[UNSAID_TO] = max(end, out[UNSAID_TO])
    return False


def example(s: bytes, start: int, at: int, end: int, row: int, out: Numbers) -> bool:
    """Six alike stand around `at`, or one of the words of this row: note where."""
    c = s[at]
    if c == s[at + 1] and at + 3 < end and c == s[at + 2] and c == s[at + 3]:  # of six, four are seen like this
        first = at
        while first > start and s[first - 1] == c:
            first -= 1
        last = at + 4
        while last < end and last < first + 6 and s[last] == c:
            last += 1
        if last >= first + 6:
            out[EXAMPLE] = first
            out[EXAMPLE_TO] = first + 6
            return True
    while EXAMPLES[row]:
        word = 1023 + EXAMPLES[row]
        first = at - EXAMPLES[row + 1]
        if first >= start and first + EXAMPLES[word] <= end:
            k = 0
            while k < EXAMPLES[word] and SMALL[s[first + k]] == EXAMPLES[word + 1 + k]:
                k += 1
            if k == EXAMPLES[word]:
                out[EXAMPLE] = first
                out[EXAMPLE_TO] = first + k
                return True
        row += 2
    return False
