"""Failure states of all models of a kernel: what another key, a lone try and another process change."""

import time

import pytest

from aurarouter_core.failure_state import THRESHOLD, FailureState
from aurarouter_core.failure_states import FailureStates
from aurarouter_core.store import StateRow
from aurarouter_hooks import Health, ProviderAuthError, ProviderRateLimitedError, ProviderUnavailableError
from aurarouter_hooks.values import HealthState

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


class Clock:
    """The time, as it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Process:
    """The failure states of one of several processes, which hear of each other when told to."""

    def __init__(self, clock: Clock) -> None:
        self.rows: list[StateRow] = []
        self.states = FailureStates(self.rows.append, clock)
        self.state = self.states.of("m", "first", in_force=True)
        self.state.clock = clock

    def hears(self, other: "Process") -> None:
        """The store tells it what another process wrote last."""
        self.states.learn(other.rows[-1:])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ours(clock: Clock) -> Process:
    return Process(clock)


@pytest.fixture
def other(clock: Clock) -> Process:
    return Process(clock)


LIMITED = ProviderRateLimitedError("429", retry_after=300.0)


def test_good_news_of_who_did_not_know_ends_no_rest_that_the_backend_named(
    clock: Clock, ours: Process, other: Process
) -> None:
    other.state.ended(other.state.begin(), AWAY)
    clock.now += 61
    ours.state.ended(ours.state.begin(), LIMITED)
    clock.now += 1
    other.state.ended(other.state.begin(), None)
    assert other.rows[-1].state == "healthy"
    ours.hears(other)
    refusal = ours.states.refusal("m")
    assert refusal is not None
    assert refusal.retry_in == pytest.approx(299)


def test_nor_does_that_of_an_attempt_that_began_before(clock: Clock, ours: Process, other: Process) -> None:
    running = other.state.begin()
    ours.state.ended(ours.state.begin(), LIMITED)
    other.hears(ours)
    other.state.ended(running, None)
    refusal = other.states.refusal("m")
    assert refusal is not None
    assert refusal.firm, "the store knows who named the time"


def test_who_asked_all_the_same_and_was_answered_ends_it_for_all(clock: Clock, ours: Process, other: Process) -> None:
    ours.state.ended(ours.state.begin(), LIMITED)
    other.hears(ours)
    clock.now += 1
    other.states.excuse("m")
    assert not other.rows, "nothing is known yet"
    other.state.ended(other.state.begin(), None)
    ours.hears(other)
    assert ours.states.refusal("m") is None


def test_who_asked_all_the_same_in_vain_ends_nothing(clock: Clock, ours: Process, other: Process) -> None:
    ours.state.ended(ours.state.begin(), LIMITED)
    other.hears(ours)
    clock.now += 1
    other.states.excuse("m")
    other.state.ended(other.state.begin(), AWAY)
    ours.hears(other)
    refusal = ours.states.refusal("m")
    assert refusal is not None
    assert refusal.retry_in == pytest.approx(299)


def test_a_check_ends_no_firm_rest_that_another_process_told_of(clock: Clock, ours: Process, other: Process) -> None:
    ours.state.ended(ours.state.begin(), ProviderUnavailableError("503", retry_after=300.0))
    other.hears(ours)
    other.state.saw(Health(state="healthy"))
    assert other.states.refusal("m") is not None


@pytest.mark.parametrize("news", ["down", "loading"])
def test_whatever_a_check_says_only_one_tries(states: FailureStates, broken: FailureState, news: HealthState) -> None:
    broken.saw(Health(state="healthy"))
    trying = broken.begin()
    broken.saw(Health(state=news))
    broken.clock = lambda: time.monotonic() + 10
    assert states.refusal("m") is not None, "one tries it already"
    broken.let_go(trying)
    assert states.refusal("m") is None
    broken.begin()
    assert states.refusal("m") is not None, "one at a time"


def test_nor_more_than_one_when_another_process_says_so(
    states: FailureStates, broken: FailureState, kept: list[StateRow]
) -> None:
    broken.saw(Health(state="healthy"))
    broken.begin()
    at = kept[-1].at + 1
    states.learn([StateRow(model="m", fingerprint="first", state="down", until=at + 60, at=at)])
    broken.clock = lambda: time.monotonic() + 120
    assert states.refusal("m") is not None, "one tries it already"
