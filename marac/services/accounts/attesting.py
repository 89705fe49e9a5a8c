"""Once a quarter each agency's lead says who still works there, in which role; unanswered, the agency is closed.

The coordinator answers for an agency without a lead. Nobody answers for themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, Attestation, Membership, Partnership, User
from marac.services.accounts import admission, joining, leavers
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people
from marac.services.referring.outside_referrers import OUTSIDE
from marac.vocabulary import Permission as P, ProgrammeSlug, Role, StillHere, Template
from marac.workflows.membership import quarter_of

WARNED_BEFORE = (7, 1)  # days before the last day


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """One agency that is asked, and by when; `late` once its access is closed."""

    id: UUID
    agency: str
    due_on: date
    late: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One person in one role, to be confirmed."""

    membership_id: UUID
    full_name: str
    role: Role
    programme: ProgrammeSlug | None
    since_on: date
    last_signin_on: date | None
    trained_on: date | None


def ask_all(session: Session, actor: Actor) -> int:
    """Nightly: ask every agency with somebody from before this quarter, once, and remind those that did not answer."""
    if session.get_one(Partnership, actor.partnership_id).is_demo:
        return 0
    today = clock.today()
    quarter, within = quarter_of(today), admission.terms_of(session, actor.partnership_id).attest_within
    asked = select(Attestation.agency_id).where(Attestation.quarter_on == quarter)
    worked = select(Membership.agency_id).where(Membership.from_on < quarter)
    agencies = session.scalars(
        select(Agency).where(
            Agency.partnership_id == actor.partnership_id, Agency.slug != OUTSIDE, Agency.id.in_(worked),
            Agency.id.not_in(asked),
        )
    ).all()  # fmt: skip
    count = 0
    for agency in agencies:
        if joining.live_members(session, agency.id):
            row = Attestation(
                partnership_id=actor.partnership_id, agency_id=agency.id, quarter_on=quarter,
                due_on=today + timedelta(days=within), asked_at=clock.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            audit.record(session, actor, "attestation:asked", row, agency=agency.id)
            _tell(session, row, "asked")
            count += 1
    return count + _remind(session, actor)


def list_open(session: Session, actor: Actor) -> list[ToConfirm]:
    """What the actor is to confirm: their own agency's; a coordinator, of agencies without a lead and late ones."""
    access.require_holds(actor, P.USER_ATTEST)
    rows = session.scalars(
        access.visible(actor, P.USER_ATTEST, Attestation)
        .where(Attestation.done_at.is_(None))
        .options(joinedload(Attestation.agency))
        .order_by(Attestation.due_on, Attestation.id)
    ).all()
    today = clock.today()
    if actor.role is not Role.AGENCY_ADMIN:
        led = _led(session, actor.partnership_id)
        rows = [one for one in rows if one.agency_id not in led or one.due_on < today]
    return [ToConfirm(one.id, naming.short(one.agency.name), one.due_on, one.due_on < today) for one in rows]


def get_attestation(session: Session, actor: Actor, attestation_id: UUID) -> Attestation:
    """One that waits and is the actor's to answer, or NotFound."""
    mine = access.visible(actor, P.USER_ATTEST, Attestation).where(Attestation.id == attestation_id)
    found = session.scalar(mine.where(Attestation.done_at.is_(None)).options(joinedload(Attestation.agency)))
    if found is None:
        raise NotFound
    return found


def list_lines(session: Session, actor: Actor, asked: Attestation) -> list[Line]:
    """Everybody who works there, in each role, but for whoever answers."""
    access.require(actor, P.USER_ATTEST, asked.agency)
    held = [one for one in joining.live_members(session, asked.agency_id) if one.user_id != actor.user_id]
    names = naming.colleagues(session, actor, [one.user_id for one in held])
    people = {one.id: one for one in session.scalars(select(User).where(User.id.in_(list(names))))}
    lines = [
        Line(
            one.id, names[one.user_id], one.role, one.programme, one.from_on,
            seen.date() if (seen := people[one.user_id].last_signin_at) else None, people[one.user_id].trained_on,
        )
        for one in held
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.full_name.casefold(), line.role))


def answer(session: Session, actor: Actor, asked: Attestation, said: Mapping[UUID, StillHere]) -> None:
    """Keep the answer: who stays, which roles end, who has left. RuleBroken beside whoever was left out."""
    access.require(actor, P.USER_ATTEST, asked.agency)
    access.require_step_up(actor)
    lines = list_lines(session, actor, asked)
    for line in lines:
        if line.membership_id not in said:
            raise RuleBroken(f"still-{line.membership_id.hex}", f"Say whether {line.full_name} still works here")
    ended = 0
    for line in lines:
        word, held = said[line.membership_id], session.get_one(Membership, line.membership_id)
        if word is StillHere.YES:
            held.attested_on = clock.today()
        elif held.to_on is None or held.to_on >= clock.today():  # not ended by an answer above
            ended += 1
            _end(session, actor, held, word)
    asked.done_at, asked.done_by_id = clock.now(), actor.user_id
    audit.record(
        session, actor, "attestation:answered", asked, agency=asked.agency_id, stay=len(lines) - ended, end=ended
    )
    session.flush()


def _end(session: Session, actor: Actor, held: Membership, word: StillHere) -> None:
    if word is StillHere.WRONG_ROLE:
        leavers.end_role(session, actor, held.id)
        return
    user = session.get_one(User, held.user_id)
    colleagues = leavers.what_falls(session, actor, user).colleagues
    leavers.take_leave(session, actor, user, colleagues[0][0] if colleagues else None)


def _led(session: Session, partnership_id: UUID) -> frozenset[UUID]:
    leads = active_people(session, partnership_id, (Role.AGENCY_ADMIN,))
    mine = select(Membership.agency_id).where(Membership.user_id.in_(leads), Membership.role == Role.AGENCY_ADMIN)
    return frozenset(session.scalars(mine))


def _remind(session: Session, actor: Actor) -> int:
    waiting = select(Attestation).where(
        Attestation.partnership_id == actor.partnership_id, Attestation.done_at.is_(None)
    )
    count = 0
    for one in session.scalars(waiting).all():
        left = (one.due_on - clock.today()).days
        step = "late" if left < 0 else next((f"in{days}" for days in sorted(WARNED_BEFORE) if left <= days), "")
        count += _tell(session, one, step) if step else 0
    return count


def _tell(session: Session, asked: Attestation, step: str) -> int:
    people = joining.leads_of(session, asked.partnership_id, asked.agency_id)
    if step == "late":
        people = [*people, *active_people(session, asked.partnership_id, (Role.COORDINATOR,))]
    return notifications.enqueue(
        session, asked.partnership_id, people, Template.MEMBERSHIP_WAITING,
        subject_key=f"attest:{asked.id.hex}:{step}", path="/admin/attestations",
    )  # fmt: skip
