"""Whether the panel may decide: by who has not declined before the meeting, by who is here while it runs (SCH-41).

Warns; refuses nothing: the chair decides whether to go on.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Agency, Attendance, Meeting
from marac.services import local
from marac.services.casework import naming
from marac.services.meetings.attendance import HERE
from marac.vocabulary import AGENDA_IS_OUT, AttendanceState, MeetingState, Permission as P
from marac.workflows import quorum

DECLINED = (AttendanceState.APOLOGIES, AttendanceState.ABSENT)


def quorum_missing(session: Session, meeting: Meeting) -> tuple[str, ...]:
    """Slugs of agencies without which the meeting has no quorum: all they could send has declined, or is not here."""
    return quorum.missing(*_asked(session, meeting))


def _asked(session: Session, meeting: Meeting) -> tuple[Mapping[str, Any], list[str]]:
    """The panel's rule on that day, and the slugs of agencies that come."""
    held_on = clock.to_london(meeting.starts_at).date()
    rule = local.rules_of(session, meeting.partnership_id, meeting.programme).block("quorum", held_on)
    said: dict[object, set[AttendanceState]] = {}
    places = select(Attendance.agency_id, Attendance.state).where(Attendance.meeting_id == meeting.id)
    for agency_id, state in session.execute(places):
        said.setdefault(agency_id, set()).add(state)
    agencies = session.execute(select(Agency.id, Agency.slug).where(Agency.partnership_id == meeting.partnership_id))
    running = meeting.state == MeetingState.IN_PROGRESS
    return rule, [row.slug for row in agencies if _comes(said.get(row.id, set()), running=running)]


def _comes(said: set[AttendanceState], *, running: bool) -> bool:
    return bool(said & set(HERE)) if running else not said or bool(said - set(DECLINED))


def quorum_words(session: Session, actor: Actor, meeting: Meeting) -> str:
    """No quorum without: Solace; empty when there is one, or for who does not run the meeting."""
    looked_at = (*AGENDA_IS_OUT, MeetingState.IN_PROGRESS)
    if meeting.state not in looked_at or not access.holds(actor, P.MEETING_RUN):
        return ""
    rule, coming = _asked(session, meeting)
    slugs = quorum.missing(rule, coming)
    named = select(Agency.name).where(Agency.partnership_id == meeting.partnership_id, Agency.slug.in_(slugs))
    names = sorted(naming.short(name) for name in session.scalars(named))
    if names:
        return f"No quorum without: {', '.join(names)}"
    return f"No quorum with fewer than {rule['minimum_agencies']} agencies" if quorum.few(rule, coming) else ""
