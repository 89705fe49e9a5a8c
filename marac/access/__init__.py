"""WHO: the policy floor. Nothing is loaded, changed or opened without asking here.

Doors and services use `from marac import access`; the two tables are policy.GRANTS and opening.OPENS.
"""

from marac.access.opening import (
    DRAFTING,
    OPENS,
    PURPOSES,
    SEALS,
    apart,
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
    READS,
    asked,
    forget_asking,
    holds,
    matrix,
    may,
    require,
    require_holds,
    require_step_up,
    require_visible,
    rule,
    system,
    visible,
    was_asked,
)
from marac.access.relations import Actor, Relation

__all__ = [
    "DRAFTING",
    "GRANTS",
    "OPENS",
    "PURPOSES",
    "READS",
    "SEALS",
    "Actor",
    "Relation",
    "apart",
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
    "require_visible",
    "reveal",
    "rule",
    "system",
    "visible",
    "was_asked",
]
