"""Cases, meetings and a whole panel to tell a test's story with; plain functions whose defaults may be overridden."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import (
    Address,
    AgendaItem,
    Case,
    CaseAgency,
    CasePerson,
    ContactMethod,
    Meeting,
    Referral,
    Research,
    Wall,
)
from marac.services.casework.references import new_reference
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.live import assigning, notes, running
from marac.services.meetings import agenda, attendance, panels
from marac.vocabulary import (
    AttendanceState,
    CaseState,
    InvolvementBasis,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    MinuteHeading,
    Outcome,
    PersonRole,
    ProgrammeSlug,
    Protects,
    ReferralKind,
    ReferralState,
    Role,
)
from marac.workflows.hearing import record_of
from tests.builders import DA, Worker, a_partnership, a_user, actor_for, an_agency, declared

MORNING = datetime(2025, 11, 12, 8, 0, tzinfo=UTC)
NAMES = ("Amina Begum", "Siobhan Doyle", "Zofia Nowak", "Grace Okafor", "Halima Warsame", "Lucy Chen")
COMMUNITY = ProgrammeSlug.COMMUNITY_MARAC
FIVE = (
    MinuteHeading.RISK_VICTIM, MinuteHeading.RISK_CHILDREN, MinuteHeading.RISK_ADULTS, MinuteHeading.RISK_PERPETRATOR,
    MinuteHeading.RISK_STAFF,
)  # fmt: skip


HOSTS = {DA: ("vawg_team", "met_police_da"), COMMUNITY: ("asb_team", "met_police_snt")}


def a_case(
    session: Session, house: Deployment, *, name: str = "Amina Begum", perpetrator: str = "Karim Begum",
    children: int = 1, kind: ReferralKind = ReferralKind.NEW, referred_by: str = "solace",
    wishes: str | None = "I want him to stay away.", checked_on: date | None = None,
    programme: ProgrammeSlug = DA, **facts: Any,
) -> Case:  # fmt: skip
    """A case with its people and an accepted referral, not on any agenda; built from models alone."""
    partnership_id, case_id = a_partnership(session).id, uuid4()
    house.keyring.create_case_key(partnership_id, case_id)
    access.open_for("load", partnership_id, [case_id])
    usual = {
        "state": CaseState.RECEIVED,
        "opened_on": clock.today(),
        "last_referral_on": clock.today(),
        "wishes": wishes,
    }
    case = Case(
        id=case_id, partnership_id=partnership_id, programme=programme, reference=new_reference(session),
        **{**usual, **facts},
    )  # fmt: skip
    session.add(case)
    session.flush()
    _a_person(session, case, PersonRole.VICTIM, 1, full_name=name, born_on=date(1991, 3, 27), checked_on=checked_on)
    _a_person(session, case, PersonRole.PERPETRATOR, 2, full_name=perpetrator, born_on=date(1988, 1, 9))
    for number in range(children):
        _a_person(session, case, PersonRole.CHILD, 3 + number, full_name=f"Child {number + 1}", approximate_age=7)
    _a_referral(session, case, kind, referred_by)
    return case


def _a_person(session: Session, case: Case, role: PersonRole, position: int, **facts: Any) -> CasePerson:
    place: dict[str, Any] = {"partnership_id": case.partnership_id, "case_id": case.id, "role": role}
    checked_on = facts.pop("checked_on", None)
    person = CasePerson(**place, position=position, **facts)
    session.add(person)
    session.flush()
    session.add(Address(**place, person_id=person.id, house_number="14", street="Elm Row", postcode="E1 0AA"))
    session.add(ContactMethod(**place, person_id=person.id, phone="07700 900123", checked_on=checked_on))
    session.flush()
    return person


def _a_referral(session: Session, case: Case, kind: ReferralKind, referred_by: str) -> Referral:
    agency = an_agency(session, referred_by)
    today = clock.today()
    session.add(
        CaseAgency(
            partnership_id=case.partnership_id, case_id=case.id, agency_id=agency.id, basis=InvolvementBasis.REFERRED,
            since_on=today, until_on=None,
        )
    )  # fmt: skip
    role = Role.IDVA if case.programme == DA else Role.REPRESENTATIVE
    idva = a_user(
        session, session.info["house"], role, referred_by, full_name="Ida Sender", programme=case.programme
    )  # fmt: skip
    referral = Referral(
        partnership_id=case.partnership_id, case_id=case.id, programme=case.programme, reference=new_reference(session),
        state=ReferralState.ACCEPTED, kind=kind, agency_id=agency.id, user_id=idva.id, started_at=clock.now(),
        submitted_at=clock.now(), decided_at=clock.now(),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    return referral


def a_meeting(session: Session, *, starts_at: datetime | None = None, **facts: Any) -> Meeting:
    """A booked sitting of the domestic abuse panel, in an hour unless told."""
    usual = {
        "programme": DA, "kind": MeetingKind.ROUTINE, "state": MeetingState.SCHEDULED, "place": MeetingPlace.HYBRID,
        "minutes_per_case": 10,
    }  # fmt: skip
    meeting = Meeting(
        partnership_id=a_partnership(session).id, reference=new_reference(session),
        starts_at=starts_at or clock.now() + timedelta(hours=1), **{**usual, **facts},
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    return meeting


def a_wall(session: Session, case_id: UUID, worker: Worker) -> Wall:
    """A conflict of interest of one person."""
    wall = Wall(
        partnership_id=worker.partnership_id, case_id=case_id, user_id=worker.id, agency_id=None, since_at=clock.now()
    )
    session.add(wall)
    session.flush()
    return wall


@dataclass(frozen=True)
class Panel:
    """A panel of today with its people; ids only, so that it outlives the sessions that made it."""

    house: Deployment
    reference: str
    meeting_id: UUID
    case_ids: tuple[UUID, ...]
    coordinator: Worker
    chair: Worker
    police: Worker
    housing: Worker

    def meeting(self, session: Session) -> Meeting:
        """The meeting, in this session."""
        return session.get_one(Meeting, self.meeting_id)

    def item(self, session: Session, position: int = 1) -> AgendaItem:
        """The item of the nth case, whatever anybody may see."""
        query = select(AgendaItem).where(AgendaItem.meeting_id == self.meeting_id)
        return session.scalars(query.where(AgendaItem.case_id == self.case_ids[position - 1])).one()

    def research(self, session: Session, worker: Worker, position: int = 1) -> Research:
        """What one agency was asked about the nth case."""
        query = select(Research).where(Research.item_id == self.item(session, position).id)
        return session.scalars(query.where(Research.agency_id == worker.agency_id)).one()

    def work(self, worker: Worker) -> Any:
        """A unit of work for one person."""
        return unit_of_work(self.house, actor_for(worker))


def a_panel(
    house: Deployment, cases: int = 2, starts_in: timedelta = timedelta(hours=1), programme: ProgrammeSlug = DA,
    **facts: Any,
) -> Panel:  # fmt: skip
    """A booked meeting of today, unless told, with accepted cases on it and four people; nothing published."""
    team, police = HOSTS[programme]
    with unit_of_work(house) as session:
        session.info["house"] = house
        workers = {
            name: a_user(session, house, role, agency, full_name=who, programme=programme)
            for name, role, agency, who in (
                ("coordinator", Role.COORDINATOR, team, "Ade Okafor"), ("chair", Role.CHAIR, police, "Nia Hart"),
                ("police", Role.REPRESENTATIVE, police, "Paul Grey"),
                ("housing", Role.REPRESENTATIVE, "housing_options", "Hana Reed"),
            )
        }  # fmt: skip
        meeting = a_meeting(session, starts_at=clock.now() + starts_in, programme=programme)
        made = [
            a_case(session, house, name=NAMES[number % len(NAMES)], programme=programme, **facts)
            for number in range(cases)
        ]
        panel = Panel(house, meeting.reference, meeting.id, tuple(case.id for case in made), **workers)
    with panel.work(panel.coordinator) as session:
        for case_id in panel.case_ids:
            list_one(session, panel, case_id)
    return panel


def list_one(session: Session, panel: Panel, case_id: UUID) -> AgendaItem:
    """List a case, as the coordinator."""
    case, actor = session.get_one(Case, case_id), actor_for(panel.coordinator)
    referral = session.scalars(select(Referral).where(Referral.case_id == case_id)).first()
    return panels.list_case_on(
        session, actor, panel.meeting(session), case, referral=referral, conflict_checked=True,
        because="He is released tomorrow", approved_by=panel.chair.id,
    )  # fmt: skip


def a_published_panel(house: Deployment, cases: int = 2, **facts: Any) -> Panel:
    """The same with its agenda out: every core agency is asked for research."""
    panel = a_panel(house, cases, **facts)
    with panel.work(panel.coordinator) as session:
        panels.publish_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
        declared(session)
    return panel


def a_running_panel(house: Deployment, cases: int = 2, **facts: Any) -> Panel:
    """The same, opened: chair and police are present and agreed, nobody else has come."""
    panel = a_published_panel(house, cases, **facts)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        for place in attendance.list_places(session, actor, meeting):
            if place.agency_id == panel.police.agency_id:
                row = attendance.get_place(session, actor, meeting, place.id)
                here = AttendanceState.PRESENT
                attendance.record_attendance(
                    session, actor, row, state=here, person_name="Paul Grey", agreed_in_room=True
                )
        running.open_meeting(session, actor, meeting, chair_id=panel.chair.id, statement_read=True)
    return panel


def a_called_case(house: Deployment, cases: int = 2, **facts: Any) -> Panel:
    """The same, with the first case being heard."""
    panel = a_running_panel(house, cases, **facts)
    with panel.work(panel.coordinator) as session:
        running.call_item(session, actor_for(panel.coordinator), panel.item(session))
    return panel


def minute(session: Session, actor: Actor, item: AgendaItem, *, leave_out: tuple[MinuteHeading, ...] = ()) -> None:
    """Type what a hearing needs, section by section."""
    record = record_of(item.case.programme)
    for heading in (MinuteHeading.VIEWS, MinuteHeading.INFORMATION, *FIVE):
        if heading not in leave_out:
            notes.save_note(session, actor, item, heading, text=f"{record.label(heading)}: said and agreed.", version=0)


def hear(session: Session, actor: Actor, item: AgendaItem, **facts: Any) -> AgendaItem:
    """A complete hearing with one action for the police."""
    minute(session, actor, item)
    police = HOSTS[item.case.programme][1]
    agency = next(agency for agency in assigning.list_owners(session, actor) if agency.slug == police)
    assigning.assign_action(
        session, actor, item, agency=agency, text="Apply for a protection order",
        due_on=clock.today() + timedelta(days=2), protects=Protects.VICTIM,
    )  # fmt: skip
    usual: dict[str, Any] = {"outcome": Outcome.HEARD, "tells_victim": "Ida Sender, Solace"}
    return running.hear_item(session, actor, item, **{**usual, **facts})


def a_held_panel(house: Deployment, cases: int = 1, **facts: Any) -> Panel:
    """A meeting that heard every case and has ended; its minutes are a draft."""
    panel = a_running_panel(house, cases, **facts)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        for item in agenda.list_items(session, actor, panel.meeting(session)):
            running.call_item(session, actor, item)
            hear(session, actor, item)
        running.finish_meeting(session, actor, panel.meeting(session))
    return panel
