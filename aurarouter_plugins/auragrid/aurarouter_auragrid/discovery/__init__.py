"""Model servers of a node's own machine: found by asking the providers, and offered to the cell."""
