"""The page about failures: its configuration loads and acts, and its states and numbers are the program's."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from aurarouter_core import Plugins, background, backoff, failure_state, load_config, order
from aurarouter_core.configured import configured
from aurarouter_hooks import Timeouts
from aurarouter_hooks.values import HealthState

PAGE = "docs/failures.md"
TEXT = " ".join((Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8").split())


def test_the_configuration_is_accepted_and_acts(blocks_of: Callable[[str, str], list[str]], tmp_path: Path) -> None:
    file = tmp_path / "auraconfig.yaml"
    file.write_text(blocks_of(PAGE, "yaml")[0])
    config = load_config(Plugins(discover=False), path=file)
    assert (config.system.retries, config.system.max_wait) == (1, 60)
    model = configured(config)["local"]
    assert model.timeouts == Timeouts(connect=2, first_token=30, between_tokens=20, total=300)
    assert (model.max_concurrency, config.models["local"].max_queue) == (1, 20)


def test_every_state_of_trouble_has_its_row() -> None:
    rows = re.findall(r"\| `(\w+)` \|", TEXT)
    assert set(rows) <= set(get_args(HealthState))
    assert set(rows) == failure_state.RESTING | {"healthy"}


def test_the_numbers_are_right() -> None:
    assert f"begins at {backoff.BASE:g} s" in TEXT
    assert f"up to {backoff.CAP:g} s" in TEXT
    assert f"happened {failure_state.THRESHOLD} times" in TEXT
    assert f"could not reach it | after {failure_state.LOOK_AGAIN:g} s" in TEXT
    assert f"after {order.GRACE:g} s, when a health check" in TEXT
    assert (failure_state.REFUSED, background.HEAR_EVERY) == (3600, 2)
