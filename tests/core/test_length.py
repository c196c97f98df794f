"""How long a task is: never less than a real tokenizer says, in any language."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Task
from aurarouter_core.decide import decide
from aurarouter_core.length import A_FILE, length, tokens
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import Media, Message, Tool
from llama_server import LlamaServer

TEXTS = {
    "English": "Please write a function that reads a file and returns the total for each customer, step by step. ",
    "German": "Die Bundesregierung hat beschlossen, die Geschwindigkeitsbegrenzungen auf Autobahnen zu überprüfen. ",
    "French": "L'Assemblée nationale a adopté hier soir le projet de loi relatif à la transition énergétique. ",
    "Finnish": "Lentokonesuihkuturbiinimoottoriapumekaanikko kävelee kaupungissa ja ostaa omenoita. ",
    "Polish": "Zażółć gęślą jaźń, powiedział wczoraj minister spraw zagranicznych. ",
    "Russian": "Правительство приняло решение о проверке ограничений скорости. ",
    "Greek": "Η κυβέρνηση αποφάσισε να επανεξετάσει τα όρια ταχύτητας. ",
    "Chinese": "政府决定重新审查高速公路的限速规定。",
    "Japanese": "政府は高速道路の制限速度を見直すことを決定しました。",
    "Korean": "정부는 고속도로 속도 제한을 재검토하기로 결정했습니다. ",
    "Arabic": "قررت الحكومة مراجعة حدود السرعة على الطرق السريعة. ",
    "Hindi": "सरकार ने राजमार्गों पर गति सीमा की समीक्षा करने का निर्णय लिया है। ",
    "Thai": "รัฐบาลตัดสินใจทบทวนการจำกัดความเร็วบนทางหลวง ",
    "emoji": "😀👍🏽🚀 ",
    "digits": "4539148803436467 ",
    "base64": "aGVsbG8gd29ybGQsIHRoaXMgaXMgbm90aGluZyBidXQgYSB0ZXN0IG9mIHRoZSBsZW5ndGg",
    "hexadecimal": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "capitals": "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG AND RUNS. ",
    "JSON": '{"a": [1, 2.5, {"b": null}], "c": "x_y"}, ',
    "code": "    for i in range(len(values)):\n        total += values[i] ** 2  # add\n",
    "letters": "a b c d e f g h i j k ",
    "accents": "e\u0301a\u0300o\u0308",
}


@pytest.mark.model
def test_a_real_tokenizer_never_needs_more(model_file: Path) -> None:
    with LlamaServer(model_file) as server:
        for name, unit in TEXTS.items():
            for text in (unit, unit * 40):
                body = json.dumps({"content": text}).encode()
                request = urllib.request.Request(f"{server.url}/tokenize", body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request) as answer:
                    needed = len(json.load(answer)["tokens"])
                assert needed <= tokens(text) + 2, name
                assert len(text) // 6 <= needed + 1, name


def test_everything_that_is_sent_counts() -> None:
    photo = Media(media_type="image/png", data=b"x" * 100_000)
    table = Media(media_type="text/csv", data=b"1,2\n" * 100)
    task = Task(
        "a word " * 10,
        context="b " * 100,
        messages=[Message("user", [photo, table])],
        tools=[Tool(name="f", description="d" * 50)],
        parameters={"max_tokens": 500},
    )
    found = length(task)
    assert 500 + 48 <= found.least < found.most
    assert 800 < found.most - A_FILE - 400 < 1_100


def settled(task: Task, plugins: Plugins, config: Config) -> Any:
    return decide(task, Snapshot.of(config, plugins), {})


def test_a_model_without_room_is_passed_over(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        small={"provider": "remote", "context_length": 1000}, large={"provider": "remote", "context_length": 32_000}
    )
    decision = settled(Task("please sum up what follows " * 100), plugins, config)
    assert decision.chain == ("large",)
    assert decision.vetoes["small"].startswith("its context holds 1000 tokens, 1")
    assert settled(Task("hello"), plugins, config).chain == ("small", "large")
    assert settled(Task("hello", parameters={"max_tokens": 2000}), plugins, config).chain == ("large",)


def test_where_nobody_surely_has_room_some_may_try(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        tiny={"provider": "remote", "context_length": 300}, small={"provider": "remote", "context_length": 1000}
    )
    decision = settled(Task("please sum up what follows " * 100), plugins, config)
    assert decision.chain == ("small",)
    assert decision.constraint.min_context == 450
    assert settled(Task("please sum up what follows " * 1000), plugins, config).chain == ()
