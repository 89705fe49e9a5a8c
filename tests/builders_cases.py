"""One case that several agencies know, with an action, a flag and a further agency that knows nothing of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.models import Action, Address, Assessment, Case, CaseAgency, CasePerson, ContactMethod, Flag, Message
from marac.services.casework.references import new_reference
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import ActionState, CaseState, FlagState, InvolvementBasis, PersonRole, Protects, Role
from marac.workflows.checklists import CHECKLISTS
from tests.builders import DA, Worker, a_partnership, a_user, actor_for, an_agency

HIDDEN = (
    "Quarry Rise",
    "E1 9ZZ",
    "07700 900123",
    "07700900123",
    "amina@example.net",
    "bluebell",
    "Fir Tree Primary",
)
RULES = {"phone": {"answer": "no", "detail": ""}, "text": {"answer": "only_between", "detail": "9am and 2pm"}}


@dataclass(frozen=True)
class Story:
    """The case and the people around it, by id, so that it outlives the sessions that made it."""

    house: Deployment
    case_id: UUID
    reference: str
    victim_id: UUID
    contact_id: UUID
    address_id: UUID
    child_id: UUID
    action_id: UUID
    flag_id: UUID
    coordinator: Worker
    chair: Worker
    idva: Worker
    housing: Worker
    stranger: Worker

    def case(self, session: Session) -> Case:
        """The case, in this session."""
        return session.get_one(Case, self.case_id)

    def action(self, session: Session) -> Action:
        """The action, in this session."""
        return session.get_one(Action, self.action_id)

    def work(self, worker: Worker) -> Any:
        """A unit of work for one person."""
        return unit_of_work(self.house, actor_for(worker))


def a_story(house: Deployment, *, contacts_victim: bool = False, days: int = 3, **facts: Any) -> Story:
    """A case heard and issued unless told, with housing involved, supported by Solace, and nobody from barts_acute."""
    with unit_of_work(house) as session:
        workers = {
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor"),
            "chair": a_user(session, house, Role.CHAIR, "met_police_da", full_name="Nia Hart"),
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Ruth Lowe"),
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Hana Reed"),
            "stranger": a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Bea Stone"),
        }
        case = a_full_case(session, house, **facts)
        people = {
            person.role: person for person in session.scalars(select(CasePerson).where(CasePerson.case_id == case.id))
        }
        involve(session, case, "housing_options", InvolvementBasis.LISTED)
        involve(session, case, "solace", InvolvementBasis.SUPPORTS)
        action = an_action(session, case, workers["housing"], contacts_victim=contacts_victim, days=days)
        flag = a_flag(session, case, workers["housing"])
        victim = people[PersonRole.VICTIM]
        contact = session.scalars(select(ContactMethod).where(ContactMethod.person_id == victim.id)).one()
        address = session.scalars(select(Address).where(Address.person_id == victim.id)).one()
        return Story(
            house, case.id, case.reference, victim.id, contact.id, address.id, people[PersonRole.CHILD].id, action.id,
            flag.id, **workers,
        )  # fmt: skip


def a_full_case(session: Session, house: Deployment, *, name: str = "Amina Begum", **facts: Any) -> Case:
    """A case with every kind of value filled in, confidential address included."""
    partnership_id, case_id = a_partnership(session).id, uuid4()
    house.keyring.create_case_key(partnership_id, case_id)
    access.open_for("load", partnership_id, [case_id])
    today = clock.today()
    usual = {
        "state": CaseState.ISSUED, "opened_on": today, "last_referral_on": today, "last_heard_on": today,
        "flag_until_on": today + timedelta(days=300), "wishes": "I want him to stop coming to the school.",
        "wishes_on": today, "wishes_by": "Ruth Lowe, Solace", "why_high_risk": "It is happening more often.",
        "stop_flags": ["Address confidential"], "care_flags": ["Visit in pairs"], "needs": ["Hearing loop"],
    }  # fmt: skip
    case = Case(
        id=case_id, partnership_id=partnership_id, programme=DA, reference=new_reference(session), **{**usual, **facts}
    )
    session.add(case)
    session.flush()
    a_person(session, case, PersonRole.VICTIM, 1, full_name=name, aliases=["Mina"], born_on=date(1991, 3, 27))
    a_person(session, case, PersonRole.PERPETRATOR, 2, full_name="Karim Uddin", relationship_to_victim="husband")
    a_person(session, case, PersonRole.CHILD, 3, full_name="Sami Begum", approximate_age=7, school="Fir Tree Primary")
    return case


def a_person(session: Session, case: Case, role: PersonRole, position: int, **facts: Any) -> CasePerson:
    """A person with an address and a contact row."""
    place: dict[str, Any] = {"partnership_id": case.partnership_id, "case_id": case.id, "role": role}
    person = CasePerson(**place, position=position, **facts)
    session.add(person)
    session.flush()
    home = {"house_number": "17", "street": "Quarry Rise", "postcode": "E1 9ZZ", "confidential": True}
    if role == PersonRole.PERPETRATOR:
        home = {"house_number": "2", "street": "Low Yard", "postcode": "E2 8YY"}
    session.add(Address(**place, person_id=person.id, **home))
    number = "07700 900123" if role == PersonRole.VICTIM else None
    session.add(
        ContactMethod(
            **place, person_id=person.id, phone=number, email="amina@example.net", code_word="bluebell", rules=RULES,
            through="Ruth Lowe, Solace", checked_on=clock.today(), checked_by="Ruth Lowe, Solace",
        )
    )  # fmt: skip
    session.flush()
    return person


def involve(session: Session, case: Case, slug: str, basis: InvolvementBasis) -> None:
    """Need to know, from today."""
    agency = an_agency(session, slug)
    facts = {
        "partnership_id": case.partnership_id,
        "case_id": case.id,
        "agency_id": agency.id,
        "since_on": clock.today(),
    }
    session.add(CaseAgency(**facts, basis=basis, until_on=None))
    session.flush()


def an_action(
    session: Session, case: Case, worker: Worker, *, days: int = 3, contacts_victim: bool = False, **facts: Any
) -> Action:
    """An open action of the worker's agency, due in so many days."""
    words = {"text": "Change the locks", "risk": "He has a key"}
    usual = {"state": ActionState.OPEN, "protects": Protects.VICTIM, **words}
    action = Action(
        partnership_id=case.partnership_id, case_id=case.id, agency_id=worker.agency_id,
        contacts_victim=contacts_victim,
        due_on=clock.today() + timedelta(days=days), agreed_at=clock.now(), **{**usual, **facts},
    )  # fmt: skip
    session.add(action)
    session.flush()
    return action


