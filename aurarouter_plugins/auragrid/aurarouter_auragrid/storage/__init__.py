"""Model files that the cell itself keeps: pushed once, pulled by any node."""
