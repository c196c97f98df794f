"""How long it takes to load a configuration of 1,000 models, and to show one of its problems with its line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from measure import Report, arguments, medians

from aurarouter_core import Plugins, load_config
from aurarouter_core.edit import Set, edited
from aurarouter_core.yaml_text import parse

MODEL = """\
  model-{number}:
    provider: openapi
    endpoint: http://127.0.0.1:{port}/v1
    model_name: name-{number}
    env_key: SOME_KEY
    tags: [private, fast]
    parameters:
      temperature: 0.1
      num_ctx: 4096
    timeout: 60
"""
MODELS = 1000


def main() -> None:
    title = f"load a configuration of {MODELS} models"
    options = arguments(title).parse_args()
    models = "".join(MODEL.format(number=number, port=8000 + number) for number in range(MODELS))
    text = f"models:\n{models}roles:\n  coding: [{', '.join(f'model-{number}' for number in range(MODELS))}]\n"
    plugins = Plugins(discover=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "auraconfig.yaml")
        file.write_text(text)
        held = parse(text.encode(), "auraconfig.yaml")
        took = medians(
            {
                "libyaml": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
                "load": lambda: load_config(plugins, path=file, environ={"AURAROUTER_HOME": folder}),
                "line": lambda: parse(text.encode(), "auraconfig.yaml").line(("models", "model-999", "timeout")),
                "edit": lambda: edited(text, [Set(("models", "model-500", "timeout"), 61)]),
            },
            rounds=7,
            once=True,
        )
    report = Report(title, "PyYAML's own loader on libyaml, in the same run")
    against = took["libyaml"] * 1e3
    report.add("libyaml alone", against, "ms", against=against)
    report.add("load_config", took["load"] * 1e3, "ms", against=against, budget="ratio 1.5")
    report.add("read, and find the line of the last setting", took["line"] * 1e3, "ms", against=against)
    report.add("edit one setting, verified", took["edit"] * 1e3, "ms", against=against)
    report.finish(options.json)
    assert held.settings["models"]["model-999"]["timeout"] == 60


if __name__ == "__main__":
    main()
