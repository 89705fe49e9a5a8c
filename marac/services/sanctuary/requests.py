"""A Sanctuary request from its first line until it is sent: alone, or from a case of a panel (SAN-20, SAN-36).

Copies from a case only what its reader may read there: an address is typed afresh, never taken round the reveal.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import Case, CasePerson, SanctuaryRequest
from marac.services import local, moving
from marac.services.casework import people, risk_tools
from marac.services.casework.references import new_reference
from marac.services.referring.referrals import UNTIL_ASKED
from marac.services.sanctuary import answers, clocks
from marac.services.walls import screening
from marac.vocabulary import (
    CaseState,
    ContactChannel,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    SafeToUse,
    SanctuaryOutcome,
    SanctuaryPriority,
    SanctuaryState as S,
)
from marac.workflows.definitions import Checklist
from marac.workflows.sanctuary import SANCTUARY

CHECKLIST = "sanctuary_risk"
COMMUNITY_TOO = "accepts_hate_or_asb_victims"
COPIED = ("full_name", "aliases", "born_on", "approximate_age", "sex", "language", "interpreter_needed", "interpreter",
          "dialect", "interpreter_sex", "interpreter_outside", "communication_needs", "relationship_to_victim",
          "not_known", "unborn")  # fmt: skip
COPIED_CONTACT = ("rules", "times", "who_may_answer", "what_to_say", "through", "do_not_contact", "withheld_number",
                  "perpetrator_present", "checked_on", "checked_by")  # fmt: skip


def may_start(actor: Actor) -> bool:
    """Whether this person may ask the scheme for anything here."""
    return access.holds(actor, P.SANCTUARY_CREATE) and ProgrammeSlug.SANCTUARY in actor.programmes


def start_request(session: Session, keyring: Keyring, actor: Actor, parent: Case | None = None) -> SanctuaryRequest:
    """An empty draft with a case and a key of its own; from a case, with what its reader may read of the people there.

    NotAllowed when the role asks for nothing here; RuleBroken when that panel's cases are not taken.
    """
    access.require_holds(actor, P.SANCTUARY_CREATE)
    if ProgrammeSlug.SANCTUARY not in actor.programmes or actor.agency_id is None:
        raise RuleBroken("programme", "Select what this request is about")
    if parent is not None:
        access.require(actor, P.CASE_READ, parent)
        _taken(session, parent)
    case = _new_case(session, keyring, actor)
    request = SanctuaryRequest(
        partnership_id=actor.partnership_id, case_id=case.id, parent_case_id=parent.id if parent else None,
        reference=new_reference(session), state=S.DRAFT, priority=SanctuaryPriority.STANDARD,
        checklist_version=tool_of(session, actor.partnership_id).version, agency_id=actor.agency_id,
        user_id=actor.user_id, started_at=clock.now(), stage_since_at=clock.now(),
    )  # fmt: skip
    session.add(request)
    session.flush()
    if parent is not None:
        _copy_people(session, actor, parent, case)
    else:
        people.add_person(session, case, PersonRole.VICTIM, **UNTIL_ASKED[ProgrammeSlug.DA_MARAC])
    clocks.start(session, request)
    audit.record(session, actor, "sanctuary:started", request)
    moving.flush(session)
    return request


def _taken(session: Session, parent: Case) -> None:
    """Whether cases of that panel may be the parent of a request; of the Community MARAC by a local rule (SAN-36)."""
    rules = local.rules_of(session, parent.partnership_id, ProgrammeSlug.SANCTUARY)
    if parent.programme == ProgrammeSlug.COMMUNITY_MARAC and not rules.value(COMMUNITY_TOO, clock.today()):
        raise RuleBroken("programme", "The scheme does not take requests from the Community MARAC here")


def _new_case(session: Session, keyring: Keyring, actor: Actor) -> Case:
    case_id = uuid4()
    keyring.create_case_key(actor.partnership_id, case_id)
    access.open_new_request(actor, case_id)
    case = Case(
        id=case_id, partnership_id=actor.partnership_id, programme=ProgrammeSlug.SANCTUARY,
        reference=new_reference(session), state=CaseState.RECEIVED, opened_on=clock.today(),
    )  # fmt: skip
    session.add(case)
    session.flush()
    return case


def _copy_people(session: Session, actor: Actor, parent: Case, case: Case) -> None:
    opened = access.open_case(actor, parent)
    roles = {PersonRole.VICTIM: "identity", PersonRole.PERPETRATOR: "perpetrator", PersonRole.CHILD: "children"}
    for role, compartment in roles.items():
        for person in people.people_of(session, parent.id, [role]) if compartment in opened else ():
            people.add_person(session, case, role, **_known(person))
    if "identity" not in opened:
        people.add_person(session, case, PersonRole.VICTIM, **UNTIL_ASKED[ProgrammeSlug.DA_MARAC])


def _known(person: CasePerson) -> dict[str, Any]:
    facts = {name: getattr(person, name) for name in COPIED}
    if person.role == PersonRole.VICTIM and person.contact is not None:
        facts |= {name: getattr(person.contact, name) for name in COPIED_CONTACT}
    return {name: _plain(value) for name, value in facts.items() if value is not None}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def tool_of(session: Session, partnership_id: UUID, version: str = "") -> Checklist:
    """The rules and risk factors in force today, or in the version that a request was made with."""
    found = [tool for tool in risk_tools.versions(session, partnership_id) if tool.id == CHECKLIST]
    return next((tool for tool in found if tool.version == version), found[-1])


def get_request(session: Session, actor: Actor, reference: str) -> SanctuaryRequest:
    """The request with that reference, if the actor may see it. Else NotFound."""
    query = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest)
    request = session.scalar(query.where(SanctuaryRequest.reference == reference.upper()))
    if request is None:
        raise NotFound
    return request


def requests_of(session: Session, actor: Actor, case: Case) -> list[SanctuaryRequest]:
    """The requests that came from a case, as far as the actor may see them; the newest first."""
    query = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest)
    return list(
        session.scalars(
            query.where(SanctuaryRequest.parent_case_id == case.id).order_by(SanctuaryRequest.started_at.desc())
        )
    )


def parent_of(session: Session, actor: Actor, request: SanctuaryRequest) -> Case | None:
    """The case that a request came from, for who may read that case; for others there is none."""
    if request.parent_case_id is None:
        return None
    return session.scalar(access.visible(actor, P.CASE_READ, Case).where(Case.id == request.parent_case_id))


def sending_facts(session: Session, request: SanctuaryRequest) -> dict[str, Any]:
    """What the guards of `submit` read. The request must be open."""
    victim = people.victim_of(session, request.case_id)
    return {
        "consent": request.consent,
        "safe_contact": safe_ways(victim),
        "missing": answers.missing(session, request, tool_of(session, request.partnership_id)),
    }


def safe_ways(victim: CasePerson) -> list[ContactChannel]:
    """Every channel that was said to be safe, or safe between times; through somebody else is one."""
    if victim.contact is None or victim.contact.do_not_contact:
        return []
    said = {channel: people.rule_on(victim.contact.rules, channel)[0] for channel in ContactChannel}
    return [channel for channel, answer in said.items() if answer in (SafeToUse.YES, SafeToUse.ONLY_BETWEEN)]


def problems(session: Session, actor: Actor, request: SanctuaryRequest) -> tuple[RuleBroken, ...]:
    """What still stands in the way of sending, one per rule not met."""
    answers.open_form(actor, request)
    return SANCTUARY.find("submit", S.DRAFT).broken(request, sending_facts(session, request))


def submit(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Send a request; its clock starts with the priority that the risk factors raise (SAN-24)."""
    answers.open_form(actor, request)
    facts = sending_facts(session, request)
    SANCTUARY.find("submit", request.state).check(request, facts)
    tool = tool_of(session, request.partnership_id)
    request.priority = answers.raised(tool, request)
    request.checklist_version = tool.version
    request.submitted_at = clock.now()
    request.supporter_id = answers.supporter_of(session, request)
    screening.screen_case(session, request.case_id, sending=True)  # before anybody is told of it
    return moving.advance(session, actor, request, "submit", **facts)


def discard(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Give up a draft before it is sent."""
    request.outcome, request.closed_at = SanctuaryOutcome.NOT_SENT, clock.now()
    return moving.advance(session, actor, request, "discard")


def answer_question(session: Session, actor: Actor, request: SanctuaryRequest, text: str) -> SanctuaryRequest:
    """Answer what the scheme asked; triage goes on, its clock where it stood."""
    access.open_request(actor, request)
    moving.advance(session, actor, request, "answer", answer=text)
    request.answer = {"text": text.strip(), "on": clock.today().isoformat()}
    moving.flush(session)
    return request
