"""Compile the hot path and point every extra at the plugin folder beside it."""

import os
from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent.resolve()
VERSION = "1.0.0"
PLAIN = bool(os.environ.get("AURAROUTER_NO_SPEEDUPS"))
MUST_COMPILE = bool(os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"))
RELEASE = bool(os.environ.get("AURAROUTER_RELEASE"))  # a wheelhouse holds names; a checkout holds folders
NATIVE_BUILD = {"llamacpp"}  # compiles C++ for minutes, so never part of [all]


def requirement(folder: Path) -> str:
    """A checkout installs the folder itself; an index is never asked for our names."""
    name = f"aurarouter-{folder.name}"
    return f"{name}>=1,<2" if RELEASE else f"{name} @ {folder.as_uri()}"


folders = sorted(
    path.parent for shelf in ("providers", "aurarouter_plugins") for path in (ROOT / shelf).glob("*/pyproject.toml")
)
extras = {folder.name: [requirement(folder)] for folder in folders}
extras["all"] = [requirement(folder) for folder in folders if folder.name not in NATIVE_BUILD]
extras["keyring"] = ["keyring>=25,<26"]  # the kernel keeps provider keys in the system's keyring where this is there
extras["dev"] = [
    "build>=1,<2",
    "hypothesis>=6,<7",
    "import-linter>=2,<3",
    "jsonschema>=4,<5",
    "keyring>=25,<26",
    "mypy>=2,<3",
    "ollama>=0.6,<1",
    "ollama-proxy-plus>=0.1,<0.2",
    "pytest>=9,<10",
    "pytest-asyncio>=1,<2",
    "pytest-benchmark>=5,<6",
    "ruff>=0.17,<0.18",
    "types-PyYAML>=6,<7",
    "types-jsonschema>=4,<5",
    "types-setuptools>=80",
    "xllamacpp>=2026",
]

setup(
    version=VERSION,
    extras_require=extras,
    ext_modules=[]
    if PLAIN
    else [Extension("aurarouter_core._speedups", ["_speedups/hotpath.pyx"], optional=not MUST_COMPILE)],
)
