"""Steps read out of what models write: every common form, bounded whatever comes, and never an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core.steps import LONGEST, schema, steps_of, unfenced

TWO = ("read the file", "count the words")


@pytest.mark.parametrize(
    "text",
    [
        '{"steps": ["read the file", "count the words"]}',
        '["read the file", "count the words"]',
        '```json\n{"steps": ["read the file", "count the words"]}\n```',
        'Here you are:\n\n{"plan": ["1. read the file", "2) count the words"]}\n\nGood luck!',
        '{"Steps": [{"step": 1, "description": "read the file"}, {"step": 2, "description": "count the words"}]}',
        '{"plan": {"steps": [{"title": "read the file"}, {"title": "count the words"}]}}',
        '{"1": "read the file", "2": "count the words"}',
        '{"steps": {"step_1": "read the file", "step 2": "count the words"}}',
        '{"thought": "easy"} {"steps": ["read the file", "count the words"]}',
        '{"steps": ["read the file", "count the words", "read  the\\nfile", "", "COUNT the words"]}',
        '{"steps": ["read the file", "count the words", "and this one is cut sho',
        "1. read the file\n2. count the words\n",
        "My plan is:\n- read the file\n- count the words",
        "Step 1: read the file\nStep 2: count the words",
        "**1.** read the file\n\nsome talk\n\n**2.** count the words".replace(".**", "."),
        "(1) read the file\n(2) count the words",
    ],
)
def test_plans_as_models_write_them(text: str) -> None:
    assert steps_of(text, 8) == TWO


@pytest.mark.parametrize("text", ["", "I can't plan that.", "{}", '{"steps": []}', '{"steps": 3}', "[1, 2]", "[[[["])
def test_what_holds_no_plan(text: str) -> None:
    assert steps_of(text, 8) == ()


def test_there_are_never_more_and_never_longer_steps_than_allowed() -> None:
    many = json.dumps({"steps": [f"step number {n}" for n in range(10_000)]})
    assert steps_of(many, 8) == tuple(f"step number {n}" for n in range(8))
    huge = json.dumps({"steps": ["x" * 1_000_000, "second"]})
    assert all(len(step) <= LONGEST for step in steps_of(huge, 8))
    assert [len(step) for step in steps_of(json.dumps(["y" * 50_000, "z"]), 8)] == [LONGEST, 1]


def test_what_can_not_be_sent_is_taken_out() -> None:
    assert steps_of(r'["half \ud800 a pair", "a \u0000 nul"]', 8) == ("half ? a pair", "a nul")


@pytest.mark.parametrize(
    "piece",
    ["[", "{", '{"steps":[', '"', '\\"', " ", "\t", "\n", "- ", "1. ", "step ", "`", "```\n", "~~~ ", '["', "\\", "1"],
)
def test_reading_takes_linear_time(piece: str) -> None:
    text = '{"steps": ["' + piece * (180_000 // len(piece))
    assert len(steps_of(text, 8)) <= 8
    assert unfenced(text) == text  # whatever is quadratic in one of the two takes minutes here


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    steps = steps_of(text, 5)
    assert len(steps) <= 5
    assert all(0 < len(step) <= LONGEST and step.encode() and "\n" not in step for step in steps)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["steps", "plan", "step", "1", "x"]), inner),
)


@given(json_values, st.text(max_size=20))
def test_any_json_is_read(value: object, around: str) -> None:
    steps = steps_of(around + json.dumps(value), 3)
    assert len(steps) <= 3
    assert all(0 < len(step) <= LONGEST for step in steps)


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1), min_size=1, unique_by=str.casefold))
def test_a_list_of_plain_words_comes_back_as_it_is(words: list[str]) -> None:
    assert steps_of(json.dumps({"steps": words}), len(words)) == tuple(words)


def test_the_schema_is_what_grammars_can_be_made_of() -> None:
    assert schema(5)["properties"]["steps"] == {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": 300},
        "minItems": 2,
        "maxItems": 5,
    }


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("\n~~~\nx\n\ny\n~~~\n", "x\n\ny"),
        ("````\n```\nx\n```\n````", "```\nx\n```"),
        ("say ```x```", "say ```x```"),
        ("```\na\n```\nand\n```\nb\n```", "```\na\n```\nand\n```\nb\n```"),
        ("Here:\n```\na\n```", "Here:\n```\na\n```"),
        ("```\nnever closed", "```\nnever closed"),
        ("```", "```"),
        ("", ""),
    ],
)
def test_one_fence_around_everything_is_taken_off(text: str, inside: str) -> None:
    assert unfenced(text) == inside
