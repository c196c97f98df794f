"""How many prompts of a file would be rerouted by the balanced profile: a false alarm costs a cloud model.

The file has one JSON object a line, packed or not, with the prompt under `text`.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path

from aurarouter_core.detector import Detector
from aurarouter_core.privacy_settings import Privacy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", type=int, default=10, help="examples to print of each rule")
    options = parser.parse_args()
    detector = Detector(Privacy())
    opened = gzip.open if options.file.suffix == ".gz" else open
    prompts = rerouted = 0
    found: Counter[str] = Counter()
    with opened(options.file, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            prompts += 1
            findings = detector.find(text)
            rerouted += any(detector.actions[finding.rule] == "reroute" for finding in findings)
            for finding in findings:
                found[finding.rule] += 1
                if found[finding.rule] <= options.show:
                    print(f"{finding.rule}: {text[max(0, finding.start - 30) : finding.end + 10]!r}")
    print(f"{rerouted} of {prompts} prompts are rerouted; findings: {dict(found.most_common())}")


if __name__ == "__main__":
    main()
