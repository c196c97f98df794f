"""A stream in which a model asks for a tool, in the words of OpenAI's chat API."""

from faults import Fault, piece, stream


def called(text: str = "") -> Fault:
    """The tool `weather` for Bonn, its arguments in two pieces, after this text."""
    begin = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": part}} for part in ('{"town": ', '"Bonn"}')]
    pieces = [piece(tool_calls=[call]) for call in (begin, *rest)]
    return stream([*([piece(text)] if text else []), *pieces, piece(finish="tool_calls")])
