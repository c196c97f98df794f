"""Where an Ollama server is: the many ways of writing it, and what the environment says."""

import ipaddress
import os
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from aurarouter_hooks import ConfigError, Model, Secret
from aurarouter_hooks.endpoints import fault

DEFAULT = "http://127.0.0.1:11434"
CLOUD = "https://ollama.com"
_PORT = 11434
_API = re.compile(r"/(?:api|v1)(?:/[\w/]*)?$")  # what may stand behind the server's own address


def servers(model: Model) -> Sequence[str]:
    """The addresses of the model's servers, in order and each once.

    Raises:
        ConfigError: One of them is no HTTP address; all problems at once.
    """
    problems, found = [], []
    given = [("endpoint", model.endpoint), *((f"endpoints[{i}]", url) for i, url in enumerate(model.endpoints))]
    for name, text in given:
        if text.strip():
            try:
                found.append(base(text))
            except ValueError as exc:
                problems.append(f"models.{model.id}.{name}: {exc}")
    if problems:
        hint = f"Write the address of the server, as {DEFAULT}."
        raise ConfigError("the model has no usable endpoint", problems=problems, hint=hint)
    return tuple(dict.fromkeys(found)) or (DEFAULT,)


def base(text: str) -> str:
    """The server's address alone: a path of its API is cut off, a bare `host` or `host:port` is completed.

    Raises:
        ValueError: It is no HTTP address.
    """
    text = text.strip()
    bare = "://" not in text
    whole = f"http://{text}" if bare else text
    if wrong := fault(whole):
        raise ValueError(wrong)
    url = urlsplit(whole)
    netloc = f"{url.netloc.rstrip(':')}:{_PORT}" if bare and url.port is None else url.netloc
    path = _API.sub("", url.path.rstrip("/")).rstrip("/")
    return SplitResult(url.scheme, netloc, path, url.query, "").geturl()


def key(model: Model, endpoint: str) -> Secret | None:
    """The key to send there: the model's own, else `OLLAMA_API_KEY`, which is for Ollama's own service alone."""
    if model.api_key:
        return Secret(model.api_key.reveal().strip())
    found = os.environ.get("OLLAMA_API_KEY", "").strip()
    return Secret(found) if found and endpoint == CLOUD else None


def on_this_machine() -> str:
    """Where a server of this machine would listen: `OLLAMA_HOST`, if that is here, else the default."""
    text = os.environ.get("OLLAMA_HOST", "").strip()
    try:
        url = urlsplit(base(f"127.0.0.1{text}" if text.startswith(":") else text))
        host = url.hostname or ""
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return DEFAULT
    if address.is_unspecified:  # it listens everywhere, so here too
        return f"{url.scheme}://127.0.0.1:{url.port or _PORT}"
    return url.geturl() if address.is_loopback else DEFAULT
