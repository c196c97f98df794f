"""Names in the engine: streams, buckets, subjects; and which topics a program may use."""

from __future__ import annotations

import hashlib
import re

from aurarouter_auragrid.errors import EventRefusedError

REQUESTS_TOPIC = "aurarouter.routing_requests"
RESULTS_PREFIX = "aurarouter.routing_results."
RESERVED = ("aurarouter.", "auragrid.", "system.")

REQUESTS, TOPICS, DEAD = "AURAROUTER_REQUESTS", "AURAROUTER_TOPICS", "AURAROUTER_DEAD"
REQUEST_SUBJECT, SEALED_SUBJECT = "aurarouter.requests", "aurarouter.sealed"
TOPIC_SUBJECT, DEAD_SUBJECT = "aurarouter.topics", "aurarouter.dead"
CONTROL_SUBJECT = "aurarouter.control"
CHANGES_SUBJECT = "aurarouter.changes"
NODES, ENDPOINTS, ANSWERS, CELL = "AURAROUTER_NODES", "AURAROUTER_ENDPOINTS", "AURAROUTER_ANSWERS", "AURAROUTER_CELL"
POSITIONS = "AURAROUTER_POSITIONS"
LIMITS = "AURAROUTER_LIMITS"
SETTINGS, SETTINGS_SUBJECT = "AURAROUTER_SETTINGS", "aurarouter.settings"
FILES, FILE_SUBJECT = "AURAROUTER_FILES", "aurarouter.files"
MODELS, WANTED, PLACES = "AURAROUTER_MODELS", "AURAROUTER_WANTED", "AURAROUTER_PLACES"

APP = re.compile(r"[A-Za-z0-9_-]{1,64}")
ANONYMOUS = "anonymous"
_TOPIC = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
LONGEST_TOPIC = 200
LONGEST_ID = 200


def checked_topic(topic: object) -> str:
    """A topic's name.

    Raises:
        EventRefusedError: It is none.
    """
    if not isinstance(topic, str) or len(topic) > LONGEST_TOPIC or not _TOPIC.fullmatch(topic):
        raise EventRefusedError(
            "that is not the name of a topic",
            hint=f"Write words of letters, digits, '-' and '_' with dots between them, {LONGEST_TOPIC} at most.",
        )
    return topic


def result_topic(request_id: str) -> str:
    """Where the result of a request goes that names no topic; an id that can't be a part of a name is shortened."""
    word = (
        request_id
        if APP.fullmatch(request_id)
        else hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    )
    return f"{RESULTS_PREFIX}{word}"


def open_topic(topic: object, allowed: tuple[str, ...] = ()) -> str:
    """A topic that any program may publish on.

    Args:
        topic: Its name.
        allowed: The prefixes that the cell allows; empty for all that is not reserved.

    Raises:
        EventRefusedError: It is none, reserved, or not allowed.
    """
    name = checked_topic(topic)
    if name.startswith(RESERVED) and not name.startswith(RESULTS_PREFIX):
        raise EventRefusedError(f"the topic '{name}' is reserved", hint=f"Not with {', '.join(RESERVED)} in front.")
    if allowed and not any(name == prefix or name.startswith(f"{prefix.rstrip('.')}.") for prefix in allowed):
        raise EventRefusedError(f"the topic '{name}' is not among those that grid.events.return_topics allows")
    return name


def answer_key(app: str, request_id: str) -> str:
    """Where the one answer to a request is kept; any text may be a request's id."""
    return f"{app}.{hashlib.sha256(request_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def model_key(model_id: str) -> str:
    """Where a model is kept; any text may be a model's id."""
    return hashlib.sha256(model_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
