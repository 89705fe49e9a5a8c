"""Emergency access: who meets an emergency and is not of the case sees who it is and what the risk is, for an hour.

Refuses whoever a wall or a restriction keeps out, exactly as if the case did not exist; a fourth use in a week; and
any use of which nobody could be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Address, Case, CasePerson, Glass
from marac.services import local
from marac.services.casework import assessments, naming, people, safe_contact
from marac.services.casework.safe_contact import SafeContact
from marac.services.clockwork import recipients
from marac.services.moving import flush
from marac.vocabulary import GlassCategory, GlassOutcome, Permission as P, PersonRole, Role, Template
from marac.workflows.deadlines import END_OF_DAY, london, offset
from marac.workflows.walls import GLASS_A_WEEK, GLASS_LASTS, GLASS_REASON, GLASS_WEEK, REVIEW_WITHIN

TOLD = (Role.CHAIR, Role.COORDINATOR, Role.AUDITOR)
ELSE_TOLD = (Role.SERVICE_MANAGER, Role.AGENCY_ADMIN, Role.SYSTEM_ADMIN)
LOCKED = "You have used this three times in seven days. Ring the coordinator or the chair, or 999"
NOBODY = "There is nobody here who could be told, so this cannot be used. Ring the coordinator, or 999"


@dataclass(frozen=True, slots=True)
class InCase:
    """One person of the case, as far as an emergency needs."""

    role: PersonRole
    name: str
    born_on: date | None
    age: int | None
    relationship: str
    risk: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What is shown for an hour: who is meant, the risk, until when, and whether an address may be asked for."""

    glass: Glass
    reference: str
    ends_at: datetime
    people: tuple[InCase, ...]
    risk: str
    rules: SafeContact
    may_ask_place: bool


@dataclass(frozen=True, slots=True)
class Use:
    """One use, as those who agree to an address or review it see it."""

    id: UUID
    reference: str
    who: str
    agency: str
    category: GlassCategory
    opened_at: datetime
    because: str
    place_because: str
    place_waits: bool
    place_agreed_at: datetime | None
    review_by_at: datetime
    reviewed_at: datetime | None
    outcome: GlassOutcome | None
    found: str
    mine: bool
    version: int

    @property
    def overdue(self) -> bool:
        """Whether the two working days of the review have passed."""
        return self.reviewed_at is None and self.review_by_at < clock.now()


def break_glass(session: Session, actor: Actor, reference: str, category: GlassCategory, because: str) -> Glass:
    """Open one case for an hour by its reference, and tell those who answer for it at once.

    NotFound for what is not there or is hidden; RuleBroken beside `because`, or `reference` for the limits.
    """
    access.require_holds(actor, P.GLASS_BREAK)
    access.require_step_up(actor)
    if len(because.strip()) < GLASS_REASON:
        raise RuleBroken("because", f"Say what has happened, in {GLASS_REASON} characters or more")
    _still_allowed(session, actor)
    open_to_me = access.visible(actor, P.GLASS_BREAK, Case)
    case = session.scalar(open_to_me.where(Case.reference == reference.strip().upper(), Case.merged_into_id.is_(None)))
    if case is None:
        raise NotFound
    told = _told(session, actor, case)
    if not told:
        raise RuleBroken("reference", NOBODY)
    glass = _begin(session, actor, case, category, because)
    audit.record(session, actor, "glass:broken", glass, category=category)
    notifications.enqueue(
        session, case.partnership_id, told, Template.GLASS_BROKEN, subject_key=f"glass:{glass.id.hex}",
        path="/urgent-access/uses",
    )  # fmt: skip
    flush(session)
    return glass


def get_glass(session: Session, actor: Actor, glass_id: UUID) -> Glass:
    """One use that this person may know of."""
    found = session.scalar(access.visible(actor, P.GLASS_READ, Glass).where(Glass.id == glass_id))
    if found is None:
        raise NotFound
    return found


def view_glass(session: Session, actor: Actor, glass: Glass) -> View:
    """Who is meant and what the risk is. NotFound once the hour is over, and to anybody but who asked."""
    case = access.open_glass(actor, glass)
    audit.record(session, actor, "glass:read", glass)
    shown = tuple(_person(one) for one in people.people_of(session, case.id))
    asked = glass.place_asked_at is None and access.learns_place(session, actor, case)
    rules = safe_contact.rules_of(safe_contact.contact_of(session, case), access.IN_GLASS, case.programme)
    ends_at = min(glass.ends_at, glass.opened_at + GLASS_LASTS)
    return View(glass, case.reference, ends_at, shown, assessments.headline(session, case), rules, asked)


