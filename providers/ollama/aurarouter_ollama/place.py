"""Does a model run where its server runs, and is that this machine? What a server says of itself is no proof.

Three things behind a loopback address are not this machine: a cloud model that Ollama passes on, a program that only
speaks Ollama's API and passes everything on, and a tunnel to another machine's Ollama. The first are known by their
names or by `remote_host`. Against the others a server must name the file of the model's weights, and that file must be
on this machine's disk. A tunnel to a server that keeps the same model under the same path is not seen.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CLOUD = re.compile(r"[:-]\s*cloud\s*$", re.IGNORECASE)
_FROM = re.compile(r"^FROM\s+(.*?)\s*$", re.MULTILINE)
_WEIGHTS = re.compile(r"sha256[-:][0-9a-f]{64}")


def passed_on_by_name(name: str) -> bool:
    """The name alone says that the model runs in Ollama's cloud: `gpt-oss:120b-cloud`, `kimi-k2.6:cloud`."""
    return bool(_CLOUD.search(name))


def passed_on(shown: Mapping[str, Any]) -> bool:
    """The server says that the model runs elsewhere. `shown` is an answer of /api/show or an entry of /api/tags."""
    return bool(shown.get("remote_host") or shown.get("remote_model"))


def weights_are_here(shown: Mapping[str, Any]) -> bool:
    """Each file that the model is made from, by /api/show's Modelfile, is on this machine's disk."""
    text = shown.get("modelfile")
    sources = _FROM.findall(text) if isinstance(text, str) else []
    return bool(sources) and all(_is_weights(source.strip('"')) for source in sources)


def _is_weights(source: str) -> bool:
    path = Path(source)
    if not path.is_absolute() or not _WEIGHTS.fullmatch(path.name) or path.parent.name != "blobs":
        return False
    try:
        return path.is_file() and path.stat().st_size > 0
    except (OSError, ValueError):  # a folder that we may not look into proves nothing
        return False
