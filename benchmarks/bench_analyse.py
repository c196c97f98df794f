"""How long the hot path takes: resolving a synonym, and one pass over texts of five lengths and hostile ones.

The compiled and the plain implementation and a yardstick take turns in one run. The yardstick is a router without a hot
path: for a synonym a loop over all of them, for a text one regular expression for each role's synonyms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from measure import Report, arguments, medians

from aurarouter_core import _hotpath_py, hotpath
from aurarouter_core.lexicon import Lexicon

PROMPT = (
    "Please write a Python function that reads a CSV file, groups the rows by customer, and returns the total for "
    "each. It should handle missing values, and explain the steps briefly. Thanks a lot for the help!\n"
)
LENGTHS = (20, 200, 2_000, 20_000, 200_000)
HOSTILE = {"newlines": "\n", "one word": "x", "synonyms": "plan ", "combining marks": "e\u0301", "emoji": "\U0001f600"}
SYNONYMS = {f"custom verb {number}": f"role-{number % 50}" for number in range(10_000)}


def plain_analyser(lexicon: Lexicon) -> _hotpath_py.Analyser:
    """The Python twin, even where the compiled one was chosen."""
    names = (*_hotpath_py.FEATURES, *lexicon.roles[1:])
    features = [lexicon.features[name] for name in names]
    return _hotpath_py.Analyser(
        lexicon.verbs, lexicon.words, lexicon.openings, features, lexicon.intents, lexicon.roles, lexicon.levels
    )


def regex_scan(lexicon: Lexicon) -> Callable[[str], Mapping[str, int]]:
    """The yardstick for texts: how often each role's synonyms occur."""
    patterns: dict[str, re.Pattern[str]] = {}
    for role in lexicon.roles[1:]:
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


def resolving(report: Report) -> None:
    """Exact hit, exact miss, and a hit that has to be folded first."""
    lexicon = Lexicon.default().with_verbs(SYNONYMS)
    chosen, plain = hotpath.Analyser(lexicon), plain_analyser(lexicon)
    for what, word in (("hit", "custom verb 5000"), ("miss", "no such synonym"), ("folded", " Custom Verb 5000")):
        calls = {"chosen": chosen.resolve, "plain": plain.resolve, "loop": loop}
        work = {name: partial(call, word) for name, call in calls.items()}
        took = {name: seconds * 1e9 for name, seconds in medians(work).items()}
        budget = "" if what == "folded" else "150 ns"
        report.add(f"resolve, {what}", took["chosen"], "ns", against=took["loop"], budget=budget)
        report.add(f"resolve, {what}, plain", took["plain"], "ns", against=took["loop"])


def analysing(report: Report) -> None:
    """A prompt, repeated or cut to five lengths; then 200,000 characters of the worst."""
    lexicon = Lexicon.default()
    chosen, plain, scan = hotpath.Analyser(lexicon), plain_analyser(lexicon), regex_scan(lexicon)
    texts = {f"{length:,} characters": (PROMPT * (length // len(PROMPT) + 1))[:length] for length in LENGTHS}
    texts |= {f"200,000 of {what}": (text * 200_000)[:200_000] for what, text in HOSTILE.items()}
    for what, text in texts.items():
        work: dict[str, Callable[[], object]] = {
            "pass": partial(chosen._passes.analyse, text),
            "call": partial(chosen.analyse, text),
            "plain": partial(plain.analyse, text),
            "scan": partial(scan, text),
        }
        took = {name: seconds * 1e6 for name, seconds in medians(work, rounds=15).items()}
        short, long = len(text) == 200, len(text) == 200_000
        within = "5 µs" if short else "1000 µs" if long else ""
        report.add(f"{what}, the pass", took["pass"], "µs", against=took["scan"], budget=within)
        within = "10 µs" if short else within
        report.add(f"{what}, the Python call", took["call"], "µs", against=took["scan"], budget=within)
        report.add(f"{what}, plain", took["plain"], "µs", against=took["scan"])
        report.add(f"{what}, regexes", took["scan"], "µs", against=took["scan"])


def main() -> None:
    title = f"analyse and resolve with 10,000 synonyms, implementation: {hotpath.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    report = Report(title, "a loop over all synonyms; one regular expression for each role; both in the same run")
    resolving(report)
    analysing(report)
    report.finish(options.json)


if __name__ == "__main__":
    main()
