"""What stands before the slash in LiteLLM's model names, and which of our providers reaches the same service."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen


@frozen
class Service:
    """How a service is reached.

    Attributes:
        provider: Our `provider:` value.
        endpoint: Where it is when no `api_base` says so; empty when only `api_base` can say it.
        key: The variable in which LiteLLM looks for a key; empty when our provider looks for its own.
        finds_itself: Our provider knows where the service is.
    """

    provider: str
    endpoint: str = ""
    key: str = ""
    finds_itself: bool = False


# Like the embedded model's provider in `sources`, these names are data: the kernel only writes them down.
SERVICES: Mapping[str, Service] = {
    "anthropic": Service("claude", finds_itself=True),
    "cerebras": Service("openapi", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "custom_openai": Service("openapi"),
    "deepinfra": Service("openapi", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
    "deepseek": Service("openapi", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "gemini": Service("google", finds_itself=True),
    "groq": Service("openapi", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "hosted_vllm": Service("openapi"),
    "huggingface": Service("openapi"),
    "litellm_proxy": Service("openapi"),
    "llamafile": Service("openapi", "http://127.0.0.1:8080/v1"),
    "lm_studio": Service("openapi"),
    "mistral": Service("openapi", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "nvidia_nim": Service("openapi", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
    "ollama": Service("ollama", finds_itself=True),
    "ollama_chat": Service("ollama", finds_itself=True),
    "openai": Service("openapi", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "openrouter": Service("openapi", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    # Its API has no /v1, which our provider would add to a bare address.
    "perplexity": Service("openapi", "https://api.perplexity.ai/chat/completions", "PERPLEXITYAI_API_KEY"),
    "sambanova": Service("openapi", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    "together_ai": Service("openapi", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "xai": Service("openapi", "https://api.x.ai/v1", "XAI_API_KEY"),
    "xinference": Service("openapi"),
}
BARE = {
    re.compile(r"(gpt-|chatgpt-|o\d(-|$)|ft:gpt-).*"): "openai",
    re.compile(r"claude-.*"): "anthropic",
    re.compile(r"gemini-.*"): "vertex_ai",
}
"""Services of the best-known names that stand without one."""


def service_of(model: str, named: str) -> tuple[str, str]:
    """(service, name of the model there); the service is empty when nothing tells it.

    Args:
        model: `litellm_params.model`.
        named: `litellm_params.custom_llm_provider`, or empty.
    """
    if named:
        return named, model.removeprefix(f"{named}/")
    service, slash, name = model.partition("/")
    if slash:
        return service, name
    return next((service for shape, service in BARE.items() if shape.fullmatch(model)), ""), model
