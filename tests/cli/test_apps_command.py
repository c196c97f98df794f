"""`aurarouter apps`: keys are shown once, kept as hashes, and worthless once revoked."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Doorkeeper, Home, NotAllowedError
from aurarouter_core.apps import Apps

Program = Callable[..., Any]


def test_a_key_is_made_listed_and_revoked(aurarouter: Program, home: Path) -> None:
    made = aurarouter("apps", "create", "editor")
    key = made.stdout.strip()
    assert key.startswith("aura_")
    assert "shown once" in made.stderr
    file = home / "apps.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key not in file.read_text()
    listed = aurarouter("apps", "list")
    assert key[:11] in listed.stdout
    assert key not in listed.stdout
    assert Doorkeeper(Home.of()).app_of({"x-api-key": key}) == "editor"
    again = aurarouter("apps", "create", "editor", "--json")
    assert again.returncode == 2
    assert "revoke editor" in json.loads(again.stdout)["error"]["hint"]
    aurarouter("apps", "create", "other")
    assert json.loads(aurarouter("apps", "revoke", "other", "--json").stdout)["keys_left"] == 1
    last = aurarouter("apps", "revoke", "editor")
    assert (last.returncode, "every program on this machine may ask again" in last.stderr) == (0, True)
    assert aurarouter("apps", "revoke", "editor").returncode == 2
    assert json.loads(aurarouter("apps", "list", "--json").stdout) == []


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Basic abc"}, {"x-api-key": "aura_no"}, {"x-api-key": "\udcff"}]
)
def test_who_has_no_key_is_told(headers: dict[str, str]) -> None:
    Apps(Home.of()).create("one")
    with pytest.raises(NotAllowedError, match="client key is needed") as caught:
        Doorkeeper(Home.of()).app_of(headers)
    assert "apps create" in caught.value.hint


def test_where_strangers_are_no_key_means_nobody() -> None:
    keys = Doorkeeper(Home.of(), always=True)
    with pytest.raises(NotAllowedError):
        keys.app_of({})
    key = Apps(Home.of()).create("one").reveal()
    assert keys.app_of({"x-api-key": key}) == "one"
    Apps(Home.of()).revoke("one")
    with pytest.raises(NotAllowedError):
        keys.app_of({"x-api-key": key})
