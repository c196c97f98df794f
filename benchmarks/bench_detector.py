"""How long the scan for private data takes: texts of five lengths, and 200,000 characters of the worst, also by chance.

The compiled scan, its plain twin and a yardstick take turns in one run. The yardstick is what such detectors usually
are: one regular expression for each of eleven rules, each run over the whole text. It checks no digit and finds less.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from functools import partial

from measure import ROOT, Report, arguments, medians

from aurarouter_core import detector
from aurarouter_core.detection import plain
from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.patterns import program
from aurarouter_core.detection.phrases import PHRASES, marks_of
from aurarouter_core.detector import ENOUGH, Detector
from aurarouter_core.privacy_settings import PatternEntry, Privacy
from aurarouter_hooks.values.texts import texts_in

PROMPT = (
    "Please write a Python function that reads a CSV file, groups the rows by customer, and returns the total for "
    "each. It should handle missing values, and explain the steps briefly. Thanks a lot for the help!\n"
)
CODE = '    def total(self, rows: list[Row]) -> float:\n        return sum(row["price"] * 1.19 for row in rows[1:])\n'
LENGTHS = (20, 200, 2_000, 20_000, 200_000)
LONG = {
    "code": CODE,
    "digits": "4",
    "groups of digits": "4444 ",
    "eleven digits": "12345678901 ",
    "single digits": "1 ",
    "digits in brackets": "(6(",
    "cards": "4539 1488 0343 6467 ",
    "addresses": "a.b@corp.de ",
    "@": "@",
    "assignments": "password=",
    "short passwords": "pwd=9f8",
    "numbers and passwords": "123-45-6789-pwd=b3x@",
    "addresses and passwords": "10.0.0.1-pwd=J@SS@aA99@",
    "accounts and passwords": "/pwd=SK121-212312312999",
    "accounts and single digits": "1-SA84-1-9 6-SA35-9-",
    "brackets and single digits": "[(5 1:[(0 0\n[(8 1[(4 3:8[(4 0[(8 3:\n[(2 3",
    "brackets and phone numbers": "47[(0((3((3-9((89-23(63:(3((9 (5-1((81-81(",
    "brackets and names": "[2[at:",
    "decimals and passwords": "=[pwd=@3.6@9.9=@3.7@4.2@2.3=@1.0@0.4@5.69.0.9",
    "accounts and quotes": "8@SK28-1111191112@3[(9.2(your[vS@b.pwd=\"pwd='",
    "accounts in accounts": "MD11-",
    "accounts and keys": ".SA11-1111135-SA35-1-SG.2-7your\nSG",
    "accounts and short passwords": "SK13-SK80pwd:SK84-SK84-SK28-",
    "ones and passwords": "1-1111-pwd=111-11",
    "phone numbers on lines": "(3\n(6((1((9(43-5-6",
    "brackets and tokens": "3([(3([(3(444((3((3(3([token=1(3([(5(6([(3([(",
    "brackets and a bearer": "11(Bearer:111-11-1111(11\u0661\u200b(1(9((6(((1=(((1(6(-1.1.1.",
    "ones and tokens": "-1-11token=81[1[1[[123-123-121[1[811-11-1111[1[NO11",
    "phone numbers like dates": "1123-45-6789\ntel ",
    "brackets and ids": "[tel =12345678911_\u200b",
    "dashes and brackets": "--Spwd=\u200b123-45-6789[\u00e9",
    "-----BEGIN": "-----BEGIN PRIVATE KEY-----",
    "newlines": "\n",
    "brackets": "[",
    "headings": "confidential x\n",
    "Chinese": "\u6c49\u5b57",
    "Arabic": "\u0645\u0631\u062d\u0628\u0627",
    "combining marks": "e\u0301",
    "emoji": "\U0001f600",
}
# What no unit repeats: pieces in an order that nothing can learn.
BY_CHANCE = {
    "printable characters": [chr(c) for c in range(32, 127)],
    "digits and signs": list("0123456789 -.()"),
    "brackets and digits": list("3([1-"),
    "letters and signs": list("abc=:@1-([ \n"),
    "groups of ones": ["1", "11", "111", "1111", "-", " ", ".", "("],
    "accounts and names": ["SK84-", "pwd:", "pwd=", "SA1", "28", "-"],
    "names and signs": ["pwd=", "1-", "@", "SK13", "-11", "[", "(", "\n"],
    "phone numbers": ["tel 1", "1234567", "-", "(", "201", "555", "1", " "],
    "what is private": [
        "Tel",
        "(at)",
        "a@b.de",
        "10.0.0.1 ",
        "1.2.3.4",
        "-",
        " ",
        "\n",
        "9f8aaa",
        "pwd=",
        "key:",
        "word",
    ],
    "near-hits of names": ["\U0001f600", "$", "://", "--", "?", "passe=", "{", "pwd=", "x"],
    "near-hits of addresses": [" ", "(at)", "tel ", "1.1.1.1", "v1 ", ".", "[at]", "0", "\U0001f600"],
    # The worst that climbing searches have found.
    "near-hits of secrets": ["SA11", "1", "11", "\u200b", "secret: "],
    "near-hits of keys": ["ghp_", "pwd=", "_", "sk-", "S", "xoxb-", "123456789"],
    "near-hits of accounts": ["x", "SK84", "111", "[at]", "MD11-", "\u0661", "---", "xoxb-", "--", "9", "NO11", "-"],
    "near-hits of phone numbers": ["(201)", "\u0661", "9", "\u200b", " ", "111"],
    "near-hits of ids": ["--", "9", "bsn ", "[at]", "\u0661", "\u200b", "12345678", "://", "(at)", "-", "f3a2:"],
    "accounts in accounts": ["MD11-", "ssn ", "SA11", "\u200b", "DE89 ", "MD11-", "111", "sk-"],
    "accounts without width between": ["\u200b", "1111", "MD11-", "SG."],
    "digits without width between": ["\u0661", "\u200b", " ", "0"],
    "examples of passwords": ["token=", "[", "con", "123456789", "\u200b", "e", "["],
}
REGEXES = [
    re.compile(pattern)
    for pattern in (
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
        r"\b(?:\d[ -]?){13,19}\b",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}",
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\+\d[\d ().-]{7,}\d",
        r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bsk-[A-Za-z0-9_-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"(?i)(?:password|secret|token|api_?key)\s*[:=]\s*\S{8,}",
    )
]


def regexes(text: str) -> int:
    """The yardstick."""
    return sum(len(pattern.findall(text)) for pattern in REGEXES)


def looked_through(chosen: Detector, text: str) -> int:
    """A text and what JSON in it stands for, as the router looks through them."""
    return sum(len(chosen.find(each, ENOUGH)) for each in texts_in(text))


def main() -> None:
    title = f"the scan for private data, implementation: {detector.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    report = Report(title, "eleven regular expressions in the same run")
    chosen = Detector(Privacy())
    twin = plain.Scanner(plane, marks_of(PHRASES))
    assert chosen._scanner is not None
    texts = {f"{length:,} characters": (PROMPT * (length // len(PROMPT) + 1))[:length] for length in LENGTHS}
    hostile = {f"200,000 of {what}": (text * 200_000)[:200_000] for what, text in LONG.items()}
    dice = random.Random(7)
    hostile |= {
        f"200,000 by chance: {what}": "".join(dice.choices(pieces, k=200_000))[:200_000]
        for what, pieces in BY_CHANCE.items()
    }
    for what, pattern in (("code", "aurarouter_core/**/*.py"), ("pages", "docs/**/*.md")):
        paths = sorted(ROOT.glob(pattern))
        hostile[f"200,000 of this project's {what}"] = "".join(path.read_text("utf-8") for path in paths)[:200_000]
    texts |= hostile
    for what, text in texts.items():
        work: dict[str, Callable[[], object]] = {"scan": partial(chosen._scanner.scan, text, ENOUGH)}
        if what not in hostile:  # for some of them the regular expressions would take minutes
            work["regexes"] = partial(regexes, text)
        if len(text) <= 2_000:
            work["plain"] = partial(twin.scan, text, ENOUGH)
        took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=9).items()}
        within = {200: "1.5 µs", 200_000: "600 µs"}.get(len(text), "")
        report.add(f"{what}, the scan", took["scan"], "µs", against=took.get("regexes"), budget=within)
        if "plain" in took:
            report.add(f"{what}, plain", took["plain"], "µs", against=took["regexes"])
    for length in (2_000, 8_000):
        work = {"scan": partial(chosen._scanner.scan, "4" * length, ENOUGH), "regexes": partial(regexes, "4" * length)}
        took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=3).items()}
        report.add(f"{length:,} digits, the scan", took["scan"], "µs", against=took["regexes"])
        report.add(f"{length:,} digits, regexes", took["regexes"], "µs")
    entries = [
        {"id": k, "tags": ["a", "b"], "price": k * 1.5, "note": f'No. {k} is "good"\n{PROMPT}'} for k in range(700)
    ]
    text = json.dumps(entries)[:200_000]
    work = {"all": partial(looked_through, chosen, text), "raw": partial(chosen.find, text, ENOUGH)}
    took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=9).items()}
    report.add("200,000 characters of JSON, and what it stands for", took["all"], "µs", against=took["raw"])
    report.add("200,000 characters of JSON, the scan", took["raw"], "µs")
    own = Detector(Privacy(patterns={"project": PatternEntry(pattern=r"\bPRJ-\d{4,6}\b")}))
    text, made = texts["200,000 characters"], re.compile(r"\bPRJ-\d{4,6}\b")
    work = {"own": partial(own._own[0][1].scan, text, ENOUGH), "re": partial(made.findall, text)}
    took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=9).items()}
    report.add("200,000 characters, one pattern of one's own", took["own"], "µs", against=took["re"])
    work = {"make": partial(program, r"\bPRJ-\d{4,6}\b"), "re": partial(re.compile, r"\bPRJ-\d{4,6}\b")}
    report.add("making that pattern", medians(work, rounds=9)["make"] * 1e6, "µs")
    report.finish(options.json)


if __name__ == "__main__":
    main()
