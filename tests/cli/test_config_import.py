"""`aurarouter config import litellm`: what is taken over, what is told, and what never gets into the file."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from llama_server import LlamaServer

Run = Callable[..., Any]
SECRET = "sk-sesame-0815-sesame-0815"
PROXY = f"""\
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      rpm: 6
      temperature: 0.2
      max_tokens: 100
      stream_timeout: 20
    model_info:
      mode: chat
      input_cost_per_token: 0.0000025
      output_cost_per_token: 0.00001
      max_input_tokens: 128000
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o-eu
      api_base: https://eu.example.com/
      api_key: os.environ/AZURE_API_KEY
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: {SECRET}
      order: 1
      timeout: 5
  - model_name: claude
    litellm_params:
      model: anthropic/claude-sonnet-5
      litellm_credential_name: ours
  - model_name: gemini
    litellm_params: {{model: gemini/gemini-3-flash, api_key: os.environ/GEMINI_API_KEY}}
  - model_name: local
    litellm_params: {{model: ollama_chat/qwen3, api_base: "http://localhost:11434"}}
  - model_name: vllm
    litellm_params: {{model: hosted_vllm/facebook/opt, api_base: "http://127.0.0.1:8000", api_key: none}}
  - model_name: fast
    litellm_params: {{model: groq/llama-4, api_key: {SECRET}-2}}
  - model_name: hidden-base
    litellm_params: {{model: openai/x, api_base: os.environ/MY_BASE, api_key: os.environ/MY_KEY}}
  - model_name: "*"
    litellm_params: {{model: "*"}}
  - model_name: vertex
    litellm_params: {{model: gemini-1.5-pro}}
  - model_name: embed
    litellm_params: {{model: text-embedding-3-small}}
  - model_name: embed-2
    litellm_params: {{model: openai/text-embedding-3-small}}
    model_info: {{mode: embedding}}
  - model_name: baseless
    litellm_params: {{model: lm_studio/x}}
  - model_name: leaky
    litellm_params: {{model: openai/x, api_base: "https://me:{SECRET}@example.com/v1"}}
  - nonsense
credential_list:
  - credential_name: ours
    credential_values: {{api_key: os.environ/CLAUDE_KEY}}
router_settings:
  routing_strategy: simple-shuffle
  timeout: 30
  model_group_alias: {{gpt-4: gpt-4o, alias: {{model: claude, hidden: true}}, lost: nobody}}
  fallbacks: [{{gpt-4o: [claude, vertex]}}, {{vertex: [claude]}}]
litellm_settings:
  default_fallbacks: [local]
  drop_params: true
