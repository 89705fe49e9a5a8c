"""A further incident on a live case, from any cleared member, in two minutes (DA-12): a repeat with no fresh test.

Also from an agency that only holds the mark on its own file. Refuses cases whose twelve months are over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Case, CaseIncident, Flag, Referral
from marac.services import effects, moving
from marac.services.casework.involvement import involve
from marac.services.casework.references import new_reference
from marac.services.community import reopening
from marac.services.deciding import repeats
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import (
    CaseState,
    Criterion,
    FlagState,
    InvolvementBasis,
    Permission as P,
    ProgrammeSlug,
    ReferralKind,
    ReferralState,
    Template,
)
from marac.workflows.engine import Effect, Notify

OVER = (CaseState.LAPSED, CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)
WHOLE = (*referral_tasks.BY_KEY, referral_tasks.FINISHED, referral_tasks.INCIDENT)
MARKED = (FlagState.ADD_REQUESTED, FlagState.ADDED, FlagState.REMOVE_REQUESTED)


@dataclass(frozen=True, slots=True)
class Incident:
    """What a member tells: six things. Answers to the closed ones are `yes`, `no` or `not_known`.

    `would_be_crime` is asked only where the older, narrow definition of a repeat is in force.
    """

    what_happened: str
    happened_on: date | None = None
    told_by: str = ""
    danger_now: str = ""
    contact_still_safe: str = ""
    contact_note: str = ""
    children_present: str = ""
    would_be_crime: str = ""


def get_case(session: Session, actor: Actor, reference: str) -> Case:
    """The case that may be reported on: one the actor may see, or whose mark is on the agency's own file. NotFound."""
    wanted = Case.reference == reference.upper()
    case = session.scalar(access.visible(actor, P.CASE_READ, Case).where(wanted)) if reads(actor) else None
    if case is None and access.holds(actor, P.FLAG_CONFIRM):
        marked = access.visible(actor, P.FLAG_CONFIRM, Flag).where(
            Flag.state.in_(MARKED), Flag.agency_id == actor.agency_id, Flag.case_id == Case.id, wanted
        )
        flag = session.scalar(marked)
        case = session.get(Case, flag.case_id) if flag else None
    if case is None or not may_report(actor, case):
        raise NotFound
    return case


def reads(actor: Actor) -> bool:
    """Whether this role reads cases at all."""
    return access.holds(actor, P.CASE_READ)


def may_report(actor: Actor, case: Case) -> bool:
    """Whether the button is offered: a member's, on a case whose twelve months are running."""
    return not is_over(case) and access.holds(actor, P.REFERRAL_CREATE)


def is_over(case: Case) -> bool:
    """Whether nothing more is told here; a closed case of a panel that reviews comes back in its window (CM-15)."""
    return case.state in OVER and not reopening.may_come_back(case)


def marked_references(session: Session, actor: Actor) -> tuple[str, ...]:
    """References of live cases whose mark is on the agency's own file, in order: where a member may report from."""
    if not (access.holds(actor, P.FLAG_CONFIRM) and access.holds(actor, P.REFERRAL_CREATE)):
        return ()
    mine = access.rule(actor, P.FLAG_CONFIRM, Flag)
    query = select(Case.reference).join(Flag, Flag.case_id == Case.id).where(mine, Flag.agency_id == actor.agency_id)
    closed = and_(
        Case.programme == ProgrammeSlug.COMMUNITY_MARAC, Case.state == CaseState.CLOSED,
        Case.flag_until_on >= clock.today(),
    )  # fmt: skip
    live = query.where(Flag.state.in_(MARKED), or_(Case.state.not_in(OVER), closed)).distinct()
    return tuple(session.scalars(live.order_by(Case.reference)))


