"""A far provider's own parts of a conversation, wrapped so that they find back to where they came from."""

from __future__ import annotations

from attrs import evolve

from aurarouter_hooks import Chunk, Model, Opaque, Part, Prompt


def wrapped(chunk: Chunk, model: Model) -> Chunk:
    """A chunk whose own parts are those of the model here."""
    if not chunk.opaque:
        return chunk
    parts = (
        Opaque(provider=model.provider, model=model.id, data=[part.provider, part.model, part.data])
        for part in chunk.opaque
    )
    return evolve(chunk, opaque=tuple(parts))


def unwrapped(prompt: Prompt) -> Prompt:
    """A prompt whose own parts are the far provider's again; the far kernel leaves out those of another."""
    if not any(isinstance(part, Opaque) for message in prompt.messages for part in message.parts):
        return prompt
    messages = (evolve(message, parts=[_far(part) for part in message.parts]) for message in prompt.messages)
    return evolve(prompt, messages=tuple(messages))


def _far(part: Part) -> Part:
    if not isinstance(part, Opaque):
        return part
    match part.data:
        case [str(provider), str(model), data]:
            return Opaque(provider=provider, model=model, data=data)
    return part
