"""The ports on NATS with JetStream."""
