"""Real wheels and real virtual environments, made once for all tests of the house."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AURAROUTER_", "PYTHON", "VIRTUAL_ENV", "COVERAGE"))
}


class Venv:
    """A virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, env=CLEAN)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *command: str | Path, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs, in an empty folder, with a home of its own."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        program, *rest = command
        return subprocess.run(
            [self.folder / "bin" / program, *rest],
            cwd=work,
            env={**CLEAN, "AURAROUTER_HOME": str(self.home), **environ},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def ok(self, *command: str | Path, **environ: str) -> str:
        """The same; its output, and it must succeed."""
        done = self.run(*command, **environ)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def install(self, *what: str | Path) -> None:
        self.ok("pip", "install", "-q", "--disable-pip-version-check", *what)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git knows, and nothing that a build left behind."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def wheels(checkout: Path, new_venv: Callable[[str], Venv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheelhouse: every distribution of ours in release mode, and the third parties that they name.

    The kernel's wheel is made of its source distribution, as where no wheel fits. One environment, which has what they
    say that they are built with, builds them all.
    """
    folder, sources = tmp_path_factory.mktemp("wheelhouse"), tmp_path_factory.mktemp("sources")
    environ = {"AURAROUTER_REQUIRE_SPEEDUPS": "1"}
    plugins = sorted(path.parent for path in checkout.glob("*/*/pyproject.toml"))
    needs = [tomllib.loads((at / "pyproject.toml").read_text())["build-system"] for at in (checkout, *plugins)]
    builder = new_venv("builder")
    builder.install("build", *{name for needed in needs for name in needed["requires"]})
    builder.ok("python", "-m", "build", "--sdist", "--no-isolation", "--outdir", sources, checkout, **environ)
    (kernel,) = sources.iterdir()
    built: list[str | Path] = ["-q", "--no-deps", "--no-build-isolation", "-w", folder, kernel, *plugins]
    builder.ok("pip", "wheel", *built, **environ)
    wanted = {
        line.split(":", 1)[1].split(";")[0].strip()
        for wheel in folder.glob("*.whl")
        for line in metadata(wheel).splitlines()
        if line.startswith("Requires-Dist:") and "extra ==" not in line
    }
    others = sorted(name for name in wanted if not name.startswith(("aurarouter", "llama-cpp-python")))
    builder.ok("pip", "download", "-q", "--only-binary=:all:", "-d", folder, *others)
    return folder


@pytest.fixture(scope="session")
def kernel_wheel(wheels: Path) -> Path:
    """The kernel's."""
    (found,) = wheels.glob("aurarouter-1*.whl")
    return found


@pytest.fixture(scope="session")
def new_venv(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Venv]:
    """Makes virtual environments."""
    return lambda name: Venv(tmp_path_factory.mktemp(name) / "venv")


@pytest.fixture(scope="session")
def kernel_venv(new_venv: Callable[[str], Venv], checkout: Path) -> Venv:
    """The kernel alone, from the checkout: `pip install .`."""
    venv = new_venv("kernel")
    venv.install(checkout)
    return venv


@pytest.fixture(scope="session")
def all_venv(new_venv: Callable[[str], Venv], wheels: Path) -> Venv:
    """Everything but the native provider, from the wheelhouse, with no index at all."""
    venv = new_venv("all")
    venv.install("--no-index", "--find-links", wheels, "aurarouter[all]")
    return venv


def metadata(wheel: Path) -> str:
    """The METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()
