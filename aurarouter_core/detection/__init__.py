"""Finds private data in texts: the rules, and one linear scan that knows them all."""
