"""Prompts that people can choose in their client: what AuraRouter is good for, in one step each."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any

import mcp_types as types
from attrs import frozen
from mcp import MCPError
from mcp.server.context import ServerRequestContext

Context = ServerRequestContext[Any, Any]


@frozen
class Prompt:
    """One prompt.

    Attributes:
        description: What it does.
        asks: What it has to be told, and how that is explained.
        says: What the client's model is told, with `$text` for what was given.
    """

    description: str
    asks: str
    says: str


PROMPTS: Mapping[str, Prompt] = {
    "delegate": Prompt(
        "Have AuraRouter do a task with the model that suits it best.",
        "The task.",
        "Call the tool route_task with the task below, word for word, and give me its answer. Say which model "
        "answered; its trace tells. If the call fails, tell me the error and its hint, and don't do the task yourself."
        "\n\nThe task:\n$text",
    ),
    "keep_here": Prompt(
        "Answer on this machine alone: nothing of it leaves.",
        "The question.",
        "Call the tool local_inference with the question below, word for word, and give me its answer. Use no other "
        "tool, and send the question nowhere else. If it is refused, tell me why.\n\nThe question:\n$text",
    ),
    "second_opinion": Prompt(
        "Ask several models the same, and weigh their answers.",
        "The question.",
        "Call list_models, choose up to three models that differ, and call compare_models with the question below. "
        "Say where the answers agree, where they differ, and which you trust most and why.\n\nThe question:\n$text",
    ),
    "explain_choice": Prompt(
        "Explain which model a task would go to, and whether it could answer now.",
        "The task.",
        "Call explain_route with the task below, then model_health. Explain in a few sentences which role and model "
        "it would go to, why the others were not chosen, and what I could change.\n\nThe task:\n$text",
    ),
}


async def listed(_: Context, __: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
    """All prompts."""
    return types.ListPromptsResult(
        prompts=[
            types.Prompt(
                name=name,
                description=one.description,
                arguments=[types.PromptArgument(name="text", description=one.asks, required=True)],
            )
            for name, one in PROMPTS.items()
        ]
    )


async def got(_: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    """One prompt, with what was given in it.

    Raises:
        MCPError: There is none of that name, or its text is missing.
    """
    prompt, given = PROMPTS.get(params.name), params.arguments or {}
    if prompt is None:
        raise MCPError(types.INVALID_PARAMS, "there is no such prompt")
    if set(given) != {"text"} or not given["text"].strip():
        raise MCPError(types.INVALID_PARAMS, "this prompt takes one argument, 'text'")
    content = types.TextContent(text=Template(prompt.says).substitute(text=given["text"]))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=content)]
    )
