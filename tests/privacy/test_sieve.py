"""The compiled scan skips what cannot matter: it finds what its twin finds, which skips nothing."""

import random
from types import ModuleType
from typing import Any

import pytest

from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.codes import API_KEY, CARD, EMAIL, IP_ADDRESS, MARKER, PASSWORD, PHONE, PRIVATE_KEY
from aurarouter_core.detection.phrases import PHRASES, marks_of

NOTATIONS = (
    "3|(|[|1|-",
    "0|1|2|3|4|5|6|7|8|9| |-|.|(|)",
    "S|K|8|4|-",
    "a|b|c|=|:|@|1|-|(|[| |\n",
    "1|11|111|1111|-| |.|(",
    "123|12|1234|-| |.|\u200b|/|+|(|)|1|123456|12345678|T|Z|X|A| bsn | tel | nino |AB|ssn ",
    "--|-|-----|begin |BEGIN PRIVATE KEY|x|\n|1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "eyJ|eyJhbGciOiJIUzI1|.|-|1|12345678901| |_",
    "\n|[|(|#| |confidential|con|x x|7 keys|subject:|label: |vertraulich|]|:|\u6c49|\u673a\u5bc6",
    "password|=|:| |'|\"|`|]|*|abc1xyz9|9f8aaa|>|bearer |basic |$|x|\n|!|api_key",
    "passwort|kennwort|secret|token|bearer|credential|api_key|senha|=|:| |'|abcdef1234567890|pA55wort|9|x|[|Basic |.|\n",
    "sk-|ghp_|AKIA|SK|SG.|0123456789abcdef0123456789abcdef|ABCDEFGH12345678|-|_|.| |xoxb-",
    "2001:|0db8:|fe80:|::|1|f3a2:|23:|ffff:| |.|x|10.2.3.4|192.168.1.20|v1 ",
    "a|@|b.de|.|-| (at) | (dot) |[at]|1|x.com| |(",
    "(201)|555|-|1234| |+|49|123|4567|.| tel |)|(|/",
    "4539|1488|0343|6467| |-|4539148803436467|378282246310005|19900101-0017|123456-7897|1 85 05 78 006 084 36",
    "MD11|SA84|NO11|DE89 3704 0044 0532 0130 00|-| |12|\u200b|AB109500A",
    "http://|://|u:|p4ss|@|host|/| |:|'|x.de|https://user:pa55word@host",
    "tel|fax |bsn|v|version |steueridentifikationsnummer|national|insurance |ssn:|més|tel1|5552368|1.2.3.4| |-|\n",
    "\n|\n\n|[|re: |subject: |status|an|at]|attorney client privileged|alleen|tlp:red|\u00d6|\u010c|# |streng |-",
)
GRAMMARS = [[chr(c) for c in range(32, 127)], *(notation.split("|") for notation in NOTATIONS)]

LENGTHS = (*range(1, 100), *range(200, 500, 10))  # where signs are dense, several windows are sifted at a time


def texts(seed: int) -> list[str]:
    dice = random.Random(seed)
    made = []
    for _ in range(40):
        grammar = dice.choice(GRAMMARS) + (dice.choice(GRAMMARS) if dice.random() < 0.3 else [])
        text = "z" * dice.choice([0, 0, dice.randrange(70)]) + "".join(dice.choices(grammar, k=dice.choice(LENGTHS)))
        made.append(text + "\u0130" * (dice.random() < 0.1))
    return made


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_skipped_that_matters(plain: ModuleType, compiled: ModuleType, seed: int) -> None:
    dice = random.Random(seed)
    marks = marks_of((*PHRASES, "x x", "7 keys") if seed % 2 else PHRASES)
    twin, scanner = plain.Scanner(plane, marks), compiled.Scanner(plane, marks)
    for text in texts(seed):
        most = dice.choice([100, -1, 0, 1, 2, 5])
        assert scanner.scan(text, most) == twin.scan(text, most), (text, most)


