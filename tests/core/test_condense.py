"""Long texts made short: within bounds, the same every time, with what is gone told."""

from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core.condense import condensed, together


def test_head_and_tail_stay_and_the_gap_is_told() -> None:
    text = "\n".join(f"line {n}" for n in range(1000))
    short = condensed(text, 300)
    assert short.startswith("line 0\nline 1\n")
    assert short.endswith("\nline 998\nline 999")
    head, gap, tail = short.split("\n[…")[0], short.split("\n[…")[1].split("]\n")[0], short.split("]\n")[1]
    assert gap == f" {len(text) - len(head) - len(tail)} characters left out …"
    assert text.startswith(head + "\n")
    assert text.endswith("\n" + tail)


@given(st.text(max_size=2000), st.integers(0, 2500))
def test_it_is_never_longer_than_it_may_be(text: str, size: int) -> None:
    short = condensed(text, size)
    assert len(short) <= size
    assert short == condensed(text, size)
    if len(text) <= size:
        assert short == text


@given(st.lists(st.text(max_size=500), max_size=12), st.integers(0, 3000))
def test_together_they_are_never_longer_than_they_may_be(texts: list[str], size: int) -> None:
    short = together(texts, size)
    assert len(short) == len(texts)
    assert sum(map(len, short)) <= size
    if sum(map(len, texts)) <= size:
        assert short == texts


def test_the_last_stays_whole_where_it_can() -> None:
    old, last = "o" * 1000, "n" * 400
    short = together([old, old, old, last], 1000)
    assert short[-1] == last
    assert all("left out" in text for text in short[:-1])
