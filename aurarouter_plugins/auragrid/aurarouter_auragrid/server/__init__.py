"""The cell's own NATS server, as a child process."""
