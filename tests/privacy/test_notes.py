"""What the scan notes of one reading is right for the next: values, accounts and numbers that stand in each other."""

import math
import random
import re
from collections import Counter
from typing import Any

import pytest

from aurarouter_core.detection import accounts, entropy, examples, phones
from aurarouter_core.detection.accounts import _STRUCTURES
from aurarouter_core.detection.codes import FOUND, IBAN, ROOM, Numbers

WORDS = "example your placeholder redacted replace changeme dummy 123456789 abcdefg"
STRUCTURES = dict(zip(_STRUCTURES.split()[::2], _STRUCTURES.split()[1::2], strict=True))
CLASSES = {"n": "[0-9]", "a": "[A-Za-z]", "c": "[0-9A-Za-z]"}
SEPARATOR = "(?:[ .-](?=\u200b*[0-9A-Za-z])|\u200b)*?"
ROUNDS = [range(at, at + 100) for at in range(0, 400, 100)]


def notes() -> Numbers:
    out = [0] * (FOUND + 300)
    out[ROOM] = 100
    return out


def some(dice: random.Random, pieces: str, most: int) -> str:
    return "".join(dice.choice(pieces.split("|")) for _ in range(dice.randrange(1, most)))


def windows(dice: random.Random, n: int) -> list[tuple[int, int]]:
    """As values in each other have them: mostly further on, with ends of their own."""
    starts = [dice.randrange(n) for _ in range(12)]
    if dice.random() < 0.8:
        starts.sort()
    return [(start, dice.randrange(start, n + 1)) for start in starts]


def an_example(text: str) -> bool:
    return re.search(rf"(?i:{WORDS.replace(' ', '|')})|(.)\1{{5}}", text) is not None


