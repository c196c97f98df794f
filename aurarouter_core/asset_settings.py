"""Settings of model files: where one comes from, where registered ones may lie, and which can be fetched by name."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import Attribute, Factory, field, frozen
from attrs.validators import gt, optional


def plain_name(_: object, attribute: Attribute[str], value: str) -> None:
    """Refuse what is more than a file's name."""
    if value in ("", ".", "..") or any(part in value for part in ("/", "\\", "\0")):
        raise ValueError(f"'{attribute.name}' must be a plain file name: {value!r}")


def scheme_and_place(_: object, attribute: Attribute[str], value: str) -> None:
    """Refuse what is no `scheme:location`."""
    scheme, _colon, location = value.partition(":")
    if not scheme.isidentifier() or not location:
        raise ValueError(f"'{attribute.name}' must be a scheme, a colon and a location")


def web_address(_: object, attribute: Attribute[str], value: str) -> None:
    """Refuse what is neither empty nor the address of a server."""
    if value:
        parts = urlsplit(value)  # raises a ValueError of its own
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError(f"'{attribute.name}' must begin with https:// and name a server")


@frozen(kw_only=True)
class AssetEntry:
    """A model file: where it comes from, and what shows that it is the right one.

    Attributes:
        source: Where from, as `scheme:location`; plugins bring the schemes.
        file: The file's name in there, and on disk.
        size: Bytes of the file.
        sha256: The file's SHA-256 digest; another file is refused.
        container_sha256: The same digest of the package that holds the file.
        container_size: Bytes of the package that holds the file: what is downloaded.
        licence: SPDX name of the file's licence, for people.
    """

    source: str = field(validator=scheme_and_place)
    file: str = field(validator=plain_name)
    size: int | None = field(default=None, validator=optional(gt(0)))
    sha256: str = ""
    container_sha256: str = ""
    container_size: int | None = field(default=None, validator=optional(gt(0)))
    licence: str = ""


@frozen(kw_only=True)
class Assets:
    """Model files on this machine.

    Attributes:
        roots: Folders that a file must lie in to be registered by a program; default: the folder of downloaded models.
        catalogue: Files that `aurarouter model pull NAME` fetches, beside those that plugins know.
        endpoint: The address of the hub that `hf:` means; default: Hugging Face's own.
    """

    roots: tuple[str, ...] = ()
    catalogue: Mapping[str, AssetEntry] = Factory(dict)
    endpoint: str = field(default="", validator=web_address)
