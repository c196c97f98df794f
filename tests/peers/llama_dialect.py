"""llama.cpp's own dialect for the fault server: what it says of itself, events of `/completion`, and their end."""

from typing import Any
from urllib.parse import urlsplit

from faults import Fault, answer, status, stream

PROPS = {
    "default_generation_settings": {"n_ctx": 2048},
    "model_alias": "pretender",
    "model_path": "/models/pretender.gguf",
    "modalities": {"vision": False},
    "chat_template": "{{ messages }}",
    "chat_template_caps": {"supports_tools": True},
}
END = {"content": "", "stop": True, "stop_type": "eos", "model": "pretender", "truncated": False}
COUNTS = {"tokens_evaluated": 7, "tokens_predicted": 3, "timings": {"cache_n": 5}}
WHOLE = {**END, **COUNTS, "content": "Ada."}


def bit(text: str, **more: Any) -> dict[str, Any]:
    return {"index": 0, "content": text, "stop": False, "tokens_evaluated": 7, **more}


WELL = stream([bit("Hello "), WHOLE])


class Pretender:
    """A llama.cpp server as far as it is asked; `says` replaces what it does at a path."""

    def __init__(self) -> None:
        self.says: dict[str, Fault] = {
            "/health": answer({"status": "ok"}),
            "/props": answer(PROPS),
            "/apply-template": answer({"prompt": "<user>Say hello to Ada.<bot>"}),
            "/tokenize": answer({"tokens": [1, 2, 3]}),
            "/v1/models": answer({"data": [{"id": "pretender"}]}),
            "/completion": WELL,
        }

    async def __call__(self, turn: Any) -> None:
        wrong = status(404, None, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}})
        await self.says.get(urlsplit(turn.request.path).path, wrong)(turn)  # a proxy is asked for a whole URL