@pytest.mark.parametrize("seeds", ROUNDS)
def test_examples(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        text = some(dice, f"{WORDS.replace(' ', '|')}|exampl|holder|YOUR|x|xxx|1|12345|-|abc|a|pwd=", 40)
        out = notes()
        for start, end in windows(dice, len(text)):
            assert examples.placeholder(text.encode(), start, end, out) == an_example(text[start:end]), (
                text,
                start,
                end,
            )


@pytest.mark.parametrize("seeds", ROUNDS)
def test_what_is_random(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        data = some(dice, dice.choice(["a|b|1", "aaaa|1|-1", "a|b|c|d|e|f|g|1|2|3|4|5|A|B|C|D|x|y|z|@"]), 300).encode()
        out = notes()
        for start, end in windows(dice, len(data)):
            least = dice.choice([30, 44, 46])
            end = min(end, start + 255)
            if end >= start + 6:
                held = sixteenths([end - start]) - sixteenths(list(Counter(data[start:end]).values()))
                assert entropy.random(data, start, end, least, out) == (held >= least * (end - start)), (
                    data,
                    start,
                    end,
                )


def sixteenths(counts: list[int]) -> int:
    return sum(round(16 * count * math.log2(count)) for count in counts)


def an_account(text: str, at: int) -> int:
    """Where the account ends whose two letters stand at `at`; 0 for none. Written anew, with nothing kept."""
    structure = STRUCTURES.get(text[at : at + 2].upper())
    if structure is None or text[at].islower() != text[at + 1].islower():
        return 0
    kinds = "".join(kind * int(length) for length, kind in re.findall(r"(\d+)(\w)", structure))
    shape = SEPARATOR.join(["[0-9]{2}", *(CLASSES[kind] for kind in kinds)]) + r"(?![0-9A-Za-z_])"
    found = re.compile(shape).match(text, at + 2)
    if found is None:
        return 0
    plain = re.sub("[^0-9A-Z]", "", (found[0][2:] + text[at : at + 2] + found[0][:2]).upper())
    return found.end() if int("".join(str(int(c, 36)) for c in plain)) % 97 == 1 else 0


def right(country: str, rest: str) -> str:
    digits = "".join(str(int(c, 36)) for c in f"{rest}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{rest}"


def in_each_other(dice: random.Random) -> str:
    """Accounts of which most are wrong, with the next one's letters among the last one's."""
    text = ""
    for _ in range(dice.randrange(1, 8)):
        text += dice.choice(["MD", "SA", "AL", "GR", "SK", "NO", "MU", "LC"]) + some(dice, "1|2|3|4|5|6|7|8|9", 9) + "0"
        if dice.random() < 0.5:
            inner = right("MD", some(dice, "A|B|7|8", 2) * 20) if dice.random() < 0.5 else right("NO", "86011117947")
            cut = dice.randrange(5, len(inner))
            inner = inner[:cut] + "\u200b" * dice.choice([0, 1, dice.randrange(40, 70)]) + inner[cut:]
            text += dice.choice("- .") + inner + dice.choice(["", "-", " ", "@"])
        text += dice.choice(["-", " ", ".", "\u200b-", "", "/", "\u200b" * 40 + "-"])
    return text


@pytest.mark.parametrize("seeds", ROUNDS)
def test_accounts(scanners: tuple[Any, Any], seeds: range) -> None:
    for seed in seeds:
        text = in_each_other(random.Random(seed))
        wanted, at = [], 0
        while found := re.compile(r"(?<![0-9A-Za-z_])[A-Za-z]{2}(?=[0-9]{2})").search(text, at):
            end = an_account(text, found.start())
            at = end or found.start() + 3
            wanted += [(IBAN, found.start(), end)] if end else []
        for scanner in scanners:
            found_here = scanner.scan(text)
            if all(rule == IBAN for rule, _, _ in found_here):
                assert found_here == wanted, text


def test_so_many_letters_have_room_in_a_sum() -> None:
    assert accounts.MOST + 64 < 65_536


def a_phone_number(data: bytes, start: int, word: bool) -> bool:
    """Written anew, with nothing kept: a number whose first digit stands at `start`, on the right of a word or not."""
    begin = start - 1 if start and data[start - 1] in b"+(" else start
    if begin and re.match(rb"[\w+]" if data[begin] == 43 else rb"[\w+./#$-]", data[begin - 1 : begin]):
        return False
    read = re.match(rb"(?:[0-9]|[-) ./(]{1,3}(?![-) ./(]))*", data[start:])
    text = read[0] if read else b""
    if re.match(rb"[-) ./(]", data[start + len(text) :]):  # four signs in a row: three of them are read
        text = data[start : start + len(text) + 3]
    last = max(at for at in range(len(text)) if text[at : at + 1].isdigit())
    digits = re.sub(rb"\D", b"", text)
    signs = list(re.finditer(rb"\D+", text))
    before = [len(re.sub(rb"\D", b"", text[: sign.start()])) for sign in signs]
    if not 7 <= len(digits) <= 15 or re.match(rb"\w", data[start + last + 1 :]):
        return False
    dashes = sum(sign[0][:1] in b"-)" for sign in signs)
    if before in ([3, 6], [3, 6, 10]) and len(digits) == 10 and dashes > 1 and min(digits[0], digits[3]) > 49:
        return True
    if data[begin] == 43 and len(digits) > 7 and digits[0] != 48:
        return True
    dated = digits[0] in b"12" and before[:1] == [4] and (len(before) == 2 or (len(before) == 3 and before[1] == 6))
    return len(signs) <= 5 and not dated and word and begin <= 100


@pytest.mark.parametrize("seeds", ROUNDS)
def test_phone_numbers(seeds: range) -> None:
    for seed in seeds:
        dice = random.Random(seed)
        for _ in range(8):
            word = dice.choice(["", "", "tel "])
            pieces = dice.choice(["(|((|-|.|/| |)-|((((|+|x", "(|-|)-|-"]) + dice.choice(
                ["|1|2|12|99", "|555|1|234|2024|19|87"]
            )
            data = (word + some(dice, pieces + dice.choice(["", "|6543210", "|987|555-234-5678"]), 40)).encode()
            as_if_nothing_were_kept(data, bool(word))


def as_if_nothing_were_kept(data: bytes, word: bool) -> None:
    kept = notes()
    for start in [match.start() for match in re.finditer(rb"(?<![0-9])[0-9]", data)]:
        found = phones.phone(data, start, len(data), kept)
        assert found == a_phone_number(data, start, word), (data, start)
        if found:
            break


@pytest.mark.parametrize(
    "text",
    [
        "9 9 9 1 2 33 4 55",
        "9 9 1 2 33 4 55 ",
        "1 2 3 4 5 6 7 8 9 1 2 3 444 55 6",
        "1(1(234-567-8901-",
        "1(1 12 3456 78",
    ],
)
def test_phone_numbers_with_almost_too_much_before_them(text: str) -> None:
    as_if_nothing_were_kept(b"tel " + text.encode(), True)
    as_if_nothing_were_kept(text.encode(), False)
