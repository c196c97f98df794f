"""The command line: results on stdout, words on stderr, exit codes by the table."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gguf_files import gguf

Run = Callable[..., Any]


@pytest.fixture
def echo() -> str:
    """A configuration whose one model is the echo."""
    return "models: {e: {provider: echo}}\nroles: {coding: [e]}\n"


def test_run_prints_the_answer_alone(aurarouter: Run, echo: str) -> None:
    done = aurarouter("run", "Hello there", config=echo)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello there\n", "")


def test_run_reads_standard_input_and_a_context_file(aurarouter: Run, echo: str, tmp_path: Path) -> None:
    material = tmp_path / "notes.txt"
    material.write_text("the notes ✓")
    done = aurarouter("run", "-", "--context", str(material), config=echo, stdin="Summarise, ünïcödé")
    assert done.returncode == 0
    assert "Summarise, ünïcödé" in done.stdout
    assert "the notes ✓" in done.stdout


@pytest.mark.promise("future.6")
def test_run_as_json_carries_answer_decision_and_attempts(aurarouter: Run, echo: str) -> None:
    told = json.loads(aurarouter("run", "Write a function", "--json", config=echo).stdout)
    assert (told["success"], told["complete"], told["text"]) == (True, True, "Write a function")
    assert [stage["name"] for stage in told["decision"]["stages"]][:3] == ["analyse", "private", "classify"]
    assert all(stage["microseconds"] > 0 for stage in told["decision"]["stages"])
    assert told["attempts"][0]["outcome"] == "ok"
    assert told["trace"]["nodes"][1]["seconds"] > 0


def test_explain_calls_no_model(aurarouter: Run) -> None:
    config = "models: {dead: {provider: openapi, endpoint: 'http://127.0.0.1:9'}}\nroles: {coding: [dead]}\n"
    done = aurarouter("explain", "Write a Python function that reverses a string", config=config)
    assert done.returncode == 0
    assert "intent     SIMPLE_CODE" in done.stdout
    assert "1. dead" in done.stdout
    told = json.loads(aurarouter("explain", "Write a function", "--json", config=config).stdout)
    assert told["decision"]["chain"] == ["dead"]
    assert told["error"] is None


def test_explain_of_a_refusal_ends_as_run_would(aurarouter: Run) -> None:
    config = "models: {far: {provider: openapi, endpoint: 'http://127.0.0.1:9'}}\nroles: {coding: [far]}\n"
    done = aurarouter("explain", "my secret", "--private", config=config)
    assert done.returncode == 4
    assert "nobody is left" in done.stdout
    assert "declared private" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "x", "-m", "gpt"], 3, "no model is called 'gpt'"),
        (["run", "x", "--role", "poet"], 3, "no role is called 'poet'"),
        (["run", "x", "--intent", "ODE"], 3, "no intent is called 'ODE'"),
        (["run", " "], 2, "the task is empty"),
        (["run", "x", "--context", "/nowhere"], 2, "can't be read"),
        (["run"], 2, "Missing argument"),
        (["frobnicate"], 2, "No such command"),
        (["modle"], 2, "Did you mean 'model'?"),
        (["--config", "/nowhere.yaml", "run", "x"], 2, "--config names /nowhere.yaml"),
        (["trace", "ffff"], 2, "no trace's id begins with 'ffff'"),
        (["model", "pull", "nope"], 3, "no model is called 'nope'"),
    ],
)
def test_bad_input_is_one_clear_error(aurarouter: Run, echo: str, arguments: list[str], code: int, words: str) -> None:
    done = aurarouter(*arguments, config=None if "--config" in arguments else echo)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_all_models_failed_is_5_and_private_without_a_place_is_4(aurarouter: Run) -> None:
    config = "models: {dead: {provider: openapi, endpoint: 'http://127.0.0.1:9'}}\nroles: {coding: [dead]}\n"
    failed = aurarouter("run", "hello", config=config)
    assert (failed.returncode, failed.stdout) == (5, "")
    assert "every model failed (dead:" in failed.stderr
    refused = aurarouter("run", "hello", "--private", "--json", config=config)
    assert refused.returncode == 4
    assert json.loads(refused.stdout)["error"]["type"] == "PrivacyError"


def test_config_problems_are_all_told_at_once(aurarouter: Run) -> None:
    config = "models: {a: {provider: echo, tags: x}}\nroles: {coding: [b]}\nsytem: {}\n"
    done = aurarouter("run", "hello", config=config)
    assert done.returncode == 2
    assert "has 3 problems" in done.stderr
    assert "models.a.tags: expected a list of words" in done.stderr
    told = json.loads(aurarouter("run", "hello", "--json", config=config).stdout)
    assert len(told["problems"]) == 3


@pytest.mark.promise("not-applied.4")
@pytest.mark.promise("environment.5")
@pytest.mark.promise("file-format.2")
def test_the_log_level_acts_on_stderr(aurarouter: Run, echo: str) -> None:
    quiet = aurarouter("run", "hello", config=echo)
    loud = aurarouter("run", "hello", config=echo, AURAROUTER_SYSTEM__LOG_LEVEL="DEBUG")
    from_file = aurarouter("run", "hello", config=echo + "system: {log_level: DEBUG}\n")
    assert quiet.stderr == ""
    assert "DEBUG" in loud.stderr
    assert "DEBUG" in from_file.stderr
    assert loud.stdout == from_file.stdout == "hello\n"


def test_trace_draws_what_happened(aurarouter: Run) -> None:
    config = (
        "models: {dead: {provider: openapi, endpoint: 'http://127.0.0.1:9'}, e: {provider: echo}}\n"
        "roles: {coding: [dead, e]}\n"
    )
    told = json.loads(aurarouter("run", "hello", "--json", config=config).stdout)
    drawn = aurarouter("trace", told["trace"]["id"][:10]).stdout
    assert re.search(r"✗ 1\. dead \(openapi\)  [\d.]+ (ms|µs|s).*ProviderUnavailableError", drawn)
    assert re.search(r"✓ 2\. e \(echo\)", drawn)
    assert "└─ analyse" in drawn
    assert aurarouter("trace").stdout == drawn
    assert len(aurarouter("trace", "--list").stdout.splitlines()) == 1
    assert json.loads(aurarouter("trace", "--json").stdout)["id"] == told["trace"]["id"]


def test_plugins_and_models_are_listed(aurarouter: Run, echo: str) -> None:
    listed = aurarouter("plugins", "--timing").stdout
    assert re.search(r"echo +1\.0\.0 +loaded +[\d.]+ ms +register_providers", listed)
    assert {plugin["name"] for plugin in json.loads(aurarouter("plugins", "--json").stdout)} >= {"echo", "openapi"}
    assert "healthy  [coding]" in aurarouter("model", "list", config=echo).stdout
    (row,) = json.loads(aurarouter("model", "list", "--json", config=echo).stdout)
    assert (row["model"], row["health"]["state"]) == ("e", "healthy")


def test_offline_refuses_the_download_and_says_what_to_run(aurarouter: Run) -> None:
    done = aurarouter("run", "hello", AURAROUTER_OFFLINE="1")
    assert done.returncode == 5
    assert "93 MB" in done.stderr
    assert "aurarouter model pull smollm2" in done.stderr
    pulled = aurarouter("model", "pull", "smollm2", AURAROUTER_OFFLINE="1")
    assert pulled.returncode == 1
    assert "AURAROUTER_OFFLINE forbids fetching it" in pulled.stderr


@pytest.mark.parametrize(
    "name", ["hf:", "hf:a/../b", "pypi:foo", "pypi:-r==1", "url:https://example.com/a.gguf?key=x", "ftp:x", "smol:x"]
)
def test_a_name_that_can_t_be_pulled_is_a_mistake_of_whoever_wrote_it(aurarouter: Run, echo: str, name: str) -> None:
    done = aurarouter("model", "pull", name, config=echo)
    assert (done.returncode, done.stdout) == (2, "")
    assert "\nHint: " in done.stderr
    assert "pip install" not in done.stderr  # the plugin is there
    assert "key=" not in done.stderr


def test_no_password_in_an_address_is_repeated(aurarouter: Run, echo: str) -> None:
    done = aurarouter("model", "pull", "https://ada:sesame@example.com/a.gguf?token=sesame", config=echo)
    assert done.returncode == 2
    assert "example.com/a.gguf' can't be fetched just so" in done.stderr
    assert "sesame" not in done.stderr


def test_an_id_or_a_tag_that_can_t_be_one_is_a_mistake_of_whoever_wrote_it(
    aurarouter: Run, echo: str, tmp_path: Path
) -> None:
    file = tmp_path / "small.gguf"
    file.write_bytes(gguf())
    for words in (["--id", "no id"], ["--id", "m", "--tag", "\x07"]):
        assert aurarouter("model", "import", str(file), *words, config=echo).returncode == 2


def test_completion_scripts(aurarouter: Run) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_AURAROUTER_COMPLETE" in aurarouter("completion", shell).stdout
    completed = aurarouter(_AURAROUTER_COMPLETE="bash_complete", COMP_WORDS="aurarouter ex", COMP_CWORD="1")
    assert completed.stdout.strip() == "plain,explain"


def test_help_of_every_command(aurarouter: Run) -> None:
    overview = aurarouter("--help").stdout
    assert aurarouter("--help").stdout == overview  # the second time from the index
    names = re.findall(r"^  ([a-z]+)  ", overview.split("Commands:")[1], re.MULTILINE)
    assert names == sorted(names)
    assert {"run", "explain", "doctor", "trace", "model", "plugins", "completion"} <= set(names)
    for name in names:
        assert aurarouter(name, "--help").returncode == 0


def test_an_answer_from_further_down_says_who_failed(aurarouter: Run) -> None:
    config = (
        "models: {dead: {provider: openapi, endpoint: 'http://127.0.0.1:9'}, e: {provider: echo}}\n"
        "roles: {coding: [dead, e]}\n"
    )
    done = aurarouter("run", "hello", config=config)
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr.startswith("[answered by e, after others failed: dead: cannot connect")


def test_trace_before_the_first_run_says_so(aurarouter: Run) -> None:
    done = aurarouter("trace")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no trace is kept yet" in done.stdout
