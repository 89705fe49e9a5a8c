"""A closed Community MARAC case that comes back within the repeat window, as a repeat (CM-15). Lists nothing."""

from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.models import Case
from marac.services import moving
from marac.services.community.review_days import COMMUNITY, setting
from marac.vocabulary import CaseState
from marac.workflows.deadlines import repeat_window_end


def reopen_case(session: Session, actor: Actor, case: Case) -> Case:
    """Open a closed case again for a new incident. RuleBroken once the repeat window is over."""
    months = setting(session, case, "repeat_window.months")
    end = repeat_window_end(case.last_heard_on, months) if case.last_heard_on else None
    moving.advance(session, actor, case, "reopen", today=clock.today(), window_end=end)
    moving.flush(session)
    return case


def may_come_back(case: Case) -> bool:
    """Whether a closed case opens again for a new incident today."""
    inside = case.flag_until_on is not None and clock.today() <= case.flag_until_on
    return case.programme == COMMUNITY and case.state == CaseState.CLOSED and inside
