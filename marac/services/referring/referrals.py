"""A referral from the first line of its draft until it is sent, answered or withdrawn. Decides nothing: triage does."""

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, Case, Deadline, Referral
from marac.services import local, moving
from marac.services.casework import assessments, people
from marac.services.casework.involvement import involve
from marac.services.casework.references import new_reference
from marac.services.community import community_sending, same_day
from marac.services.deciding import listing
from marac.services.referring import drafts, questions, referral_tasks
from marac.services.walls import screening
from marac.vocabulary import (
    CaseState,
    InvolvementBasis,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    ReferralKind,
    ReferralState,
    SafeToUse,
)
from marac.workflows.deadlines import london, offset, triage_due
from marac.workflows.engine import Facts
from marac.workflows.referral_rules import URGENT_FIELDS

OPEN_PROGRAMMES = (ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC)
UNTIL_ASKED = {  # how somebody may be reached before anybody has asked them
    ProgrammeSlug.DA_MARAC: {
        "rules": {"through": {"answer": SafeToUse.YES.value, "detail": "The IDVA only"}}, "through": "The IDVA only",
    },
    ProgrammeSlug.COMMUNITY_MARAC: {
        "rules": {"through": {"answer": SafeToUse.YES.value, "detail": "The referrer only"}},
        "through": "The referrer only",
    },
}  # fmt: skip
MESSAGE_FIELDS = ("asked", "asked_at", "answered", "answered_at")


