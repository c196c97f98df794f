"""What the command line can say of a task: tags, pictures, and whether placeholders are put back."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer
from faults import whole_stream

Run = Callable[..., Any]
GIF = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
CARD = "4539 1488 0343 6467"


@pytest.fixture
def config(fault_server: FaultServer) -> str:
    return f"""\
models:
  blind: {{provider: openapi, endpoint: "{fault_server.url}", capabilities: [tools], tags: [eu]}}
  eyes: {{provider: openapi, endpoint: "{fault_server.url}", capabilities: [tools, vision], tags: [eu, fast]}}
roles: {{coding: [blind, eyes], reasoning: [blind, eyes], router: [blind, eyes]}}
privacy: {{rules: {{card: redact}}}}
"""


def chain(aurarouter: Run, config: str, *arguments: str) -> Any:
    done = aurarouter("explain", "--json", *arguments, config=config)
    return json.loads(done.stdout)["decision"]["chain"]


def test_tags_on_the_command_line(aurarouter: Run, config: str) -> None:
    assert chain(aurarouter, config, "hello", "--tag", "eu") == ["blind", "eyes"]
    assert chain(aurarouter, config, "hello", "--tag", "eu", "--tag", "fast") == ["eyes"]
    refused = aurarouter("run", "hello", "--tag", "nowhere", config=config)
    assert refused.returncode == 3
    assert "it lacks the tag nowhere" in refused.stderr


def test_a_picture_goes_to_who_can_see_and_as_it_is(aurarouter: Run, config: str, fault_server: FaultServer) -> None:
    Path("dot.gif").write_bytes(GIF)
    assert chain(aurarouter, config, "what is this?", "--attach", "dot.gif") == ["eyes"]
    assert aurarouter("run", "what is this?", "--attach", "dot.gif", config=config).returncode == 0
    text, picture = fault_server.requests[-1].json["messages"][-1]["content"]
    assert text["text"] == "what is this?"
    assert picture["image_url"]["url"] == f"data:image/gif;base64,{base64.b64encode(GIF).decode()}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--attach", "missing.png"], "can't be read"),
        (["--attach", "strange.zzz"], "what kind of file"),
        (["--attach", "dot.gif", "-c"], "a conversation keeps words alone"),
    ],
)
def test_what_can_not_be_attached(aurarouter: Run, config: str, arguments: list[str], words: str) -> None:
    for name in ("strange.zzz", "dot.gif"):
        Path(name).write_bytes(GIF)
    told = aurarouter("run", "look", *arguments, config=config)
    assert told.returncode == 2
    assert words in told.stderr


def test_what_was_replaced_is_put_back_where_that_is_asked_for(
    aurarouter: Run, config: str, fault_server: FaultServer
) -> None:
    for wish, answer in (("--restore", CARD), ("--no-restore", "[card-1]")):
        fault_server.will(whole_stream("Paid with [card-1]."))
        done = aurarouter("run", f"Pay with {CARD}", wish, config=config)
        assert done.stdout == f"Paid with {answer}.\n"
        assert CARD not in fault_server.requests[-1].body.decode()
