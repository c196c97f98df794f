"""What counts and what doesn't, rule by rule: the edges that samples don't show."""

import pytest

from aurarouter_core.detector import Detector
from aurarouter_core.privacy_settings import PatternEntry, Privacy, Profile

FOUND = {
    "card 4539 1488 0343 6467.": "card",
    "4539-1488-0343-6467 12/29 123": "card",
    "2024-01-15 4539148803436467": "card",
    "card:４５３９１４８８０３４３６４６７": "card",
    "card ٤٥٣٩١٤٨٨٠٣٤٣٦٤٦٧": "card",
    "4539\u200b148803\u200b436467": "card",
    "call 12 34 4539148803436467": "card",
    "de89370400440532013000": "iban",
    "DE89 3704 0044 0532 0130 00": "iban",
    "1 85 05 78 006 084 91": "fr-nir",
    "13 digits, ssn below\n123-45-6789": "us-ssn",
    "name (at) firma (dot) de": "email",
    "name [at] firma.co.uk": "email",
    "jürgen@müller.de": "email",
    "a＠b．de": "email",
    "tel. 030 / 123 45 67": "phone",
    "https://u:p4ssw0rdX@h.de/": "password",
    "postgres://app:s3cr3tPw@db": "password",
    "* VERTRAULICH *\nText": "marker",
    "\uff33\uff34\uff32\uff25\uff2e\uff27 \uff36\uff25\uff32\uff34\uff32\uff21\uff35\uff2c\uff29\uff23\uff28": "marker",
    "Classification: **Internal only**": "marker",
    "server fe80::1ff:fe23:4567:890a up": "ip-address",
}
NOT_FOUND = [
    *("4539 1488 0343 6468", "0.4539148803436467", "a4539148803436467b", "4539148803436467890123", "4444444444444444"),
    *(
        "DE89 3704 0044 0532 0130 01",
        "XX89370400440532013000",
        "DE8937040044053201300",
        "123-45-6789",
        "666-12-3456 ssn",
    ),
    *("a@b", "a@b.1", "@b.de", "x@y.example", "me@mail.example.net", "1.2.3.4", "version 10.1.2.3", "256.100.20.30"),
    *("10.20.30.40.50", "std::a::b", "::", "12:34:56", "2001:db8::1", "http://host:8080/@x", "http://u:password@h/"),
    *("2:: :", "2::1: x"),
    *(
        "password: ********",
        "password: string",
        "password=os.environ['PASSWORD1']",
        "token = next(tokens_1)",
        "key: value1234",
    ),
    *("is this confidential?", "Confidential information 1", "the confidential\nreport", "AKIAIOSFODNN7EXAMPLE"),
    *(
        "sk-learn-is-a-library-with-a-long-name",
        "eyJ.eyJ.eyJ",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    ),
    *("+0200", "2026-11-28 12:00", "1-2-3-4-5-6-7-8-9-10", "", "\0" * 50, "\ud800\udfff", "\u200b" * 20),
]


@pytest.mark.parametrize(("text", "rule"), FOUND.items(), ids=ascii)
def test_it_is_found(strict: Detector, text: str, rule: str) -> None:
    assert rule in [finding.rule for finding in strict.find(text)]


@pytest.mark.parametrize("text", NOT_FOUND, ids=ascii)
def test_it_is_not_found(strict: Detector, text: str) -> None:
    assert strict.find(text) == []


def test_every_card_of_a_long_list_is_found(strict: Detector) -> None:
    card = "4539 1488 0343 6467 "
    for count in (1, 5, 9, 30, 200):
        assert len(strict.find(card * count)) == count
        assert len(strict.find(card.replace(" ", "") * 1 + " " + card * count)) == count + 1


def test_the_last_character_of_a_long_text_is_seen(strict: Detector) -> None:
    for filler in ("x ", "1 ", "é ", "\n", "4444 "):
        text = filler * 50_000 + "\nmail bob.smith@corp-mail.de"
        assert strict.find(text)[-1].end == len(text)


def test_after_enough_only_the_first_of_each_rule_is_told(strict: Detector) -> None:
    text = "4539148803436467 " * 50 + "a.b@corp.de " * 50 + "DE89370400440532013000"
    assert [finding.rule for finding in strict.find(text, 3)] == ["card"] * 3 + ["email", "iban"]
    assert len(strict.find(text)) == 101


def test_what_is_allowed_is_not_told() -> None:
    some = Detector(Privacy(rules={"money": "allow", "iban": "flag"}))
    assert [finding.rule for finding in some.find("4539148803436467 DE89370400440532013000")] == ["iban"]


def test_off_looks_for_nothing_but_ones_own() -> None:
    own = PatternEntry(pattern="PRJ-[0-9]+", action="flag")
    off = Detector(Privacy(profile=Profile("off"), patterns={"project": own}))
    assert [finding.rule for finding in off.find("4539148803436467 PRJ-1")] == ["project"]


def test_a_heading_of_ones_own() -> None:
    mine = Detector(Privacy(markers=("Projekt Blau",)))
    assert [finding.rule for finding in mine.find("PROJEKT  BLAU\n")] == ["marker"]
    assert mine.find("das Projekt Blau läuft") == []


@pytest.mark.parametrize(
    ("marker", "text"),
    [("ÇİZİM", "ÇİZİM\n"), ("É secret", "é-SECRET:"), ("A only", "a_only\n"), ("机要", "机要\n"), ("кн", "КН\n")],
)
def test_a_heading_with_any_second_character(marker: str, text: str) -> None:
    assert [finding.rule for finding in Detector(Privacy(markers=(marker,))).find(text)] == ["marker"]
