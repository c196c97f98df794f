"""Made by `wire/generate.py` out of `aurarouter_grid_v1.proto`; not to be edited."""
