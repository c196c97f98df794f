"""All tools, by name, in the order in which clients see them."""

from __future__ import annotations

from aurarouter_mcp.asking import ASKING
from aurarouter_mcp.changing import CHANGING
from aurarouter_mcp.reading import READING
from aurarouter_mcp.tool import Tool

TOOLS: dict[str, Tool] = {**ASKING, **READING, **CHANGING}
