"""What the wheels hold: our names only, the compiled part, no path of the machine that built them."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.house


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_kernels_wheel_has_three_names_at_the_top(kernel_wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names(kernel_wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "aurarouter",
        "aurarouter_core",
        "aurarouter_hooks",
    }


def test_the_compiled_part_is_in_and_its_source_is_not(kernel_wheel: Path) -> None:
    held = names(kernel_wheel)
    assert any(name.startswith("aurarouter_core/_speedups.") for name in held)
    assert not [name for name in held if name.endswith((".c", ".pyx"))]
    assert {f"{package}/py.typed" for package in ("aurarouter", "aurarouter_core", "aurarouter_hooks")} <= set(held)
    assert "aurarouter_core/classifier.bin" in held
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_every_module_of_the_checkout_is_in_a_wheel(checkout: Path, wheels: Path) -> None:
    held = {name for wheel in wheels.glob("aurarouter*.whl") for name in names(wheel)}
    sources = [*(checkout / "aurarouter_core").rglob("*.py"), *(checkout / "hooks").rglob("*.py")]
    expected = {
        str(path.relative_to(checkout))
        .replace("hooks/aurarouter_hooks", "aurarouter_hooks")
        .replace("aurarouter_core/facade", "aurarouter")
        for path in sources
    }
    for shelf in ("providers", "aurarouter_plugins"):
        for project in (checkout / shelf).iterdir():
            found = (path.relative_to(project) for path in project.rglob("*.py"))
            expected |= {str(path) for path in found if path.parts[0] != "build"}
    assert expected - held == set()


def test_no_path_of_the_building_machine_is_left(wheels: Path, checkout: Path) -> None:
    for wheel in wheels.glob("aurarouter*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                assert b"file://" not in content or not name.endswith("METADATA"), name
                assert str(checkout).encode() not in content or name.endswith(".so"), name


def test_no_wheel_runs_code_when_python_starts(wheels: Path) -> None:
    for wheel in wheels.glob("aurarouter*.whl"):
        assert not [name for name in names(wheel) if name.endswith(".pth")]


def test_everything_installs_from_the_wheelhouse_with_no_index(all_venv: Any) -> None:
    listed = all_venv.ok("aurarouter", "plugins")
    assert {line.split()[0] for line in listed.splitlines()} >= {"assets", "echo", "openapi"}
    assert "broken" not in listed
    all_venv.ok("pip", "check")


def test_a_plugin_that_is_uninstalled_leaves_no_trace(new_venv: Any, wheels: Path) -> None:
    venv = new_venv("gone")
    venv.install("--no-index", "--find-links", wheels, "aurarouter[echo]")
    assert venv.ok("aurarouter", "plugins").startswith("echo")
    venv.ok("pip", "uninstall", "-q", "-y", "aurarouter-echo")
    assert "no plugins are installed" in venv.ok("aurarouter", "plugins")
    missing = venv.run("aurarouter", "gui")
    assert missing.returncode == 2


@pytest.mark.promise("overview.2", "quick-start.1", "compatibility.6")
def test_the_grid_comes_with_its_extra_and_goes_without_a_trace(new_venv: Any, wheels: Path) -> None:
    venv = new_venv("grid")
    venv.install("--no-index", "--find-links", wheels, "aurarouter[auragrid,echo]")
    assert "auragrid" in venv.ok("aurarouter", "plugins")
    assert "init-cluster" in venv.ok("aurarouter", "grid", "--help")
    venv.ok("pip", "uninstall", "-q", "-y", "aurarouter-auragrid")
    assert "auragrid" not in venv.ok("aurarouter", "plugins")
    missing = venv.run("aurarouter", "grid", "up")
    assert missing.returncode == 2
    assert "[auragrid]" in missing.stderr
    venv.home.mkdir(parents=True, exist_ok=True)
    (venv.home / "auraconfig.yaml").write_text("models: {me: {provider: echo}}\nroles: {reasoning: [me]}\n")
    assert venv.ok("aurarouter", "run", "--role", "reasoning", "hello").strip() == "hello"


def test_hints_name_the_wheelhouse_that_we_came_from(new_venv: Any, wheels: Path, kernel_wheel: Path) -> None:
    venv = new_venv("hint")
    venv.install("--no-index", "--find-links", wheels, kernel_wheel)
    refused = venv.run("aurarouter", "run", "hello")
    assert f"pip install --no-index --find-links {wheels} 'aurarouter[assets,llamacpp]'" in refused.stderr


def test_hints_name_the_checkout_that_we_came_from(kernel_venv: Any, checkout: Path) -> None:
    refused = kernel_venv.run("aurarouter", "run", "hello")
    assert f"pip install '{checkout}[assets,llamacpp]'" in refused.stderr
