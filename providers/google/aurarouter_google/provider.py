"""The provider: one Gemini model, asked through the vendor's SDK."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from aurarouter_google import request
from aurarouter_google.connection import Connection
from aurarouter_google.reply import CHARACTERS_PER_TOKEN, Answer
from aurarouter_google.settings import Settings, key_of
from aurarouter_hooks import (
    Capabilities,
    Chunk,
    Embeddings,
    EmbedRequest,
    Health,
    Location,
    Model,
    Prompt,
    Provider,
    ProviderError,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Usage,
)
from aurarouter_hooks.http_errors import health_of
from aurarouter_hooks.location import resolve

if TYPE_CHECKING:
    from google.genai.types import EmbedContentResponse, GenerateContentConfig, GenerateContentResponse
    from google.genai.types import Model as Listed

log = logging.getLogger(__name__)

GLANCE = 10.0  # seconds of silence to bear from a server that is only asked how it is
DISCOVERY = 1.0  # seconds in which it must list its models to be discovered
LINGER = 1.0  # seconds that an answer may take to close after its last piece
BATCH = 100  # texts that one request may embed
CHAT = frozenset({"stream", "tools", "vision", "json_schema", "logprobs", "reasoning"})


class GoogleProvider(Provider):
    """One model behind `generateContent`.

    Options: `api_version`, `thinking`, `safety`; see `Settings`.

    Raises:
        ConfigError: The endpoint or an option can't be used.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._settings = Settings.of(model)
        self._connection = Connection(model, self._settings)

    async def generate(self, prompt: Prompt) -> Reply:
        """One request, one whole answer."""
        contents, config = await self._request(prompt)
        piece = await self._connection.ask(
            lambda models, http: models.generate_content(
                model=self.model.name, contents=contents, config=config.model_copy(update={"http_options": http})
            ),
            prompt,
        )
        answer = Answer(self.model, prompt, self._connection.place)
        return Reply.from_chunks([answer.read(piece), answer.end()])

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        """One request, an answer in pieces. The last piece alone says how it finished."""
        contents, config = await self._request(prompt)
        answer = Answer(self.model, prompt, self._connection.place)
        async with self._connection.stream(
            lambda models, http: models.generate_content_stream(
                model=self.model.name, contents=contents, config=config.model_copy(update={"http_options": http})
            ),
            prompt,
        ) as pieces:
            while (piece := await self._next(pieces, patient=answer.finish is None)) is not None:
                chunk = answer.read(piece)
                if chunk.has_content or chunk.logprobs:
                    yield chunk
        if answer.finish is None:
            raise ProviderUnavailableError(
                f"the stream from {self._connection.place} ended early, before the answer was complete",
                hint="Ask again; if it happens often, ask another model.",
            )
        yield answer.end()

    async def count_tokens(self, prompt: Prompt) -> int | None:
        """What the backend counts for the messages; None when it can't count. Tools and schemas are left out."""
        contents, system = request.contents(prompt, self.model)
        if system:
            contents.insert(0, {"role": "user", "parts": [{"text": system}]})
        try:
            counted = await self._connection.ask(
                lambda models, http: models.count_tokens(
                    model=self.model.name, contents=cast(Any, contents), config={"http_options": http}
                ),
                prompt,
            )
        except ProviderReplyError as exc:
            log.debug("%s cannot count tokens: %s", self._connection.place, exc)
            return None
        return counted.total_tokens or None

    async def embed(self, request: EmbedRequest) -> Embeddings:
        """A vector for each text, in batches as large as the API takes."""
        vectors: list[Sequence[float]] = []
        tokens: list[int] = []
        for start in range(0, len(request.texts), BATCH):
            answer = await self._embedded(request, request.texts[start : start + BATCH])
            vectors += [one.values for one in answer.embeddings or () if one.values]
            tokens.append((answer.usage_metadata and answer.usage_metadata.prompt_token_count) or 0)
        if len(vectors) != len(request.texts):
            raise ProviderReplyError(
                f"{self._connection.place} sent {len(vectors)} vectors for {len(request.texts)} texts",
                hint="Check that it is an embedding model.",
            )
        guess = -(-sum(map(len, request.texts)) // CHARACTERS_PER_TOKEN)
        usage = Usage(input_tokens=sum(tokens)) if all(tokens) else Usage(input_tokens=guess, estimated=True)
        return Embeddings(vectors=vectors, usage=usage, model_name=self.model.name)

    async def models(self) -> Sequence[str]:
        """What the models API lists; nothing where there is none."""
        try:
            return tuple(_plain(listed) for listed in await self._listed())
        except ProviderReplyError as exc:
            log.debug("%s lists no models: %s", self._connection.place, exc)
            return ()

    async def health(self) -> Health:
        """Whether the backend knows this model, which costs nothing. One that has no models API may still be well."""
        try:
            await self._connection.ask(
                lambda models, http: models.get(model=self.model.name, config={"http_options": http}), patience=GLANCE
            )
        except ProviderError as exc:
            return health_of(exc)
        return Health(state="healthy")

    async def where(self) -> Location:
        """Where the endpoint's name points now. What answers there may pass the prompt on, so it is a relay."""
        return evolve(await resolve(self._settings.endpoint), relay=True)

    def capabilities(self) -> Capabilities:
        """By the model's name: embedding models do nothing else, and of models that aren't Gemini nothing is known."""
        if "embedding" in self.model.name:
            return Capabilities(names=frozenset({"embed"}))
        return Capabilities(names=CHAT if "gemini" in self.model.name else None)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._connection.aclose()

    @classmethod
    async def discover(cls) -> Sequence[Model]:
        """The models that answer prompts, when the environment has a key and the vendor answers within a second."""
        provider = cls(Model(id="discovery", provider="google"))
        try:
            key_of(provider.model, provider._settings.endpoint)
            await provider._connection.load()
            async with asyncio.timeout(DISCOVERY):
                listed = await provider._listed()
        except (ProviderError, TimeoutError) as exc:
            log.debug("no Gemini models were discovered: %s", exc)
            return ()
        finally:
            await provider.aclose()
        names = [_plain(one) for one in listed if "generateContent" in (one.supported_actions or ())]
        return tuple(Model(id=name, provider="google", model_name=name) for name in names)

    async def _embedded(self, request: EmbedRequest, texts: Sequence[str]) -> EmbedContentResponse:
        contents = [{"parts": [{"text": text}]} for text in texts]  # bare texts would make one vector together
        return await self._connection.ask(
            lambda models, http: models.embed_content(
                model=self.model.name,
                contents=cast(Any, contents),
                config={"http_options": http, "output_dimensionality": request.dimensions},
            ),
            request,
        )

    async def _listed(self) -> Sequence[Listed]:
        """The first thousand, which is more than there are."""
        pager = await self._connection.ask(
            lambda models, http: models.list(config={"http_options": http, "page_size": 1000}), patience=GLANCE
        )
        return pager.page

    async def _request(self, prompt: Prompt) -> tuple[Any, GenerateContentConfig]:
        contents, system = request.contents(prompt, self.model)
        config = request.config(prompt, self._settings, self.model.name, system)
        key_of(self.model, self._settings.endpoint)
        await self._connection.load()
        from google.genai.types import Content, GenerateContentConfig
        from pydantic import ValidationError

        try:
            return [Content.model_validate(turn) for turn in contents], GenerateContentConfig.model_validate(config)
        except ValidationError as exc:
            wrong = ", ".join(dict.fromkeys(".".join(map(str, error["loc"])) for error in exc.errors()))
            raise ProviderReplyError(
                f"the request does not fit the Gemini API: {wrong}",
                refused=True,
                hint="Check the parameters and the model's thinking and safety options.",
            ) from exc

    async def _next(
        self, pieces: AsyncIterator[GenerateContentResponse], *, patient: bool
    ) -> GenerateContentResponse | None:
        """Reading to the real end lets the next request use this connection; it isn't worth waiting for."""
        if patient:
            return await anext(pieces, None)
        try:
            async with asyncio.timeout(LINGER):
                return await anext(pieces, None)
        except (TimeoutError, ProviderUnavailableError):
            return None


def _plain(listed: Listed) -> str:
    return (listed.name or "").removeprefix("models/")
