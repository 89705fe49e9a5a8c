"""Open actions, and marks not confirmed, climb the ladders of the local rules: each rung tells once, without detail.

Refuses to open an action: agency leads and the steering group learn whose is how late, never what it says (DA-28).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import Action, Case, Flag
from marac.services import local
from marac.services.casework import naming
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people, not_walled
from marac.services.following.flags import CONFIRMS
from marac.services.following.owners import OWNING_ROLES
from marac.vocabulary import LIVE_ACTIONS, Permission as P, ProgrammeSlug, Role, Template
from marac.workflows.escalation import OWNER, Rung, read_rungs, to_tell

LADDER, FLAG_LADDER = "action_chase.rungs", "flag_chase.rungs"
TELLS: dict[str, Role] = {
    "agency_lead": Role.AGENCY_ADMIN, "chair": Role.CHAIR, "steering_group": Role.SERVICE_MANAGER,
}  # fmt: skip
OF_THE_AGENCY = ("agency_lead",)
FLAG_PAGES = {OWNER: "/flags", "agency_lead": "/escalated", "chair": "/flags/agencies", "steering_group": "/escalated"}
AHEAD = timedelta(days=14)  # no rung is that many days before an action is due


@dataclass(frozen=True, slots=True)
class Escalated:
    """One overdue action as somebody up the ladder sees it: whose, since when, and how far it has come."""

    action_id: UUID
    reference: str
    agency: str
    owner: str
    due_on: date
    days: int
    standing: str
    readable: bool


@dataclass(frozen=True, slots=True)
class LateMarks:
    """How many marks an agency has not confirmed, and since when the oldest was due."""

    agency: str
    number: int
    oldest_on: date


def ladder(
    session: Session, partnership_id: UUID, programme: ProgrammeSlug, name: str = LADDER
) -> tuple[Rung, ...]:  # fmt: skip
    """The rungs in force today."""
    return read_rungs(local.rules_of(session, partnership_id, programme).value(name, clock.today()))


def escalate_actions(session: Session, actor: Actor) -> int:
    """Tell who is next on the ladder of each open action; returns how many messages are new."""
    near = (Action.state.in_(LIVE_ACTIONS), Action.due_on <= clock.today() + AHEAD)
    query = access.visible(actor, P.JOB_RUN, Action).where(*near).options(joinedload(Action.case))
    closed = local.closures(session, actor.partnership_id)
    told = 0
    for action in session.scalars(query.order_by(Action.id)).all():
        rungs = ladder(session, action.partnership_id, action.case.programme)
        for rung in to_tell(rungs, action.due_on, clock.today(), closed):
            told += _tell(session, actor, action, rung)
    return told


def escalate_flags(session: Session, actor: Actor) -> int:
    """The same for marks that an agency has not confirmed: once for all that were due on one day (DA-32)."""
    waiting = (Flag.state.in_(list(CONFIRMS)), Flag.due_at < clock.now())
    query = access.visible(actor, P.JOB_RUN, Flag).where(*waiting).options(joinedload(Flag.case))
    closed, told = local.closures(session, actor.partnership_id), 0
    for flag in session.scalars(query.order_by(Flag.id)).all():
        due_on = clock.to_london(flag.due_at).date()
        rungs = ladder(session, flag.partnership_id, flag.case.programme, FLAG_LADDER)
        for rung in to_tell(rungs, due_on, clock.today(), closed):
            told += notifications.enqueue(
                session, flag.partnership_id, not_walled(session, flag, _of_flag(session, flag, rung)),
                Template.FLAG_ASKED if rung.tell == OWNER else Template.ACTION_ESCALATED,
                subject_key=f"flags:{flag.agency_id.hex}:{rung.key}:{due_on:%Y%m%d}", path=FLAG_PAGES[rung.tell],
            )  # fmt: skip
    return told


def _of_flag(session: Session, flag: Flag, rung: Rung) -> list[UUID]:
    """The agency's own people, or whom the rung names."""
    if rung.tell == OWNER:
        return active_people(session, flag.partnership_id, AGENCY_PEOPLE, agencies=[flag.agency_id])
    return _up(session, flag, rung)


