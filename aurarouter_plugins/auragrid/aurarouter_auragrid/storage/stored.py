"""What the cell knows of a model file that it keeps, as JSON in the engine; checked before anybody believes it."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from attrs import Attribute, asdict, field, fields, frozen
from attrs.validators import ge, gt, matches_re

from aurarouter_auragrid.errors import GridError
from aurarouter_hooks import AssetSpec, GgufHeader

T = TypeVar("T")
CHUNK = 512 << 10
"""Bytes of a chunk; the server takes messages of a megabyte."""
MOST_CHUNKS = 100_000
"""The engine lists no more in one answer: 50 GB."""
SCHEME = "grid"
_OTHER = re.compile(r"[^A-Za-z0-9._-]")


def _bounded(_: object, attribute: Attribute[int], value: int) -> None:
    if -(-value // CHUNK) > MOST_CHUNKS:
        raise ValueError(f"'{attribute.name}' is beyond what the cell can keep")


@frozen(kw_only=True)
class StoredModel:
    """A model file in the cell.

    Attributes:
        model_id: What it is called on every node.
        sha256: Its digest.
        size: Its bytes.
        complete: All of it is there; else somebody is pushing it, or has broken off.
        memory: Bytes that it takes when it is loaded, told from its header.
        stored_at: When it was complete, in seconds since 1970.
        architecture, name, quantisation: What the file says of itself.
        parameters: Numbers in it.
    """

    model_id: str
    sha256: str = field(validator=matches_re(r"[0-9a-f]{64}"))
    size: int = field(validator=[gt(0), _bounded])
    complete: bool = False
    memory: int = field(default=0, validator=ge(0))
    stored_at: float = 0.0
    architecture: str = ""
    name: str = ""
    quantisation: str = ""
    parameters: int = 0

    @classmethod
    def of(cls, model_id: str, header: GgufHeader, sha256: str, memory: int) -> StoredModel:
        """A file that is about to be pushed."""
        return cls(
            model_id=model_id,
            sha256=sha256,
            size=header.file_bytes,
            memory=memory,
            architecture=header.architecture,
            name=header.name,
            quantisation=header.quantisation,
            parameters=header.parameters,
        )

    @property
    def chunks(self) -> int:
        """How many it is kept in."""
        return -(-self.size // CHUNK)

    @property
    def file(self) -> str:
        """Its file's name on a node. It holds the digest, so no other file of the cell ever has the same."""
        return f"{_OTHER.sub('-', self.model_id)[:100]}-{self.sha256[:12]}.gguf"

    @property
    def spec(self) -> AssetSpec:
        """The file as the kernel fetches it."""
        return AssetSpec(scheme=SCHEME, location=self.model_id, file=self.file, size=self.size, sha256=self.sha256)


def to_bytes(record: Any) -> bytes:
    """A record as JSON."""
    return json.dumps(asdict(record)).encode()


def stored_of(data: bytes) -> StoredModel:
    """A model's record.

    Raises:
        GridError: It can't be read.
    """
    return read(StoredModel, data)


def read(kind: type[T], data: bytes) -> T:
    """A record of a class; what a newer node may say beside it is passed over.

    Raises:
        GridError: It is none.
    """
    try:
        said = json.loads(data)
        return kind(**{name: value for name, value in said.items() if name in _names(kind)})
    except (ValueError, TypeError, AttributeError) as error:
        raise GridError(f"a record of the cell can't be read: {error}") from error


def _names(kind: type) -> set[str]:
    return {item.name for item in fields(kind)}
