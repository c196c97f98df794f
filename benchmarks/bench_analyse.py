"""How long the hot path takes: loading and resolving synonyms, and one pass over texts of all lengths and contents.

The compiled and the plain implementation and a yardstick take turns in one run. The yardstick is a router without a hot
path: for a synonym a loop over all of them, for a text one regular expression for each role's synonyms.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from measure import Report, arguments, medians

from aurarouter_core import _hotpath_py, detector, hotpath
from aurarouter_core.detection import plain as plain_scan
from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.phrases import PHRASES, marks_of
from aurarouter_core.detector import ENOUGH
from aurarouter_core.lexicon import Lexicon

PROMPT = (
    "Please write a Python function that reads a CSV file, groups the rows by customer, and returns the total for "
    "each. It should handle missing values, and explain the steps briefly. Thanks a lot for the help!\n"
)
RUSSIAN = (
    "Напиши, пожалуйста, функцию на Python, которая читает файл CSV, группирует строки по клиентам и возвращает "
    "сумму для каждого. Пропущенные значения надо учесть, а шаги коротко объяснить. Большое спасибо за помощь!\n"
)
CHINESE = "请写一个Python函数，读取CSV文件，按客户分组，并返回每个客户的总额。需要处理缺失值，并简要说明步骤。谢谢！\n"
LENGTHS = (20, 200, 2_000, 20_000, 200_000, 1_000_000)
HOSTILE = {
    "newlines": "\n",
    "one word": "x",
    "synonyms": "plan ",
    "signs": "?!",
    "combining marks": "e\u0301",
    "half surrogates": "\ud800",
    "zeros": "\0",
    "emoji": "\U0001f600",
    "numbers and passwords": "123-45-6789-pwd=b3x@",
    "addresses and passwords": "10.0.0.1-pwd=J@SS@aA99@",
    "accounts and single digits": "1-SA84-1-9 6-SA35-9-",
}
SYNONYMS = {f"custom verb {number}": f"role-{number % 50}" for number in range(10_000)}


def plain_analyser(lexicon: Lexicon) -> _hotpath_py.Analyser:
    """The Python twin, even where the compiled one was chosen."""
    return _hotpath_py.Analyser(lexicon.verbs, lexicon.named, lexicon.model, lexicon.likeness)


def regex_scan(lexicon: Lexicon) -> Callable[[str], Mapping[str, int]]:
    """The yardstick for texts: how often each role's synonyms occur."""
    patterns: dict[str, re.Pattern[str]] = {}
    for role in sorted(set(lexicon.verbs.values())):
        synonyms = [re.escape(synonym) for synonym, named in lexicon.verbs.items() if named == role]
        patterns[role] = re.compile(rf"\b(?:{'|'.join(synonyms)})\b", re.IGNORECASE)
    return lambda text: {role: len(pattern.findall(text)) for role, pattern in patterns.items()}


def loop(word: str) -> str | None:
    """The yardstick for synonyms."""
    folded = word.strip().lower()
    for synonym, role in SYNONYMS.items():
        if synonym.lower() == folded:
            return role
    return None


def loading(report: Report) -> None:
    """Making an analyser of 10,000 synonyms, from the kept table and the first time, beside one of few."""
    lexicon = Lexicon.default()
    many = lexicon.with_verbs(SYNONYMS)
    with tempfile.TemporaryDirectory() as home:
        os.environ["AURAROUTER_HOME"] = home

        def first() -> None:
            for table in Path(home, "cache").glob("*.table"):
                table.unlink()
            hotpath.Analyser(many)

        work: dict[str, Callable[[], object]] = {
            "first": first,
            "many": partial(hotpath.Analyser, many),
            "few": partial(hotpath.Analyser, lexicon),
            "plain": partial(plain_analyser, many),
        }
        took = {name: seconds * 1e3 for name, seconds in medians(work, rounds=15, once=True, of=min).items()}
    report.add("load 10,000 synonyms", took["many"], "ms", against=took["plain"], budget="20 ms")
    report.add("… the first time, and keep their table", took["first"], "ms", against=took["plain"], budget="20 ms")
    report.add("load 10,000 synonyms, plain", took["plain"], "ms", against=took["plain"])
    report.add("load the built-in words", took["few"], "ms", against=took["plain"])


