"""The frozen values that the kernel makes for every request, made quickly: each is called like its class."""

from __future__ import annotations

from aurarouter_core.maker import maker
from aurarouter_hooks import (
    Attempt,
    AttemptStarted,
    Call,
    Committed,
    Decision,
    Done,
    Node,
    Prompt,
    Stage,
    Trace,
    TraceContext,
)

stage, decision = maker(Stage), maker(Decision)
call, prompt, span = maker(Call), maker(Prompt), maker(TraceContext)
node, attempt, trace = maker(Node), maker(Attempt), maker(Trace)
attempt_started, committed, done = maker(AttemptStarted), maker(Committed), maker(Done)
