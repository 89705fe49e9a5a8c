"""A case as one page shows it: who it is about, how to contact safely, what is next, and its people.

What is shown is what `access.open_case` opened, compartment by compartment. Values that could locate or reach somebody
are not in these answers at all: a mask stands in their place.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Action, Agency, AgendaItem, Case, CaseAgency, CasePerson, Meeting
from marac.services import moving
from marac.services.casework import assessments, case_people, naming, people, places, safe_contact
from marac.services.casework.case_people import Person
from marac.services.casework.cases import COMING, ON_AGENDA
from marac.services.casework.revealing import Masked
from marac.services.casework.safe_contact import SafeContact
from marac.services.community import marks
from marac.services.disclosing import holds
from marac.services.meetings import agenda
from marac.services.referring import incidents
from marac.services.trail import pacing
from marac.vocabulary import (
    LIVE_ACTIONS,
    CaseState,
    ContactChannel,
    InvolvementBasis,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    said,
)
from marac.workflows.hearing import record_of

STOP, CARE, NEED = "stop", "care", "need"
NOT_THERE = "no letters, no visits alone"
SHARES_HOME = f"Alleged perpetrator linked to this person's address: {NOT_THERE}"
LOCKED = "Kept from change"
ENDED = (CaseState.LAPSED, CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)


@dataclass(frozen=True, slots=True)
class Head:
    """The top of every page of a case, in its order: identity, safety flags, safe contact; and what the page offers."""

    reference: str
    programme: ProgrammeSlug
    name: str
    state: CaseState
    tags: tuple[str, ...]
    born_on: date | None
    age: int | None
    children: int | None
    feared: str
    idva: str
    score: str
    flags: tuple[tuple[str, str], ...]
    contact: SafeContact
    open_actions: int
    next_meeting_at: datetime | None
    next_item: int | None
    offers: frozenset[str]
    opened: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing due on the case; `text` is empty where the plan is not open to the reader."""

    due_on: date
    text: str
    agency: str
    action_id: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the first tab holds below the head."""

    why_high_risk: str
    wishes: str
    wishes_on: date | None
    wishes_by: str
    who_tells: str
    next_steps: tuple[NextStep, ...]
    masks: tuple[Masked, ...]


def case_page(session: Session, actor: Actor, case: Case, *, page: str = "summary") -> Head:
    """The head of a case page for this reader; the reading is recorded under the page's name."""
    pacing.keep_pace(session, actor, case)
    opened = access.open_case(actor, case)
    audit.record(session, actor, "case:read", case, page=page)
    known = case_people.known(session, case, opened)
    victim = next((one for one in known if one.role == PersonRole.VICTIM), None)
    feared = next((one for one in known if one.role == PersonRole.PERPETRATOR), None)
    contact = safe_contact.rules_of(victim.contact if victim else None, opened, case.programme)
    item = _coming(session, case)
    return Head(
        reference=case.reference,
        programme=case.programme,
        name=(victim.full_name or "") if victim else "",
        state=case.state,
        tags=(*_tags(session, case, item), *marks.words_of(case.marks if "summary" in opened else ())),
        born_on=victim.born_on if victim else None,
        age=people.age_of(victim) if victim else None,
        children=sum(one.role == PersonRole.CHILD for one in known) if "children" in opened else None,
        feared=_feared(feared),
        idva=_advocate(session, case, opened),
        score=_score(session, case, opened),
        flags=_flags(case, victim, contact, opened, shared=_shares_home(session, actor, case, victim)),
        contact=contact,
        open_actions=len(_live_actions(session, actor, case)),
        next_meeting_at=item.meeting.starts_at if item else None,
        next_item=agenda.number_of(session, actor, item) if item else None,
        offers=_offers(session, actor, case, opened),
        opened=opened,
    )


def summary(session: Session, actor: Actor, case: Case, head: Head) -> Summary:
    """Why the risk is high, what they want, what is due next, and the masks of the phone and the address."""
    told = case if "summary" in head.opened else None
    return Summary(
        why_high_risk=(told.why_high_risk or "") if told else "",
        wishes=(told.wishes or "") if told else "",
        wishes_on=told.wishes_on if told else None,
        wishes_by=(told.wishes_by or "") if told else "",
        who_tells=(told.who_tells or "") if told else "",
        next_steps=_next_steps(session, actor, case, head.opened),
        masks=case_people.masks_of_victim(session, actor, case, head.flags, head.opened),
    )


def people_of(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Person, ...]:
    """Everyone in the case whose compartment opened."""
    return case_people.list_people(session, actor, case, head.flags, head.opened)


def _tags(session: Session, case: Case, item: AgendaItem | None) -> tuple[str, ...]:
    heard_before = case.last_heard_on is not None and case.state in (CaseState.LISTED, CaseState.RESEARCHED)
    locked = holds.is_locked(session, case.id)
    if record_of(case.programme).reviews:
        heard_before = item is not None and item.is_repeat
    live = case.flag_until_on is not None and case.flag_until_on >= clock.today() and case.state != CaseState.ISSUED
    tags = ((case.state.label, True), ("Repeat", heard_before), ("Flag live", live), (LOCKED, locked))
    return tuple(text for text, shown in tags if shown)


def _feared(feared: CasePerson | None) -> str:
    return ", ".join(part for part in (feared.full_name, feared.relationship_to_victim) if part) if feared else ""


