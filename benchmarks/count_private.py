"""How many prompts of a file would be rerouted by the balanced profile: a false alarm costs a cloud model.

The file has one JSON object a line, packed or not, with the prompt under `text`. What JSON in a prompt stands for is
looked at as well, as it is before a prompt leaves; what is found in both is counted once.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path

from aurarouter_core.detector import Detector
from aurarouter_core.inspection import Inspector
from aurarouter_core.privacy_settings import Privacy
from aurarouter_hooks import Task


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", type=int, default=10, help="examples to print of each rule")
    options = parser.parse_args()
    inspector = Inspector(Detector(Privacy()))
    opened = gzip.open if options.file.suffix == ".gz" else open
    prompts = rerouted = flagged = 0
    found: Counter[str] = Counter()
    with opened(options.file, "rt", encoding="utf-8") as lines:
        for line in lines:
            task = Task(json.loads(line)["text"])
            prompts += 1
            seen = inspector.task(task)
            reroutes = bool(seen.of("reroute") or seen.of("block"))
            rerouted += reroutes
            flagged += bool(seen.counts) and not reroutes
            for rule in seen.counts:
                if found[rule] < options.show:
                    print(f"{rule}: {example(inspector.detector, task, rule)!r}")
            found.update(seen.counts)
    print(f"{rerouted} of {prompts} prompts are rerouted, {flagged} flagged; findings: {dict(found.most_common())}")


def example(detector: Detector, task: Task, rule: str) -> str:
    """A finding of a rule in a task, and some words around it."""
    return next(
        text[max(0, finding.start - 30) : finding.end + 10]
        for text in task.texts()
        for finding in detector.find(text)
        if finding.rule == rule
    )


if __name__ == "__main__":
    main()