def test_what_has_been_told_is_not_looked_for_and_hides_nothing(scanners: tuple[Any, Any]) -> None:
    mails = "a@b.de " * 5
    for scanner in scanners:
        found = scanner.scan(mails + "4539148803436467@b.de pwd=b3x9-k2!q a@b.de", 3)
        assert [rule for rule, _, _ in found] == [EMAIL, EMAIL, EMAIL, CARD, PASSWORD]
        assert len(scanner.scan(mails, -1)) == 5


@pytest.mark.parametrize("before", range(0, 260, 7))
def test_private_data_is_found_wherever_it_stands_among_dense_signs(before: int, scanners: tuple[Any, Any]) -> None:
    private = {
        "10.2.3.4": IP_ADDRESS,
        "2001:470:1f0b:1:2:3:4:5": IP_ADDRESS,
        "fe80::1f:2": IP_ADDRESS,
        "https://me:s3cretX@host.de": PASSWORD,
        "me (at) corp (dot) de": EMAIL,
        "tel 5552368": PHONE,
        "\nlabel: vertraulich\n": MARKER,
        "4539148803436467": CARD,
        "pwd=b3x9-k2!q": PASSWORD,
    }
    for noise in ("=[", "1 -(", "a:@", "://"):
        for value, rule in private.items():
            text = (noise * 130)[:before] + ", " + value + ", " + noise * 40
            for scanner in scanners:
                assert rule in {found for found, _, _ in scanner.scan(text, -1)}, text


def test_the_first_half_of_a_key_of_sendgrid_is_long(scanners: tuple[Any, Any]) -> None:
    half, rest = "nG3x9Qw7Lk2Zp8Rt5Vb1Yc", "4Jd6Hs0Fa3Mu9Eo7Wi2Xq8Np5Bg1Tz6Ck4Lr0Sv3Dy"
    for scanner in scanners:
        assert [rule for rule, _, _ in scanner.scan(f"SG.{half}.{rest}")] == [API_KEY]
        assert scanner.scan("SG.storage.Backend7Retry9Policy3Timeout") == []


def test_what_begins_like_a_token_hides_no_key(scanners: tuple[Any, Any]) -> None:
    key = "-----BEGIN PRIVATE KEY-----" + "nG3x9Qw7" * 9 + "-----END PRIVATE KEY-----"
    for scanner in scanners:
        assert scanner.scan(f"eyJ{key}") == [(PRIVATE_KEY, 3, 3 + len(key))]


def test_a_finding_over_several_others_takes_their_place_but_for_a_better_one(scanners: tuple[Any, Any]) -> None:
    for scanner in scanners:
        assert scanner.scan("10.2.3.4'10.2.3.5'b@corp.de") == [(EMAIL, 0, 27)]
        assert scanner.scan("x 4539148803436467'10.2.3.5'b@corp.de") == [(CARD, 2, 18), (EMAIL, 18, 37)]
        assert scanner.scan("10.2.3.4'10.2.3.5'10.2.3.6'b@corp.de 10.2.3.4") == [(EMAIL, 0, 36), (IP_ADDRESS, 37, 45)]


def test_the_end_of_a_word_that_begins_too_far_away_names_nothing(scanners: tuple[Any, Any]) -> None:
    for scanner in scanners:
        assert scanner.scan("tel" + " " * 90 + "5552368") == [(PHONE, 93, 100)]
        assert scanner.scan("hotel" + " " * 97 + "5552368") == []


def test_a_word_behind_a_number_names_it_wherever_others_were_read(scanners: tuple[Any, Any]) -> None:
    for scanner in scanners:
        assert scanner.scan("5552368 (tel)") == [(PHONE, 0, 7)]
        assert scanner.scan("+49 30 5552368, 5552369\n5552370") == [(PHONE, 0, 14)]
        assert len(scanner.scan("tel +49 30 5552368, 5552369\n5552370")) == 3