def ask_for_place(session: Session, actor: Actor, glass: Glass, because: str) -> None:
    """Ask that the address is shown too: a second person has to agree, and is told now."""
    case = access.open_glass(actor, glass)
    if not access.learns_place(session, actor, case) or glass.place_asked_at is not None:
        raise NotAllowed
    if len(because.strip()) < GLASS_REASON:
        raise RuleBroken("because", f"Say why you need the address, in {GLASS_REASON} characters or more")
    _explain(glass, place_because=because.strip())
    glass.place_asked_at = clock.now()
    approvers = recipients.active_people(
        session, case.partnership_id, (Role.CHAIR, Role.COORDINATOR), programme=case.programme
    )
    told = set(recipients.not_walled(session, case, approvers)) - {actor.user_id}
    audit.record(session, actor, "glass:place_asked", glass)
    notifications.enqueue(
        session, case.partnership_id, told, Template.GLASS_ASKED, subject_key=f"place:{glass.id.hex}",
        path="/urgent-access/uses",
    )  # fmt: skip
    flush(session)


def agree_place(session: Session, actor: Actor, glass: Glass) -> None:
    """A chair or coordinator agrees, while the hour runs. Never the person who asked."""
    access.require(actor, P.GLASS_APPROVE, glass)
    if glass.user_id == actor.user_id:
        raise NotAllowed
    access.require_step_up(actor)
    if glass.place_asked_at is None or glass.place_agreed_at is not None or not access.is_live(session, glass):
        raise WrongState
    glass.place_agreed_at, glass.place_agreed_by_id = clock.now(), actor.user_id
    audit.record(session, actor, "glass:place_agreed", glass)
    flush(session)


def show_place(session: Session, actor: Actor, glass: Glass) -> tuple[str, ...]:
    """Where the victim-survivor is, once agreed; recorded each time."""
    case = access.open_glass_place(actor, glass)
    victim = people.victim_of(session, case.id)
    audit.record(session, actor, "glass:place_shown", glass)
    homes = [home for home in victim.addresses if home.until_on is None or home.until_on >= clock.today()]
    return tuple(line for home in homes if (line := _line(home)))


def list_uses(session: Session, actor: Actor) -> list[Use]:
    """Uses that this person may see: those to be reviewed first, then those that were, the latest first."""
    access.require_holds(actor, P.GLASS_READ)
    order = (Glass.reviewed_at.is_not(None), Glass.review_by_at.desc(), Glass.id)
    return _uses(session, actor, _rows(session, access.rule(actor, P.GLASS_READ, Glass), order))


def get_use(session: Session, actor: Actor, glass_id: UUID) -> Use:
    """One use with what was said, for who reviews it."""
    access.require(actor, P.GLASS_REVIEW, get_glass(session, actor, glass_id))
    return _uses(session, actor, _rows(session, Glass.id == glass_id, ()))[0]


def _rows(session: Session, which: ColumnElement[bool], order: tuple[Any, ...]) -> Any:
    query = select(*sealed_columns(Glass, "audit-detail"), Glass).where(which).order_by(*order)
    found: Any = session.execute(query.limit(50)).all()
    return found


def review(session: Session, actor: Actor, glass: Glass, outcome: GlassOutcome, found: str) -> None:
    """Whether it was needed, by somebody who did not use it. Once."""
    access.require(actor, P.GLASS_REVIEW, glass)
    if glass.user_id == actor.user_id:
        raise NotAllowed
    if glass.reviewed_at is not None:
        raise WrongState
    if not found.strip():
        raise RuleBroken("found", "Say what you found, and what was done about it")
    _explain(glass, found=found.strip())
    glass.outcome, glass.reviewed_at, glass.reviewed_by_id = outcome, clock.now(), actor.user_id
    audit.record(session, actor, "glass:reviewed", glass, outcome=outcome)
    flush(session)


