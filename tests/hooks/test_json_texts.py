"""What JSON in a text stands for: every string of it as it is read, whatever is wrong with the rest."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_hooks import Message, Task, ToolCall
from aurarouter_hooks.values import json_texts
from aurarouter_hooks.values.json_texts import DEEPEST, blocks, decoded, unescaped

VALUE = 'CONFIDENTIAL\n"Salaries" 𝟜５'


def nested(value: str, depth: int) -> str:
    """JSON in a string of JSON, so many times."""
    return json.dumps({"k": nested(value, depth - 1)}) if depth else value


SEEN = {
    "object": json.dumps({"a": VALUE}),
    "list": json.dumps([1, [VALUE]]),
    "key": json.dumps({VALUE: None}),
    "string": json.dumps(VALUE),
    "spaces before it": f"\ufeff \n\t{json.dumps([VALUE])}",
    "JSON in JSON": nested(VALUE, 3),
    "as deep as is looked": nested(VALUE, DEEPEST),
    "twice the same key": '{"a": ' + json.dumps(VALUE) + ', "a": 1}',
    "cut": json.dumps({"a": VALUE, "b": [1, 2]})[:-4],
    "a comma too many": json.dumps({"a": VALUE})[:-1] + ",}",
    "a wrong escape": '{"b": "\\q", "a": ' + json.dumps(VALUE) + "}",
    "a number that is too long": "[" + "1" * 5000 + ", " + json.dumps(VALUE) + "]",
    "deeply nested": "[" * 5000 + json.dumps(VALUE) + "]" * 5000,
    "on a line of its own": f"Repair this:\n{json.dumps({'a': VALUE})}\nThanks.",
    "indented": f"Charge it:\n    {json.dumps({'a': VALUE})}",
    "behind a tab": f"Charge it:\n\t{json.dumps([VALUE])}",
    "below words in a string": json.dumps({"stdout": f"$ cat a.json\n{json.dumps({'a': VALUE})}"}),
    "below words in a string of such a string": json.dumps(["x\n " + json.dumps({"a": "y\n" + json.dumps([VALUE])})]),
    "two lines": f"{json.dumps({'b': 1})}\n{json.dumps({'a': VALUE})}",
    "below its name": f"doc:\n{json.dumps([None, VALUE])}",
}


@pytest.mark.parametrize("text", SEEN.values(), ids=SEEN)
def test_a_string_is_read_as_what_it_stands_for(text: str) -> None:
    assert any(VALUE in form for form in decoded(text))


@pytest.mark.parametrize("text", ["", "plain", 'He said "\\u0041"', "int f()\n{\n  return x[0];\n}", "[", "{}", "\n["])
def test_other_texts_stand_for_themselves(text: str) -> None:
    assert [*decoded(text)] == []


def test_a_quote_too_many_hides_nothing() -> None:
    assert any(
        form.startswith("CONFIDENTIAL\nSalaries") for form in decoded('{"b": "x"", "a": "CONFIDENTIAL\\nSalaries"}')
    )


WORDS = [
    '["public", "internal", "confidential"]',
    '{"title": "Q3 plan", "classification": "Confidential", "path": "a\\tb"}',
    '{"source": ["# Confidential\\n", "text"]}',
    '{"a": "\\nconfidential\\n", "b": "\\"secret\\""}',
]


@pytest.mark.parametrize("text", WORDS)
def test_a_word_in_quotes_begins_no_line(text: str) -> None:
    lines = [line.strip(' "#[') for form in decoded(text) for line in form.splitlines()]
    assert not {"confidential", "secret"} & {line.lower() for line in lines}


def test_a_name_stands_before_a_value_that_holds_quotes() -> None:
    assert '"password": \'ab"cd\'' in [*decoded('{"password": "ab\\"cd"}')]


def test_arguments_of_a_tool_are_json_whatever_they_look_like() -> None:
    call = ToolCall(id="1", name="f", arguments='"a": "CONFIDENTIAL\\nSalaries"')
    texts = Task(messages=[Message("assistant", [call])]).texts()
    assert any("CONFIDENTIAL\nSalaries" in text for text in texts)


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_every_string_of_every_json_is_there(value: object) -> None:
    def strings(part: object) -> list[str]:
        if isinstance(part, dict):
            return [found for pair in part.items() for each in pair for found in strings(each)]
        if isinstance(part, list):
            return [found for each in part for found in strings(each)]
        return [part] if isinstance(part, str) else []

    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        forms = [*decoded(text)]
        assert all(any(string.strip() in form for form in (text, *forms)) for string in strings(value))


@given(st.text(alphabet='{}[]",:\\un0a1 \n', max_size=60))
def test_nothing_is_an_error(text: str) -> None:
    assert all(isinstance(form, str) for form in decoded(text))
    assert isinstance(unescaped(text), str)


LONG = {
    "open strings": '{"\\' * 66_000,
    "lists": '["' * 100_000,
    "lines": '\n["' * 66_000,
    "quotes that hide": '["[' + "\\u005c" * 33_000 + 'u0022"]',
    "indented lists": '\n ["' * 50_000,
    "line ends in strings": '["' + "\\n[" * 60_000 + '"]',
    "words": "\n[" + "a" * 200_000,
    "spaces": "\n{" + " " * 200_000,
    "objects": json.dumps([{"content": 'a line\nand "another"'}] * 6000),
}


def test_a_wrong_escape_costs_one_exception_not_one_for_each_string(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def decode(text: str) -> object:
        tried.append(text)
        return json.loads(text)

    monkeypatch.setattr(json_texts, "_decode", decode)
    forms = [*decoded('["plain", "C:\\dev", ' + json.dumps(VALUE) + ', "\\ud835\\udfdc"' * 100 + "]")]
    assert len(tried) == 1
    assert "plain" not in tried[0], "what has no escape is not decoded"
    assert any("C:dev" in form and VALUE in form and "𝟜" in form for form in forms)


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_the_time_is_linear(text: str) -> None:
    began = time.perf_counter()
    size = sum(map(len, decoded(text)))
    blocks(text)
    assert time.perf_counter() - began < 2
    assert size <= 5 * (DEEPEST + 1) * len(text)
