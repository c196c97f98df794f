"""Both implementations of the scan, and the detector with every rule on."""

import importlib
import os
from types import ModuleType
from typing import Any

import pytest

from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.phrases import PHRASES, marks_of
from aurarouter_core.detector import Detector
from aurarouter_core.privacy_settings import Privacy, Profile


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """The Python twin."""
    return importlib.import_module("aurarouter_core.detection.plain")


@pytest.fixture(scope="session")
def compiled() -> ModuleType:
    """The Cython twin; its tests are skipped where it was not built, unless CI demands it."""
    try:
        return importlib.import_module("aurarouter_core._private")
    except ImportError:
        if os.environ.get("AURAROUTER_REQUIRE_SPEEDUPS"):
            raise
        pytest.skip("aurarouter_core._private is not built")


@pytest.fixture(scope="session")
def scanners(plain: ModuleType, compiled: ModuleType) -> tuple[Any, Any]:
    """A scanner of each implementation."""
    marks = marks_of((*PHRASES, "Projekt Blau", "eyes only"))
    return plain.Scanner(plane, marks), compiled.Scanner(plane, marks)


@pytest.fixture(scope="session")
def strict() -> Detector:
    """Every rule on."""
    return Detector(Privacy(profile=Profile("strict")))
