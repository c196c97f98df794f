"""How the keys of a model rotate: in turn, and left out for a while when turned away."""

import pytest

from aurarouter_core.references import Key
from aurarouter_core.rotation import Rotation, Turn
from aurarouter_hooks import (
    ProviderAuthError,
    ProviderRateLimitedError,
    Secret,
)


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def keys(count: int) -> tuple[Key, ...]:
    return tuple(Key(Secret(f"sk-{n}"), n, count) for n in range(1, count + 1))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def positions(rotation: Rotation, attempts: int) -> list[int]:
    return [rotation.next(Turn()).position for _ in range(attempts)]


def test_keys_take_turns(clock: Clock) -> None:
    rotation = Rotation("m", keys(3), clock)
    assert positions(rotation, 7) == [1, 2, 3, 1, 2, 3, 1]
    assert [rotation.spare().position for _ in range(3)] == [1, 1, 1]


def test_a_conversation_keeps_its_key_while_that_is_good(clock: Clock) -> None:
    rotation = Rotation("m", keys(3), clock)

    def of(conversation: str) -> int:
        return rotation.next(Turn(conversation=conversation)).position

    assert [of("a"), of("b"), of("a"), of(""), of("b"), of("a"), of("")] == [1, 2, 1, 3, 2, 1, 1]
    turn = Turn(conversation="a")
    rotation.failed(rotation.next(turn), ProviderRateLimitedError("limited", retry_after=5.0), turn)
    assert rotation.next(turn).position == 2
    clock.now += 10
    assert of("a") == 2, "what was cached with the first key is old by now"


def test_but_so_many_conversations_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurarouter_core.rotation.CONVERSATIONS", 2)
    rotation = Rotation("m", keys(5), clock)
    asked = [rotation.next(Turn(conversation=name)).position for name in ("a", "b", "a", "c", "a", "b")]
    assert asked == [1, 2, 1, 3, 1, 4]


def test_a_limited_key_comes_back_when_the_backend_said(clock: Clock) -> None:
    rotation = Rotation("m", keys(2), clock)
    turn = Turn()
    rotation.failed(rotation.next(turn), ProviderRateLimitedError("slow down", retry_after=7), turn)
    assert turn.another
    assert positions(rotation, 3) == [2, 2, 2]
    clock.now += 7
    assert set(positions(rotation, 2)) == {1, 2}


@pytest.mark.parametrize(
    ("error", "seconds"), [(ProviderRateLimitedError("no time said"), 60), (ProviderAuthError("wrong"), 3600)]
)
def test_how_long_a_key_is_left_out(
    clock: Clock, error: ProviderAuthError | ProviderRateLimitedError, seconds: float
) -> None:
    rotation = Rotation("m", keys(2), clock)
    turn = Turn()
    rotation.failed(rotation.next(turn), error, turn)
    clock.now += seconds - 1
    assert positions(rotation, 2) == [2, 2]
    clock.now += 1
    assert set(positions(rotation, 2)) == {1, 2}


def test_when_all_are_out_the_soonest_counts(clock: Clock) -> None:
    rotation = Rotation("m", keys(3), clock)
    turn = Turn()
    rotation.failed(rotation.next(turn), ProviderRateLimitedError("slow", retry_after=30), turn)
    clock.now += 10
    rotation.failed(rotation.next(turn), ProviderAuthError("wrong"), turn)
    with pytest.raises(ProviderRateLimitedError, match=r"all 3 keys .* left out for now; key 3 of 3: slower") as caught:
        rotation.failed(rotation.next(turn), ProviderRateLimitedError("slower", retry_after=90), turn)
    assert caught.value.retry_after == 20
    assert not turn.another
    clock.now += 5
    with pytest.raises(ProviderRateLimitedError) as caught:
        rotation.next(Turn())
    assert caught.value.retry_after == 15
    assert rotation.spare() in rotation.keys  # how the model is may be asked all the same


def test_when_all_were_refused_it_is_the_keys_fault(clock: Clock) -> None:
    rotation = Rotation("m", keys(2), clock)
    turn = Turn()
    rotation.failed(rotation.next(turn), ProviderAuthError("wrong"), turn)
    with pytest.raises(ProviderAuthError, match="all 2 keys of the model were refused"):
        rotation.failed(rotation.next(turn), ProviderAuthError("wrong"), turn)
    with pytest.raises(ProviderAuthError):
        rotation.next(Turn())


def test_a_middleware_that_asks_again_and_again_gets_keys_as_long_as_there_are_any(clock: Clock) -> None:
    rotation = Rotation("m", keys(2), clock)
    turn = Turn()
    assert [rotation.next(turn).position for _ in range(4)] == [1, 2, 1, 2]


def test_one_task_is_not_sent_to_a_key_twice(clock: Clock) -> None:
    rotation = Rotation("m", keys(2), clock)
    turn = Turn()
    for _ in range(2):
        rotation.failed(rotation.next(turn), ProviderRateLimitedError("at once", retry_after=0), turn)
    assert [key.position for key in turn.tried] == [1, 2]
    assert not turn.another


def test_a_single_key_is_never_left_out(clock: Clock) -> None:
    rotation = Rotation("m", keys(1), clock)
    turn = Turn()
    for error in (ProviderAuthError("wrong"), ProviderRateLimitedError("slow", retry_after=9)):
        rotation.failed(rotation.next(turn), error, turn)
        assert not turn.another
    assert positions(rotation, 2) == [1, 1]
