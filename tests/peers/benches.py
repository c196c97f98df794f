"""The test benches, one for each provider."""

from __future__ import annotations

from typing import Any, ClassVar

import anthropic_dialect as anthropic
import gemini_dialect as gemini
import llama_dialect as llama
import ollama_faults as ollama
from aurarouter_claude.provider import ClaudeProvider
from aurarouter_echo import EchoProvider
from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import Provider, Secret
from aurarouter_llamacpp.provider import LlamaCppProvider
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from aurarouter_ollama.provider import OllamaProvider
from aurarouter_openapi import OpenApiProvider
from bench import Bench, HttpBench, Kind, as_asked, halves
from faults import REPLY, Fault, Turn, answer, piece, stream, well, whole_stream


class Echo(Bench):
    kind, provider = EchoProvider, "echo"
    estimates, names_requests = True, False

    def real(self, **settings: Any) -> Provider:
        return self.at(**settings)


class LlamaCpp(Bench):
    kind, provider = LlamaCppProvider, "llamacpp"
    names_requests = False
    too_long = r"\d{4} tokens and the context holds 512"

    def real(self, **settings: Any) -> Provider:
        options = {"n_threads": 1, "n_ctx": 512}
        workdir = self.peer("tmp_path_factory").getbasetemp() / "llamacpp"  # the trial of the library is shared
        return self.at(**{"model_path": self.peer("model_file"), "workdir": workdir, "options": options, **settings})