def _tell(session: Session, actor: Actor, action: Action, rung: Rung) -> int:
    owner = rung.tell == OWNER
    new = notifications.enqueue(
        session, action.partnership_id, not_walled(session, action, _audience(session, action, rung)),
        Template.ACTIONS_DUE if owner else Template.ACTION_ESCALATED,
        subject_key=f"rung:{action.id.hex}:{rung.key}:{action.due_on:%Y%m%d}",
        path=f"/actions/{action.id}" if owner else "/escalated",
    )  # fmt: skip
    if new:
        audit.record(session, actor, "action:escalated", action, rung=rung.key)
    return new


def _audience(session: Session, action: Action, rung: Rung) -> list[UUID]:
    """The named owner, or the agency's people while nobody is named; its lead; the chair; the steering group."""
    if rung.tell != OWNER:
        return _up(session, action, rung)
    people = active_people(session, action.partnership_id, OWNING_ROLES, agencies=[action.agency_id])
    return [action.owner_id] if action.owner_id in people else people


def _up(session: Session, late: Action | Flag, rung: Rung) -> list[UUID]:
    agencies = [late.agency_id] if rung.tell in OF_THE_AGENCY else None
    programme = None if agencies else late.case.programme
    return active_people(session, late.partnership_id, (TELLS[rung.tell],), agencies=agencies, programme=programme)


def list_escalated_flags(session: Session, actor: Actor) -> tuple[LateMarks, ...]:
    """Agencies with marks not confirmed that have come as far as this person's rung; counts only, the oldest first."""
    access.require_holds(actor, P.ACTION_OVERSEE)
    mine = (access.rule(actor, P.ACTION_OVERSEE, Flag), Flag.state.in_(list(CONFIRMS)), Flag.due_at < clock.now())
    query = select(Flag.agency_id, Flag.due_at, Case.programme).join(Case, Case.id == Flag.case_id).where(*mine)
    found: dict[UUID, list[date]] = {}
    for agency_id, due_at, programme in session.execute(query):
        due_on = clock.to_london(due_at).date()
        if _come_to(session, actor, programme, due_on, FLAG_LADDER) is not None:
            found.setdefault(agency_id, []).append(due_on)
    names = naming.agency_names(session, actor.partnership_id)
    late = (LateMarks(names[agency_id], len(days), min(days)) for agency_id, days in found.items())
    return tuple(sorted(late, key=lambda one: (one.oldest_on, one.agency)))


def list_escalated(session: Session, actor: Actor) -> tuple[Escalated, ...]:
    """Open actions that have come as far as this person's rung, the oldest first; an agency lead, its own."""
    access.require_holds(actor, P.ACTION_OVERSEE)
    mine = (access.rule(actor, P.ACTION_OVERSEE, Action), Action.state.in_(LIVE_ACTIONS))
    query: Any = select(
        Action.id, Action.agency_id, Action.owner_id, Action.due_on, Case.reference, Case.programme
    ).join(Case, Case.id == Action.case_id)  # fmt: skip
    rows = session.execute(query.where(*mine, Action.due_on < clock.today()).order_by(Action.due_on, Action.id)).all()
    come = [(row, top) for row in rows if (top := _come_to(session, actor, row.programme, row.due_on))]
    names = naming.agency_names(session, actor.partnership_id)
    owners = naming.colleagues(session, actor, [row.owner_id for row, _top in come])
    readable = access.holds(actor, P.ACTION_READ)
    return tuple(
        Escalated(
            row.id, row.reference, names[row.agency_id], owners.get(row.owner_id, ""), row.due_on,
            (clock.today() - row.due_on).days, top.label, readable,
        )
        for row, top in come
    )  # fmt: skip


def _come_to(
    session: Session, actor: Actor, programme: ProgrammeSlug, due_on: date, name: str = LADDER
) -> Rung | None:  # fmt: skip
    """The furthest rung reached, if it is this person's or beyond; the coordinator sees all that left the owner."""
    rungs = ladder(session, actor.partnership_id, programme, name)
    closed = local.closures(session, actor.partnership_id)
    reached = [rung for rung in rungs if rung.reached(due_on, clock.today(), closed)]
    own = [rung for rung in reached if TELLS.get(rung.tell) in _watched(actor)]
    return reached[-1] if own else None


def _watched(actor: Actor) -> Iterable[Role | None]:
    return tuple(TELLS.values()) if actor.role is Role.COORDINATOR else (actor.role,)
