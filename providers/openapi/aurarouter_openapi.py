"""Reaches every server that speaks the OpenAI API: vLLM, LocalAI, LM Studio, llama.cpp, hosted services."""

import base64
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from attrs import evolve

from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Health,
    Location,
    Media,
    Message,
    Model,
    Opaque,
    Part,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Text,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
    hookimpl,
)
from aurarouter_hooks.http import Backend, resolve
from aurarouter_hooks.values import Finish, HealthState

CHAT = "/chat/completions"
DONE = "[DONE]"  # the data of a stream's last event
GLANCE = 10.0  # seconds of silence to bear from a server that is only asked how it is


class OpenApiProvider(Provider):
    """One model behind `POST …/chat/completions`.

    Options: `stream_usage: false` for a server that refuses `stream_options`.

    Raises:
        ConfigError: The model has no endpoint, or one that is no HTTP address.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        if not model.endpoint.lower().startswith(("http://", "https://")):
            what = "must begin with http:// or https://" if model.endpoint else "is missing"
            raise ConfigError(
                "the model has no usable endpoint",
                problems=[f"models.{model.id}.endpoint: {what}"],
                hint="Write the address of the server, as http://127.0.0.1:8080/v1.",
            )
        key = model.api_key.reveal().strip() if model.api_key else ""
        self._backend = Backend(model, _base(model.endpoint), {"Authorization": f"Bearer {key}"} if key else {})

    async def generate(self, prompt: Prompt) -> Reply:
        """One request, one whole answer."""
        answer, request_id = await self._backend.fetch("POST", CHAT, body=self._body(prompt), prompt=prompt)
        chunk = self._chunk(answer, "message", request_id)
        if not answer.get("choices"):
            raise ProviderReplyError(
                f"the answer of {self._backend.origin} holds no choice", hint="Check that it is a chat model."
            )
        return Reply.from_chunks([evolve(chunk, finish=chunk.finish or "other")])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """One request, an answer in pieces. The last piece alone says how it finished."""
        body = self._body(prompt) | {"stream": True}
        if self.model.options.get("stream_usage", True):
            body["stream_options"] = {"include_usage": True}
        last, finish, usage, whole = Chunk(), None, None, False
        async with self._backend.send("POST", CHAT, body=body, prompt=prompt) as response:
            request_id = response.headers.get("x-request-id", "")
            async with aclosing(self._backend.events(response, last=DONE)) as events:
                async for event in events:
                    if event.data == DONE:
                        whole = True
                    elif event.data:
                        last = self._chunk(self._backend.document(event.data), "delta", request_id)
                        finish, usage = last.finish or finish, last.usage or usage
                        if last.has_content or last.logprobs:
                            yield evolve(last, finish=None, usage=None)
        if not whole and finish is None:
            raise ProviderUnavailableError(
                f"the stream from {self._backend.origin} ended early, before the answer was complete",
                hint="Look into the server's log: it may have crashed or been restarted.",
            )
        yield Chunk(finish=finish or "other", usage=usage, request_id=last.request_id, model_name=last.model_name)

    async def models(self) -> Sequence[str]:
        """What `GET …/models` lists."""
        answer, _ = await self._backend.fetch("GET", "/models", patience=GLANCE)
        try:
            return tuple(str(entry["id"]) for entry in answer["data"])
        except (KeyError, TypeError) as exc:
            raise ProviderReplyError(f"the list of models of {self._backend.origin} cannot be read") from exc

    async def health(self) -> Health:
        """Whether it lists its models. A server without such a list is neither well nor ill: unknown."""
        try:
            await self.models()
        except ProviderAuthError as exc:
            return Health(state="misconfigured", detail=str(exc), hint=exc.hint)
        except ProviderRateLimitedError as exc:
            return Health(state="rate_limited", detail=str(exc), hint=exc.hint, retry_in=exc.retry_after)
        except ProviderReplyError as exc:
            return Health(detail=str(exc), hint=exc.hint)
        except ProviderError as exc:
            state: HealthState = "loading" if "loading model" in str(exc).lower() else "down"
            return Health(state=state, detail=str(exc), hint=exc.hint)
        return Health(state="healthy")

    async def where(self) -> Location:
        """Where the endpoint's name points now. What answers there may pass the prompt on, so it is a relay."""
        return evolve(await resolve(self.model.endpoint), relay=True)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._backend.aclose()

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {**(prompt.extra if prompt.dialect == "openai" else {}), **prompt.parameters}
        body |= {"model": self.model.name, "messages": [*self._messages(prompt.messages)]}
        if prompt.tools:
            body["tools"] = [
                {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.schema}}
                for t in prompt.tools
            ]
            named = prompt.tool_choice not in {"auto", "none", "required"}
            choice = {"type": "function", "function": {"name": prompt.tool_choice}} if named else prompt.tool_choice
            body["tool_choice"] = choice
        if prompt.response_schema is not None:
            schema = {"name": "answer", "schema": prompt.response_schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _messages(self, messages: Iterable[Message]) -> Iterable[dict[str, Any]]:
        """A tool's results are messages of their own here; they come before what else the turn holds."""
        for message in messages:
            pictures: list[Part] = []
            for part in message.parts:
                if isinstance(part, ToolResult):
                    yield {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
                    pictures.extend(part.media)
            said = pictures + [part for part in message.parts if isinstance(part, Text | Media)]
            calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
            if not said and not calls and any(isinstance(part, ToolResult) for part in message.parts):
                continue
            turn: dict[str, Any] = {"role": "user" if message.role == "tool" else message.role}
            turn["content"] = _content(said) if said or not calls else None
            if calls:
                turn["tool_calls"] = calls
            for part in message.parts:
                if isinstance(part, Opaque) and part.provider == self.model.provider:
                    for name, pieces in part.data.items():
                        turn.setdefault(name, []).extend(pieces)
            yield turn

    def _chunk(self, answer: Mapping[str, Any], field: str, request_id: str) -> Chunk:
        """A whole answer ("message") or a piece of one ("delta"): they have the same shape."""
        try:
            first = (choice for choice in answer.get("choices") or () if choice.get("index", 0) == 0)
            choice: Mapping[str, Any] = next(first, {})
            said = choice.get(field) or {}
            details = said.get("reasoning_details")
            return Chunk(
                text=_text(said.get("content")) or said.get("refusal") or "",
                reasoning=_text(said.get("reasoning_content") or said.get("reasoning")),
                tool_calls=tuple(_delta(i, call) for i, call in enumerate(said.get("tool_calls") or ())),
                opaque=(Opaque(provider=self.model.provider, model=self.model.id, data={"reasoning_details": details}),)
                if details
                else (),
                finish=_finish(choice.get("finish_reason")),
                usage=_usage(answer.get("usage")),
                logprobs=(choice.get("logprobs") or {}).get("content"),
                request_id=answer.get("id") or request_id,
                model_name=answer.get("model") or "",
            )
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise ProviderReplyError(
                f"{self._backend.origin} does not answer in the shape of the OpenAI API",
                hint="Check that the endpoint is right.",
            ) from exc


def _base(endpoint: str) -> str:
    """The URL up to `/v1`: a bare host gets it, a path that was given stays, a trailing /chat/completions goes."""
    try:
        url = urlsplit(endpoint.strip())
    except ValueError:
        return endpoint  # the first request says what is wrong with it
    path = url.path.rstrip("/")
    return url._replace(path=path.removesuffix(CHAT) if path else "/v1", fragment="").geturl()


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [_piece(part) for part in parts]


def _piece(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Media) and part.media_type.startswith("image/"):
        data = base64.b64encode(part.data or b"").decode()
        return {"type": "image_url", "image_url": {"url": part.url or f"data:{part.media_type};base64,{data}"}}
    raise ProviderReplyError(
        "only text and images can be sent to a server of the OpenAI API", hint="Choose a model of another provider."
    )


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _text(content: object) -> str:
    """Text as it is, or the text parts of a list."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _delta(position: int, call: Mapping[str, Any]) -> ToolCallDelta:
    function = call.get("function") or {}
    arguments = function.get("arguments") or ""
    return ToolCallDelta(
        index=call.get("index", position),
        id=call.get("id") or "",
        name=function.get("name") or "",
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments),
    )


def _finish(reason: str | None) -> Finish | None:
    return cast(Finish, reason if reason in get_args(Finish) else "other") if reason else None


def _usage(counts: Mapping[str, Any] | None) -> Usage | None:
    if not counts:
        return None
    return Usage(
        input_tokens=int(counts.get("prompt_tokens") or 0),
        output_tokens=int(counts.get("completion_tokens") or 0),
        cached_input_tokens=int((counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
        reasoning_tokens=int((counts.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0),
    )


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    return {"openapi": OpenApiProvider}
