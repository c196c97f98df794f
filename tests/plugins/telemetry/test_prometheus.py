"""What Prometheus reads: its own parser takes every line, the figures are right, and no word of a user is in it."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aurarouter_core import Router, Task
from aurarouter_hooks import ConfigError, ProviderUnavailableError
from aurarouter_telemetry import Telemetry
from aurarouter_telemetry.exposition import MOST_SERIES, Counter, Histogram
from gateway import gateway
from scripted import model, router_of

SECRET = "zanzibar-4111"


def samples(text: str) -> dict[str, list[Any]]:
    """Samples by their names, as Prometheus' own parser reads them."""
    found: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(text: str, name: str, **labels: str) -> float:
    fits = [sample for sample in samples(text).get(name, ()) if labels.items() <= sample.labels.items()]
    return float(sum(sample.value for sample in fits))


def read(router: Router) -> str:
    (text,) = router.call_hook("telemetry_metrics")
    return str(text)


async def test_what_happened_is_counted() -> None:
    models = {"dead": model(ProviderUnavailableError("gone")), "good": model("hello ", "there")}
    async with router_of(models, Telemetry()) as router:
        for _ in range(3):
            await router.run(Task(f"my {SECRET}", app="editor"))
        text = read(router)
    assert value(text, "aurarouter_tasks_total", app="editor", outcome="ok", surface="embedded") == 3
    assert value(text, "aurarouter_task_duration_seconds_count", outcome="ok") == 3
    assert value(text, "aurarouter_attempts_total", model="good", provider="scripted", outcome="ok") == 3
    # Two fail, then the breaker opens or not: whatever is counted as failed says why.
    failed = [s for s in samples(text)["aurarouter_attempts_total"] if s.labels["model"] == "dead"]
    assert {s.labels["error"] for s in failed} == {"ProviderUnavailableError"}
    assert value(text, "aurarouter_tokens_total", direction="input") == 30
    assert value(text, "aurarouter_tokens_total", direction="output") == 9
    assert value(text, "aurarouter_cost_dollars_total", model="good") == pytest.approx(39)
    assert value(text, "aurarouter_time_to_first_token_seconds_count", model="good") == 3
    assert value(text, "aurarouter_decision_duration_seconds_count") == 3
    assert SECRET not in text


async def test_a_failed_task_is_counted_by_its_error_and_not_its_words() -> None:
    async with router_of({"dead": model(ProviderUnavailableError(f"no {SECRET}"))}, Telemetry()) as router:
        with pytest.raises(Exception, match="every model failed"):
            await router.run(Task("hi", private=True))
        text = read(router)
    assert value(text, "aurarouter_tasks_total", outcome="AllModelsFailedError") == 1
    assert value(text, "aurarouter_private_tasks_total") == 1
    assert SECRET not in text


async def test_two_routers_count_apart() -> None:
    async with router_of({"a": model()}, Telemetry()) as one, router_of({"a": model()}, Telemetry()) as other:
        await one.run(Task("hi"))
        assert value(read(one), "aurarouter_tasks_total") == 1
        assert value(read(other), "aurarouter_tasks_total") == 0


def test_whatever_is_in_a_label_the_parser_reads_it_back() -> None:
    counter = Counter("odd_total", "Odd.", "name")
    odd = ['a"b', "a\\b", "a\nb", "ü}", "{,=}", ""]
    for name in odd:
        counter.of(name).value += 1
    counter.of("\ud800").value += 1
    text = "".join(f"{line}\n" for line in counter.lines())
    assert [sample.labels["name"] for sample in samples(text)["odd_total"]] == [*odd, "?"]


