"""Check digits: one function for each way of guarding a number against typing errors."""

from __future__ import annotations

from aurarouter_core.detection.codes import DIGIT, DIGITS, KIND, LETTERS, UPPER, WORDLY, Numbers

# For Luhn's check: twice a digit, and the digits of that added up.
DOUBLED: bytes = bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
# One step of ISO 7064 (mod 11, 10): for each product up to 10 and each digit the next product.
ISO: bytes = bytes([((product + digit) % 10 or 10) * 2 % 11 for product in range(11) for digit in range(10)])
# How many different digits there are in each set of them.
SIZES: bytes = bytes([digits.bit_count() for digits in range(1024)])
# Verhoeff's multiplication and permutation, ten columns each.
VERHOEFF: bytes = bytes(
    int(c)
    for c in "0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210"
)
PERMUTED: bytes = bytes(
    int(c) for c in "01234567891576283094580379614289160435279453126870428657390127938064157046913258"
)
FISCAL: bytes = bytes([1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23])
DNI: bytes = b"TRWAGMYFPDXBNJZSQVHLCKE"
HETU: bytes = b"0123456789ABCDEFHJKLMNPRSTUVWXY"
PESEL: bytes = bytes([1, 3, 7, 9, 1, 3, 7, 9, 1, 3])
RESIDENT: bytes = bytes([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


def luhn(out: Numbers, a: int, k: int) -> bool:
    """The last of `k` digits guards the others, as on cards."""
    total = out[DIGITS + a] if k & 1 else 0
    for i in range(k & 1, k, 2):
        total += DOUBLED[out[DIGITS + a + i]] + out[DIGITS + a + i + 1]
    return total % 10 == 0


def value(out: Numbers, a: int, k: int) -> int:
    """The number that `k` digits write; at most 18 of them."""
    total = 0
    for i in range(k):
        total = total * 10 + out[DIGITS + a + i]
    return total


def distinct(out: Numbers, a: int, k: int) -> int:
    """How many different digits there are."""
    seen = 0
    for i in range(k):
        seen |= 1 << out[DIGITS + a + i]
    return SIZES[seen]


def verhoeff(out: Numbers, a: int) -> bool:
    """Aadhaar's check over twelve digits, which also finds swapped ones; both halves side by side, which is quicker."""
    last = 0
    first = 0
    for back in range(6):
        last = VERHOEFF[last * 10 + PERMUTED[back * 10 + out[DIGITS + a + 11 - back]]]
        first = VERHOEFF[first * 10 + PERMUTED[(back + 6 & 7) * 10 + out[DIGITS + a + 5 - back]]]
    return VERHOEFF[last * 10 + first] == 0


def german_tax(out: Numbers, a: int) -> bool:
    """ISO 7064 over eleven digits, of which the first ten repeat just one."""
    if out[DIGITS + a] == 0 or distinct(out, a, 10) not in (8, 9):
        return False
    product = 10
    for i in range(10):
        product = ISO[product * 10 + out[DIGITS + a + i]]
    return (11 - product) % 10 == out[DIGITS + a + 10]


def dutch(out: Numbers, a: int) -> bool:
    """The 11-test over nine digits."""
    total = 0
    plain = 0
    for i in range(8):
        plain += out[DIGITS + a + i]
        total += plain  # so the first digit counts eight times, the last once
    total += plain - out[DIGITS + a + 8]
    return total > 0 and total % 11 == 0


def polish(out: Numbers, a: int) -> bool:
    """PESEL: the date, then the weights 1 3 7 9."""
    month = value(out, a + 2, 2) % 20
    day = value(out, a + 4, 2)
    if month < 1 or month > 12 or day < 1 or day > 31:
        return False
    total = out[DIGITS + a + 10]
    for i in range(10):
        total += out[DIGITS + a + i] * PESEL[i]
    return total % 10 == 0


def swedish(out: Numbers, a: int) -> bool:
    """Ten digits: a date, perhaps 60 days ahead, and Luhn."""
    month = value(out, a + 2, 2)
    day = value(out, a + 4, 2)
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91) and luhn(out, a, 10)


def brazilian(out: Numbers, a: int) -> bool:
    """CPF: two check digits, each over all before it."""
    total = 0
    plain = 0
    for i in range(9):
        plain += out[DIGITS + a + i]
        total += plain  # so the first digit counts nine times, the last once
    total += plain
    first = total * 10 % 11 % 10
    if first != out[DIGITS + a + 9]:
        return False
    total += plain + 2 * first
    return total * 10 % 11 % 10 == out[DIGITS + a + 10] and distinct(out, a, 11) > 1


def french(out: Numbers, a: int) -> bool:
    """NIR: sex, year, month, ten more digits, and 97 minus the rest."""
    month = value(out, a + 3, 2)
    if out[DIGITS + a] < 1 or out[DIGITS + a] > 2 or month < 1 or 12 < month < 20 or 42 < month < 50:
        return False
    return 97 - value(out, a, 13) % 97 == value(out, a + 13, 2)


def chinese(out: Numbers, a: int, last: int) -> bool:
    """Seventeen digits with a date among them, and a check digit of which 10 is written X."""
    century = value(out, a + 6, 2)
    month = value(out, a + 10, 2)
    day = value(out, a + 12, 2)
    if century < 19 or century > 20 or month < 1 or month > 12 or day < 1 or day > 31:
        return False
    total = 0
    for i in range(17):
        total += out[DIGITS + a + i] * RESIDENT[i]
    check = (12 - total % 11) % 11
    return last == 48 + check or (check == 10 and last in (88, 120))


def finnish(out: Numbers, a: int, last: int) -> bool:
    """Nine digits, a date first, and the character that stands for the rest by 31."""
    day = value(out, a, 2)
    month = value(out, a + 2, 2)
    return 1 <= day <= 31 and 1 <= month <= 12 and HETU[value(out, a, 9) % 31] == last


def fiscal(s: bytes, i: int, n: int) -> bool:
    """A word of sixteen characters, LLLLLL99L99L999L, of which the last guards the others."""
    if i + 16 > n or (i and KIND[s[i - 1]] & WORDLY) or (i + 16 < n and KIND[s[i + 16]] & WORDLY):
        return False
    total = 0
    for k in range(16):
        c = s[i + k]
        if KIND[c] & (DIGIT if k in (6, 7, 9, 10, 12, 13, 14) else LETTERS) == 0 or c > 127:
            return False
        place = c - (48 if KIND[c] & DIGIT else 65 if KIND[c] & UPPER else 97)
        if k == 15:
            return total % 26 == place
        total += FISCAL[place] if k & 1 == 0 else place
    return False
