"""Numbers and tables that the whole scan shares: kinds of bytes, rules, and where the notes of a scan are kept."""

from __future__ import annotations

Numbers = list[int]
"""The notes of one scan; an array of 64-bit numbers where it is compiled."""

# Kinds of bytes; a byte may be of several.
DIGIT = 1
UPPER = 2
LOWER = 4
FOREIGN = 8
WORDLY = 31  # digits, letters, "_"
LETTERS = 14
ALPHANUMERIC = 15
GAP = 32  # may stand between the groups of a number
BLANK = 64
STOP = 128
KIND: bytes = bytes(
    [
        (c in b"0123456789")
        + 2 * (c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        + 4 * (c in b"abcdefghijklmnopqrstuvwxyz")
        + 8 * (c == 0x80)
        + 16 * (c in b"_")
        + 32 * (c in b" -./")
        + 64 * (c in b" \t\r\n\x0b\x0c")
        + 128 * (c in b" \t\r\n\x0b\x0c\0:\"'`,;&)]}<>|")
        for c in range(256)
    ]
)
SMALL: bytes = bytes(range(256)).lower()

# Rules, by their place in `rules.RULES`.
PRIVATE_KEY = 0
API_KEY = 1
TOKEN = 2
PASSWORD = 3
SECRET = 4
CARD = 5
IBAN = 6
US_SSN = 7
CA_SIN = 8
UK_NINO = 9
DE_TAX_ID = 10
FR_NIR = 11
IT_CODICE = 12
ES_DNI = 13
NL_BSN = 14
PL_PESEL = 15
SE_NUMBER = 16
FI_HETU = 17
BR_CPF = 18
IN_AADHAAR = 19
CN_ID = 20
EMAIL = 21
PHONE = 22
IP_ADDRESS = 23
MARKER = 24
VERSION = 25  # no rule: words that make a number a version

# Places in the notes.
COUNT = 0  # findings so far
ROOM = 1  # findings after which only the first of each rule is written down
LAST = 2  # where the last finding ends
READ = 3  # how far words have been read for context
OPEN = 4  # the characters that COUNTS counts: from here
CLOSE = 5  # … to here
HELD = 6  # … and what they hold less than if they all were different
SEEN = 8  # + rule: findings of it
VALUE = 34  # the values without quotes that were read last: from here
ENDED = 35  # … to here
NUMERAL = 36  # … and their last digit
BRACKET = 37  # … and their last bracket
LETTER = 66  # … and their last letter
KEYLESS = 67  # up to here, what looked like a key was none
UNSIGNED = 79  # … and like a signed token
LATEST = 38  # where the last word that names anything stands
SKEWED = 39  # what looked like a card was none because of its place in a table
NEAR = 40  # + rule: 1 + where a word that names it was read last
RUN = 68  # the groups that GROUPS has: from here
RUN_LAST = 69  # … and where the last of them begins
LOOSE = 70  # the first group whose judgement may change with what follows the last one
STRETCH = 71  # what was read of the digits and signs of phone numbers: from here
STRETCHED = 72  # … to here
HOPELESS = 73  # … no phone number without a plus begins before here
SEVENTH = 74  # … nor behind the seventh digit from its end
AMERICAN = 75  # … where ten digits begin in groups as Americans write them
LENT = 77  # where the last number ends that names those behind it, as in a table
SIEVE = 78  # where C keeps what it sees ahead
CALLING = 76  # … and whether a word right behind it says that it is called
DIGITS = 80  # the digits of a number
GROUPS = 208  # its groups: start, end, digits before it, sign before it
FOURS = 336  # for each group, how many of four digits stand in a row before it
COUNTS = 368  # how often each ASCII character occurs in a token
SPELT_FROM = 496  # what was read of accounts: from here
SPELT = 497  # … to here
SIGNS = 498  # … so many letters and digits
SPELT_OUT = 503  # no account that begins before here ends behind it
EXAMPLE = 499  # what stands for a key in an example was found last: from here
EXAMPLE_TO = 500  # … to here
UNSAID = 501  # nothing like that stands between here
UNSAID_TO = 502  # … and here
CUTS = 504  # + lower bits of a count of signs in a phone number: how many digits come before
NTHS = 512  # + lower bits of a place: how many of these signs stand up to there
SUMS = 576  # + lower bits of how many: what they add up to, and in 16 bits their letters
PLACES = 640  # + the same: where they end
LASTS = 704  # + lower bits of a count of digits in a phone number: where they are
FOUND = 720  # findings: rule, start, end

LONGEST = 120  # digits that are kept of a number
MANY = 30  # groups that are kept of a number
ODD = 65  # in the headings, for no small letter is that: whether one begins with a sign or a digit
ROWS = 125  # of phrases that begin beyond ASCII, by the rest of the first point: different for all the built-in ones
REACH = 100  # characters over which a word gives context


def add(out: Numbers, rule: int, start: int, end: int) -> int:
    """Write a finding down, unless a better one is there already. Returns where to go on."""
    if told(out, rule):
        return end
    count = out[COUNT]
    if start < out[LAST]:
        if beaten(out, rule, start):
            return max(end, out[LAST])
        end = max(end, out[LAST])
        while count and start < out[FOUND + 3 * count - 1]:  # an address may begin before several findings
            if out[FOUND + 3 * count - 3] <= rule:
                start = out[FOUND + 3 * count - 1]  # behind a better one
                break
            count -= 1
            out[SEEN + out[FOUND + 3 * count]] -= 1
            start = min(start, out[FOUND + 3 * count + 1])
    out[LAST] = end
    out[SEEN + rule] += 1
    out[FOUND + 3 * count] = rule
    out[FOUND + 3 * count + 1] = start
    out[FOUND + 3 * count + 2] = end
    out[COUNT] = count + 1
    return end


def beaten(out: Numbers, rule: int, start: int) -> bool:
    """There is a better finding already than one that begins here."""
    count = out[COUNT]
    return start < out[LAST] and (count == 0 or count >= out[ROOM] or out[FOUND + 3 * count - 3] <= rule)


def told(out: Numbers, rule: int) -> bool:
    """There is room for no more findings, and one of this rule is among them: others are not looked for."""
    return out[COUNT] >= out[ROOM] and out[SEEN + rule] > 0


def loose(group: int, out: Numbers) -> None:
    """What follows the last group may change the judgement of this one."""
    out[LOOSE] = min(out[LOOSE], group)


def same(s: bytes, i: int, n: int, word: bytes, length: int) -> bool:
    """The lower-case word stands at `i`, in any case."""
    if i < 0 or i + length > n:
        return False
    k = 0
    while k < length and SMALL[s[i + k]] == word[k]:
        k += 1
    return k == length


def listing(words: str) -> bytes:
    """Where the words begin whose first letters have the same lower five bits: two bytes for each of these 32.

    Then the words, each after its length, and a 0 after those that belong together.
    """
    rows: dict[int, bytes] = {}
    for word in words.split():
        key = ord(word[0]) & 31
        rows[key] = rows.get(key, b"") + bytes([len(word)]) + word.encode("latin-1")
    index, made = b"", b"\0"  # where the empty row is, too
    for key in range(32):
        index += (64 + len(made) if key in rows else 64).to_bytes(2, "little")
        made += rows[key] + b"\0" if key in rows else b""
    return index + made


def listed(s: bytes, start: int, end: int, table: bytes) -> bool:
    """These characters, in any case, are a word of the table, which `listing` made."""
    at = 2 * (s[start] & 31)
    at = table[at] + 256 * table[at + 1]
    while table[at]:
        k = 0
        while table[at] == end - start and k < end - start:
            if SMALL[s[start + k]] != table[at + 1 + k]:
                break
            k += 1
        if k == end - start:
            return True
        at += table[at] + 1
    return False
