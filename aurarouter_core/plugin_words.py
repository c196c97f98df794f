"""Marks what a plugin said, so that what it says of a private task is kept nowhere."""

from __future__ import annotations


class PluginWords(str):
    """A plugin's own words: they may quote a prompt, while the kernel's own name rules and places alone."""

    __slots__ = ()
