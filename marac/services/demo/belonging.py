"""How the demo's agencies belong: agreements (one ends soon), the quarterly check, a deputy, a guest, a joiner.

By the product's own services where a person would use a page; nothing here reads a case.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.models import AgencyAgreement, AgendaItem, Attestation, Case, Delegation, GuestPass, Meeting, Membership
from marac.services.accounts import deputies, joining
from marac.services.demo.borough import DA, Borough, Worker
from marac.vocabulary import AgendaItemState, GuestKind, MeetingState, ProgrammeSlug, RequestState, Role
from marac.workflows.membership import quarter_of

ENDS_SOON, SOON_IN = "lfb", 21  # days
ASKED, CHECK_LASTS = "solace", 60
AWAY = ("childrens_social_care", 13)  # whose representative is away, for how many days more


def write_belonging(session: Session, borough: Borough) -> None:
    """Everything above, once the people and the meetings are there."""
    access.open_staff_for("load", borough.id)
    coordinator = borough.of_role(Role.COORDINATOR)[0]
    staffed = {one.agency_id for one in borough.workers}
    for slug, agency_id in sorted(borough.agencies.items()):
        if agency_id in staffed:
            session.add_all([_agreement(borough, slug, agency_id, coordinator), _check(borough, slug, agency_id)])
    _deputy(session, borough, coordinator)
    _guest(session, borough, coordinator)
    _joiner(session, borough)


def _agreement(borough: Borough, slug: str, agency_id: UUID, by: Worker) -> AgencyAgreement:
    today, spread = clock.today(), sum(map(ord, slug)) % 300
    review_on = today + timedelta(days=SOON_IN if slug == ENDS_SOON else 120 + spread)
    return AgencyAgreement(
        partnership_id=borough.id, agency_id=agency_id, signed_on=review_on - timedelta(days=730),
        review_on=review_on, recorded_by_id=by.id, recorded_at=clock.now(), signatory="Head of service",
        document=f"ISP/{slug.replace('_', '-')}/2",
    )  # fmt: skip


def _check(borough: Borough, slug: str, agency_id: UUID) -> Attestation:
    """This quarter's check: answered, but for one agency, which has time enough for a demo."""
    quarter = quarter_of(clock.today())
    done = None if slug == ASKED else clock.now()
    due_on: date = clock.today() + timedelta(days=CHECK_LASTS)
    return Attestation(
        partnership_id=borough.id, agency_id=agency_id, quarter_on=quarter, due_on=due_on, asked_at=clock.now(),
        done_at=done,
    )  # fmt: skip


def _deputy(session: Session, borough: Borough, coordinator: Worker) -> None:
    slug, days = AWAY
    person = borough.staffed(slug)
    deputy = next((one for one in borough.of_role(Role.DEPUTY) if one.agency_id == borough.agencies[slug]), None)
    held = session.scalar(select(Membership).where(Membership.user_id == person.id)) if person else None
    if person is None or deputy is None or held is None:
        return
    asked = Delegation(
        partnership_id=borough.id, agency_id=person.agency_id, user_id=person.id, membership_id=held.id,
        deputy_id=deputy.id, from_on=clock.today(), to_on=clock.today() + timedelta(days=days),
        state=RequestState.ASKED, asked_at=clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    actor = borough.actor(Role.COORDINATOR)
    deputies.approve(session, actor, asked)


def _guest(session: Session, borough: Borough, sponsor: Worker) -> None:
    """The guest of the next meeting, for its last case: never a restricted one."""
    guest = borough.of_role(Role.GUEST)[0]
    held = session.scalars(select(Membership).where(Membership.user_id == guest.id)).one()
    coming = select(Meeting).where(
        Meeting.partnership_id == borough.id, Meeting.programme == DA, Meeting.starts_at > clock.now(),
        Meeting.state != MeetingState.CANCELLED,
    )  # fmt: skip
    meeting = session.scalars(coming.order_by(Meeting.starts_at).limit(1)).one()
    listed = select(AgendaItem.case_id).join(Case, Case.id == AgendaItem.case_id).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.state == AgendaItemState.LISTED, ~Case.restricted
    )  # fmt: skip
    case_id = session.scalars(listed.order_by(AgendaItem.position.desc()).limit(1)).first()
    until = min(clock.to_london(meeting.starts_at).date(), clock.today() + timedelta(days=6))
    held.to_on = until
    session.add(
        GuestPass(
            partnership_id=borough.id, user_id=guest.id, membership_id=held.id, sponsor_id=sponsor.id,
            meeting_id=meeting.id, case_id=case_id, kind=GuestKind.GUEST, from_on=clock.today(), until_on=until,
            given_at=clock.now(),
        )
    )  # fmt: skip


def _joiner(session: Session, borough: Borough) -> None:
    """Somebody a lead asked for, who waits for the coordinator."""
    lead = borough.of_role(Role.AGENCY_ADMIN)[0]
    actor = borough.actor(Role.AGENCY_ADMIN)
    held = session.scalars(select(Membership).where(Membership.user_id == lead.id)).one()
    joining.ask_to_join(
        session, actor, full_name="Esther Nkemdirim", email="esther.nkemdirim@example.org", agency=held.agency,
        role=Role.IDVA, programme=ProgrammeSlug.DA_MARAC,
    )  # fmt: skip
