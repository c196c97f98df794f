"""What a configuration may say about plans."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import and_, ge, le


@frozen(kw_only=True)
class Plans:
    """Whether somebody checks the answer, too.

    Attributes:
        from_level: Complexity, 1 to 10, from which a task is planned without being told to, if its wording names steps.
        max_steps: Steps of a plan; what a model proposes beyond them is left out.
        review: The role `reviewer` checks the answers of plans; a task may say otherwise.
        corrections: How often an answer is written again when a review finds problems.
    """

    from_level: int = field(default=7, validator=and_(ge(1), le(10)))
    max_steps: int = field(default=8, validator=and_(ge(2), le(50)))
    review: bool = False
    corrections: int = field(default=1, validator=and_(ge(0), le(3)))
