"""`model list` and `doctor` tell what a model's file says of itself, and what is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gguf_files import gguf


@pytest.fixture
def config(tmp_path: Path) -> str:
    small, cut = tmp_path / "small.gguf", tmp_path / "cut.gguf"
    small.write_bytes(gguf())
    cut.write_bytes(gguf()[:-1])
    return f"""
models:
  small: {{provider: llamacpp, model_path: {small}, options: {{n_ctx: 1024}}}}
  served: {{provider: llamacpp-server, model_path: {small}, options: {{n_ctx: 1024, n_parallel: 3}}}}
  cut: {{provider: llamacpp, model_path: {cut}}}
  away: {{provider: llamacpp, model_path: {tmp_path / "none.gguf"}}}
  echo: {{provider: echo, model_path: {small}}}
roles: {{coding: [echo]}}
"""


def test_list_tells_it_as_json_and_in_words(aurarouter: Callable[..., Any], config: str) -> None:
    rows = {
        row["model"]: row["file"] for row in json.loads(aurarouter("model", "list", "--json", config=config).stdout)
    }
    small = rows["small"]
    assert (small["architecture"], small["quantisation"], small["parameters"]) == ("llama", "Q4_K_M", 256)
    weights, cache = 64 * 4 * 4, 1024 * 4 * (16 + 16) * 2
    assert small["memory"] == weights + cache + 512 * ((3 + 8 * 64) * 4 + 1024 * 2)
    assert rows["served"]["memory"] == weights + 3 * cache + 512 * ((3 + 8 * 64) * 4 + 3 * 1024 * 2)
    assert "it was cut off" in rows["cut"]["problem"]
    assert rows["away"] is None
    assert (rows["echo"]["architecture"], rows["echo"]["memory"]) == ("llama", None)
    text = aurarouter("model", "list", config=config).stdout
    assert "llama, 256 parameters, Q4_K_M, context 2048, takes 2.3 MiB of memory" in text


def test_doctor_says_what_can_t_be_loaded_and_what_is_allowed(aurarouter: Callable[..., Any], config: str) -> None:
    done = aurarouter("doctor", config=config, AURAROUTER_SYSTEM__MEMORY="3 MiB")
    assert done.returncode == 1
    assert "✓ model 'small': llama, 256 parameters" in done.stdout
    assert "✗ model 'served' can't be loaded: llama, 256 parameters" in done.stdout
    assert "✗ model 'cut': cut.gguf is no usable GGUF file: tensor 'weights' ends at" in done.stdout
    assert "✓ models may take 3.0 MiB of memory together (system.memory: 3 MiB)" in done.stdout
