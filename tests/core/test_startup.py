"""While a program starts no garbage is collected, and afterwards it is, whatever happened."""

import gc
from collections.abc import Iterator

import pytest

from aurarouter_core import starting
from aurarouter_hooks import ConfigError


@pytest.fixture(autouse=True)
def nothing_frozen() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def fail_unless(off: bool) -> None:
    raise ConfigError("as it should") if off else AssertionError("garbage is collected")


def test_collecting_is_off_meanwhile_and_on_again_after_an_error() -> None:
    with pytest.raises(ConfigError), starting():
        fail_unless(not gc.isenabled())
    assert gc.isenabled()


def test_what_is_there_by_then_is_looked_through_no_more() -> None:
    before = gc.get_freeze_count()
    with starting():
        pass
    assert gc.get_freeze_count() > before


def test_who_collects_by_hand_still_does() -> None:
    gc.disable()
    with starting():
        pass
    assert not gc.isenabled()
