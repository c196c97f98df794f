"""Whatever the door, what follows is the kernel's: the same audit, the same usage and the same budget."""

SETTINGS = {
    "models": {"one": {"provider": "echo", "price": {"input": 1, "output": 1}, "tags": ["private"]}},
    "roles": {role: ["one"] for role in ("coding", "reasoning", "router")},
    "budget": {"per_day": 5},
}
ASKED = "Write to anna.berg@nordwind.de"
