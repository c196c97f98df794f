"""A default role that no role is: another stands in for it, so that it is told and keeps nothing from working."""

from pathlib import Path

import pytest

from aurarouter_core import Plugins
from aurarouter_core.amend import amend_config
from aurarouter_core.checkup import check_config
from aurarouter_core.edit import Set
from aurarouter_core.request import Request

REST = "models: {e: {provider: echo}}\nroles: {coding: [e], analysis: [e]}\n"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("system:\n  default_role: nothere\n", "named.yaml:2: system.default_role: no role is called 'nothere'"),
        ("system:\n  default_role: codng\n", "no role is called 'codng' (did you mean 'coding'?)"),
        ("system:\n  default_role: analysis\n", ""),
        ("system: {}\n", ""),
        ("", ""),
    ],
)
def test_it_is_told_with_its_line(tmp_path: Path, written: str, says: str) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(written + REST)
    found = check_config(Plugins(), Request(path=path))
    assert found.problems == ()
    assert len(found.warnings) == bool(says)
    assert all(says in str(warning) for warning in found.warnings)


def test_where_nobody_wrote_one_there_is_nothing_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(REST.replace("coding", "writing"))
    assert check_config(Plugins(), Request(path=path)).warnings == ()


def test_whoever_sets_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(REST)
    done = amend_config(Plugins(), Request(path=path), [Set(("system", "default_role"), "nothere")])
    assert any("no role is called 'nothere'" in warning for warning in done.warnings)