general_settings: {{master_key: {SECRET}}}
environment_variables: {{REDIS_PASSWORD: {SECRET}}}
"""
ECHO = "# mine\nmodels:\n  e: {provider: echo}   # the parrot\nroles: {coding: [e]}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "litellm.yaml"
    path.write_text(PROXY)
    return path


def told(done: Any) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def written(home: Path) -> Any:
    return yaml.safe_load((home / "auraconfig.yaml").read_text())


def entries(*items: str) -> str:
    return "model_list:\n" + "".join(f"  - {item}\n" for item in items)


# What is taken over


def test_models_are_taken_over_with_their_settings(aurarouter: Run, home: Path, file: Path) -> None:
    assert aurarouter("config", "import", "litellm", str(file), "--yes").returncode == 0
    assert written(home)["models"] == {
        "gpt-4o": {  # its `order` makes it the first
            "provider": "openapi",
            "model_name": "gpt-4o",
            "endpoint": "https://api.openai.com/v1",
            "api_key": "${key.litellm-openai}",
            "timeout": 5,
        },
        "gpt-4o-2": {
            "provider": "openapi",
            "model_name": "gpt-4o",
            "endpoint": "https://api.openai.com/v1",
            "api_key": "${env.OPENAI_API_KEY}",
            "timeout": 30,
            "first_token_timeout": 20,
            "price": {"input": 2.5, "output": 10.0},
            "parameters": {"temperature": 0.2, "max_tokens": 100},
            "context_length": 128000,
        },
        "claude": {
            "provider": "claude",
            "model_name": "claude-sonnet-5",
            "api_key": "${env.CLAUDE_KEY}",
            "timeout": 30,
        },
        "gemini": {
            "provider": "google",
            "model_name": "gemini-3-flash",
            "api_key": "${env.GEMINI_API_KEY}",
            "timeout": 30,
        },
        "local": {"provider": "ollama", "model_name": "qwen3", "endpoint": "http://localhost:11434", "timeout": 30},
        "vllm": {
            "provider": "openapi",
            "model_name": "facebook/opt",
            "endpoint": "http://127.0.0.1:8000/chat/completions",  # LiteLLM asks there: it adds no /v1
            "timeout": 30,
        },
        "fast": {
            "provider": "openapi",
            "model_name": "llama-4",
            "endpoint": "https://api.groq.com/openai/v1",
            "api_key": "${key.litellm-groq}",
            "timeout": 30,
        },
        "hidden-base": {
            "provider": "openapi",
            "model_name": "x",
            "endpoint": "${env.MY_BASE}",
            "api_key": "${env.MY_KEY}",
            "timeout": 30,
        },
    }


def test_prices_are_taken_over_as_litellm_reads_them_and_others_are_told(
    aurarouter: Run, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(
        entries(
            "{model_name: a, litellm_params: {model: openai/a, input_cost_per_token: 3e-06}}",
            "{model_name: b, litellm_params: {model: openai/b}, model_info: {output_cost_per_token: '0.000015'}}",
            "{model_name: c, litellm_params: {model: openai/c, input_cost_per_token: .inf}}",
            "{model_name: d, litellm_params: {model: openai/d, output_cost_per_token: free}}",
            "{model_name: e, litellm_params: {model: openai/e}, model_info: {max_input_tokens: 8k}}",
        )
    )
    done = aurarouter("config", "import", "litellm", str(path), "--yes")
    assert done.returncode == 0
    models = written(home)["models"]
    assert {name: entry.get("price") for name, entry in models.items()} == {
        "a": {"input": 3.0}, "b": {"output": 15.0}, "c": None, "d": None, "e": None,
    }  # fmt: skip
    for place in ("2.litellm_params.input", "3.litellm_params.output"):
        assert f"model_list.{place}_cost_per_token: it is no price of a token" in done.stderr
    assert "model_list.4.model_info.max_input_tokens: it is no number of tokens" in done.stderr


def test_each_group_is_a_role_with_its_fallbacks_behind_it(aurarouter: Run, home: Path, file: Path) -> None:
    assert aurarouter("config", "import", "litellm", str(file), "--yes").returncode == 0
    assert written(home)["roles"] == {
        "gpt-4o": ["gpt-4o", "gpt-4o-2", "claude"],
        "claude": ["claude", "local"],
        "gemini": ["gemini", "local"],
        "local": ["local"],
        "vllm": ["vllm", "local"],
        "fast": ["fast", "local"],
        "hidden-base": ["hidden-base", "local"],
        "gpt-4": ["gpt-4o", "gpt-4o-2", "claude"],
        "alias": ["claude", "local"],
        "coding": ["gpt-4o", "gpt-4o-2", "claude"],
    }


def test_a_model_that_was_taken_over_answers_by_its_groups_name(
    aurarouter: Run, tmp_path: Path, llama_server: LlamaServer
) -> None:
    path = tmp_path / "proxy.yaml"
    base = f"{{model: openai/smollm2-135m, api_base: {llama_server.url}/v1, api_key: fake-key, max_tokens: 8}}"
    path.write_text(entries(f"{{model_name: my gpt, litellm_params: {base}}}"))
    assert aurarouter("config", "import", "litellm", str(path), "--yes").returncode == 0
    done = told(aurarouter("run", "--json", "--role", "my gpt", "Say hello"))
    assert [attempt["model"] for attempt in done["attempts"]] == ["my gpt"]
    assert done["text"]


# What is told


def test_everything_that_is_left_out_is_told_with_its_line_and_reason(aurarouter: Run, file: Path) -> None:
    done = told(aurarouter("config", "import", "litellm", str(file), "--yes", "--json"))
    lines = PROXY.splitlines()
    left = {".".join(problem["path"]): problem for problem in done["left_out"]}
    for path, word, reason in (
        ("model_list.0.litellm_params.rpm", "rpm: 6", "limits of requests"),
        ("model_list.1.litellm_params.model", "azure/gpt-4o-eu", "no provider for 'azure'"),
        ("model_list.9.litellm_params.model", 'model: "*"', "wildcard"),
        ("model_list.10.litellm_params.model", "gemini-1.5-pro", "no provider for 'vertex_ai'"),
        ("model_list.11.litellm_params.model", "text-embedding-3-small", "which service"),
        ("model_list.12", "embed-2", "it is for embedding"),
        ("model_list.13", "baseless", "`api_base`"),
        ("model_list.14", "leaky", "holds a key"),
        ("model_list.15", "nonsense", "needs a `model_name`"),
        ("router_settings.model_group_alias.lost", "lost", "no group"),
        ("router_settings.fallbacks.0.gpt-4o.1", "vertex", "no group"),
        ("router_settings.fallbacks.1.vertex", "vertex", "no model of this group"),
        ("router_settings.routing_strategy", "routing_strategy", "in its order"),
        ("litellm_settings.drop_params", "drop_params", "no setting"),
        ("general_settings", "general_settings", "own server"),
        ("environment_variables", "environment_variables", "yourself"),
    ):
        problem = left.pop(path)
        assert word in lines[problem["line"] - 1], path
        assert reason in problem["what"]
    assert left == {}
    assert done["keys_to_set"] == ["litellm-openai", "litellm-groq"]


def test_no_key_gets_anywhere(aurarouter: Run, home: Path, file: Path) -> None:
    outputs = []
    for arguments in ([], ["--yes"], ["--yes", "--json"]):
        done = aurarouter("config", "import", "litellm", str(file), *arguments)
        outputs.append(done.stdout + done.stderr)
    assert "aurarouter keys set litellm-openai" in outputs[0]
    assert SECRET not in "".join(outputs)
    for path in home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_the_key_that_is_told_to_be_kept_is_the_one_that_is_used(aurarouter: Run, file: Path) -> None:
    assert aurarouter("config", "import", "litellm", str(file), "--yes").returncode == 0
    before = aurarouter("config", "check", OPENAI_API_KEY="x")
    assert "no key is kept under the name 'litellm-openai'" in before.stdout
    environ = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    assert aurarouter("keys", "set", "litellm-openai", stdin=SECRET, **environ).returncode == 0
    after = aurarouter("config", "check", OPENAI_API_KEY="x", **environ)
    assert "litellm-openai" not in after.stdout


def test_a_file_without_a_usable_model_is_an_error_with_reasons(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "proxy.yaml"
    for text, words in (
        (entries("{model_name: a, litellm_params: {model: bedrock/x}}"), "no provider for 'bedrock'"),
        ("models: {}\n", "there is no list of models here"),
        ("model_list: {}\n", "there is no list of models here"),
        ("[1, 2]\n", "must hold sections"),
        ("model_list: [\n", "is not valid YAML"),
    ):
        path.write_text(text)
        done = aurarouter("config", "import", "litellm", str(path), "--yes")
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not (home / "auraconfig.yaml").exists()


# What is there already


def test_nothing_that_is_there_is_touched(aurarouter: Run, home: Path, file: Path) -> None:
    target = home / "auraconfig.yaml"
    target.write_text(ECHO.replace("e: {", "claude: {").replace("[e]", "[claude]").replace("coding:", "gpt-4o:"))
    done = told(aurarouter("config", "import", "litellm", str(file), "--yes", "--json"))
    assert target.read_text().startswith("# mine\nmodels:\n  claude: {provider: echo}   # the parrot\n")
    assert "claude" not in done["models"]
    assert done["models"]["claude-2"]["provider"] == "claude"
    assert "gpt-4o" not in done["roles"]
    assert written(home)["roles"]["gpt-4o"] == ["claude"]
    assert written(home)["roles"]["claude"] == ["claude-2", "local"]
    assert len(done["notes"]) == 2
    assert "a model is called 'claude' already" in done["notes"][0]
    assert "the role 'gpt-4o' is there already" in done["notes"][1]


def test_the_default_role_gets_the_first_group_only_where_it_has_no_models(
    aurarouter: Run, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "proxy.yaml"
    path.write_text(entries("{model_name: one, litellm_params: {model: groq/a}}"))
    (home / "auraconfig.yaml").write_text("system: {default_role: chat}\n" + ECHO)
    assert told(aurarouter("config", "import", "litellm", str(path), "--yes", "--json"))["roles"] == {
        "one": ["one"],
        "chat": ["one"],
    }
    (home / "auraconfig.yaml").write_text(ECHO)
    assert told(aurarouter("config", "import", "litellm", str(path), "--yes", "--json"))["roles"] == {"one": ["one"]}


def test_a_model_whose_name_would_leave_the_choice_to_the_router_gets_another(
    aurarouter: Run, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "proxy.yaml"
    path.write_text(entries("{model_name: auto, litellm_params: {model: groq/a}}"))
    (home / "auraconfig.yaml").write_text(ECHO)
    done = told(aurarouter("config", "import", "litellm", str(path), "--yes", "--json"))
    assert (list(done["models"]), done["roles"]) == (["model-auto"], {"auto": ["model-auto"]})


def test_a_group_that_gets_another_name_is_told(aurarouter: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(
        entries('{model_name: "gpt-4 (beta)", litellm_params: {model: openai/a}}')
        + 'router_settings: {model_group_alias: {"new!": "gpt-4 (beta)"}}\n'
    )
    done = aurarouter("config", "import", "litellm", str(path), "--yes")
    assert list(written(home)["roles"]) == ["gpt-4 -beta", "new", "coding"]
    assert "Note: 'gpt-4 (beta)' is called 'gpt-4 -beta' here\n" in done.stderr
    assert "Note: 'new!' is called 'new' here\n" in done.stderr


def test_doing_it_again_changes_nothing(aurarouter: Run, home: Path, file: Path) -> None:
    (home / "auraconfig.yaml").write_text(ECHO.replace("e: {", "claude: {").replace("[e]", "[claude]"))
    assert aurarouter("config", "import", "litellm", str(file), "--yes").returncode == 0
    text = (home / "auraconfig.yaml").read_text()
    again = aurarouter("config", "import", "litellm", str(file), "--yes")
    assert again.returncode == 0
    assert "nothing is changed" in again.stdout
    assert (home / "auraconfig.yaml").read_text() == text


# What may not happen


def test_what_the_file_says_reads_no_variable_but_those_that_it_names_as_litellm_does(
    aurarouter: Run, tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "proxy.yaml"
    path.write_text(
        entries(
            '{model_name: "${env.STOLEN}", litellm_params: {model: "openai/${env.STOLEN}", api_key: "${env.STOLEN}",'
            ' api_base: "https://example.com/${env.STOLEN}", stop: ["${env.STOLEN}"]}}'
        )
    )
    done = told(aurarouter("config", "import", "litellm", str(path), "--yes", "--json", STOLEN=SECRET))
    ((name, entry),) = done["models"].items()
    assert "$" not in name
    assert entry["api_key"] == "${key.litellm-openai}"
    assert entry["model_name"] == "$${env.STOLEN}"
    assert entry["parameters"] == {"stop": ["$${env.STOLEN}"]}
    assert entry["endpoint"] == "https://example.com/$${env.STOLEN}"
    assert SECRET not in (home / "auraconfig.yaml").read_text()


def test_a_key_of_openai_is_not_sent_to_an_address_that_does_not_ask_for_it(aurarouter: Run, tmp_path: Path) -> None:
    path = tmp_path / "proxy.yaml"
    path.write_text(entries("{model_name: a, litellm_params: {model: openai/x, api_base: 'https://example.com/v1'}}"))
    done = told(aurarouter("config", "import", "litellm", str(path), "--yes", "--json"))
    assert "api_key" not in done["models"]["a"]
    assert "LiteLLM would send OPENAI_API_KEY" in done["left_out"][0]["what"]


# What is asked


def test_without_a_terminal_it_shows_and_adds_nothing(aurarouter: Run, home: Path, file: Path) -> None:
    done = aurarouter("config", "import", "litellm", str(file))
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert set(yaml.safe_load(done.stdout)) == {"models", "roles"}
    assert json.loads(aurarouter("config", "import", "litellm", str(file), "--json").stdout)["success"] is False
    assert not (home / "auraconfig.yaml").exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_on_a_terminal_it_asks(home: Path, file: Path, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = Path(sys.executable).with_name("aurarouter")
    line = [str(program), "config", "import", "litellm", str(file)]
    done = subprocess.run(line, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code
    assert "Add this to your configuration?" in done.stderr
    assert (home / "auraconfig.yaml").exists() == (code == 0)