def waiting(session: Session, actor: Actor) -> tuple[int, int, datetime | None]:
    """For the list of work: how many addresses wait for agreement, how many uses for review, and by when the first."""
    places_wait = 0
    if access.holds(actor, P.GLASS_APPROVE):
        asked = (access.rule(actor, P.GLASS_APPROVE, Glass), Glass.place_asked_at.is_not(None),
                 Glass.place_agreed_at.is_(None), Glass.user_id != actor.user_id,
                 Glass.opened_at > clock.now() - GLASS_LASTS)  # fmt: skip
        places_wait = session.scalar(select(func.count()).select_from(Glass).where(*asked)) or 0
    if not access.holds(actor, P.GLASS_REVIEW):
        return places_wait, 0, None
    open_ones = (access.rule(actor, P.GLASS_REVIEW, Glass), Glass.reviewed_at.is_(None),
                 Glass.user_id != actor.user_id)  # fmt: skip
    number, first = session.execute(select(func.count(), func.min(Glass.review_by_at)).where(*open_ones)).one()
    return places_wait, number, first


def _still_allowed(session: Session, actor: Actor) -> None:
    since = min(clock.now(), access.database_now(session)) - GLASS_WEEK
    used = select(func.count()).select_from(Glass).where(Glass.user_id == actor.user_id, Glass.opened_at > since)
    if (session.scalar(used) or 0) >= GLASS_A_WEEK:
        raise RuleBroken("reference", LOCKED)


def _begin(session: Session, actor: Actor, case: Case, category: GlassCategory, because: str) -> Glass:
    closures = local.closures(session, case.partnership_id)
    with access.apart():
        access.open_for("explain", case.partnership_id, [case.id])
        glass = Glass(
            partnership_id=case.partnership_id, case_id=case.id, user_id=actor.user_id, agency_id=actor.agency_id,
            category=category, opened_at=clock.now(), ends_at=access.database_now(session) + GLASS_LASTS,
            review_by_at=london(offset(clock.today(), REVIEW_WITHIN, closures), END_OF_DAY), because=because.strip(),
        )  # fmt: skip
        session.add(glass)
        session.flush()
    return glass


def _told(session: Session, actor: Actor, case: Case) -> set[UUID]:
    """The chair, the coordinator and information governance; with none of them active, the next person who is."""
    for roles in (TOLD, ELSE_TOLD):
        found = recipients.active_people(session, case.partnership_id, roles, programme=case.programme)
        told = set(recipients.not_walled(session, case, found)) - {actor.user_id}
        if told:
            return told
    return set()


def _explain(glass: Glass, **words: str) -> None:
    with access.apart():
        access.open_for("explain", glass.partnership_id, [glass.case_id])
        for name, text in words.items():
            setattr(glass, name, text)


def _person(one: CasePerson) -> InCase:
    risk = (("Notes", one.notes), ("Mental health", one.mental_health), ("Substance use", one.substance_use))
    return InCase(
        one.role, one.full_name or "", one.born_on, people.age_of(one), one.relationship_to_victim or "",
        tuple((label, text) for label, text in risk if text),
    )  # fmt: skip


def _line(home: Address) -> str:
    if home.in_refuge:
        return f"In a refuge. Contact through {home.refuge_contact or 'the support service'}"
    return " ".join(part for part in (home.house_number, home.street, home.postcode) if part)


def _uses(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> list[Use]:
    glasses = [row.Glass for row in rows]
    names = naming.colleagues(session, actor, [one.user_id for one in glasses])
    agencies = naming.agency_names(session, actor.partnership_id)
    cases = session.execute(select(Case.id, Case.reference).where(Case.id.in_([one.case_id for one in glasses])))
    references = {row.id: row.reference for row in cases}
    with access.apart():
        access.open_for("explain", actor.partnership_id, [one.case_id for one in glasses])
        opened = open_many(Glass, "audit-detail", rows)
    return [
        Use(
            one.id, references[one.case_id], names.get(one.user_id, ""), agencies.get(one.agency_id, ""), one.category,
            one.opened_at, said.get("because", ""), said.get("place_because", ""),
            one.place_asked_at is not None and one.place_agreed_at is None and access.is_live(session, one),
            one.place_agreed_at, one.review_by_at, one.reviewed_at, one.outcome, said.get("found", ""),
            one.user_id == actor.user_id, one.version_id,
        )
        for one, said in zip(glasses, opened, strict=True)
    ]  # fmt: skip
