"""What a model file in the GGUF format says of itself, and how a provider will hold it in memory."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen


@frozen(kw_only=True)
class GgufHeader:
    """The facts in a GGUF file's header. Numbers that a file doesn't state are None, texts empty.

    Attributes:
        version: Of the format: 2 or 3.
        byte_order: How numbers are stored. llama.cpp loads only those of the machine's own order.
        architecture: "llama", "qwen3", "bert" …
        name: The model's own name.
        quantisation: How the weights are stored: "Q4_K_M", "F16" …
        parameters: Numbers in all tensors together.
        context_length: Tokens that the model was trained for.
        blocks: Layers.
        embedding_length: Numbers that stand for one token.
        heads: Attention heads of a block; the most where blocks differ.
        kv_heads: Key-value heads of all blocks together.
        key_length, value_length: Numbers of one head's key and value.
        vocabulary: Different tokens.
        pooling: How a text becomes one vector ("mean", "cls", "last", "rank"); "" for a model that writes text.
        chat_template: The Jinja template of a conversation.
        tensor_bytes: Of all weights together.
        file_bytes: Of the file, or of all its parts together.
    """

    version: int
    byte_order: Literal["little", "big"]
    architecture: str
    name: str = ""
    quantisation: str = ""
    parameters: int = 0
    context_length: int | None = None
    blocks: int | None = None
    embedding_length: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    key_length: int | None = None
    value_length: int | None = None
    vocabulary: int | None = None
    pooling: str = ""
    chat_template: str = field(default="", repr=False)
    tensor_bytes: int = 0
    file_bytes: int = 0


@frozen(kw_only=True)
class Residency:
    """How a provider will hold a model's file in the memory of this machine.

    Attributes:
        context: Tokens that it makes room for, in each slot.
        slots: Requests at a time that have a context of their own.
    """

    context: int
    slots: int = 1
