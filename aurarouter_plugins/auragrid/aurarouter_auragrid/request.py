"""One request as an event: what stands in its payload, checked to the last key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from aurarouter_auragrid.errors import EventRefusedError
from aurarouter_auragrid.names import APP, LONGEST_ID, answer_key, open_topic, result_topic
from aurarouter_auragrid.sealing.envelope import digest as sealed_digest
from aurarouter_auragrid.settings import Events
from aurarouter_core.service_inputs import as_material


@frozen(kw_only=True)
class Request:
    """A checked request.

    Attributes:
        app: Who asks.
        request_id: The same id is the same request, for each app.
        task: What is to be done.
        language: Of the code that is wanted.
        return_topic: Where the result goes.
        context: Material that belongs to it.
        private: The app declares it private, so an open event is no way for it.
        digest: The same for what is word for word the same request.
        reply_key: Of a request that was sealed: its result is sealed with this.
    """

    app: str
    request_id: str
    task: str = field(repr=False)
    language: str
    return_topic: str
    context: str = field(default="", repr=False)
    private: bool = False
    digest: str = ""
    reply_key: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> str:
        """Where its answer is kept."""
        return answer_key(self.app, self.request_id)

    @classmethod
    def parse(cls, app: str, payload: bytes, events: Events, reply_key: bytes = b"") -> Request:
        """A request out of an event's payload; with a key for its result when it was sealed.

        Raises:
            EventRefusedError: It is none, and why.
        """
        if len(payload) > events.max_bytes:
            raise EventRefusedError(f"the event has {len(payload)} bytes, {events.max_bytes} are allowed")
        if not APP.fullmatch(app):
            raise EventRefusedError("that is not the name of an app", hint="Letters, digits, '-' and '_', 64 at most.")
        try:
            said = json.loads(payload, object_pairs_hook=_object)
        except (ValueError, RecursionError) as error:
            raise EventRefusedError(f"the event is no JSON: {error}") from error
        if not isinstance(said, dict):
            raise EventRefusedError("the event is no JSON object")
        request_id = _text(said, "request_id")
        if len(request_id) > LONGEST_ID:
            raise EventRefusedError(f"'request_id' has {len(request_id)} characters, {LONGEST_ID} are allowed")
        task, language = _text(said, "task"), _text(said, "language", "python")
        topic = open_topic(_text(said, "return_topic", result_topic(request_id)), events.return_topics)
        private = said.get("private", False)
        if not isinstance(private, bool):
            raise EventRefusedError("'private' must be true or false")
        context = _material(said.get("context"))
        whole = json.dumps([task, language, topic, context, private])
        return cls(
            app=app,
            request_id=request_id,
            task=task,
            language=language,
            return_topic=topic,
            context=context,
            private=private,
            digest=sealed_digest(reply_key, whole) if reply_key else hashlib.sha256(whole.encode()).hexdigest(),
            reply_key=reply_key,
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that says something twice hides what it said first, which all can read."""
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key stands twice in an object")
    return said


def _text(said: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = said.get(name)
    if value is None:  # programs in other languages write null for what they leave out
        value = default
    if value is None:
        raise EventRefusedError(f"'{name}' is missing")
    if not isinstance(value, str):
        raise EventRefusedError(f"'{name}' must be text")
    if not value.strip():
        raise EventRefusedError(f"'{name}' is empty")
    return value


def _material(context: object) -> str:
    """Context as text."""
    if context is None:
        return ""
    if isinstance(context, str):
        return context
    if not isinstance(context, Mapping):
        raise EventRefusedError("'context' must be an object or text")
    return as_material(context)
