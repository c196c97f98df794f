"""A full run with keys from everywhere, some of it failing: no key in what is printed, logged or kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fault_server import FaultServer
from faults import Turn

LITERAL, VARIABLE, KEPT, SECOND = (
    "sk-literal-sesame-1",
    "sk-variable-sesame-2",
    "sk-kept-sesame-3",
    "sk-second-sesame-4",
)


async def quotes_the_key(turn: Turn) -> None:
    """What some backends do: the refusal repeats the key."""
    said = turn.request.headers.get("authorization", "")
    body = f'{{"error": {{"message": "Incorrect API key provided: {said}"}}}}'.encode()
    await turn.head(401, {"Content-Type": "application/json", "Content-Length": str(len(body))})
    await turn.send(body)


def test_no_key_is_in_what_we_write_say_log_or_keep(
    aurarouter: Callable[..., Any], home: Path, fault_server: FaultServer
) -> None:
    config = f"""\
system: {{log_level: DEBUG, keep_content: true}}
models:
  literal: {{provider: openapi, endpoint: '{fault_server.url}', api_key: {LITERAL}}}
  variable: {{provider: openapi, endpoint: '{fault_server.url}', api_key: '${{env.SESAME}}'}}
  kept: {{provider: openapi, endpoint: '{fault_server.url}', api_key: '${{key.work}}'}}
  several: {{provider: openapi, endpoint: '{fault_server.url}', api_keys: ['${{env.SESAME}}', {SECOND}]}}
  by-variable: {{provider: openapi, endpoint: '{fault_server.url}'}}
roles: {{coding: [literal, variable, kept, several, by-variable]}}
"""
    (home / "auraconfig.yaml").write_text(config)
    environ = {"SESAME": VARIABLE, "AURAROUTER_MODELS__BY_VARIABLE__API_KEY": VARIABLE}
    fault_server.always(quotes_the_key)
    told: list[str] = []

    def say(*words: str, code: int | None = None, stdin: str = "") -> None:
        done = aurarouter(*words, stdin=stdin, **environ)
        told.append(done.stdout + done.stderr)
        assert code is None or done.returncode == code, (words, done.returncode, done.stderr)

    say("keys", "set", "work", stdin=KEPT + "\n", code=0)
    say("run", "hello", "--trace", code=5)
    say("run", "hello", "--json", code=5)
    asked = {request.headers["authorization"] for request in fault_server.requests}
    assert asked >= {f"Bearer {key}" for key in (LITERAL, VARIABLE, KEPT, SECOND)}, "each key was really used"
    for command in (
        ["keys", "list"], ["keys", "list", "--json"], ["config", "show"], ["config", "show", "--origin"],
        ["config", "show", "--json"], ["config", "show", "--origin", "--json"], ["config", "show", "models.literal"],
        ["config", "show", "models.literal.api_key"], ["config", "check"], ["config", "check", "--json"],
        ["config", "set", "models.literal.timeout", "9"], ["config", "set", "system.log_level", "LOUD"],
        ["config", "set", "models.literal.api_key", "sk-new-sesame-5"], ["role", "list", "--json"],
        ["role", "set", "analysis", "literal"], ["model", "list"], ["model", "list", "--json"],
        ["model", "test", "literal"], ["model", "test", "several", "--json"], ["doctor"], ["doctor", "--json"],
        ["trace"], ["trace", "--json"], ["explain", "hello"], ["explain", "hello", "--json"], ["plugins", "--json"],
        ["model", "remove", "kept", "--yes"],
    ):  # fmt: skip
        say(*command)
    broken = config.replace("api_key: " + LITERAL, f"api_key: [{LITERAL}], api_kye: {LITERAL}, timeout: {LITERAL}")
    (home / "auraconfig.yaml").write_text(broken)
    for command in (
        ["run", "hello"],
        ["config", "check"],
        ["config", "show"],
        ["doctor", "--json"],
        ["run", "x", "--json"],
    ):
        say(*command)
    (home / "auraconfig.yaml").write_text(config + f"  : ] {LITERAL}\n")
    say("run", "hello", code=2)
    said = "\n".join(told)
    for key in (LITERAL, VARIABLE, KEPT, SECOND):
        assert key not in said
        own = {"auraconfig.yaml", "keys.json"}  # where the user put it, and where we keep what they gave us
        files = [path for path in home.rglob("*") if path.is_file() and path.name not in own]
        assert [path for path in files if key.encode() in path.read_bytes()] == []
    assert VARIABLE not in (home / "auraconfig.yaml").read_text()
    assert VARIABLE not in (home / "keys.json").read_text()
