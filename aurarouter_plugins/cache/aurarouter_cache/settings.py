"""The configuration's section `cache`."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt


@frozen(kw_only=True)
class CacheSettings:
    """Which answers are kept, how long, and how many.

    Attributes:
        enabled: Keep answers and give them again.
        temperature: The highest sampling temperature of an answer that is kept. A prompt that names none counts as 1.
        ttl: Seconds for which an answer is given again.
        memory: Megabytes of answers in each process.
        disk: Megabytes of answers in the file that all processes share; 0 for no file.
        largest: Kilobytes of one answer; a larger one is not kept.
        private: Keep also what is private, answers too.
        shared: Give one app's answers to others that ask the same.
    """

    enabled: bool = False
    temperature: float = field(default=0.0, validator=ge(0))
    ttl: float = field(default=86400.0, validator=gt(0))
    memory: float = field(default=32.0, validator=ge(0))
    disk: float = field(default=256.0, validator=ge(0))
    largest: float = field(default=1024.0, validator=gt(0))
    private: bool = False
    shared: bool = False
