"""The clients of the four services that are there already, where the guide has them: `aurarouter_auragrid.services`."""

from aurarouter_auragrid.client.services import (
    CodingService_client,
    ReasoningService_client,
    RouterService_client,
    UnifiedRouterService_client,
    create_service_client,
)

__all__ = [
    "CodingService_client",
    "ReasoningService_client",
    "RouterService_client",
    "UnifiedRouterService_client",
    "create_service_client",
]
