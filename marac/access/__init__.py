"""WHO: the policy floor. Nothing is loaded, changed or opened without asking here.

Doors and services use `from marac import access`; the two tables are policy.GRANTS and opening.OPENS.
"""

from marac.access.opening import (
    DRAFTING,
    OPENS,
    PURPOSES,
    SEALS,
    open_case,
    open_for,
    open_new_case,
    open_staff,
    open_staff_for,
    open_stage,
    reveal,
)
from marac.access.policy import (
    GRANTS,
    Actor,
    Relation,
    asked,
    forget_asking,
    holds,
    matrix,
    may,
    require,
    require_holds,
    require_step_up,
    rule,
    system,
    visible,
    was_asked,
)

__all__ = [
    "DRAFTING",
    "GRANTS",
    "OPENS",
    "PURPOSES",
    "SEALS",
    "Actor",
    "Relation",
    "asked",
    "forget_asking",
    "holds",
    "matrix",
    "may",
    "open_case",
    "open_for",
    "open_new_case",
    "open_staff",
    "open_staff_for",
    "open_stage",
    "require",
    "require_holds",
    "require_step_up",
    "reveal",
    "rule",
    "system",
    "visible",
    "was_asked",
]
