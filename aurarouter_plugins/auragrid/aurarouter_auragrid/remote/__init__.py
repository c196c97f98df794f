"""Models of other nodes, as models of this one's router; and this one's models for the routers of others."""
