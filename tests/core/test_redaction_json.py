"""Private data inside JSON is replaced so that it stays JSON, and kept as what it stands for."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aurarouter_core.detector import Detector
from aurarouter_core.inspection import Inspector
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.redaction import Redaction, redacted
from aurarouter_hooks import Chunk, Message, PrivacyError, Prompt, Text, ToolCall, ToolCallDelta


def replaced(*parts: Any, rules: tuple[str, ...] = ("us-ssn", "card", "email", "password")) -> Redaction:
    prompt = Prompt(messages=(Message("assistant", parts),))
    return redacted(prompt, Inspector(Detector(Privacy(rules=dict.fromkeys(rules, "redact")))))


def arguments_of(made: Redaction) -> Any:
    (part,) = made.prompt.messages[0].parts
    assert isinstance(part, ToolCall)
    assert part.id == "1"
    return json.loads(part.arguments)


REPLACED: dict[str, tuple[Any, Any]] = {
    "behind a line's end": ({"n": 1.5, "a": "SSN:\n123-45-6789"}, {"n": 1.5, "a": "SSN:\n[us-ssn-1]"}),
    "beginning a line": ({"a": "Dear\nanna.berg@nordwind.de"}, {"a": "Dear\n[email-1]"}),
    "signs of another width": ({"a": ["４５３９ １４８８ ０３４３ ６４６７"]}, {"a": ["[card-1]"]}),
    "a number": ({"card": 4539148803436467}, {"card": "[card-1]"}),
    "JSON in JSON": (
        {"a": json.dumps({"b": 'a "quote"\nSSN:\n123-45-6789'})},
        {"a": json.dumps({"b": 'a "quote"\nSSN:\n[us-ssn-1]'})},
    ),
    "what its key names": ({"password": "tr0ub4dor&3xyz"}, {"password": "[password-1]"}),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), REPLACED.values(), ids=REPLACED)
def test_arguments_stay_json_when_something_in_them_is_replaced(said: Any, expected: Any) -> None:
    made = replaced(ToolCall(id="1", name="f", arguments=json.dumps(said)))
    assert arguments_of(made) == expected


def test_a_value_has_one_name_in_the_open_and_in_json() -> None:
    made = replaced(Text("SSN: 123-45-6789"), ToolCall(id="1", name="f", arguments='{"a": "SSN:\\n123-45-6789"}'))
    assert made.values == {"[us-ssn-1]": "123-45-6789"}


INSIDE: dict[str, tuple[str, str]] = {
    "behind words": ('Look:\n{"a": "Regards\\nanna.berg@nordwind.de"}', 'Look:\n{"a": "Regards\\n[email-1]"}'),
    "in a fence": ('```json\n{"a": "\\tanna.berg@nordwind.de"}\n```', '```json\n{"a": "\\t[email-1]"}\n```'),
    "in lines": ('{"b": 1}\n{"a": "x\\nanna.berg@nordwind.de"}', '{"b": 1}\n{"a": "x\\n[email-1]"}'),
    "as material": (
        'Look:\n-----\n{"a": "x\\nanna.berg@nordwind.de"}\n-----',
        'Look:\n-----\n{"a": "x\\n[email-1]"}\n-----',
    ),
    "indented": (
        'Look:\n  {"a":\n  [{"b": "\\nanna.berg@nordwind.de"}]}',
        'Look:\n  {"a":\n  [{"b": "\\n[email-1]"}]}',
    ),
    "behind a sign of its own": ('\ufeff{"a": "x\\nanna.berg@nordwind.de"}', '\ufeff{"a": "x\\n[email-1]"}'),
    "in a string behind words": (
        json.dumps({"out": '$ cat a\n{"a": "x\\nanna.berg@nordwind.de"}'}),
        json.dumps({"out": '$ cat a\n{"a": "x\\n[email-1]"}'}),
    ),
    "in other words than JSON": ("C:\\new anna.berg@nordwind.de", "C:\\new [email-1]"),
}


@pytest.mark.parametrize(("said", "expected"), INSIDE.values(), ids=INSIDE)
def test_json_in_a_text_stays_json_and_the_value_is_the_value(said: str, expected: str) -> None:
    made = replaced(Text(said))
    assert made.prompt.messages[0].text == expected
    assert made.values == {"[email-1]": "anna.berg@nordwind.de"}


ESCAPED = {
    '{"password": "p\\u00e4ssw\\u00f6rd1!"}': "pässwörd1!",
    '{"password":"hunter2x!\\n"}': "hunter2x!\n",
    '{"b": 1}\n{"api_key":"aB3dE5fG7h\\/I9jK1lM3nO5p\\/Q7rS9tU1"}': "aB3dE5fG7h/I9jK1lM3nO5p/Q7rS9tU1",
}


@pytest.mark.parametrize(("said", "value"), ESCAPED.items())
async def test_what_its_key_names_is_kept_without_its_escapes(said: str, value: str) -> None:
    made = replaced(Text(said), rules=("password", "secret"))
    ((name, kept),) = made.values.items()
    assert kept == value

    async def answer() -> AsyncIterator[Chunk]:
        yield Chunk(tool_calls=(ToolCallDelta(index=0, arguments=f'{{"value": "{name}"}}'),), finish="tool_calls")

    (chunk,) = [each async for each in made.restored(answer())]
    assert json.loads(chunk.tool_calls[0].arguments) == {"value": value}


STUCK: dict[str, Any] = {
    "JSON with an error": ToolCall(id="1", name="f", arguments='{"a": "SSN:\\n123-45-6789"'),
    "a name before quotes": ToolCall(id="1", name="f", arguments='{"password": "tr0ub\\"4dor&3xyz"}'),
    "JSON in a text, with an error": Text('Look:\n{"a": "SSN:\\n123-45-6789"'),
    "half an escape before it": Text('Look:\n{"a": "Regards\\nanna.berg@nordwind.de"'),
    "half an escape in it": Text('Look:\n{"a": "J\\u00fcrgen.berg@nordwind.de"'),
    "two on a line": Text('{"b": 1}{"a": "Regards\\nanna.berg@nordwind.de"}'),
    "what is read as JSON": ToolCall(id="1", name="f", arguments='"a": "Regards\\nanna.berg@nordwind.de"'),
}


@pytest.mark.parametrize("part", STUCK.values(), ids=STUCK)
def test_what_can_not_be_replaced_is_not_sent(part: Any) -> None:
    with pytest.raises(PrivacyError, match="can't be replaced"):
        replaced(part)


@pytest.mark.parametrize("before", ["", "Look: "])
def test_json_by_itself_is_replaced_before_it_is_joined_to_others(before: str) -> None:
    made = replaced(Text(before), Text('{"a": "SSN:\\n123-45-6789"}'), Text(" Thanks."))
    assert made.prompt.messages[0].text == before + '{"a": "SSN:\\n[us-ssn-1]"} Thanks.'
