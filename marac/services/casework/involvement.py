"""Need to know: which agencies may see a case, from when and why, and whom a panel asks for research."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Agency, AgendaItem, Case, CaseAgency, Meeting, MeetingSeries, Research
from marac.services import local
from marac.vocabulary import InvolvementBasis, ProgrammeSlug, ResearchState


def involve(
    session: Session, case_id: UUID, partnership_id: UUID, agency_ids: Iterable[UUID], basis: InvolvementBasis
) -> None:
    """Give agencies need-to-know of a case on one basis, from today; an ended involvement opens again."""
    query = select(CaseAgency).where(CaseAgency.case_id == case_id, CaseAgency.basis == basis)
    held = {row.agency_id: row for row in session.scalars(query)}
    for agency_id in agency_ids:
        if agency_id in held:
            held[agency_id].until_on = None
        else:
            facts = {"partnership_id": partnership_id, "case_id": case_id, "agency_id": agency_id}
            session.add(CaseAgency(**facts, basis=basis, since_on=clock.today()))
    session.flush()


def shrink(session: Session, case_id: UUID, agency_id: UUID) -> None:
    """An agency that does not know the people no longer sees the case, unless it referred or supports them."""
    query = select(CaseAgency).where(CaseAgency.case_id == case_id, CaseAgency.agency_id == agency_id)
    for row in session.scalars(query.where(CaseAgency.basis == InvolvementBasis.LISTED)):
        row.until_on = clock.today() - timedelta(days=1)


def involved_agencies(session: Session, case_id: UUID, *, but: InvolvementBasis | None = None) -> list[UUID]:
    """Agencies that may see the case today; `but` leaves out those that are involved on that basis."""
    today = clock.today()
    current = or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= today)
    query = select(CaseAgency.agency_id).where(CaseAgency.case_id == case_id, current)
    if but is not None:
        query = query.where(CaseAgency.agency_id.not_in(query.where(CaseAgency.basis == but)))
    return list(session.scalars(query.distinct()))


def core_agencies(session: Session, of: Meeting | Case) -> list[UUID]:
    """Agencies invited to every meeting (of a meeting's own series, else of the panel) and asked for research there."""
    series_id = of.series_id if isinstance(of, Meeting) else None
    own = session.get_one(MeetingSeries, series_id).agencies if series_id else []
    return [UUID(agency) for agency in own] or core_of(session, of.partnership_id, of.programme)


def core_of(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> list[UUID]:
    """The core agencies of a panel by the partnership's reference data."""
    rows = session.execute(
        select(Agency.id, Agency.panels, Agency.functions).where(Agency.partnership_id == partnership_id)
    )
    return [row.id for row in rows if row.panels.get(programme) == "core" and "researcher" in row.functions]


def ask_agencies(session: Session, actor: Actor, item: AgendaItem) -> int:
    """List the core agencies of the panel for this case and ask each for research; returns how many are newly asked.

    The asking actor needs seal grants on the case: a research row is sealed, empty, at birth.
    """
    meeting, now = item.meeting, clock.now()
    due_at = local.deadlines_of(session, meeting)["research_due"].at
    access.open_stage(session, actor, item.case_id, item.case.state)
    asked = set(session.scalars(select(Research.agency_id).where(Research.item_id == item.id)))
    core = [agency for agency in core_agencies(session, meeting) if agency not in asked]  # who knew nothing stays out
    involve(session, item.case_id, meeting.partnership_id, core, InvolvementBasis.LISTED)
    wanted = [agency for agency in involved_agencies(session, item.case_id) if agency not in asked]
    session.add_all(
        Research(
            partnership_id=meeting.partnership_id, case_id=item.case_id, item_id=item.id, agency_id=agency_id,
            state=ResearchState.REQUESTED, requested_at=now, due_at=due_at,
        )
        for agency_id in wanted
    )  # fmt: skip
    audit.record(session, actor, "research:asked", item, agencies=len(wanted))
    return len(wanted)


def latest_item(session: Session, case_id: UUID) -> AgendaItem | None:
    """The newest place of a case on an agenda."""
    newest = Meeting.starts_at.desc()
    return session.scalar(
        select(AgendaItem).join(Meeting).where(AgendaItem.case_id == case_id).order_by(newest).limit(1)
    )