def test_labels_are_bounded() -> None:
    counter, histogram = Counter("many_total", "Many.", "name"), Histogram("long_seconds", "Long.", (1.0,), "name")
    for number in range(3 * MOST_SERIES):
        counter.of(f"name {number}").value += 1
        histogram.of(f"name {number}").see(2.0)
    text = "".join(f"{line}\n" for family in (counter, histogram) for line in family.lines())
    assert len(samples(text)["many_total"]) <= MOST_SERIES + 1
    assert value(text, "many_total") == 3 * MOST_SERIES
    assert len(samples(text)["long_seconds_count"]) <= MOST_SERIES + 1
    assert value(text, "long_seconds_count") == 3 * MOST_SERIES
    assert value(text, "long_seconds_bucket", le="1") == 0
    assert value(text, "long_seconds_sum") == 6 * MOST_SERIES


async def test_the_gateway_serves_it() -> None:
    settings = {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"], "reasoning": ["e"]}}
    async with gateway(settings) as url, httpx.AsyncClient(base_url=url) as client:
        asked = {"model": "auto", "messages": [{"role": "user", "content": SECRET}]}
        assert (await client.post("/v1/chat/completions", json=asked)).status_code == 200
        page = await client.get("/metrics")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert value(page.text, "aurarouter_tasks_total", surface="gateway") == 1
    assert SECRET not in page.text


async def test_a_port_of_this_machine_serves_it() -> None:
    plugin = Telemetry()
    listen = {"telemetry": {"listen": "127.0.0.1:0"}}
    async with router_of({"a": model()}, plugin, surface="daemon", **listen) as router:
        assert plugin._port is not None
        url = f"http://127.0.0.1:{plugin._port.number}"
        await router.run(Task("hi"))
        async with httpx.AsyncClient(trust_env=False) as client:
            page = await client.get(f"{url}/metrics")
            foreign = await client.get(f"{url}/metrics", headers={"host": "evil.example"})
            browser = await client.get(f"{url}/metrics", headers={"origin": "http://127.0.0.1"})
            other = await client.get(f"{url}/")
    assert (page.status_code, foreign.status_code, browser.status_code, other.status_code) == (200, 421, 421, 404)
    assert value(page.text, "aurarouter_tasks_total", surface="daemon") == 1
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


@pytest.mark.skipif(sys.platform == "darwin", reason="127.0.0.1 is the one address of its loopback")
async def test_any_address_of_this_machines_own_serves_it() -> None:
    plugin = Telemetry()
    listen = {"telemetry": {"listen": "127.0.0.2:0"}}
    async with (
        router_of({"a": model()}, plugin, surface="daemon", **listen),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        assert plugin._port is not None
        page = await client.get(f"http://127.0.0.2:{plugin._port.number}/metrics")
    assert page.status_code == 200


async def test_a_command_that_is_over_at_once_does_not_listen() -> None:
    plugin = Telemetry()
    async with router_of({"a": model()}, plugin, surface="cli", telemetry={"listen": "127.0.0.1:0"}):
        assert plugin._port is None


@pytest.mark.parametrize("listen", ["0.0.0.0:9464", "example.com:1", "127.0.0.1", "127.0.0.1:70000", "[::]:1"])
async def test_it_listens_on_this_machine_alone(listen: str) -> None:
    from aurarouter_telemetry.port import address

    with pytest.raises(ConfigError, match="no port of this machine"):
        address(listen)


async def test_a_taken_port_is_told_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    first = Telemetry()
    async with router_of({"a": model()}, first, surface="daemon", telemetry={"listen": "127.0.0.1:0"}):
        assert first._port is not None
        taken = f"127.0.0.1:{first._port.number}"
        async with router_of({"a": model()}, Telemetry(), surface="grid", telemetry={"listen": taken}) as router:
            assert (await router.run(Task("hi"))).text == "hello there"
    assert f"can't listen on {taken}" in caplog.text


async def test_switched_off_it_counts_nothing() -> None:
    async with router_of({"a": model()}, Telemetry(), telemetry={"prometheus": False}) as router:
        await router.run(Task("hi"))
        assert router.call_hook("telemetry_metrics") == []
