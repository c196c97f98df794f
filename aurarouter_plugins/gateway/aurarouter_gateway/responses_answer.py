"""An answer in the words of OpenAI's responses API.

Protocol: https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define

from aurarouter_gateway import sse
from aurarouter_gateway.answer import Answer
from aurarouter_gateway.asked import Asked
from aurarouter_hooks import Chunk, Done, ErrorInfo, ToolCallDelta, Usage


def usage(used: Usage) -> dict[str, Any]:
    """Tokens under this API's names."""
    return {
        "input_tokens": used.input_tokens,
        "input_tokens_details": {"cached_tokens": used.cached_input_tokens},
        "output_tokens": used.output_tokens,
        "output_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
        "total_tokens": used.input_tokens + used.output_tokens,
    }


@define
class Item:
    """One item of the output while it grows."""

    place: int
    id: str
    call: ToolCallDelta | None = None
    text: str = ""
    status: str = "in_progress"

    def told(self) -> dict[str, Any]:
        """The item as it is now."""
        if self.call is not None:
            names = {"call_id": self.call.id, "name": self.call.name, "arguments": self.text}
            return {"type": "function_call", "id": self.id, "status": self.status, **names}
        content = [] if self.status == "in_progress" and not self.text else [self.part()]
        return {"type": "message", "id": self.id, "status": self.status, "role": "assistant", "content": content}

    def part(self) -> dict[str, Any]:
        """The text."""
        return {"type": "output_text", "text": self.text, "annotations": [], "logprobs": []}


class ResponsesAnswer(Answer):
    """A `response`, or the events that build one item by item."""

    def __init__(self, asked: Asked, model: str) -> None:
        super().__init__(asked, model)
        self._items: list[Item] = []
        self._number = -1

    def whole(self, done: Done) -> dict[str, Any]:
        """The answer as one object."""
        for _ in (*self.piece(done.reply.as_chunk()), *self._close(_status(done))):
            pass
        return self._finished(done)

    def begin(self) -> Iterator[bytes]:
        """The response, still empty."""
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))

    def piece(self, chunk: Chunk) -> Iterator[bytes]:
        """The items that a piece opens, continues and closes."""
        if chunk.text:
            yield from self._write(None, chunk.text)
        for call in chunk.tool_calls:
            yield from self._write(call, call.arguments)

    def end(self, done: Done) -> Iterator[bytes]:
        """The last item closed, and the whole response."""
        yield from self._close(_status(done))
        response = self._finished(done)
        yield self._event(f"response.{response['status']}", response=response)

    def broken(self, error: ErrorInfo) -> Iterator[bytes]:
        """The response failed, with what was told so far in it."""
        for item in self._items[-1:]:
            item.status = "incomplete"
        response = self._response("failed")
        words = f"the answer stops short: {error.message}"
        response["error"] = {"code": "server_error", "message": words}
        yield self._event("response.failed", response=response)

    def _finished(self, done: Done) -> dict[str, Any]:
        response = self._response(_status(done))
        if response["status"] == "incomplete":
            reason = "max_output_tokens" if done.reply.finish == "length" else "content_filter"
            response["incomplete_details"] = {"reason": reason}
        response["usage"] = usage(done.reply.usage or done.usage)
        return response

    def _response(self, status: str) -> dict[str, Any]:
        parameters = self.asked.echo["parameters"]
        return {
            "id": f"resp_{self.id}",
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": self.asked.echo["instructions"],
            "max_output_tokens": parameters.get("max_tokens"),
            "metadata": self.asked.echo["metadata"],
            "model": self.model,
            "output": [item.told() for item in self._items],
            "parallel_tool_calls": parameters.get("parallel_tool_calls", True),
            "previous_response_id": None,
            "store": False,
            "temperature": parameters.get("temperature"),
            "text": self.asked.echo["text"],
            "tool_choice": self.asked.echo["tool_choice"],
            "tools": self.asked.echo["tools"],
            "top_p": parameters.get("top_p"),
            "usage": None,
        }

    def _write(self, call: ToolCallDelta | None, text: str) -> Iterator[bytes]:
        item = self._items[-1] if self._items else None
        if item is None or not _same(item.call, call):
            yield from self._close("completed")
            item = Item(len(self._items), f"{'fc' if call else 'msg'}_{self.id}_{len(self._items)}", call)
            self._items.append(item)
            yield self._event("response.output_item.added", output_index=item.place, item=item.told())
            if call is None:
                yield self._event("response.content_part.added", **self._place(item), part=item.part())
        item.text += text
        if text and call is None:
            yield self._event("response.output_text.delta", **self._place(item), delta=text, logprobs=[])
        elif text:
            yield self._event(
                "response.function_call_arguments.delta", item_id=item.id, output_index=item.place, delta=text
            )

    def _close(self, status: str) -> Iterator[bytes]:
        if not self._items:
            return
        item = self._items[-1]
        item.status = status
        if item.call is None:
            yield self._event("response.output_text.done", **self._place(item), text=item.text, logprobs=[])
            yield self._event("response.content_part.done", **self._place(item), part=item.part())
        else:
            yield self._event(
                "response.function_call_arguments.done",
                item_id=item.id,
                output_index=item.place,
                name=item.call.name,
                arguments=item.text,
            )
        yield self._event("response.output_item.done", output_index=item.place, item=item.told())

    @staticmethod
    def _place(item: Item) -> dict[str, Any]:
        return {"item_id": item.id, "output_index": item.place, "content_index": 0}

    def _event(self, kind: str, **data: Any) -> bytes:
        self._number += 1
        return sse.event({"type": kind, "sequence_number": self._number, **data}, kind)


def _status(done: Done) -> str:
    return "incomplete" if done.reply.finish in ("length", "content_filter") else "completed"


def _same(one: ToolCallDelta | None, other: ToolCallDelta | None) -> bool:
    return one is other is None or (one is not None and other is not None and one.index == other.index)
