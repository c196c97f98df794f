"""Conversations that are kept: what was said, what fits a model, and what stands in for what no longer does."""

from aurarouter_core.chat.chat import Chat
from aurarouter_core.chat.conversations import Conversation, Conversations
from aurarouter_core.chat.entry import Entry
from aurarouter_core.chat.pressure import Pressure

__all__ = ["Chat", "Conversation", "Conversations", "Entry", "Pressure"]
