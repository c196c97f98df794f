"""Decisions and traces as text for a terminal, from their plain data."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def decision_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    """A decision: what was settled, each stage, the chain, and who was ruled out."""
    analysis = decision["analysis"]
    yield f"intent     {decision['intent']}  (the analyser: {analysis['intent']} {analysis['confidence']:.2f})"
    yield f"role       {decision['role'] or 'none'}"
    yield f"complexity {analysis['level']} of 10  ({analysis['complexity']:.2f})"
    if analysis["verbs"]:
        yield "verbs      " + ", ".join(f"{word} → {role}" for word, role in analysis["verbs"])
    if decision["constraint"]["reasons"]:
        yield "limits     " + "; ".join(decision["constraint"]["reasons"])
    yield "stages"
    for stage in decision["stages"]:
        score = f"{stage['score']:.2f}" if stage["score"] is not None else ""
        against = f" (threshold {stage['threshold']:.2f})" if stage["threshold"] is not None else ""
        yield f"  {stage['name']:<10} {stage['microseconds']:>8.0f} µs  {stage['outcome']}  {score}{against}".rstrip()
    yield "chain"
    for number, model in enumerate(decision["chain"], start=1):
        score = decision["scores"].get(model)
        resting = decision.get("resting", {}).get(model)
        about = (f"  (score {score:+.2f})" if score else "") + (f"  ({resting})" if resting else "")
        yield f"  {number}. {model}{about}"
    for model, reason in decision["vetoes"].items():
        yield f"  ✗ {model}: {reason}"
    if not decision["chain"]:
        yield "  nobody is left"


def trace_lines(trace: Mapping[str, Any]) -> Iterator[str]:
    """A trace: its graph as a tree, every attempt with time, tokens and error."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(trace["started_at"]))
    state = "complete" if trace["complete"] else "incomplete" if _answered(trace) else "failed"
    private = ", private" if trace["private"] else ""
    yield f"trace {trace['id']}  {when}  {trace['seconds']:.3f} s  {state}{private}"
    if trace.get("parent_span"):
        yield f"inside span {trace['parent_span']} of whoever asked"
    yield from graph_lines(trace["nodes"])
    decision = trace["decision"]
    for model, reason in (decision or {}).get("vetoes", {}).items():
        yield f"ruled out: {model}: {reason}"
    for name, value in trace["notes"].items():
        yield f"note: {name}: {value}"
    if trace["error"]:
        yield f"error: {trace['error']['type']}: {trace['error']['message']}"
    usage = trace["usage"]
    estimated = " (estimated)" if usage["estimated"] else ""
    asked = any(node["attempts"] for node in trace["nodes"])
    unknown = ", cost unknown" if asked else ""
    cost = f", {trace['cost']:.6f} USD" if trace["cost"] is not None else unknown
    yield f"tokens: {usage['input_tokens']} in, {usage['output_tokens']} out{estimated}{cost}"


def graph_lines(nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The graph as a tree: a node stands below the last that it waited for, and names the others."""
    order = {node["id"]: number for number, node in enumerate(nodes)}
    children: dict[str, list[Mapping[str, Any]]] = {}
    for node in nodes:
        known = [parent for parent in node["parents"] if order.get(parent, len(nodes)) < order[node["id"]]]
        children.setdefault(max(known, key=order.__getitem__, default=""), []).append(node)
    yield from _branch(children, "", "")


def _answered(trace: Mapping[str, Any]) -> bool:
    return any(attempt["first_token"] is not None for node in trace["nodes"] for attempt in node["attempts"])


def _branch(children: Mapping[str, list[Mapping[str, Any]]], parent: str, indent: str) -> Iterator[str]:
    nodes = children.get(parent, [])
    for node in nodes:
        last = node is nodes[-1]
        role = f" [{node['role']}]" if node["role"] else ""
        label = f"  {node['label']}" if node["label"] else ""
        named = not node["id"] or node["id"].startswith(node["kind"])
        name = node["id"] or node["kind"] if named else f"{node['kind']} {node['id']}"
        others = ", ".join(node["parents"]) if len(node["parents"]) > 1 else ""
        after = f"  (after {others})" if others else ""
        beside = "  (in parallel)" if any(_overlap(node, other) for other in nodes if other is not node) else ""
        line = f"{name}{role}  {_seconds(node['seconds'])}{label}{after}{beside}"
        yield f"{indent}{'└─' if last else '├─'} {line}"
        deeper = indent + ("   " if last else "│  ")
        for attempt in node["attempts"]:
            yield f"{deeper}{_attempt(attempt)}"
        for model, reason in node.get("skipped", {}).items():
            yield f"{deeper}– {model}: {reason}"
        yield from _branch(children, node["id"], deeper)


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Both were at work at the same time."""
    ends = (node["started"] + node["seconds"] for node in (one, other))
    return bool(max(one["started"], other["started"]) < min(ends))


def _attempt(attempt: Mapping[str, Any]) -> str:
    mark = {"ok": "✓", "failed": "✗", "incomplete": "⚠", "cancelled": "■"}.get(attempt["outcome"], "?")
    usage = attempt["usage"]
    tokens = f"  {usage['input_tokens']}+{usage['output_tokens']} tokens" if usage else ""
    first = f"  first token {_seconds(attempt['first_token'])}" if attempt["first_token"] is not None else ""
    error = f"  {attempt['error']['type']}: {attempt['error']['message']}" if attempt["error"] else ""
    return (
        f"{mark} {attempt['number']}. {attempt['model']} ({attempt['provider']})  "
        f"{_seconds(attempt['seconds'])}{first}{tokens}{error}"
    )


def _seconds(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.0f} µs"
        if seconds < 0.001
        else f"{seconds * 1000:.1f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )
