"""Compile the hot path and the scan for private data, and point every extra at the plugin folder beside it."""

import os
import re
from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent.resolve()
VERSION = "1.0.0"
PLAIN = bool(os.environ.get("AURAROUTER_NO_SPEEDUPS"))
MUST_COMPILE = bool(os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"))
# A wheelhouse holds names, a checkout holds folders; and a source distribution is on its way to a wheelhouse.
RELEASE = bool(os.environ.get("AURAROUTER_RELEASE")) or (ROOT / "PKG-INFO").exists()
NATIVE_BUILD = {"llamacpp"}  # compiles C++ for minutes, so never part of [all]


# Where a loop happens to lie makes it up to a sixth slower: each function begins a cache line, each loop half a one.
ALIGNED = [] if os.name == "nt" else ["-falign-functions=64", "-falign-loops=32", "-falign-jumps=16"]
SCAN = (
    "codes context checks cards accounts invisible entropy examples addresses phones lettered ids numbers "
    "tokens assignments markers scan match"
)
# Written once more in C: `private.pyx` reads characters, `naming.pxi` words, in its own way; `waking.pxi` looks ahead.
IN_C = "point|raw|waking|read_words|called_behind|host_to"
C_TYPES = {"bytes": "const uint8_t *", "int": "Py_ssize_t ", "Numbers": "int64_t *", "Text": "Text ", "bool": "bint "}


def as_c(text: str) -> str:
    """A module of the scan with C types in the place of its annotations. What has no C type stays Python."""
    text = re.sub(r"^from [^\n(]*(\([^)]*\)[^\n]*)?\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(Numbers|Text) = .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^def ({IN_C})\(.*\n(    .*\n)+", "", text, flags=re.MULTILINE)
    text = re.sub(r"^([A-Z0-9_]+) = (\w+)(?:  #.*)?$", r"cdef enum: \1 = \2", text, flags=re.MULTILINE)
    tables = re.findall(r"^([A-Z_]+): bytes", text, flags=re.MULTILINE)
    text = re.sub(r"^([A-Z_]+): bytes = ", r"cdef const uint8_t *\1\n\1_kept = ", text, flags=re.MULTILINE)
    text = re.sub(r"^def ([a-z]\w*)\((.*)\) -> (bool|int|None):$", as_c_head, text, flags=re.MULTILINE)
    return text + "".join(f"\n{table} = {table}_kept" for table in tables) + "\n"


def as_c_head(found: re.Match[str]) -> str:
    """The head of a function. All are inline: a text that nearly is private is looked into by many small ones."""
    words = [word.split(": ") for word in found[2].split(", ")]
    arguments = ", ".join(f"{C_TYPES[kind]}{name}" for name, kind in words)
    return f"cdef inline {C_TYPES.get(found[3], 'void ')}{found[1]}({arguments}) noexcept nogil:"


def write_scan() -> str:
    """Make the scan's C out of the modules that are its plain twin: every rule is written once. Returns the source."""
    modules = [
        (ROOT / "aurarouter_core" / "detection" / f"{name}.py").read_text(encoding="utf-8") for name in SCAN.split()
    ]
    (ROOT / "_speedups" / "scan.pxi").write_text("\n".join(map(as_c, modules)), encoding="utf-8")
    return "_speedups/private.pyx"


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
extras["re2"] = ["google-re2>=1.1,<2"]  # runs the patterns of your own that are too large for the built-in matcher
extras["opentelemetry"] = [
    "opentelemetry-sdk>=1.30,<2",
    "opentelemetry-exporter-otlp>=1.30,<2",
]  # for the plugin telemetry
extras["dev"] = [
    "buf-bin>=1,<2",
    "build>=1,<2",
    "google-re2>=1.1,<2",
    "grpc-stubs>=1.53,<2",
    "hypothesis>=6,<7",
    "import-linter>=2,<3",
    "jsonschema>=4,<5",
    "keyring>=25,<26",
    "mypy>=2,<3",
    "ollama>=0.6,<1",
    "openai>=3,<4",
    "opentelemetry-exporter-otlp>=1.30,<2",
    "opentelemetry-sdk>=1.30,<2",
    "prometheus-client>=0.20,<1",
    "pydantic-settings>=2,<3",  # with starlette-context: what the server of llama-cpp-python lacks
    "ollama-proxy-plus>=0.1,<0.2",
    "pytest>=9,<10",
    "pytest-asyncio>=1,<2",
    "pytest-benchmark>=5,<6",
    "pytest-qt>=4.4,<5",
    "pytest-timeout>=2.4,<3",
    "pytest-xdist>=3.6,<4",
    "ruff>=0.17,<0.18",
    "starlette-context>=0.5,<1",
    "types-PyYAML>=6,<7",
    "types-protobuf>=7,<8",
    "types-jsonschema>=4,<5",
    "types-setuptools>=80",
    "xllamacpp>=2026",
]

setup(
    version=VERSION,
    extras_require=extras,
    ext_modules=[]
    if PLAIN
    else [
        Extension("aurarouter_core._speedups", ["_speedups/hotpath.pyx"], optional=not MUST_COMPILE),
        Extension("aurarouter_core._private", [write_scan()], optional=not MUST_COMPILE, extra_compile_args=ALIGNED),
    ],
)