def a_flag(session: Session, case: Case, worker: Worker, **facts: Any) -> Flag:
    """A mark that the worker's agency is asked to put on its file."""
    usual = {"state": FlagState.ADD_REQUESTED, "lift_on": clock.today() + timedelta(days=300)}
    flag = Flag(
        partnership_id=case.partnership_id, case_id=case.id, agency_id=worker.agency_id, asked_at=clock.now(),
        due_at=clock.now() + timedelta(days=1), **{**usual, **facts},
    )  # fmt: skip
    session.add(flag)
    session.flush()
    return flag


def an_assessment(session: Session, case: Case, **facts: Any) -> Assessment:
    """A DASH with three answers, one of them with what was said."""
    answers = {
        "1": {"answer": "yes", "comment": "A cut lip"}, "2": {"answer": "no"}, "3": {"answer": "dont_know"},
    }  # fmt: skip
    usual = {"checklist": "dash_ric", "checklist_version": next(v for t, v in CHECKLISTS if t == "dash_ric")}
    made = {"answers": answers, "score": 1, "unknown": 1, "made_at": clock.now()}
    assessment = Assessment(partnership_id=case.partnership_id, case_id=case.id, **{**usual, **made, **facts})
    session.add(assessment)
    session.flush()
    return assessment


def messages(house: Deployment) -> list[Message]:
    """Everything in the outbox."""
    with house.reader() as session:
        found = list(session.scalars(select(Message).order_by(Message.enqueued_at)))
        session.expunge_all()
        return found
