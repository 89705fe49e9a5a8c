"""Everybody of the demo has said that they know nobody on an agenda that is out, so that its pages open at once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import AgendaItem, Declaration, Meeting, User
from marac.services.demo.borough import Borough
from marac.services.walls.declaring import ASKED, GONE


def declare_all(session: Session, borough: Borough) -> None:
    """One declaration for each person and each case of a meeting whose agenda is out."""
    out = select(AgendaItem.meeting_id, AgendaItem.case_id).join(Meeting, Meeting.id == AgendaItem.meeting_id)
    mine = (Meeting.partnership_id == borough.id, Meeting.state.in_(ASKED), AgendaItem.state.not_in(GONE))
    items = session.execute(out.where(*mine)).all()
    people = session.scalars(select(User.id).where(User.partnership_id == borough.id)).all()
    held = {(one.meeting_id, one.case_id, one.user_id) for one in session.scalars(select(Declaration))}
    session.add_all(
        Declaration(partnership_id=borough.id, meeting_id=meeting, case_id=case, user_id=who, declared_at=clock.now())
        for meeting, case in items
        for who in people
        if (meeting, case, who) not in held
    )
