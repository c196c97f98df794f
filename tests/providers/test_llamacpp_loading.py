"""The llamacpp provider loads: its health, files that are no models, what is printed, the trial."""

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from aurarouter_core.gguf import read
from aurarouter_hooks import (
    Health,
    ProviderReplyError,
    ProviderUnavailableError,
)
from aurarouter_llamacpp import page, probe
from aurarouter_llamacpp.provider import LlamaCppProvider
from aurarouter_llamacpp.template import Template
from llamacpp_prompts import ask

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]


@pytest.mark.promise("future.20")
async def test_health_goes_from_cold_through_loading_to_healthy_and_back(make: Make) -> None:
    provider = make()
    assert await provider.health() == Health(state="cold")
    assert provider.capabilities().context_length == 512
    seen: list[Health] = []
    loading = asyncio.create_task(provider.load())
    while not loading.done():
        seen.append(await provider.health())
        await asyncio.sleep(0)
    await loading
    progress = [health.progress for health in seen if health.state == "loading"]
    assert len(set(progress)) > 1
    assert all(done is not None and 0 <= done <= 1 for done in progress)
    assert all(health.detail == f"{(health.progress or 0) * 100:.0f} %" for health in seen if health.state == "loading")
    assert progress == sorted(progress, key=lambda done: done or 0)
    assert (await provider.health()).state == "healthy"
    await provider.unload()
    assert (await provider.health()).state == "cold"
    assert (await provider.generate(ask(max_tokens=2))).text
    assert (await provider.where()).here


async def test_the_context_is_what_the_model_was_trained_for_up_to_a_limit(make: Make) -> None:
    provider = make(options={"n_ctx": None})
    assert provider.capabilities().context_length is None
    await provider.load()
    assert provider.capabilities().context_length == 4096


async def test_the_context_is_known_from_the_header_before_anything_is_loaded(make: Make, model_file: Path) -> None:
    header = read(model_file)
    assert make(header=header, options={"n_ctx": None}).capabilities().context_length == 4096
    assert make(header=header, options={"n_ctx": 9000}).capabilities().context_length == 9000
    short = make(header=evolve(header, context_length=256), options={"n_ctx": None})
    assert short.capabilities().context_length == 256
    assert short.residency(short.model).context == 256
    assert short.loaded() is False


async def test_layers_for_a_gpu_that_is_not_there_are_told(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    import llama_cpp.llama_cpp as library

    if library.llama_supports_gpu_offload():
        pytest.skip("this llama.cpp has GPU support")
    provider = make(options={"gpu_layers": 5})
    assert (await provider.generate(ask(max_tokens=2))).text
    health = await provider.health()
    words = "gpu_layers: 5 has no effect, since llama.cpp was built here without GPU support"
    assert (health.state, health.detail) == ("healthy", words)
    assert any(words in message for message in caplog.messages)
    for silent in (0, None):
        provider = make(options={"gpu_layers": silent})
        await provider.load()
        assert (await provider.health()).detail == ""


async def test_a_missing_file_is_named(make: Make, tmp_path: Path) -> None:
    provider = make(model_path=tmp_path / "gone.gguf")
    with pytest.raises(ProviderUnavailableError, match=r"gone\.gguf") as caught:
        await provider.generate(ask())
    assert "model pull" in caught.value.hint
    assert caught.value.lasting
    assert (await provider.health()).state == "misconfigured"


async def test_a_text_file_is_no_model(make: Make, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_text("This is a text file.\n" * 100)
    provider = make(model_path=wrong)
    with pytest.raises(ProviderUnavailableError, match=r"can't load wrong\.gguf") as caught:
        await provider.generate(ask())
    assert caught.value.hint
    assert caught.value.lasting
    assert (await provider.health()).state == "down"


async def test_half_a_model_is_no_model(make: Make, model_file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.gguf"
    with model_file.open("rb") as whole:
        half.write_bytes(whole.read(40_000_000))
    with pytest.raises(ProviderUnavailableError, match=r"can't load half\.gguf"):
        await make(model_path=half).load()


TEMPLATE, BEGIN = b"tokenizer.chat_template", b"<|im_start|>"


def altered(model_file: Path, path: Path, *, template: bytes | None = None, begin: bytes = BEGIN) -> Path:
    """The model with another chat template, or with another text for the token that begins a conversation."""
    raw = model_file.read_bytes()
    at = raw.index(TEMPLATE) + len(TEMPLATE) + 4  # behind the key and its type
    length, at = int.from_bytes(raw[at : at + 8], "little"), at + 8
    written = raw[at : at + length] if template is None else template.ljust(length)
    raw = raw[:at] + written + raw[at + length :]
    path.write_bytes(raw.replace(BEGIN, begin, 1))
    return path


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (b"{{ raise_exception('\x1b[2Jnot like this') }}", r"refuses this conversation: \[2Jnot like this"),
        (b"{{ 1 / 0 * messages | length }}", "refuses this conversation: .*zero"),
        (b"{% for one in range(10 ** 9) %}{% endfor %}", "refuses this conversation: Range too big"),
        (b"{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "refuses this conversation: .*recursion"),
    ],
)
async def test_a_template_that_fails_moves_the_chain_on(
    make: Make, model_file: Path, tmp_path: Path, template: bytes, words: str
) -> None:
    provider = make(model_path=altered(model_file, tmp_path / "odd.gguf", template=template))
    with pytest.raises(ProviderReplyError, match=words):
        await provider.generate(ask())


LOOPS = b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "template",
    [
        LOOPS,
        b"{{ 'a' * 10 ** 10 }}",
        b"{{ ('a' * messages | length * 10 ** 10) | length }}",
        b"{{ 10 ** (10 ** (9 * messages | length)) }}",
        b"{{ messages[0].content | center(2 * 10 ** 9) }}",
    ],
)
async def test_a_template_that_takes_too_much_costs_a_bounded_time_and_one_error(
    make: Make, model_file: Path, tmp_path: Path, template: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "SECONDS", 2)
    provider = make(model_path=altered(model_file, tmp_path / "odd.gguf", template=template))
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailableError, match=r"chat template takes more than 2 s or 512 MiB") as caught:
            await provider.generate(ask())
        assert caught.value.hint
        assert time.monotonic() - begun < 30