def resolving(report: Report) -> None:
    """Exact hit, exact miss, and a hit that has to be folded first."""
    lexicon = Lexicon.default().with_verbs(SYNONYMS)
    chosen, plain = hotpath.Analyser(lexicon), plain_analyser(lexicon)
    for what, word in (("hit", "custom verb 5000"), ("miss", "no such synonym"), ("folded", " Custom Verb 5000")):
        calls = {"chosen": chosen.resolve, "plain": plain.resolve, "loop": loop}
        work = {name: partial(call, word) for name, call in calls.items()}
        took = {name: seconds * 1e9 for name, seconds in medians(work, rounds=15, of=min).items()}
        budget = "" if what == "folded" else "150 ns"
        report.add(f"resolve, {what}", took["chosen"], "ns", against=took["loop"], budget=budget)
        report.add(f"resolve, {what}, plain", took["plain"], "ns", against=took["loop"])


def texts() -> dict[str, str]:
    """A prompt cut or repeated to all lengths, two in other scripts, and 200,000 characters of the worst."""
    found = {f"{length:,} characters": (PROMPT * (length // len(PROMPT) + 1))[:length] for length in LENGTHS}
    found |= {"200 characters of Russian": RUSSIAN[:200], "200 characters of Chinese": (CHINESE * 4)[:200]}
    return found | {f"200,000 of {what}": (text * 200_000)[:200_000] for what, text in HOSTILE.items()}


def both(one: Callable[[str], object], other: Callable[[str], object], text: str) -> None:
    """A text through both."""
    one(text)
    other(text)


def analysing(report: Report) -> None:
    """The full analysis of each text: synonyms, intent, role, complexity, and every character for private data."""
    lexicon = Lexicon.default()
    chosen, plain, scan = hotpath.Analyser(lexicon), plain_analyser(lexicon), regex_scan(lexicon)
    private = detector.standard()._scanner
    assert private is not None
    plain_private = plain_scan.Scanner(plane, marks_of(PHRASES))
    for what, text in texts().items():
        work: dict[str, Callable[[], object]] = {
            "pass": partial(both, chosen._passes.analyse, partial(private.scan, most=ENOUGH), text),
            "call": partial(hotpath.analyse, text),
            "scan": partial(scan, text),
        }
        took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=15, seconds=0.005, of=min).items()}
        slow = {"plain": partial(both, plain.analyse, partial(plain_private.scan, most=ENOUGH), text)}
        took["plain"] = medians(slow, rounds=1, once=True)["plain"] * 1e6
        short, long = len(text) == 200, len(text) == 200_000
        within = "5 µs" if short else "1000 µs" if long else ""
        report.add(f"{what}, the pass", took["pass"], "µs", against=took["scan"], budget=within)
        within = "10 µs" if short else within
        report.add(f"{what}, the Python call", took["call"], "µs", against=took["scan"], budget=within)
        report.add(f"{what}, plain", took["plain"], "µs", against=took["scan"])
        report.add(f"{what}, regexes", took["scan"], "µs", against=took["scan"])
        bytes_ = len(text.encode("utf-8", "surrogatepass"))
        report.add(f"{what}, throughput", bytes_ / took["call"], "MB/s", against=bytes_ / took["scan"])


def main() -> None:
    title = f"analyse and resolve with 10,000 synonyms, implementation: {hotpath.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    yardstick = "a loop over all synonyms; one regular expression for each role; both in the same run"
    report = Report(title, yardstick, "best of 15")
    loading(report)
    resolving(report)
    analysing(report)
    report.finish(options.json)


if __name__ == "__main__":
    main()
