"""Failure states of all models of a kernel: what another key, a lone try and another process change."""

import pytest

from aurarouter_core.failure_state import THRESHOLD, FailureState
from aurarouter_core.failure_states import FailureStates
from aurarouter_core.store import StateRow
from aurarouter_hooks import Health, ProviderAuthError, ProviderUnavailableError

AWAY = ProviderUnavailableError("connection refused")


@pytest.fixture
def kept() -> list[StateRow]:
    return []


@pytest.fixture
def states(kept: list[StateRow]) -> FailureStates:
    return FailureStates(kept.append)


@pytest.fixture
def broken(states: FailureStates) -> FailureState:
    """The state of a model whose breaker is open."""
    state = states.of("m", "first", in_force=True)
    for _ in range(THRESHOLD):
        state.until = 0.0
        state.ended(state.begin(), AWAY)
    assert state.state == "open"
    return state


def test_another_key_of_the_same_entry_begins_anew(states: FailureStates) -> None:
    old = states.of("m", "first", in_force=True)
    old.ended(old.begin(), ProviderAuthError("401"))
    assert states.refusal("m") is not None
    states.of("m", "second", in_force=True)
    assert states.refusal("m") is None
    assert not states.refusals()


def test_while_one_tries_after_a_good_check_the_others_are_told_to_wait(
    states: FailureStates, broken: FailureState
) -> None:
    broken.saw(Health(state="healthy"))
    assert states.refusal("m") is None
    broken.begin()
    refusal = states.refusal("m")
    assert refusal is not None
    assert refusal.why.startswith("another task tries it first")


def test_after_a_try_that_said_nothing_the_next_one_is_alone_again(states: FailureStates, broken: FailureState) -> None:
    broken.until = 0.0
    broken.ended(broken.begin(), KeyboardInterrupt())
    assert states.refusal("m") is None
    broken.begin()
    assert states.refusal("m") is not None


def test_another_processes_half_open_breaker_closes_none(
    states: FailureStates, broken: FailureState, kept: list[StateRow]
) -> None:
    last = kept[-1]
    states.learn([StateRow(model="m", fingerprint="first", state="half_open", failures=THRESHOLD, at=last.at + 1)])
    assert states.refusal("m") is None
    broken.begin()
    assert states.refusal("m") is not None, "one at a time"
    assert broken.failures >= THRESHOLD


def test_an_own_row_that_comes_back_changes_nothing(
    states: FailureStates, broken: FailureState, kept: list[StateRow]
) -> None:
    before = list(kept)
    broken.forgive()
    states.learn(reversed(before))
    assert states.refusal("m") is None
