"""Numbers: groups of digits with signs between them, and what each of them may be."""

from __future__ import annotations

from aurarouter_core.detection.accounts import iban
from aurarouter_core.detection.addresses import ipv4, phone
from aurarouter_core.detection.cards import card
from aurarouter_core.detection.checks import DNI, brazilian, chinese, dutch, finnish, fiscal, french, german_tax
from aurarouter_core.detection.checks import luhn, polish, swedish, value, verhoeff
from aurarouter_core.detection.codes import (
    BR_CPF, CA_SIN, CARD, CN_ID, DE_TAX_ID, DIGIT, DIGITS, ES_DNI, FI_HETU, FR_NIR, GAP, GROUPS, IN_AADHAAR, IT_CODICE,
    KIND, LAST, LETTERS, LONGEST, MANY, NEAR, NL_BSN, PHONE, PL_PESEL, SE_NUMBER, UK_NINO, US_SSN, WORDLY, Numbers, add,
)  # fmt: skip
from aurarouter_core.detection.context import near


def number(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Read the number whose first digit stands at `i`, note what it is, and return where to go on."""
    end = i + 1
    if i and KIND[s[i - 1]] & WORDLY:
        while end < n and KIND[s[end]] & DIGIT:
            end += 1
        return lettered(s, i, end, n, out)
    if i >= 3 and s[i - 1] in b" -" and KIND[s[i - 2]] & KIND[s[i - 3]] & LETTERS:
        if i == 3 or KIND[s[i - 4]] & WORDLY == 0:
            end = british(s, i - 3, i, n, out)
            if end:
                return end
    words = 0
    groups = gather(s, i, n, out)
    end = out[GROUPS + 4 * groups - 3]
    after = end
    while after < n and s[after] == 0x82:
        after += 1
    if after < n and (KIND[s[after]] & LETTERS or s[after] == 45):
        found = with_letter(s, after, n, groups, out)
        if found:
            return found
        if KIND[s[after]] & LETTERS:
            words = 1  # its last group belongs to a word
    at = 0
    while at < groups - words:
        if at == 0 or out[GROUPS + 4 * at + 3] == 32:
            at += window(s, at, groups - words, n, out)
        else:
            at += 1
    if groups < 9 or (groups < MANY and out[GROUPS + 4 * groups + 2] <= LONGEST - 20):
        return max(end, out[LAST])
    return max(out[GROUPS + (groups - 5) // 4 * 16], out[LAST])  # there is more, and what it is may begin here


def with_letter(s: bytes, end: int, n: int, groups: int, out: Numbers) -> int:
    """Judge a number whose last character is a letter: where it ends, or 0."""
    entry = GROUPS + 4 * groups - 4
    a = out[entry + 2]
    k = out[entry + 6] - a
    start = out[entry]
    if a + k > LONGEST or (start and s[start - 1] in b".-/" and not (k == 3 and groups > 1)):
        if k != 7:
            return 0
    dashed = 1 if s[end] == 45 else 0
    after = end + 1 + dashed
    ends = 1 if after == n or (after < n and KIND[s[after]] & WORDLY == 0) else 0
    if ends and k == 8 and s[after - 1] == DNI[value(out, a, 8) % 23]:
        return add(out, ES_DNI, start, after)
    if ends and k == 7 and start > 1 and s[start - 1] == 45 and s[start - 2] in b"XYZ":
        if s[after - 1] == DNI[((s[start - 2] - 88) * 10000000 + value(out, a, 7)) % 23]:
            return add(out, ES_DNI, start - 2, after)
    if dashed:
        return 0
    if ends and k == 17 and s[end] in b"Xx" and chinese(out, a, s[end]):
        return add(out, CN_ID, start, after)
    if ends and k == 3 and groups > 1 and a >= 6 and a - out[entry - 2] == 6 and out[entry + 3] == 45:
        return add(out, FI_HETU, out[entry - 4], after) if finnish(out, a - 6, s[end]) else 0
    if k == 6 and s[end] in b"ABCDEFYXWVU" and end + 4 < n and (end + 5 == n or KIND[s[end + 5]] & WORDLY == 0):
        for at in range(3):
            if KIND[s[end + 1 + at]] & DIGIT == 0:
                return 0
            out[DIGITS + a + 6 + at] = s[end + 1 + at] - 48
        return add(out, FI_HETU, start, end + 5) if finnish(out, a, s[end + 4]) else 0
    return 0


def gather(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Write down the groups of digits from `i` on; returns how many."""
    groups = 0
    total = 0
    at = i
    sign = 0
    while True:
        entry = GROUPS + 4 * groups
        out[entry] = at
        out[entry + 2] = total
        out[entry + 3] = sign
        while at < n:
            c = s[at]
            if KIND[c] & DIGIT:
                if total < LONGEST:
                    out[DIGITS + total] = c - 48
                total += 1
            elif c != 0x82:
                break
            at += 1
        while s[at - 1] == 0x82:
            at -= 1
        out[entry + 1] = at
        groups += 1
        if groups == MANY or total > LONGEST - 20 or at + 1 >= n:
            break
        while s[at] == 0x82 and at + 2 < n:
            at += 1
        sign = s[at]
        if KIND[sign] & GAP == 0 or KIND[s[at + 1]] & DIGIT == 0:
            break
        at += 1
    out[GROUPS + 4 * groups + 2] = total
    return groups


def window(s: bytes, first: int, groups: int, n: int, out: Numbers) -> int:
    """Judge what begins with a group; returns how many groups that took."""
    entry = GROUPS + 4 * first
    start = out[entry]
    a = out[entry + 2]
    k = out[entry + 6] - a
    if a + k <= LONGEST and k >= 9 and (first + 1 == groups or out[entry + 7] == 32) and plain(s, start, out[entry + 1], n, a, k, out):
        return 1
    shape = 0
    mixed = 0
    best = 0
    at = first
    while at < groups and at < first + 8:
        entry = GROUPS + 4 * at
        k = out[entry + 6] - out[entry + 2]
        if k > 9 or out[entry + 6] > LONGEST:
            break
        shape = shape * 10 + k
        if shape > 3 and shape not in (4, 44, 46, 42, 33, 32, 6, 8, 23, 233, 12, 122, 1222, 12223, 122233):
            if shape not in (444, 4444, 333, 44443, 465, 464, 88, 324, 423, 2333, 3332, 64, 84, 1222332):
                break
        if at > first:
            mixed = mixed * 4 + (0 if out[entry + 3] == 32 else 1 if out[entry + 3] == 45 else 2)
        at += 1
        if shape > 9 and (at == groups or out[GROUPS + 4 * at + 3] == 32):
            if shaped(s, start, out[entry + 1], n, a, shape, mixed, out):
                best = at - first
                break
    if best:
        return best
    if out[GROUPS + 4 * first + 6] > LONGEST:
        return 1
    at = ipv4(s, first, groups, n, out)
    if at < 0:
        return 4
    if at == 0 and called(s, first, groups, n, out) and phone(s, start, n, out):
        while first + at < groups and out[GROUPS + 4 * (first + at)] < out[LAST]:
            at += 1
    return max(1, at)


def called(s: bytes, first: int, groups: int, n: int, out: Numbers) -> bool:
    """There may be a phone number here: it is written like one, or a word says so."""
    entry = GROUPS + 4 * first
    if out[entry] and s[out[entry] - 1] in b"+(":
        return True
    if out[entry + 6] - out[entry + 2] == 3 and first + 2 < groups and out[entry + 7] == 45 and out[entry + 11] == 45:
        return True
    return near(s, out[entry], out[entry + 1], n, PHONE, out)


def plain(s: bytes, start: int, end: int, n: int, a: int, k: int, out: Numbers) -> bool:
    """Judge digits without a sign between them."""
    rule = -1
    if k >= 13:
        if card(out, a, k):
            rule = CARD
        elif k == 15 and french(out, a):
            rule = FR_NIR
        elif k == 18 and chinese(out, a, out[DIGITS + a + 17] + 48):
            rule = CN_ID
    elif k == 9:
        if dutch(out, a) and near(s, start, end, n, NL_BSN, out):
            rule = NL_BSN
        elif luhn(out, a, 9) and near(s, start, end, n, CA_SIN, out):
            rule = CA_SIN
        elif american(out, a) and near(s, start, end, n, US_SSN, out):
            rule = US_SSN
    elif k == 11:
        if german_tax(out, a) and near(s, start, end, n, DE_TAX_ID, out):
            rule = DE_TAX_ID
        elif polish(out, a) and near(s, start, end, n, PL_PESEL, out):
            rule = PL_PESEL
        elif brazilian(out, a) and near(s, start, end, n, BR_CPF, out):
            rule = BR_CPF
    elif k == 12 and verhoeff(out, a, 12) and out[DIGITS + a] > 1 and near(s, start, end, n, IN_AADHAAR, out):
        rule = IN_AADHAAR
    elif k in (10, 12) and swedish(out, a + k - 10) and near(s, start, end, n, SE_NUMBER, out):
        rule = SE_NUMBER
    return noted(s, start, end, rule, out)


def noted(s: bytes, start: int, end: int, rule: int, out: Numbers) -> bool:
    """Write a number down, unless it is the rest of a longer one or the digits after a point."""
    if rule < 0 or (start > 1 and s[start - 1] in b".-/" and KIND[s[start - 2]] & WORDLY):
        return False
    if 7 <= rule <= 20 and out[NEAR + rule]:
        out[NEAR + rule] = end  # the rows of a table name their column only once
    add(out, rule, start, end)
    return True


def american(out: Numbers, a: int) -> bool:
    """A social security number that could have been issued; there is no check digit."""
    area = value(out, a, 3)
    return 0 < area < 900 and area != 666 and value(out, a + 3, 2) > 0 and value(out, a + 5, 4) > 0


def shaped(s: bytes, start: int, end: int, n: int, a: int, shape: int, mixed: int, out: Numbers) -> bool:
    """Judge groups by their lengths, which are the digits of `shape`; `mixed` has the signs between them."""
    rule = -1
    if shape == 4444 and card(out, a, 16):
        rule = CARD if aligned(start, out) else -1
    elif shape == 44443 and card(out, a, 19):
        rule = CARD
    elif shape == 465 and card(out, a, 15):
        rule = CARD
    elif shape == 464 and card(out, a, 14):
        rule = CARD
    elif shape == 88 and card(out, a, 16):
        rule = CARD
    elif shape == 444 and near(s, start, end, n, IN_AADHAAR, out) and verhoeff(out, a, 12) and out[DIGITS + a] > 1:
        rule = IN_AADHAAR
    elif shape == 324 and american(out, a) and near(s, start, end, n, US_SSN, out):
        rule = US_SSN
    elif shape == 333 and near(s, start, end, n, CA_SIN, out) and luhn(out, a, 9):
        rule = CA_SIN
    elif shape == 333 and near(s, start, end, n, NL_BSN, out) and dutch(out, a):
        rule = NL_BSN
    elif shape == 423 and dutch(out, a) and near(s, start, end, n, NL_BSN, out):
        rule = NL_BSN
    elif shape == 2333 and german_tax(out, a):
        rule = DE_TAX_ID
    elif shape == 3332 and mixed == 41 and brazilian(out, a):
        rule = BR_CPF
    elif shape == 64 and mixed == 1 and swedish(out, a):
        rule = SE_NUMBER
    elif shape == 84 and mixed == 1 and value(out, a, 2) in (19, 20) and swedish(out, a + 2):
        rule = SE_NUMBER
    elif shape == 1222332 and french(out, a):
        rule = FR_NIR
    elif shape == 64 and mixed == 1 and finnish(out, a, out[DIGITS + a + 9] + 48):
        rule = FI_HETU
    return noted(s, start, end, rule, out)


def aligned(start: int, out: Numbers) -> bool:
    """Among many groups of four digits in a row, as in a table, only each fourth may be a card's first."""
    entry = GROUPS
    fours = 0
    while out[entry] < start:
        fours = fours + 1 if out[entry + 6] - out[entry + 2] == 4 else 0
        entry += 4
    return fours % 4 == 0


def lettered(s: bytes, i: int, end: int, n: int, out: Numbers) -> int:
    """Judge digits that come right after letters; returns where to go on."""
    k = end - i
    if i >= 2 and (i == 2 or KIND[s[i - 3]] & WORDLY == 0) and KIND[s[i - 2]] & LETTERS and k >= 2:
        found = iban(s, i, n, out)
        if found:
            return found
        found = british(s, i - 2, i, n, out)
        if found:
            return found
    if k == 2 and i >= 6 and (i == 6 or KIND[s[i - 7]] & WORDLY == 0) and fiscal(s, i - 6, n):
        if i + 10 == n or KIND[s[i + 10]] & WORDLY == 0:
            return add(out, IT_CODICE, i - 6, i + 10)
    if k == 7 and s[i - 1] in b"XYZ" and (i == 1 or KIND[s[i - 2]] & WORDLY == 0) and end < n:
        total = s[i - 1] - 88
        for at in range(i, end):
            total = total * 10 + s[at] - 48
        if s[end] == 45:
            end += 1
        if end < n and s[end] == DNI[total % 23] and (end + 1 == n or KIND[s[end + 1]] & WORDLY == 0):
            return add(out, ES_DNI, i - 1, end + 1)
    return end


def british(s: bytes, start: int, i: int, n: int, out: Numbers) -> int:
    """A national insurance number: two letters at `start`, six digits from `i` on, a letter. Its end, or 0."""
    a = s[start] & 0xDF
    b = s[start + 1] & 0xDF
    if a in b"DFIQUV" or b in b"DFIOQUV" or a > 90 or b > 90:
        return 0
    if (a == 66 and b == 71) or (a == 71 and b == 66) or (a == 78 and b in b"KT") or (a in b"KT" and b == 78):
        return 0
    at = i
    count = 0
    while at < n and count < 6:
        if KIND[s[at]] & DIGIT:
            count += 1
        elif s[at] not in b" -":
            return 0
        at += 1
    if at < n and s[at] == 32:
        at += 1
    if count < 6 or at >= n or s[at] not in b"ABCDabcd" or (at + 1 < n and KIND[s[at + 1]] & WORDLY):
        return 0
    return add(out, UK_NINO, start, at + 1) if near(s, start, at + 1, n, UK_NINO, out) else 0

