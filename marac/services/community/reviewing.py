"""Reviews of a Community MARAC case: when the next falls due by its band, how its scores move, who looks in between.

Also the named advocate and the section 42 decision of each adult (CM-13). Refuses a "no concern" without its reason.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Case, CasePerson
from marac.services import moving
from marac.services.casework import naming, people
from marac.services.community.review_days import COMMUNITY, due_day, scores_of, setting
from marac.vocabulary import CareAct, CaseState, Grade, Permission as P, PersonRole
from marac.workflows import reviews
from marac.workflows.reviews import Looked, Scored

ADULT = 18
OF_PANEL = (CaseState.MERGED, CaseState.ERASED)


@dataclass(frozen=True, slots=True)
class Adult:
    """One adult at risk with the section 42 decision on record; `decision` is empty while nobody has answered."""

    id: UUID
    name: str
    decision: str
    reason: str
    reference: str
    on: date | None
    by: str


@dataclass(frozen=True, slots=True)
class Reviews:
    """What the Reviews tab holds."""

    scores: tuple[Scored, ...]
    band: Grade | None
    trend: str
    scored_again: bool
    review_on: date | None
    looks: tuple[Looked, ...]
    advocate: str
    adults: tuple[Adult, ...]
    may_change: bool


def fall_due(session: Session, actor: Actor) -> int:
    """Timed: reviews whose day has come near enough to be put on the agenda fall due; how many."""
    waiting = access.visible(actor, P.JOB_RUN, Case).where(
        Case.programme == COMMUNITY, Case.state == CaseState.ACTIONS_OPEN, Case.review_on.is_not(None)
    )
    moved = 0
    for case in session.scalars(waiting).all():
        due_on = due_day(session, case)
        if due_on is not None and due_on <= clock.today():
            moving.advance(session, actor, case, "fall_due", today=clock.today(), due_on=due_on)
            moved += 1
    return moved


def view_reviews(session: Session, actor: Actor, case: Case, opened: frozenset[str]) -> Reviews:
    """The Reviews tab, as far as it is open to the reader."""
    scores = scores_of(session, case) if "risk" in opened else ()
    band = reviews.band_of(scores)
    days = {name: setting(session, case, f"review.oversight_days_{name}") for name in ("high", "medium")}
    live = case.last_heard_on is not None and case.state not in (CaseState.CLOSED, *OF_PANEL)
    looks = reviews.oversight(band, case.last_heard_on, days) if live and case.last_heard_on and scores else ()
    return Reviews(
        scores, band, reviews.trend(scores), reviews.scored_since(scores, case.last_heard_on),
        case.review_on if live else None, looks, (case.advocate or "") if "summary" in opened else "",
        adults_of(session, case) if {"risk", "identity"} <= opened else (), may_review(actor, case),
    )  # fmt: skip


def may_review(actor: Actor, case: Case) -> bool:
    """Whether the actor keeps the reviews of this case."""
    return case.programme == COMMUNITY and case.state not in OF_PANEL and access.may(actor, P.CASE_REVIEW, case)


def adults_of(session: Session, case: Case) -> tuple[Adult, ...]:
    """The adults at risk in the case with the section 42 decision of each; an unknown age counts as an adult's."""
    return tuple(_adult(one) for one in people.people_of(session, case.id) if _counts(one))


def _counts(one: CasePerson) -> bool:
    at_risk = one.role == PersonRole.VICTIM or (
        one.role == PersonRole.OTHER_AT_RISK and "at_risk" in (one.community_roles or ())
    )
    age = people.age_of(one) if at_risk and not one.not_known else 0
    return at_risk and not one.not_known and (age is None or age >= ADULT)


def _adult(one: CasePerson) -> Adult:
    held = one.care_act or {}
    on = date.fromisoformat(held["on"]) if held.get("on") else None
    return Adult(
        one.id, one.full_name or one.role.label, held.get("decision", ""), held.get("reason", ""),
        held.get("reference", ""), on, held.get("by", ""),
    )  # fmt: skip


def record_care_act(
    session: Session, actor: Actor, case: Case, person_id: UUID, *, decision: str, reason: str = "", reference: str = ""
) -> None:
    """Whether a safeguarding concern was raised for an adult; "no" needs the reason (CM-13)."""
    require_review(session, actor, case)
    person = next((one for one in people.people_of(session, case.id) if one.id == person_id and _counts(one)), None)
    if person is None:
        raise NotFound
    if decision not in tuple(CareAct):
        raise RuleBroken("decision", "Select whether a concern was raised")
    if decision == CareAct.NOT_REFERRED and not reason.strip():
        raise RuleBroken("reason", "Say why no concern was raised")
    person.care_act = {
        "decision": decision, "reason": reason.strip(), "reference": reference.strip(),
        "on": clock.today().isoformat(), "by": naming.signature(session, actor),
    }  # fmt: skip
    audit.record(session, actor, "case:reviewed", case, fields=["care_act"])
    moving.flush(session)


def name_advocate(session: Session, actor: Actor, case: Case, *, advocate: str, version: int | None = None) -> None:
    """Who speaks for the person at risk: a name and a service, one for each case."""
    require_review(session, actor, case)
    moving.same_version(case, version)
    if not advocate.strip():
        raise RuleBroken("advocate", "Enter who speaks for the person, or why nobody does")
    case.advocate = advocate.strip()
    audit.record(session, actor, "case:reviewed", case, fields=["advocate"])
    moving.flush(session)


def require_review(session: Session, actor: Actor, case: Case) -> None:
    """The case is open to the actor, of this panel, and theirs to keep; NotFound or NotAllowed otherwise."""
    opened = access.open_case(actor, case)
    access.require(actor, P.CASE_REVIEW, case)
    if case.programme != COMMUNITY or case.state in OF_PANEL or not {"summary", "risk"} <= opened:
        raise NotAllowed
