"""The values that hooks, providers and middleware pass around: frozen, and free of behaviour that waits."""

from aurarouter_hooks.values.asset import AssetOffer, AssetSpec
from aurarouter_hooks.values.call import Call
from aurarouter_hooks.values.decision import Constraint, Decision, Stage
from aurarouter_hooks.values.embedding import Embeddings, EmbedRequest
from aurarouter_hooks.values.event import (
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Committed,
    Delta,
    Done,
    Event,
    NodeFinished,
    NodeStarted,
    Noted,
    Progress,
)
from aurarouter_hooks.values.gguf import GgufHeader, Residency
from aurarouter_hooks.values.ids import new_id, new_span_id
from aurarouter_hooks.values.kernel import Kernel
from aurarouter_hooks.values.message import (
    Media,
    Message,
    Opaque,
    Part,
    Prompt,
    Speaker,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from aurarouter_hooks.values.model import (
    Capabilities,
    Health,
    HealthState,
    Location,
    Model,
    Price,
    Secret,
    Timeouts,
)
from aurarouter_hooks.values.reply import Chunk, Finish, Reply, ToolCallDelta, Usage
from aurarouter_hooks.values.task import Analysis, Finding, Intent, Mode, Span, Task
from aurarouter_hooks.values.trace import Attempt, ErrorInfo, Node, NodeKind, Trace
from aurarouter_hooks.values.trace_context import TraceContext

__all__ = [
    "Analysis",
    "AssetOffer",
    "AssetSpec",
    "Attempt",
    "AttemptDone",
    "AttemptFailed",
    "AttemptStarted",
    "Call",
    "Capabilities",
    "Chunk",
    "Committed",
    "Constraint",
    "Decision",
    "Delta",
    "Done",
    "EmbedRequest",
    "Embeddings",
    "ErrorInfo",
    "Event",
    "Finding",
    "Finish",
    "GgufHeader",
    "Health",
    "HealthState",
    "Intent",
    "Kernel",
    "Location",
    "Media",
    "Message",
    "Mode",
    "Model",
    "Node",
    "NodeFinished",
    "NodeKind",
    "NodeStarted",
    "Noted",
    "Opaque",
    "Part",
    "Price",
    "Progress",
    "Prompt",
    "Reply",
    "Residency",
    "Secret",
    "Span",
    "Speaker",
    "Stage",
    "Task",
    "Text",
    "Timeouts",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolResult",
    "Trace",
    "TraceContext",
    "Usage",
    "new_id",
    "new_span_id",
]
