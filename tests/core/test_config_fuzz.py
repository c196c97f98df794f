"""Whatever a file holds, it is a configuration or a ConfigError, in bounded time and memory."""

import contextlib
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from aurarouter_core import Config, Plugins
from aurarouter_core.config import ModelEntry, settings_of
from aurarouter_core.loading import load
from aurarouter_core.request import Request
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_core.yaml_text import MOST_BYTES, parse
from aurarouter_hooks import ConfigError

NOBODY = Plugins(discover=False)
ENVIRON = {"AURAROUTER_HOME": "/nonexistent", "SET": "3"}
RUNS = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = some.sampled_from(
    [
        *KERNEL_SECTIONS, *(item.name for item in settings_of(ModelEntry)),
        "a", "My-Model.v2", "", "<<", "${env.SET}", "${env.LOST}", "${env.", "http://[", "yes", "~", "1e3",
        "é\u2028\ud7ff",
    ]
)  # fmt: skip
leaves = some.one_of(
    words, some.none(), some.booleans(), some.integers(), some.floats(), some.text(max_size=8), some.dates()
)
values: Any = some.recursive(
    leaves,
    lambda inner: some.one_of(
        some.lists(inner, max_size=3), some.dictionaries(some.one_of(words, leaves), inner, max_size=4)
    ),
    max_leaves=25,
)


def judged(data: bytes) -> Config | ConfigError:
    """What the kernel makes of a file's bytes."""
    held = None
    try:
        held = parse(data, "fuzzed.yaml")
        return load(NOBODY, Request(settings=held.settings, environ=ENVIRON))
    except ConfigError as error:
        str(error), [(str(problem), held and held.line(problem.path)) for problem in error.problems]
        return error


@RUNS
@given(some.dictionaries(some.one_of(words, leaves), values, max_size=5))
def test_generated_settings(generated: dict[Any, Any]) -> None:
    with contextlib.suppress(yaml.YAMLError):
        assert isinstance(
            judged(yaml.safe_dump(generated, allow_unicode=True).encode("utf-8", "replace")), Config | ConfigError
        )
    assert isinstance(judged(repr(generated).encode("utf-8", "replace")), Config | ConfigError)


SYNTAX = [*"[]{}:,-?&*!|>'\"%@`#~ \t\n\r0129.ae<=/\\$", "<<: ", "&a ", "*a ", "models:\n ", "${env.", "!!set ", "- "]


@RUNS
@given(some.lists(some.sampled_from(SYNTAX), max_size=60).map("".join))
@example("!!set [-]")
def test_generated_syntax(text: str) -> None:
    assert isinstance(judged(text.encode()), Config | ConfigError)


@RUNS
@given(some.binary(max_size=60))
def test_bytes(data: bytes) -> None:
    assert isinstance(judged(data), Config | ConfigError)


BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(20)
    ),
    "merged": "a: &a {x: 1, y: 2}\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{','.join(['*' + chr(97 + i)] * 9)}]}}\n" for i in range(20)
    ),
    "flow": "[" * 1_000_000,
    "maps": "{a: " * 400_000,
    "dashes": "- " * 1_000_000,
    "questions": "? " * 1_000_000,
    "indent": "\n".join(" " * i + "a:" for i in range(2_000)),
    "number": "system: {default_timeout: " + "9" * 2_000_000 + "}",
    "sexagesimal": "system: {default_timeout: 1" + ":59" * 500_000 + "}",
    "scalar": "models: {a: {provider: '" + "x" * 3_000_000 + "'}}",
    "exponent": "system: {default_timeout: 1.0e+999999999}",
    "circle": "models: &m {a: *m}",
    "keys": "models: {" + ", ".join(f"m{i}: {{provider: x}}" for i in range(80_000)) + "}",
    "names": "models: {? [a, b] : {provider: x}, ? {c: d} : 1}",
    "doubled": "a: &z0 {}\n" + "".join(f"b{i}: &z{i + 1} {{<<: [*z{i}, *z{i}]}}\n" for i in range(40))
    + "models: {a: {colour: 1}}",
    "int": "a: !!int ''", "bool": "a: !!bool foo", "timestamp": "a: !!timestamp foo", "float": "a: !!float ''",
    "pairs": "base: &b {" + ", ".join(f"k{i}: 1" for i in range(2_000)) + "}\n"
    + "\n".join(f"m{i}: {{<<: [{', '.join(['*b'] * 90)}]}}" for i in range(300)),
    "date": "models: {a: {provider: 2026-99-99}}",
    "python": "models: !!python/object/apply:os.system ['true']",
    "large": "#" * (MOST_BYTES + 1),
    "strangers": "\n".join(f"k{i}: {i}" for i in range(50_000)),
    "nowhere": "models: {" + ", ".join(f"local-model-{i}: {{provider: x}}" for i in range(3_000)) + "}\n"
    + "roles: {coding: [" + ", ".join(f"local-mode-{i}" for i in range(20_000)) + "]}",
}  # fmt: skip
JUDGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
sys.path.insert(0, sys.argv[1])
from test_config_fuzz import judged
print(type(judged(sys.stdin.buffer.read())).__name__)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_bounded_time_and_memory(name: str) -> None:
    """In a process of its own, since what it is about would end this one."""
    ran = subprocess.run(
        [sys.executable, "-c", JUDGE, str(Path(__file__).parent)],
        input=BOMBS[name].encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-500:]
    outcome = "Config" if name in ("scalar", "keys") else "ConfigError"
    assert ran.stdout.decode().strip() == outcome
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 2 << 30, "the limits are the child's alone"