class OpenApi(HttpBench):
    kind: ClassVar[Kind] = OpenApiProvider
    provider = "openapi"
    good: ClassVar[Any] = well
    paths: ClassVar[tuple[str, ...]] = ("/chat/completions",)

    def real(self, **settings: Any) -> Provider:
        return self.at(endpoint=self.peer("llama_server").url, **settings)

    def says(self, *pieces: str) -> Fault:
        said = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "".join(pieces)}}
        return as_asked(answer({**REPLY, "choices": [said]}), whole_stream(*pieces), _wants_a_stream)

    def calls(self, name: str, arguments: dict[str, Any]) -> Fault:
        first, second = halves(arguments)
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": first + second}}
        choice = {"index": 0, "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [call]}}
        pieces = [
            piece(tool_calls=[{"index": 0, "id": "call_1", "function": {"name": name, "arguments": first}}]),
            piece(tool_calls=[{"index": 0, "function": {"arguments": second}}]),
            piece(finish="tool_calls"),
            "[DONE]",
        ]
        return as_asked(answer({"choices": [choice]}), stream(pieces), _wants_a_stream)

    def begins(self, *pieces: str, then: str) -> Fault:
        return stream([piece(text) for text in pieces], then)

    def breaks(self, code: int, words: str) -> Fault:
        return stream([piece("Hi"), self.error(code, words)])


class LlamaServer(OpenApi):
    """The native API; with tools, that of OpenAI."""

    kind, provider = LlamaServerProvider, "llamacpp-server"
    good, paths = llama.Pretender(), ("/completion", "/chat/completions")
    names_requests = False

    def says(self, *pieces: str) -> Fault:
        native = stream([*(llama.bit(text) for text in pieces), {**llama.END, **llama.COUNTS}])
        return as_asked(native, whole_stream(*pieces), _speaks_openai)

    def begins(self, *pieces: str, then: str) -> Fault:
        return stream([llama.bit(text) for text in pieces], then)

    def breaks(self, code: int, words: str) -> Fault:
        return stream([llama.bit("Hi"), self.error(code, words)])


class Ollama(HttpBench):
    """The stand-in has neither keys nor Ollama's own errors: for those the fake speaks."""

    kind, provider = OllamaProvider, "ollama"
    good, paths = ollama.ollama(), ("/api/chat",)
    well = "cold"
    finishes: ClassVar = {"stop"}
    too_long = "exceeds the context length"

    def real(self, **settings: Any) -> Provider:
        server = self.peer("ollama_peer")
        return self.at(endpoint=server.url, model_name=server.name, **settings)

    def make(self, **settings: Any) -> Provider:
        return super().make(**{"model_name": ollama.MODEL, **settings})

    def locked(self, key: Secret) -> Provider:
        self.server.always(self.refusal(401, f"unauthorized {key.reveal()}"))
        return self.make(api_key=key)

    def at_its_limit(self) -> Provider:
        self.meets(self.refusal(400, "the input length exceeds the context length"))
        return self.make()

    def error(self, code: int, words: str) -> object:
        return ollama.error(words)

    def says(self, *pieces: str) -> Fault:
        whole = answer(ollama.done(content="".join(pieces)))
        return as_asked(whole, ollama.lines(*map(ollama.said, pieces), ollama.done()), _wants_a_stream)

    def calls(self, name: str, arguments: dict[str, Any]) -> Fault:
        calls = [ollama.call(name, arguments)]
        whole = ollama.done()
        whole["message"]["tool_calls"] = calls
        streamed = ollama.lines(ollama.said(tool_calls=calls), ollama.done())
        return as_asked(answer(whole), streamed, _wants_a_stream)

    def begins(self, *pieces: str, then: str) -> Fault:
        return ollama.lines(*map(ollama.said, pieces), then=then)

    def breaks(self, code: int, words: str) -> Fault:
        return ollama.lines(ollama.said("Hi"), {**ollama.error(words), "status": code})


class Claude(HttpBench):
    """llama.cpp's server speaks the Messages API, but for tools and schemas; those and errors come from the fake."""

    kind, provider = ClaudeProvider, "claude"
    good, paths = anthropic.claude, ("/messages",)
    kinds: ClassVar = {
        401: "authentication_error",
        403: "permission_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }

    def real(self, **settings: Any) -> Provider:
        return self.at(endpoint=self.peer("llama_server").url, **settings)

    def for_schemas(self, answer: str) -> Provider:
        self.meets(self.says(answer))
        return self.make()

    def error(self, code: int, words: str) -> object:
        kind = self.kinds.get(code, "api_error" if code >= 500 else "invalid_request_error")
        return anthropic.failed(kind, words)

    def says(self, *pieces: str) -> Fault:
        return anthropic.said(*pieces)

    def calls(self, name: str, arguments: dict[str, Any]) -> Fault:
        called = anthropic.tool_use(0, name, *halves(arguments))
        return anthropic.events([anthropic.start(), *called, *anthropic.stop("tool_use")])

    def begins(self, *pieces: str, then: str) -> Fault:
        begun = anthropic.text(0, *pieces)[:-1] if pieces else []
        return anthropic.events([anthropic.start(), *begun], then)

    def breaks(self, code: int, words: str) -> Fault:
        error: Any = self.error(code, words)
        return anthropic.events([anthropic.start(), *anthropic.text(0, "Hi")[:-1], error])


class Google(HttpBench):
    """Nobody here serves Gemini: all of it comes from the fake, in the vendor's documented dialect."""

    kind, provider = GoogleProvider, "google"
    good, paths = gemini.gemini, (":generateContent", ":streamGenerateContent")
    too_long = "exceeds the maximum number of tokens"
    names: ClassVar = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        429: "RESOURCE_EXHAUSTED",
    }

    def at(self, **settings: Any) -> Provider:
        return super().at(**{"id": gemini.NAME, "api_key": Secret("g-key"), **settings})

    def real(self, **settings: Any) -> Provider:
        return self.make(**settings)

    def locked(self, key: Secret) -> Provider:
        self.server.always(gemini.BAD_KEY)
        return self.make(api_key=key)

    def at_its_limit(self) -> Provider:
        self.meets(gemini.TOO_LONG)
        return self.make()

    def for_schemas(self, answer: str) -> Provider:
        self.meets(self.says(answer))
        return self.make()

    def error(self, code: int, words: str) -> object:
        return gemini.error(code, self.names.get(code, "UNAVAILABLE"), words)

    def says(self, *pieces: str) -> Fault:
        streamed = gemini.streamed([*(gemini.said(text, finish=None) for text in pieces[:-1]), gemini.said(pieces[-1])])
        return as_asked(answer(gemini.said("".join(pieces))), streamed, _wants_gemini_to_stream)

    def calls(self, name: str, arguments: dict[str, Any]) -> Fault:
        said = gemini.said(gemini.called(name, arguments))
        return as_asked(answer(said), gemini.streamed([said]), _wants_gemini_to_stream)

    def begins(self, *pieces: str, then: str) -> Fault:
        return gemini.streamed([gemini.said(text, finish=None) for text in pieces], then)

    def breaks(self, code: int, words: str) -> Fault:
        return gemini.streamed([gemini.said("Hi", finish=None), self.error(code, words)])


REMOTE: list[type[HttpBench]] = [OpenApi, LlamaServer, Ollama, Claude, Google]


def _wants_a_stream(turn: Turn) -> bool:
    return bool(turn.request.json.get("stream"))


def _speaks_openai(turn: Turn) -> bool:
    return turn.request.path.endswith("/chat/completions")


def _wants_gemini_to_stream(turn: Turn) -> bool:
    return ":stream" in turn.request.path
