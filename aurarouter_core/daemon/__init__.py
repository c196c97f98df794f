"""One engine process for all programs of a user that use the same configuration, and how they reach it."""
