"""The grade a tool gives and the grade a professional gives. Judgement raises a result; it lowers no DASH (DA-6).

A count is no verdict: where a tool gives no grade, none is made up for it.
"""

from typing import Final

from marac.errors import RuleBroken
from marac.vocabulary import Grade
from marac.workflows.checklists import VISIBLE_HIGH_RISK, Score

ORDER: Final = tuple(Grade)


def grade_by_tool(found: Score) -> Grade | None:
    """High where the tool, by the local reading, is visible high risk; else the tool's own grade or band, if any."""
    if VISIBLE_HIGH_RISK in found.criteria_met:
        return Grade.HIGH
    return Grade(found.band) if found.band in tuple(Grade) else None


def check_override(
    by_tool: Grade | None, by_professional: Grade | None, reason: str | None, second: str | None
) -> None:
    """RuleBroken when a tool that may be overruled either way is overruled without a reason and a second name.

    The rule of the anti-social behaviour matrix; the DASH is never lowered (check_grade).
    """
    if by_professional is None or by_professional is by_tool:
        return
    if not (reason or "").strip():
        raise RuleBroken("grade_reason", "Say why you think the risk is not what the matrix shows")
    if not (second or "").strip():
        raise RuleBroken("grade_agreed_by", "Enter who agreed to this: an override needs a second name")


def check_grade(by_tool: Grade | None, by_professional: Grade | None, reason: str | None) -> None:
    """RuleBroken when judgement would lower the tool's grade, or raises it without saying why (DA-6).

    Where the tool grades nothing, high alone needs its reason.
    """
    if by_professional is None:
        return
    if by_tool is not None and ORDER.index(by_professional) < ORDER.index(by_tool):
        message = f"The checklist gives {by_tool.label.lower()}. Your own view can raise that and cannot lower it"
        raise RuleBroken("professional_grade", message)
    raised = by_professional is not by_tool if by_tool is not None else by_professional is Grade.HIGH
    if raised and not (reason or "").strip():
        raise RuleBroken("grade_reason", "Say why you think the risk is higher than the checklist shows")