async def test_a_template_that_writes_without_measure_is_refused(make: Make, model_file: Path, tmp_path: Path) -> None:
    template = b"{{ 'a' * (2 * 10 ** 6 * messages | length) }}"
    provider = make(model_path=altered(model_file, tmp_path / "odd.gguf", template=template))
    with pytest.raises(ProviderReplyError, match=r"it makes 2000[0-9]{3} characters of it"):
        await provider.generate(ask())


async def test_a_template_s_process_ends_with_the_model_and_is_started_again_when_it_died(make: Make) -> None:
    provider = make()
    await provider.load()
    template = provider._engine.vocabulary._template  # type: ignore[union-attr]
    first = template._child
    assert first is not None
    assert first.poll() is None
    first.kill()
    first.wait()
    assert (await provider.generate(ask(max_tokens=2))).text
    second = template._child
    await provider.unload()
    assert second is not None
    assert second.poll() is not None


def test_marks_for_trainers_and_the_frozen_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    source = (
        "{% for m in messages %}{%- generation -%} {{ m | tojson }} {%- endgeneration %}{% endfor %}{{ eos_token }}"
    )
    template = Template(source, "<s>", "</s>")
    assert template.write([{"role": "user", "content": "é"}]) == '{"role": "user", "content": "é"}</s>'
    with pytest.raises(ProviderReplyError, match="refuses this conversation: no"):
        Template("{{ raise_exception('no') }}", "", "").write([])
    with pytest.raises(ProviderUnavailableError, match="can't be read"):
        Template("{% if %}", "", "")
    template.close()


@pytest.mark.parametrize("template", [b"{% if %}", b"\xff {{ messages }}"])
async def test_a_template_that_can_t_be_read_moves_the_chain_on(
    make: Make, model_file: Path, tmp_path: Path, template: bytes
) -> None:
    provider = make(model_path=altered(model_file, tmp_path / "odd.gguf", template=template))
    with pytest.raises(ProviderUnavailableError, match="chat template can't be read"):
        await provider.generate(ask())


async def test_tokens_that_are_no_text_do_no_harm(make: Make, model_file: Path, tmp_path: Path) -> None:
    provider = make(model_path=altered(model_file, tmp_path / "odd.gguf", begin=b"\xff" * len(BEGIN)))
    assert (await provider.generate(ask(max_tokens=2))).text


async def test_nothing_is_printed(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    provider = make()
    await provider.generate(ask(max_tokens=2))
    await provider.unload()
    with pytest.raises(ProviderUnavailableError):
        await make(model_path=Path(__file__)).load()
    await provider.aclose()
    assert capfd.readouterr() == ("", "")


async def test_what_others_print_while_it_loads_is_not_lost(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    provider = make()
    loading = asyncio.create_task(provider.load())
    written = 0
    while not loading.done():
        os.write(1, b"x")
        written += 1
        await asyncio.sleep(0)
    await loading
    assert written > 3
    assert capfd.readouterr().out == "x" * written


async def test_llama_cpp_speaks_through_logging_and_repacks_nothing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="aurarouter_llamacpp.engine"):
        await make().load()
    said = [record for record in caplog.records if record.name == "aurarouter_llamacpp.engine"]
    assert any("model buffer size" in record.message for record in said)
    assert {record.levelno for record in said} == {logging.DEBUG}
    # The buffer types behind `use_extra_bufts`: AMX crashes at the first token.
    assert not [record.message for record in said if re.search("AMX|REPACK", record.message.partition("CPU :")[0])]


async def test_the_library_is_tried_once_and_that_is_remembered(
    make: Make, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_proved", set())
    workdir = tmp_path / "own"
    await make(workdir=workdir).load()
    kept = workdir / "llamacpp-probe.json"
    proof = kept.read_text()
    assert list(workdir.iterdir()) == [kept]
    monkeypatch.setattr(probe, "_proved", set())
    monkeypatch.setattr(probe, "_CHILD", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    await make(workdir=workdir).load()
    kept.write_text(json.dumps({"proved": "another processor"}))
    with pytest.raises(ProviderUnavailableError, match="SIGILL") as caught:
        await make(workdir=workdir).load()
    assert "GGML_NATIVE=OFF" in caught.value.hint
    assert kept.read_text() != proof


def test_a_library_that_cannot_be_loaded_comes_with_the_way_out(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from aurarouter_hooks import Model, ProviderUnavailableError
from aurarouter_llamacpp.provider import LlamaCppProvider

async def main():
    provider = LlamaCppProvider(Model(id="m", provider="llamacpp", model_path=Path({__file__!r})))
    try:
        await provider.load()
    except ProviderUnavailableError as exc:
        print(exc, exc.hint, (await provider.health()).state, sep="|")
    await provider.aclose()

asyncio.run(main())
"""
    env = {**os.environ, "LLAMA_CPP_LIB_PATH": str(tmp_path)}  # where no library is
    message, hint, state = subprocess.check_output([sys.executable, "-c", code], env=env, text=True).split("|")
    assert message.startswith("llama.cpp can't be used: ")
    assert "C++ compiler" in hint
    assert state == "down\n"