def _advocate(session: Session, case: Case, opened: frozenset[str]) -> str:
    """Who speaks for the person: the named advocate, else the service that supports them (CM-19: not for all)."""
    if "identity" not in opened:
        return ""
    if "summary" in opened and case.advocate:
        return case.advocate
    query = select(Agency.name).join(CaseAgency, CaseAgency.agency_id == Agency.id)
    supports = query.where(CaseAgency.case_id == case.id, CaseAgency.basis == InvolvementBasis.SUPPORTS)
    return naming.short(session.scalar(supports.order_by(Agency.name).limit(1)) or "")


def _score(session: Session, case: Case, opened: frozenset[str]) -> str:
    """The newest assessment as a count, never a verdict: `16 yes`."""
    return assessments.headline(session, case) if "risk" in opened else ""


def _flags(
    case: Case, victim: CasePerson | None, contact: SafeContact, opened: frozenset[str], *, shared: bool
) -> tuple[tuple[str, str], ...]:
    """What stops, what to take care of, what is needed: most urgent first, each said once."""
    told = case if "summary" in opened else None
    stops = [] if contact.usable(ContactChannel.PHONE) else [f"Do not phone. {contact.headline}".strip()]
    stops = [contact.headline] if contact.rules.do_not_contact else stops
    stops += [said(case.programme, SHARES_HOME)] if shared else []
    stored = [
        text
        for text in (told.stop_flags or () if told else ())
        if not text.startswith(("Do not phone", "Contact through")) and not (shared and text.endswith(NOT_THERE))
    ]
    needs = list(told.needs or () if told else ())
    if victim is not None and people.interpreter_line(victim):
        needs = [
            f"Interpreter: {people.interpreter_line(victim)}",
            *[need for need in needs if "nterpreter" not in need],
        ]
    care = list(told.care_flags or () if told else ())
    return tuple(
        (kind, text) for kind, texts in ((STOP, [*stops, *stored]), (CARE, care), (NEED, needs)) for text in texts
    )


def _shares_home(session: Session, actor: Actor, case: Case, victim: CasePerson | None) -> bool:
    """Whether an alleged perpetrator is linked to an address of theirs: said only to those who keep the case (DA-4)."""
    if victim is None or case.state in ENDED or not access.may(actor, P.CASE_UPDATE, case):
        return False
    linked, _telling = places.shared_homes(session, case.partnership_id, [case.id])
    return any(home.id in linked for home in victim.addresses)


def _coming(session: Session, case: Case) -> AgendaItem | None:
    """Where the case is on the next agenda that it is on."""
    query = select(AgendaItem).join(Meeting, Meeting.id == AgendaItem.meeting_id).where(AgendaItem.case_id == case.id)
    listed = query.where(Meeting.state.in_(COMING), AgendaItem.state.in_(ON_AGENDA))
    return session.scalar(listed.order_by(Meeting.starts_at).limit(1))


def _offers(session: Session, actor: Actor, case: Case, opened: frozenset[str]) -> frozenset[str]:
    """What this reader can do here: the same questions that the services ask."""
    keeps = access.may(actor, P.CASE_UPDATE, case)
    offered = {
        "wishes": keeps and "summary" in opened,
        "safe-contact": "identity" in opened and safe_contact.may_update(actor, case),
        "incident": incidents.may_report(actor, case),
        "legal-hold": access.may(actor, P.HOLD_PLACE, case),
        "transfer": access.may(actor, P.TRANSFER_SEND, case),
        "walls": access.may(actor, P.WALL_DECIDE, case),
        "restrict": access.may(actor, P.CASE_RESTRICT, case),
        "hold": access.may(actor, P.CASE_HOLD, case),
        "reveal": "identity" in opened and access.may(actor, P.LOCATION_REVEAL, case),
        "locate": access.locates(session, actor, case.id, case.programme),
        "looked": access.holds(actor, P.TRAIL_READ),
        "urgent": "list_urgently" in {step.name for step in moving.available(actor, case)},
        **dict.fromkeys(("reviews", "powers", "incidents"), case.programme == ProgrammeSlug.COMMUNITY_MARAC),
    }
    return frozenset(name for name, yes in offered.items() if yes)


def _live_actions(session: Session, actor: Actor, case: Case) -> list[Action]:
    mine = access.visible(actor, P.ACTION_READ, Action).where(Action.case_id == case.id)
    return list(session.scalars(mine.where(Action.state.in_(LIVE_ACTIONS)).order_by(Action.due_on)))


def _next_steps(session: Session, actor: Actor, case: Case, opened: frozenset[str]) -> tuple[NextStep, ...]:
    live, names = _live_actions(session, actor, case), naming.agency_names(session, case.partnership_id)
    whole_plan = whole_plan_open(actor, case)
    return tuple(
        NextStep(
            due_on=action.due_on,
            text=(action.text or "")
            if "actions" in opened and (whole_plan or action.agency_id == actor.agency_id)
            else "",
            agency=names[action.agency_id],
            action_id=str(action.id),
        )
        for action in live
    )


def whole_plan_open(actor: Actor, case: Case) -> bool:
    """Who keeps the case reads every agency's action; in the room everybody does; else each agency its own (DA-31)."""
    return case.state == CaseState.IN_MEETING or access.may(actor, P.CASE_UPDATE, case)
