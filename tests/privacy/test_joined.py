"""Private data that a sign joins to a word is found, as in addresses of pages and names of files."""

from typing import Any

import pytest

from aurarouter_core.detection.codes import API_KEY, CARD, CN_ID, IBAN, NL_BSN, PHONE, TOKEN, US_SSN

CARD_NUMBER = "4539148803436467"
KEY = "ghp_nG3x9Qw7Lk2Zp8Rt5Vb1YcUe4Mi6Oa0Sd2Fh"
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
JOINED = [
    ("GET https://shop.corp/cards/", CARD_NUMBER, " gives 404", CARD),
    ("refund card-", CARD_NUMBER, "", CARD),
    ("/v2/42/", CARD_NUMBER, "", CARD),
    ("card2-", CARD_NUMBER, "", CARD),
    ("card.", CARD_NUMBER, ".", CARD),
    ("card_", CARD_NUMBER, "_old", CARD),
    ("visa-", "4539-1488-0343-6467", "", CARD),
    ("PAN ", CARD_NUMBER, "/1226", CARD),
    ("PAN ", CARD_NUMBER, "-12-26", CARD),
    ("PAN ", "4539 1488 0343 6467", "/12/26 123", CARD),
    ("ssn-", "536-22-8726", "", US_SSN),
    ("SSN/", "536-22-8726", "/", US_SSN),
    ("bsn_", "111222333", "", NL_BSN),
    ("iban_", "DE89370400440532013000", "", IBAN),
    ("tel/", "+49 30 1234567", "", PHONE),
    ("id-", "11010519491231002X", "", CN_ID),
    ("key-", "AKIAZQ3DRSTUVWXY2345", "", API_KEY),
    ("token-", KEY, "", API_KEY),
    ("a-key-", "sk-proj-nG3x9Qw7Lk2Zp8Rt5Vb1YcUe4Mi6Oa0Sd2Fh", "", API_KEY),
    ("bearer-", SIGNED, "", TOKEN),
]
APART = [
    "0.4539148803436467",
    "a716-4539148803436467",
    "cart 12-4539148803436467",
    "4539148803436467.25",
    "4539148803436467-1234567",
    "backup-20010101-1239.tar",
    "libfoo_10.20.30.40_amd64.deb",
    "order_12345678Z",
    "-----BEGIN PRIVATE KEY" + "1234567890" * 6 + "12\t",  # the scan goes on within these digits
]


@pytest.mark.parametrize(("before", "private", "behind", "rule"), JOINED, ids=[a + b for a, b, _, _ in JOINED])
@pytest.mark.parametrize("lead", ["", "x" * 70 + " "])
def test_joined_to_a_word(
    scanners: tuple[Any, Any], lead: str, before: str, private: str, behind: str, rule: int
) -> None:
    start = len(lead + before)
    for scanner in scanners:
        found = scanner.scan(lead + before + private + behind)
        assert found[0] == (rule, start, start + len(private))


@pytest.mark.parametrize("text", APART)
def test_the_rest_of_something_longer(scanners: tuple[Any, Any], text: str) -> None:
    for scanner in scanners:
        assert scanner.scan(text) == []
