"""The four services over gRPC."""
