"""What `aurarouter doctor` finds at the models."""

from __future__ import annotations

from collections.abc import Iterator

from aurarouter_core.amounts import written
from aurarouter_core.cli.finding import Finding
from aurarouter_core.cli.model_file import file_facts
from aurarouter_core.cli.money import old_prices
from aurarouter_core.cost import price_of
from aurarouter_core.exposure import Exposed, exposed
from aurarouter_core.refusal import nothing_left
from aurarouter_core.router import Router
from aurarouter_hooks import AuraRouterError, Health, Task

PROBE = "Write a Python function that reverses a string"


async def model_findings(router: Router) -> list[Finding]:
    """How each model is, what is wrong with its file and its price, and whether a task can be decided."""
    findings: list[Finding] = []
    async with router:
        try:
            findings.extend(_of_model(name, health) for name, health in (await router.health()).items())
            findings.extend(map(_in_the_clear, await exposed(router.snapshot.config)))
            findings.extend(_of_files(router))
            findings.extend(_of_money(router))
            decision = router.decide(Task(PROBE))
            if not decision.chain:
                raise nothing_left(decision, router.snapshot, router.pool.locations)
            findings.append(Finding("ok", "a task can be decided"))
        except AuraRouterError as error:
            findings.append(Finding("problem", f"no task can be decided: {error}", error.hint))
    return findings


def _of_money(router: Router) -> Iterator[Finding]:
    config = router.snapshot.config
    for name, price, days in old_prices(config):
        yield Finding(
            "note",
            f"the price of model '{name}' was looked up {days} days ago, on {price.as_of}",
            f"Compare it with the vendor's page, {price.source}, and set models.{name}.price.",
        )
    if next(config.budget.all_limits(), None) is None:
        return
    yield Finding("ok", f"a budget is set: {', '.join(map(str, config.budget.all_limits()))}")
    for name, model in router.snapshot.models.items():
        if price_of(model, router.pool.locations.get(name)) is None:
            yield Finding(
                "note",
                f"what model '{name}' costs is unknown; under a budget it is asked only if it runs on this machine",
                f"Set models.{name}.price; {{}} stands for one that costs nothing.",
            )


def _in_the_clear(endpoint: Exposed) -> Finding:
    return Finding(
        "note",
        f"model '{endpoint.model}' is reached in the clear at {endpoint.origin}: {endpoint.why}",
        "Use https; or, if you trust that network, name it under privacy.trusted_networks.",
    )


def _of_files(router: Router) -> Iterator[Finding]:
    files = file_facts(router)
    allowed = router.pool.memory.allowed()
    for name, facts in files.items():
        if facts.problem:
            yield Finding("problem", f"model '{name}': {facts.problem}", "Fetch the file again, or name another.")
        elif facts.memory is not None and allowed is not None and facts.memory > allowed:
            hint = "Raise system.memory, give it less context, or use a smaller model."
            yield Finding(
                "problem", f"model '{name}' can't be loaded: {facts}, and {written(allowed)} are allowed", hint
            )
        else:
            yield Finding("ok", f"model '{name}': {facts}")
    if files and allowed is not None:
        setting = router.snapshot.config.system.memory
        yield Finding("ok", f"models may take {written(allowed)} of memory together (system.memory: {setting})")


def _of_model(name: str, health: Health) -> Finding:
    detail = f": {health.detail}" if health.detail else ""
    if health.state in ("healthy", "cold", "loading"):
        level = "ok"
    else:
        level = "note" if health.state == "unknown" else "problem"
    return Finding(level, f"model '{name}' is {health.state}{detail}", health.hint)
