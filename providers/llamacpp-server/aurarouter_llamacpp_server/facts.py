"""What a server says about itself and its model in `/props`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

# A template that holds one of these makes models think aloud or speak in channels.
_THINKS = ("<think>", "</think>", "[THINK]", "<|channel|>", "<|START_THINKING|>", "reasoning_content", "<seed:think>")


@frozen(kw_only=True)
class Facts:
    """Whatever `/props` holds; a server that says less is asked for less.

    Attributes:
        context_length: Tokens of one request.
        model: The name that the server answers under, else its file's.
        thinks: The model's chat template knows thinking, so only the server can tell it from the answer.
        tools: Whether the template knows tools; None when the server doesn't say.
        vision: It takes images.
    """

    context_length: int | None = None
    model: str = ""
    thinks: bool = False
    tools: bool | None = None
    vision: bool = False

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> Facts:
        """Read an answer of `GET /props`."""
        context = _mapping(props, "default_generation_settings").get("n_ctx")
        tools = _mapping(props, "chat_template_caps").get("supports_tools")
        template = str(props.get("chat_template") or "")
        path = str(props.get("model_path") or "").replace("\\", "/")
        return cls(
            context_length=context if type(context) is int and context > 0 else None,
            model=str(props.get("model_alias") or "") or path.rpartition("/")[2],
            thinks=any(word in template for word in _THINKS),
            tools=tools if isinstance(tools, bool) else None,
            vision=_mapping(props, "modalities").get("vision") is True,
        )


def _mapping(props: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = props.get(name)
    return value if isinstance(value, Mapping) else {}
