"""Headings that call a text confidential. The bare word inside a sentence is none."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    DIGITS,
    KIND,
    LETTERS,
    LONGEST,
    MARKER,
    ROWS,
    SMALL,
    WORDLY,
    Numbers,
    add,
    listed,
    listing,
    told,
)  # fmt: skip

Text = str
"""The text itself; where it is compiled, its kind and its memory."""

_LABELS = (
    "classification confidentiality sensitivity marking handling distribution subject re betreff einstufung "
    "klassifizierung vertraulichkeit objet asunto oggetto assunto onderwerp temat \x80mne status label"
)
LABELS: bytes = listing(_LABELS)


def _seconds() -> bytes:
    """A bit for the lower five bits of each second letter of a label, in four bytes for those of each first one."""
    table = bytearray(128)
    for word in _LABELS.split():
        table[4 * (ord(word[0]) & 31) + (ord(word[1]) >> 3 & 3)] |= 1 << (ord(word[1]) & 7)
    return bytes(table)


SECONDS: bytes = _seconds()
OPENS: bytes = bytes(c in b" \t\"'#*_=-[(<>!|/{~" for c in range(256))  # what may stand before a heading


def point(text: Text, i: int) -> int:
    """The character at `i`, small."""
    return ord(text[i].lower()[0])


def heading(text: Text, s: bytes, i: int, n: int, marks: Numbers, out: Numbers) -> int:
    """A heading after the end of line or bracket at `i`; returns where to go on."""
    at = i + 1
    if told(out, MARKER):
        return at
    if at < n and OPENS[s[at]] == 0 and KIND[s[at]] & LETTERS == 0 and row(text, s, at, n, marks) == 0:
        return at
    return headed(text, s, i, n, marks, out)


def headed(text: Text, s: bytes, i: int, n: int, marks: Numbers, out: Numbers) -> int:
    """The same, after a glance at what follows, which mostly settles it."""
    at = i + 1
    while at < n and at < i + 40 and OPENS[s[at]]:
        if s[at] == 91:
            return i + 1  # what follows is read from this bracket
        at += 1
    if at + 1 >= n or s[at] == 10:
        return i + 1
    entry = row(text, s, at, n, marks)
    if entry and marked(text, s, at, n, entry, marks, out):
        return i + 1
    if not labelled(s, at):
        return i + 1
    word = at
    limit = min(n, at + 16)
    while word < limit and KIND[s[word]] & WORDLY:
        word += 1
    if word == at or word >= n or s[word] not in b":\"'*" or not listed(s, at, word, LABELS):
        return i + 1
    at = word
    while at < n and s[at] in b" \t\"'*:[(" and at < word + 8:
        at += 1
    entry = row(text, s, at, n, marks)
    if entry:
        marked(text, s, at, n, entry, marks, out)
    return i + 1


def labelled(s: bytes, at: int) -> bool:
    """A label may stand at `at`, by its first two letters."""
    return KIND[s[at]] & LETTERS > 0 and SECONDS[4 * (s[at] & 31) + (s[at + 1] >> 3 & 3)] >> (s[at + 1] & 7) & 1 > 0


def row(text: Text, s: bytes, at: int, n: int, marks: Numbers) -> int:
    """Where the phrases are of which one may stand at `at`; 0 for nowhere."""
    if at + 1 >= n:
        return 0
    entry = marks[SMALL[s[at]] if s[at] < 128 else 128 + point(text, at) % ROWS]
    if (marks[entry] >> (s[at + 1] & 31)) & 1 == 0 or (at + 2 < n and (marks[entry + 1] >> (s[at + 2] & 31)) & 1 == 0):
        return 0
    return entry


def marked(text: Text, s: bytes, at: int, n: int, entry: int, marks: Numbers, out: Numbers) -> bool:
    """One of the phrases of this row stands at `at`, and then the heading ends."""
    entry += 2
    k = 0  # points that agree; where each of them ends is noted, for the next phrase may begin with the same ones
    i = at
    while marks[entry]:
        length = marks[entry]
        alike = marks[entry + 1]
        if alike <= k:
            k = alike
            i = out[DIGITS + k - 1] if k else at
            while k < length and i < n:
                wanted = marks[entry + 2 + k]
                if wanted == 32 and s[i] in b" \t-_":
                    while i < n and i < at + 200 and s[i] in b" \t-_":
                        i += 1
                elif (SMALL[s[i]] if s[i] < 128 and wanted < 128 else point(text, i)) == wanted:
                    i += 1
                else:
                    break
                if k < LONGEST:
                    out[DIGITS + k] = i
                k += 1
            if k == length and ended(s, i, n):
                add(out, MARKER, at, i)
                return True
        entry += length + 2
    return False


def ended(s: bytes, i: int, n: int) -> bool:
    """After a heading comes the end of the line, or a sign that sets it apart."""
    if i < n and KIND[s[i]] & WORDLY:
        return False
    at = i
    while at < n and s[at] in b" \t*_\"'" and at < i + 20:
        at += 1
    return at >= n or s[at] in b"\r\n:|/-.!)]>}#=~;" or (s[at] in b"," and at > i)