def start_referral(
    session: Session, keyring: Keyring, actor: Actor, programme: ProgrammeSlug, *, involved: bool = True
) -> Referral:
    """An empty draft with a case of its own: key first, then the case, the victim-survivor and the referral.

    NotAllowed when the role may not refer; RuleBroken when the programme takes no referrals here. `involved` is False
    for a referrer outside the membership, who has no agency that sees cases.
    """
    access.require_holds(actor, P.REFERRAL_CREATE)
    if programme not in OPEN_PROGRAMMES or programme not in actor.programmes or actor.agency_id is None:
        raise RuleBroken("programme", "Select what this referral is about")
    case_id = uuid4()
    keyring.create_case_key(actor.partnership_id, case_id)
    access.open_new_case(actor, case_id)
    case = Case(
        id=case_id, partnership_id=actor.partnership_id, programme=programme, reference=new_reference(session),
        state=CaseState.RECEIVED, opened_on=clock.today(),
    )  # fmt: skip
    session.add(case)
    session.flush()
    referral = Referral(
        partnership_id=actor.partnership_id, case_id=case_id, programme=programme, reference=new_reference(session),
        state=ReferralState.DRAFT, kind=ReferralKind.NEW, agency_id=actor.agency_id, user_id=actor.user_id,
        started_at=clock.now(),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    if involved:
        involve(session, case_id, case.partnership_id, [actor.agency_id], InvolvementBasis.REFERRED)
    people.add_person(session, case, PersonRole.VICTIM, **UNTIL_ASKED[programme])
    audit.record(session, actor, "case:opened", case, kind=ReferralKind.NEW)
    audit.record(session, actor, "referral:started", referral, programme=programme)
    moving.flush(session)
    return referral


def may_start(actor: Actor) -> bool:
    """Whether this person may refer anyone to anything here."""
    return access.holds(actor, P.REFERRAL_CREATE) and bool(programmes(actor))


def programmes(actor: Actor) -> tuple[ProgrammeSlug, ...]:
    """The programmes this person may refer to."""
    return tuple(slug for slug in OPEN_PROGRAMMES if slug in actor.programmes)


def where_to_send(session: Session, actor: Actor, programme: ProgrammeSlug) -> str:
    """Where a referral of this kind goes when it does not start here: the partnership's own sentence, or ""."""
    access.require_holds(actor, P.REFERRAL_CREATE)
    if programme in OPEN_PROGRAMMES and programme in actor.programmes:
        return ""
    rule = local.rules_of(session, actor.partnership_id, programme).at(clock.today()).get("refer_by")
    return str(rule.value) if rule else "Send it as you do now: this panel does not take referrals here yet."


def get_referral(session: Session, actor: Actor, reference: str) -> Referral:
    """The referral with that reference, if the actor may see it: another agency's draft is not there. Else NotFound."""
    sent = or_(Referral.state != ReferralState.DRAFT, Referral.agency_id == actor.agency_id)
    query = access.visible(actor, P.REFERRAL_READ, Referral).where(Referral.reference == reference.upper(), sent)
    referral = session.scalar(query)
    if referral is None:
        raise NotFound
    return referral


def open_referral(session: Session, actor: Actor, referral: Referral) -> frozenset[str]:
    """Open what the actor may read of a referral at its stage; nothing when they may only know how it stands."""
    try:
        opened = access.open_case(actor, referral.case)
    except NotFound:
        return frozenset()
    audit.record(session, actor, "case:read", referral, page="referral")
    return opened


def advice_of(session: Session, actor: Actor, referral: Referral) -> str:
    """What the referrer is told to do instead when a referral is not listed (section 1.4); their own referral only."""
    access.require(actor, P.REFERRAL_READ, referral)
    with access.apart():
        access.open_for("tell", referral.partnership_id, [referral.case_id])
        return referral.advice or ""


def sending_facts(session: Session, referral: Referral) -> dict[str, Any]:
    """Everything the guards of `submit` and `finish` read, from the form and the local rules. The case must be open."""
    if referral.programme == ProgrammeSlug.COMMUNITY_MARAC:
        return {**community_sending.facts(session, referral), "due": due_dates(session, referral)}
    rules, on = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    victim = people.victim_of(session, referral.case_id)
    counted = (referral.escalation or "").strip()
    return {
        "missing": referral_tasks.missing(referral),
        "unfinished": referral_tasks.unfinished(referral),
        "heard": referral.case.state not in referral_tasks.UNTIL_HEARD,
        "victim_age": people.age_of(victim),
        "age_min": rules.value("criteria.victim_age", on)["value"],
        "score": assessments.score_of(session, referral),
        "criteria": set(referral.criteria or ()),
        "rationale": referral.judgement,
        "rationale_min": rules.value("criteria.professional_judgement.rationale_min_characters", on),
        "escalation_events": int(counted) if counted.isdecimal() else None,
        "escalation_min": rules.value("criteria.potential_escalation", on)["value"],
        "sharing": {
            "aware": referral.told, "aware_why_not": referral.told_why_not, "consent": referral.consent,
            "lawful_basis": referral.sharing_basis, "necessity": referral.sharing_reason,
            "proportionality": referral.sharing_proportionate, "decided_by": referral.sharing_decided_by,
            "decided_on": referral.sharing_decided_on,
        },
        "due": due_dates(session, referral),
    }  # fmt: skip


def problems(session: Session, actor: Actor, referral: Referral) -> tuple[RuleBroken, ...]:
    """What still stands in the way of sending, one per rule not met."""
    referral_tasks.open_form(session, actor, referral)
    sent = referral.state in referral_tasks.URGENT_TOO
    flow = moving.flow_of(referral)
    step = flow.find("finish", referral.state) if sent else flow.find("submit", ReferralState.DRAFT)
    return step.broken(referral, sending_facts(session, referral))


def due_dates(session: Session, referral: Referral) -> dict[str, datetime]:
    """When this is to be decided, and when the IDVA is to have made contact, counted from today (DA-13, DA-17)."""
    rules, today = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    closed = local.closures(session, referral.partnership_id)
    meeting = listing.first_open_meeting(session, referral.partnership_id, referral.programme)
    by_meeting = local.deadlines_of(session, meeting)["triage_decided"].at if meeting else None
    found = {"triage_decided": triage_due(today, rules.value("triage_working_days", today), by_meeting, closed)}
    contact = rules.at(today).get("idva_first_contact_working_days")
    if contact is not None:
        found["idva_first_contact"] = london(offset(today, f"D+{contact.value}", closed), time(17))
    return found


def submit(session: Session, actor: Actor, referral: Referral) -> Referral:
    """Send a whole referral. RuleBroken names the first thing that is not as it must be; a score never does (DA-6)."""
    referral_tasks.open_form(session, actor, referral)
    facts = sending_facts(session, referral)
    screening.screen_case(session, referral.case_id, sending=True)  # before anybody is told of it
    moving.advance(session, actor, referral, "submit", **facts)
    return _received(session, actor, referral, facts)


def send_urgent(session: Session, actor: Actor, referral: Referral, urgent: Facts) -> Referral:
    """Send six answers now; the rest follows (DA-18).

    `urgent` maps URGENT_FIELDS to text, `victim_age` to an age in years or a date of birth.
    """
    referral_tasks.open_form(session, actor, referral)
    facts = {"urgent": {name: str(urgent.get(name) or "") for name in URGENT_FIELDS}}
    facts["due"] = due_dates(session, referral)  # type: ignore[assignment]
    moving.flow_of(referral).find("send_urgent", referral.state).check(referral, facts)
    _keep_urgent(session, referral, urgent)
    referral.urgent = True
    screening.screen_case(session, referral.case_id, sending=True)
    moving.advance(session, actor, referral, "send_urgent", **facts)
    return _received(session, actor, referral, facts)


def receive_transfer(session: Session, actor: Actor, referral: Referral) -> Referral:
    """Put a draft that was filled from another area's file among the referrals to decide (DA-34)."""
    facts = {
        "source_area": referral.other_area, "earlier_papers": referral.earlier_papers,
        "due": due_dates(session, referral),
    }  # fmt: skip
    screening.screen_case(session, referral.case_id, sending=True)
    moving.advance(session, actor, referral, "receive_transfer", **facts)
    return _received(session, actor, referral, facts)


def finish(session: Session, actor: Actor, referral: Referral) -> Referral:
    """Complete a referral that was sent as urgent."""
    referral_tasks.open_form(session, actor, referral)
    moving.advance(session, actor, referral, "finish", **sending_facts(session, referral))
    referral.done_tasks = [*(referral.done_tasks or ()), referral_tasks.FINISHED]
    _tell_case(session, actor, referral)
    _alert(session, actor, referral)
    moving.flush(session)
    return referral


def answer(session: Session, actor: Actor, referral: Referral, text: str) -> Referral:
    """Answer what the coordinator asked; the clock of the decision starts again (DA-17)."""
    questions.open_to_answer(session, actor, referral)
    facts = sending_facts(session, referral)
    if actor.referral_id is not None:  # from outside: answered in words, since others may have changed the form since
        facts["unfinished"] = True
    moving.advance(session, actor, referral, "answer", answer=text, **facts)
    questions.keep_answer(session, actor, referral, text)
    restart_clock(session, referral)
    if referral_tasks.INCIDENT not in (referral.done_tasks or ()):
        _tell_case(session, actor, referral)
    moving.flush(session)
    return referral


def withdraw(session: Session, actor: Actor, referral: Referral) -> Referral:
    """Give up a draft before it is sent, and all that was typed for it."""
    drafts.drop_of_case(session, referral.case_id)
    return moving.advance(session, actor, referral, "withdraw")


def _received(session: Session, actor: Actor, referral: Referral, facts: Facts) -> Referral:
    """What a sent referral sets: its dates, the case's repeat clock and summary, the IDVA service's access (DA-13)."""
    referral.submitted_at = clock.now()
    referral.decide_by_at = facts["due"]["triage_decided"]
    referral.case.last_referral_on = clock.today()
    _tell_case(session, actor, referral)
    _alert(session, actor, referral)
    reach_idva(session, referral)
    moving.flush(session)
    return referral


def reach_idva(session: Session, referral: Referral) -> None:
    """The service that supports the person sees the case from now: the agency counted as IDVA on this panel (DA-13)."""
    rows = session.execute(
        select(Agency.id, Agency.panels).where(
            Agency.partnership_id == referral.partnership_id, Agency.return_heading == "idva"
        )
    )
    services = [row.id for row in rows if row.panels.get(referral.programme) == "core"]
    involve(session, referral.case_id, referral.partnership_id, services, InvolvementBasis.SUPPORTS)


def restart_clock(session: Session, referral: Referral) -> None:
    """A referral is waiting again: the time to decide it is counted from today."""
    referral.decide_by_at = due_at = due_dates(session, referral)["triage_decided"]
    held = session.scalar(select(Deadline).where(Deadline.subject_id == referral.id, Deadline.rule == "triage_decided"))
    if held is not None:
        held.due_at, held.met_at = due_at, None


def contact_due(session: Session, referral: Referral) -> datetime | None:
    """When the IDVA is to have tried to make contact (DA-13)."""
    held = select(Deadline.due_at).where(Deadline.subject_id == referral.id, Deadline.rule == "idva_first_contact")
    return session.scalar(held)


def urgent_so_far(session: Session, referral: Referral) -> dict[str, str]:
    """What the draft already answers of the six urgent questions. The case must be open."""
    victim = people.victim_of(session, referral.case_id)
    others = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
    age = f"{victim.born_on:%-d %-m %Y}" if victim.born_on else str(victim.approximate_age or "")
    return {
        "victim_name": victim.full_name or "", "victim_age": age, "whereabouts": victim.whereabouts or "",
        "safe_contact": (victim.contact.what_to_say if victim.contact else "") or "",
        "perpetrator": (others[0].full_name if others else "") or "",
        "immediate_risk": referral.emergency_need or referral.what_happened or "",
    }  # fmt: skip


def _keep_urgent(session: Session, referral: Referral, urgent: Facts) -> None:
    """The six answers in their places, so that they are already there when the form is finished."""
    age = urgent["victim_age"]
    born = {"born_on": age} if isinstance(age, date) else {"approximate_age": int(age)}
    people.update_person(
        session, people.victim_of(session, referral.case_id), full_name=urgent["victim_name"],
        whereabouts=urgent["whereabouts"], what_to_say=urgent["safe_contact"], **born,
    )  # fmt: skip
    others = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
    if others:
        people.update_person(session, others[0], full_name=urgent["perpetrator"])
    else:
        people.add_person(session, referral.case, PersonRole.PERPETRATOR, full_name=urgent["perpetrator"])
    referral.emergency_need = urgent["immediate_risk"]
    referral.what_happened = referral.what_happened or urgent["immediate_risk"]


def _tell_case(session: Session, actor: Actor, referral: Referral) -> None:
    """Carry what the case page opens with: what the person wants, why the risk is high, what to mind."""
    case, victim = referral.case, people.victim_of(session, referral.case_id)
    if referral.wishes:
        case.wishes, case.wishes_on = referral.wishes, clock.today()
        case.wishes_by = session.get_one(Agency, referral.agency_id).name
    case.why_high_risk = referral.judgement or referral.why_now or referral.emergency_need or case.why_high_risk
    needed = people.interpreter_line(victim)
    interpreter = f"Interpreter: {needed}" if needed else None
    case.needs = [need for need in (interpreter, victim.communication_needs) if need]
    case.stop_flags = list(people.stop_lines(victim))
    case.care_flags = [referral.staff_safety] if referral.staff_safety else []
    if referral.programme == ProgrammeSlug.COMMUNITY_MARAC:
        community_sending.mark_case(referral)


def _alert(session: Session, actor: Actor, referral: Referral) -> None:
    """A red flag of any tool is acted on the same day, whatever the score (CM-6)."""
    found = assessments.score_of(session, referral)
    same_day.alert(session, actor, referral, found.red_flags if found else ())
