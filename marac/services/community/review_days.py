"""When a Community MARAC case is next reviewed, counted from its last hearing by its band. Moves nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Assessment, Case, Meeting
from marac.services import local
from marac.services.casework import risk_tools
from marac.vocabulary import MeetingState, ProgrammeSlug
from marac.workflows import reviews
from marac.workflows.reviews import Scored

COMMUNITY: Final = ProgrammeSlug.COMMUNITY_MARAC


def scores_of(session: Session, case: Case) -> tuple[Scored, ...]:
    """Every score of the case, oldest first, with the band that counts: the professional's, else the tool's.

    Risk must be open.
    """
    query = select(Assessment).where(Assessment.case_id == case.id).order_by(Assessment.made_at, Assessment.id)
    found = []
    for one in session.scalars(query):
        tool = risk_tools.version_of(session, one)
        if tool is None or not tool.is_screen:
            on = one.made_on or clock.to_london(one.made_at).date()
            found.append(Scored(on, one.score, one.professional_grade or one.tool_grade))
    return tuple(sorted(found, key=lambda one: one.on))


def plan_review(session: Session, actor: Actor, case: Case) -> None:
    """Set when the case is next reviewed, counted from its last hearing; not known counts as high."""
    if "risk" not in access.open_case(actor, case) or case.last_heard_on is None:
        return
    cycles = setting(session, case, "review.cycles")
    band = reviews.band_of(scores_of(session, case))
    case.review_on = reviews.review_day(band, case.last_heard_on, _meeting_days(session, case), cycles)


def _meeting_days(session: Session, case: Case) -> list[date]:
    """The days of the panel's booked routine meetings after the last hearing, in order."""
    booked = select(Meeting.starts_at).where(
        Meeting.partnership_id == case.partnership_id, Meeting.programme == case.programme,
        Meeting.state.not_in((MeetingState.CANCELLED, MeetingState.HELD)),
    )  # fmt: skip
    return [clock.to_london(at).date() for at in session.scalars(booked.order_by(Meeting.starts_at))]


def due_day(session: Session, case: Case) -> date | None:
    """From when the review of the case counts as due."""
    if case.review_on is None:
        return None
    return reviews.falls_due(case.review_on, setting(session, case, "review.due_days_before_meeting"))


def setting(session: Session, case: Case, name: str) -> Any:
    """One local rule of the case's programme, in force today."""
    return local.rules_of(session, case.partnership_id, case.programme).value(name, clock.today())


def settings(session: Session, case: Case, prefix: str) -> Mapping[str, Any]:
    """The local rules below a name, in force today."""
    return local.rules_of(session, case.partnership_id, case.programme).block(prefix, clock.today())
