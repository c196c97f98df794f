"""Ten thousand requests of twenty clients in four processes against one limit: it holds, and nobody starves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from limits_actor import BURST, RATE

ACTOR = Path(__file__).parents[2] / "peers" / "limits_actor.py"
PROCESSES, CLIENTS, REQUESTS = 4, 5, 500
LATE = 0.1
"""Seconds that may pass between the moment at which a request is let through and the one at which we note it."""


@pytest.mark.soak
def test_the_bound_holds_and_nobody_starves(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    actors = []
    for process in range(PROCESSES):
        apps = [f"client-{process * CLIENTS + number}" for number in range(CLIENTS)]
        actors.append(subprocess.Popen([sys.executable, ACTOR, home, str(REQUESTS), *apps], env=environ, **pipes))
    for actor in actors:
        assert actor.stdout is not None
        assert actor.stdout.readline() == "ready\n"
    for actor in actors:
        assert actor.stdin is not None
        actor.stdin.write("go\n")
        actor.stdin.flush()
    told = [json.loads(actor.communicate(timeout=600)[0]) for actor in actors]
    times = sorted(time for one in told for time in one["let through"])
    answered = sorted((time, app) for one in told for app, time in one["answered"])
    assert len(times) == len(answered) == PROCESSES * CLIENTS * REQUESTS
    worst = 0.0
    for first in range(0, len(times), 7):
        for span in (0.1, 0.5, 1.0, 5.0):
            count = bisect_right(times, times[first] + span) - first
            worst = max(worst, count / (RATE / 60 * (span + BURST)))
            assert count <= RATE / 60 * (span + LATE + BURST) + 1
    half = Counter(app for _, app in answered[: len(answered) // 2])
    ends = sorted({app: time - times[0] for time, app in answered}.values())
    seconds = times[-1] - times[0]
    with capsys.disabled():
        print(f"\nrequests let through in all             {len(times)} in {seconds:.1f} s")
        print(f"of what the bound allows, in any span   {worst:.3f} at most")
        print(f"of what the rate allows, in all         {len(times) / (RATE / 60 * (seconds + BURST)):.3f}")
        print(f"answered by half time, each client      {min(half.values())} to {max(half.values())} of {REQUESTS}")
        print(print(f"the first and the last client ended at  {ends[0]:.1f} and {ends[-1]:.1f} s"))
    assert len(half) == PROCESSES * CLIENTS
    assert min(half.values()) >= REQUESTS / 8
