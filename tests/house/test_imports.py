"""Who may import whom, down to each third party; nothing is imported round in circles; public names are as stated."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aurarouter_core
import aurarouter_hooks
from aurarouter_hooks import values

ROOT = Path(__file__).parents[2]
aurarouter = importlib.import_module("aurarouter")  # a mapped folder: type checkers see it only once installed
KERNEL = {"attrs", "cattrs", "click", "pluggy", "yaml", "aurarouter_hooks", "aurarouter_core"}
HTTP = {"httpx", "httpx2", "httpx_aiohttp", "httpx_sse", "aiohttp"}
# Folder or file → what it may import beside the standard library and itself. The first that fits counts.
ALLOWED: list[tuple[str, set[str]]] = [
    ("hooks/aurarouter_hooks/http", HTTP | {"aurarouter_hooks", "attrs"}),
    ("hooks/aurarouter_hooks/contract", {"pytest", "aurarouter_hooks", "attrs"}),
    ("hooks/aurarouter_hooks/specs", {"pluggy", "click", "aurarouter_hooks"}),  # click: for the type alone
    ("hooks", {"pluggy", "attrs", "aurarouter_hooks"}),
    ("aurarouter_core/keys", KERNEL | {"keyring"}),  # inside one function, when it is installed
    ("aurarouter_core/detection/re2_pattern", KERNEL | {"re2"}),  # likewise
    ("aurarouter_core", KERNEL),
    ("providers/echo", {"aurarouter_hooks"}),
    ("providers/claude", {"aurarouter_hooks", "aurarouter_claude", "anthropic", "httpx2", "attrs"}),
    ("providers/google", {"aurarouter_hooks", "aurarouter_google", "google", "httpx2", "pydantic", "attrs"}),
    ("providers/ollama", {"aurarouter_hooks", "aurarouter_ollama", "attrs", "httpx"}),
    ("providers/openapi", {"aurarouter_hooks", "aurarouter_openapi", "httpx", "attrs"}),
    ("providers/llamacpp-server", {"aurarouter_hooks", "aurarouter_llamacpp_server", "attrs"}),
    ("providers/llamacpp", {"aurarouter_hooks", "aurarouter_llamacpp", "llama_cpp", "attrs", "numpy"}),
    (
        "aurarouter_plugins/auragrid/aurarouter_auragrid/panels",
        {"aurarouter_auragrid", "aurarouter_core", "aurarouter_gui", "aurarouter_hooks", "attrs", "PySide6", "yaml"},
    ),
    (
        "aurarouter_plugins/auragrid",
        {
            "aurarouter_auragrid",
            "aurarouter_gui",  # in hooks and panels of the desktop window
            "aurarouter_limits",  # in its hook: what a shared counter answers with
            "aurarouter_core",
            "aurarouter_hooks",
            "attrs",
            "click",
            "cryptography",
            "google",
            "grpc",
            "grpc_health",
            "grpc_reflection",
            "nats",
            "yaml",
        },
    ),
    (
        "aurarouter_plugins/assets",
        {"aurarouter_hooks", "aurarouter_assets", "attrs", "aiohttp", "httpx", "httpx2", "huggingface_hub"},
    ),
    (
        "aurarouter_plugins/mcp",
        {
            "aurarouter_hooks",
            "aurarouter_core",
            "aurarouter_mcp",
            "aurarouter_gui",  # in the hook of the desktop window
            "anyio",
            "attrs",
            "click",
            "h11",
            "mcp",
            "mcp_types",
            "pydantic",
            "starlette",
            "uvicorn",
        },
    ),
    (
        "aurarouter_plugins/telemetry",
        {"aurarouter_hooks", "aurarouter_core", "aurarouter_telemetry", "attrs", "click", "opentelemetry"},
    ),
    ("aurarouter_plugins/cache", {"aurarouter_hooks", "aurarouter_core", "aurarouter_cache", "attrs", "click"}),
    (
        "aurarouter_plugins/gui/aurarouter_gui/views",
        {"aurarouter_core", "aurarouter_hooks", "aurarouter_gui", "attrs", "PySide6", "pyqtgraph"},
    ),
    (
        "aurarouter_plugins/gui/aurarouter_gui/__init__.py",
        set(),  # neither the contract nor pluggy, for which a window would wait
    ),
    ("aurarouter_plugins/gui", {"aurarouter_core", "aurarouter_hooks", "aurarouter_gui", "attrs", "click"}),
    ("aurarouter_plugins/limits", {"aurarouter_hooks", "aurarouter_core", "aurarouter_limits", "attrs", "click"}),
    (
        "aurarouter_plugins/gateway",
        {
            "aurarouter_hooks",
            "aurarouter_core",
            "aurarouter_gateway",
            "aurarouter_gui",  # in the hook of the desktop window
            "attrs",
            "click",
            "starlette",
            "uvicorn",
            "uvloop",
        },
    ),
]


def product_files() -> Iterator[Path]:
    for shelf in ("hooks", "aurarouter_core", "providers", "aurarouter_plugins"):
        for path in sorted((ROOT / shelf).rglob("*.py")):
            if not {"build", "generated"} & set(path.relative_to(ROOT).parts):
                yield path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in product_files()])
def test_each_file_imports_only_what_it_may(path: str) -> None:
    allowed = next(names for place, names in ALLOWED if path.startswith(place))
    foreign = set(imported(ROOT / path)) - set(sys.stdlib_module_names)
    assert foreign - allowed == set()


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in product_files()])
def test_each_file_says_what_it_is_for_and_stays_small(path: str) -> None:
    source = (ROOT / path).read_text()
    first = (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]
    assert first, "the first line says what a file is for"
    assert not first.startswith("This module")
    tree = ast.parse(source)
    data_alone = not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree))
    assert data_alone or len(source.splitlines()) <= 300


def test_each_module_can_be_imported_first() -> None:
    modules = [
        str(path.relative_to(root).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for root, package in ((ROOT / "hooks", "aurarouter_hooks"), (ROOT, "aurarouter_core"))
        for path in sorted((root / package).rglob("*.py"))
        if "facade" not in path.parts
    ]
    script = (
        "import asyncio, cattrs, click, importlib, os, pluggy, sqlite3, sys, yaml\n"  # not ours: loaded once
        "for name in sys.argv[1:]:\n"
        "    if os.fork() == 0:\n"
        "        importlib.import_module(name)\n"
        "        os._exit(0)\n"
        "    if os.wait()[1]: sys.exit(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *modules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_names_are_those_in_all() -> None:
    for module in (aurarouter_hooks, values):
        public = {name for name in vars(module) if not name.startswith("_")}
        modules = {name for name in public if type(vars(module)[name]).__name__ == "module"}
        assert public - modules == set(module.__all__)
        assert module.__all__ == sorted(module.__all__)
    for module in (aurarouter_core, aurarouter):
        for name in module.__all__:
            assert getattr(module, name) is not None


def test_the_facade_gives_the_same_objects() -> None:
    assert aurarouter.Router is aurarouter_core.Router
    assert aurarouter.Provider is aurarouter_hooks.Provider
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        importlib.import_module("aurarouter").Nonsense  # noqa: B018


def test_no_public_name_of_the_kernel_is_hidden_by_a_module() -> None:
    modules = {path.stem for path in (ROOT / "aurarouter_core").glob("*.py")}
    assert modules & set(aurarouter_core.__all__) == {"hotpath"}
