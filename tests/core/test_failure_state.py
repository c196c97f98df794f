"""One model's failure state: what brings it about, how long it lasts, and who may ask meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core.backoff import CAP, backoff
from aurarouter_core.failure_state import LONGEST, LOOK_AGAIN, REFUSED, THRESHOLD, FailureState
from aurarouter_hooks import (
    Health,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)

AWAY = ProviderUnavailableError("connection refused", hint="Start it.")


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def state(clock: Clock, told: list[str]) -> FailureState:
    return FailureState("m", lambda state: told.append(state.state), clock, draw=lambda: 1.0)


def fail(state: FailureState, error: BaseException = AWAY) -> None:
    state.ended(state.begin(), error)


def name(state: FailureState) -> str:
    return state.state


def why(state: FailureState) -> str:
    assert state.refusal is not None
    return state.refusal.why


def test_a_good_answer_is_no_news(state: FailureState, told: list[str]) -> None:
    state.ended(state.begin(), None)
    state.ended(state.begin(), None)
    assert name(state) == "healthy"
    assert told == ["healthy"]


def test_a_failure_cools_down_and_names_its_cause(state: FailureState, clock: Clock) -> None:
    fail(state)
    assert why(state) == "cooling for 0.5 s more, after: connection refused"
    clock.now += 0.5
    assert state.refusal is None


def test_the_backoff_doubles_up_to_its_cap_and_draws_from_all_of_it() -> None:
    assert [backoff(n, lambda: 1.0) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff(10_000, lambda: 1.0) == CAP
    assert backoff(4, lambda: 0.0) == 0.0


@pytest.mark.parametrize(("asked", "seconds"), [(7.0, 7.0), (0.0, 0.0), (-3.0, 0.0), (1e12, LONGEST), (None, 0.5)])
def test_the_backends_own_wish_counts(state: FailureState, asked: float | None, seconds: float) -> None:
    fail(state, ProviderRateLimitedError("slow down", retry_after=asked))
    assert name(state) == "rate_limited"
    assert state.until == 1000.0 + seconds


def test_a_rate_limit_never_opens_the_breaker(state: FailureState, clock: Clock) -> None:
    for _ in range(THRESHOLD + 3):
        fail(state, ProviderRateLimitedError("slow down"))
        clock.now = state.until
    assert name(state) == "rate_limited"


def open_breaker(state: FailureState, clock: Clock) -> None:
    for _ in range(THRESHOLD):
        clock.now = max(clock.now, state.until)
        fail(state, ProviderTimeoutError("no first token", after=1.0))
    assert name(state) == "open"


def test_an_open_breaker_lets_one_try_and_the_others_wait(state: FailureState, clock: Clock) -> None:
    open_breaker(state, clock)
    assert "open for 8.0 s more" in why(state)
    clock.now = state.until
    assert state.refusal is None
    one = state.begin()
    assert why(state) == "another task tries it first, after: no first token"
    state.ended(one, None)
    assert (state.state, state.failures, state.refusal) == ("healthy", 0, None)


def test_the_first_word_is_enough_for_the_others(state: FailureState, clock: Clock) -> None:
    open_breaker(state, clock)
    clock.now = state.until
    one = state.begin()
    state.answers(one)
    assert state.refusal is None
    assert state.failures == THRESHOLD
    state.ended(one, ProviderUnavailableError("broke off"))
    assert name(state) == "open"


def test_a_failed_try_opens_the_breaker_for_longer(state: FailureState, clock: Clock) -> None:
    open_breaker(state, clock)
    clock.now = state.until
    fail(state)
    assert "open for 16.0 s more" in why(state)


@pytest.mark.parametrize("error", [ProviderReplyError("400"), KeyboardInterrupt(), ValueError("a bug")])
def test_what_says_nothing_about_the_backend_lets_the_next_one_try(
    state: FailureState, clock: Clock, error: BaseException
) -> None:
    open_breaker(state, clock)
    clock.now = state.until
    fail(state, error)
    assert state.refusal is None
    state.begin()
    assert why(state).startswith("another task tries it first")


def test_a_refused_key_is_left_alone_for_an_hour(state: FailureState, clock: Clock) -> None:
    fail(state, ProviderAuthError("401", hint="Correct the key."))
    assert why(state) == "misconfigured for 60 min more, after: 401"
    clock.now += REFUSED
    state.begin()
    assert why(state).startswith("another task tries it first")


def test_one_outage_that_ends_many_attempts_is_one_failure(state: FailureState) -> None:
    tickets = [state.begin() for _ in range(100)]
    for ticket in tickets:
        state.ended(ticket, AWAY)
    assert (state.state, state.failures) == ("cooling", 1)


def test_an_answer_from_before_the_outage_does_not_end_it(state: FailureState) -> None:
    old, new = state.begin(), state.begin()
    state.ended(new, ProviderRateLimitedError("slow down", retry_after=9))
    state.ended(old, None)
    assert name(state) == "rate_limited"
    other = state.begin()  # somebody who had to
    state.ended(other, None)
    assert name(state) == "healthy"


def test_a_late_wish_for_more_time_is_heard(state: FailureState) -> None:
    one, two = state.begin(), state.begin()
    state.ended(one, ProviderRateLimitedError("slow down", retry_after=5))
    state.ended(two, ProviderRateLimitedError("slow down", retry_after=50))
    assert state.until == 1050.0


def test_a_private_tasks_error_is_not_repeated(state: FailureState) -> None:
    state.ended(state.begin(), ProviderUnavailableError("you said: my card is 4111…", hint="my card"), private=True)
    assert "card" not in why(state) + state.detail + state.hint


@pytest.mark.parametrize(
    ("seen", "state_after"),
    [
        (Health(state="healthy"), "unknown"),
        (Health(state="loading", progress=0.43), "loading"),
        (Health(state="down", detail="refused"), "down"),
        (Health(), "cooling"),
    ],
)
def test_a_health_check_changes_a_cooling_model(state: FailureState, seen: Health, state_after: str) -> None:
    fail(state)
    state.saw(seen)
    assert name(state) == state_after


@pytest.mark.parametrize("seen", ["healthy", "cold", "down", "loading", "misconfigured"])
@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (ProviderUnavailableError("busy", retry_after=60), 60.0),
        (ProviderRateLimitedError("slow down", retry_after=60), 60.0),
        (ProviderAuthError("401"), REFUSED),
    ],
)
def test_no_health_check_shortens_what_the_backend_itself_asked_for(
    state: FailureState, clock: Clock, error: ProviderError, rest: float, seen: Any
) -> None:
    fail(state, error)
    state.saw(Health(state=seen))
    assert state.refusal is not None
    assert (state.refusal.retry_in, state.refusal.firm) == (rest, True)
    clock.now += rest
    state.saw(Health(state="healthy"))
    assert state.refusal is None


def test_who_keeps_looking_keeps_nobody_from_asking(state: FailureState, clock: Clock) -> None:
    """What is down is asked again after a while, however often one looks; only an attempt shows whether it is so."""
    down = Health(state="down", detail="refused")
    state.saw(down)
    for _ in range(4):
        assert state.refusal is not None
        clock.now += 0.5
        state.saw(down)
    assert state.refusal is None
    fail(state)
    state.saw(down)
    assert state.refusal is not None
    assert state.refusal.retry_in == LOOK_AGAIN


def test_loading_says_how_far(state: FailureState, clock: Clock) -> None:
    fail(state)
    state.saw(Health(state="loading", progress=0.43))
    assert why(state) == "loading 43%"
    clock.now += 2.0
    assert state.refusal is None


def test_a_good_check_ends_no_limit_and_only_half_opens_a_breaker(state: FailureState, clock: Clock) -> None:
    fail(state, ProviderRateLimitedError("slow down", retry_after=9))
    state.saw(Health(state="healthy"))
    assert name(state) == "rate_limited"
    clock.now += 9
    open_breaker(state, clock)
    state.saw(Health(state="healthy"))
    assert name(state) == "half_open"
    assert state.refusal is None
    state.begin()
    assert state.refusal is not None


def test_what_is_shown_is_the_worse_of_both(state: FailureState) -> None:
    seen = Health(state="healthy")
    assert state.health(seen) is seen
    fail(state, ProviderRateLimitedError("slow down", retry_after=9, hint="Pay more."))
    assert state.health(seen) == Health(state="rate_limited", detail="slow down", hint="Pay more.", retry_in=9.0)


def test_another_process_brings_worse_news_and_better_news(state: FailureState) -> None:
    state.share("rate_limited", 1, 30.0, "slow down", "")
    assert why(state) == "rate limited for 30.0 s more, after: slow down"
    state.share("cooling", 1, 2.0, "less than that", "")
    assert name(state) == "rate_limited"
    state.share("healthy", 0, 0.0, "", "")
    assert state.refusal is None


ERRORS: list[Callable[[], BaseException | None]] = [
    lambda: None,
    lambda: AWAY,
    lambda: ProviderRateLimitedError("r", retry_after=3),
    lambda: ProviderRateLimitedError("r"),
    lambda: ProviderTimeoutError("t", after=1),
    lambda: ProviderAuthError("a"),
    lambda: ProviderReplyError("p"),
    lambda: KeyboardInterrupt(),
]


@given(st.lists(st.tuples(st.sampled_from(["begin", "end", "answers", "wait", "see"]), st.integers(0, 7)), max_size=80))
def test_whatever_happens_at_most_one_tries_and_every_rest_ends(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    state = FailureState("m", clock=clock, draw=lambda: 0.5)
    running: list[int] = []
    probes: set[int] = set()
    for what, number in steps:
        if what == "begin" and state.refusal is None:
            alone = state.state in ("open", "half_open", "misconfigured")
            running.append(state.begin())
            if alone:
                assert not probes
                probes.add(running[-1])
        elif what == "end" and running:
            ticket = running.pop(number % len(running))
            probes.discard(ticket)
            state.ended(ticket, ERRORS[number]())
        elif what == "answers" and running:
            ticket = running[number % len(running)]
            probes.discard(ticket)
            state.answers(ticket)
        elif what == "wait":
            clock.now += number
        elif what == "see":
            seen: Any = ["healthy", "loading", "down", "misconfigured", "unknown", "cold", "healthy", "down"][number]
            state.saw(Health(state=seen))
        if state.state not in ("open", "half_open", "misconfigured"):
            probes.clear()
    for ticket in running:
        state.ended(ticket, ProviderError("over"))
    clock.now += LONGEST
    assert state.refusal is None