def report_incident(session: Session, actor: Actor, case: Case, incident: Incident) -> Referral:
    """Record a further incident: a referral in the same case, at once before the coordinator and the IDVA service.

    RuleBroken beside what is missing; NotFound unless `get_case` finds the case. A repeat by the rule in force on the
    day of the abuse, else a new referral in the same case. Somebody in danger now makes it urgent.
    """
    access.require_holds(actor, P.REFERRAL_CREATE)
    _check(case, incident)
    if actor.agency_id is None or actor.user_id is None:
        raise NotAllowed
    case = get_case(session, actor, case.reference)
    involve(session, case.id, case.partnership_id, [actor.agency_id], InvolvementBasis.REFERRED)
    access.open_case(actor, case)
    referral = _referral(session, actor, case, incident)
    due = referrals.due_dates(session, referral)
    referral.decide_by_at = due["triage_decided"]
    case.last_referral_on = clock.today()
    audit.record(session, actor, "incident:reported", referral)
    if case.programme == ProgrammeSlug.COMMUNITY_MARAC:
        session.add(_kept(actor, referral, incident))
    for effect in _follows(referral, incident):
        effects.carry_out(effects.Move(session, actor, referral, effect, {"due": due}, moving.advance))
    moving.flush(session)
    return referral


def _referral(session: Session, actor: Actor, case: Case, incident: Incident) -> Referral:
    again, now = _is_repeat(session, case, incident), clock.now()
    referral = Referral(
        partnership_id=case.partnership_id, case_id=case.id, programme=case.programme, reference=new_reference(session),
        state=ReferralState.SUBMITTED, kind=ReferralKind.REPEAT if again else ReferralKind.NEW,
        agency_id=actor.agency_id, user_id=actor.user_id, urgent=incident.danger_now == "yes", started_at=now,
        submitted_at=now, criteria=[Criterion.REPEAT.value] if again else [],
        what_happened=incident.what_happened.strip(), happened_on=incident.happened_on,
        told_by=incident.told_by.strip() or None, danger_now=incident.danger_now or None,
        contact_still_safe=incident.contact_still_safe or None, children_present=incident.children_present or None,
        would_be_crime=incident.would_be_crime or None, why_now=_contact_words(incident), done_tasks=list(WHOLE),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    return referral


def _is_repeat(session: Session, case: Case, incident: Incident) -> bool:
    """By the day of the abuse, or today when it is not known; a case never sent nor heard counts from today."""
    if case.last_referral_on is None and case.last_heard_on is None:
        return True
    a_crime = {"yes": True, "no": False}.get(incident.would_be_crime)
    return repeats.counts_as_repeat(session, case, incident.happened_on or clock.today(), a_crime=a_crime)


def _kept(actor: Actor, referral: Referral, incident: Incident) -> CaseIncident:
    """The same among the incidents of the case, where they are counted (CM-17)."""
    return CaseIncident(
        partnership_id=referral.partnership_id, case_id=referral.case_id, referral_id=referral.id, position=1,
        recorded_at=clock.now(), recorded_by_id=actor.user_id, happened_on=incident.happened_on,
        what=incident.what_happened.strip(),
    )  # fmt: skip


def _follows(referral: Referral, incident: Incident) -> Iterable[Effect]:
    """What sending a whole referral has following; with somebody in danger now the prompts are the urgent ones."""
    effects_of = moving.flow_of(referral).find("submit", ReferralState.DRAFT).effects
    if incident.danger_now != "yes":
        return effects_of
    return [
        Notify(Template.REFERRAL_URGENT, effect.to) if isinstance(effect, Notify) else effect for effect in effects_of
    ]


def _check(case: Case, incident: Incident) -> None:
    if is_over(case):
        raise RuleBroken("case", "The twelve months of this case are over. Start a new referral instead")
    if not incident.what_happened.strip():
        raise RuleBroken("what_happened", "Say what happened")
    if incident.happened_on is not None and incident.happened_on > clock.today():
        raise RuleBroken("happened_on", "The date must be today or in the past")


def _contact_words(incident: Incident) -> str | None:
    """Said where the coordinator reads why this cannot wait, so that nobody uses a way that is not safe any more."""
    if incident.contact_still_safe != "no":
        return None
    return f"How to contact safely may have changed. {incident.contact_note}".strip()
