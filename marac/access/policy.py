"""Who may do what: actors, relations and the whole policy in one table, GRANTS. Refuses by default.

Order of refusal: partnership -> erased -> wall -> restricted -> programme -> involvement; all of them one NotFound.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import object_session

from marac import clock
from marac.db import Base
from marac.errors import NotAllowed, NotFound, StepUpNeeded
from marac.models import (
    Agency,
    Case,
    CaseAgency,
    Meeting,
    Membership,
    Minutes,
    NamedPerson,
    Referral,
    User,
    Wall,
)
from marac.vocabulary import CaseState, MinutesState, ProgrammeSlug, Role
from marac.vocabulary import Permission as P

M = TypeVar("M", bound=Base)
STEP_UP_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: one person in one membership, or the System. Passed explicitly, always right after the session."""

    partnership_id: UUID
    role: Role
    user_id: UUID | None = None
    agency_id: UUID | None = None
    programmes: frozenset[ProgrammeSlug] = frozenset(ProgrammeSlug)
    session_id: UUID | None = None
    stepped_up_at: datetime | None = None
    membership_id: UUID | None = None


def system(partnership_id: UUID) -> Actor:
    """The actor of timed jobs and loaders; it has no page and reads no case by itself."""
    return Actor(partnership_id=partnership_id, role=Role.SYSTEM)


# --- relations: one function each, asked of a mapped class, answering the rows it holds for -----------------------

Relation = Callable[[Actor, Any], ColumnElement[bool]]


def everyone(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Any row of the partnership that is not walled off, restricted, erased or of another programme."""
    return true()


def own(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Rows this person made or is."""
    return (model.id if model is User else model.user_id) == actor.user_id


def own_agency(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Rows that belong to the person's agency."""
    if model is User:
        mine = select(Membership.user_id).where(Membership.agency_id == actor.agency_id)
        return User.id.in_(mine)
    return (model.id if model is Agency else model.agency_id) == actor.agency_id


def involved(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Cases (and what hangs on them) that the agency referred, is listed or consulted for, or is granted today."""
    today = clock.today()
    mine = select(CaseAgency.case_id).where(
        CaseAgency.agency_id == actor.agency_id,
        CaseAgency.since_on <= today,
        or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= today),
    )
    return cast(ColumnElement[bool], _case_of(model).in_(mine))


def own_agency_or_involved(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency's own, and those on cases it may see."""
    return or_(own_agency(actor, model), involved(actor, model))


def issued(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Minutes that the chair approved and the coordinator circulated."""
    return Minutes.state == MinutesState.ISSUED


# --- the policy --------------------------------------------------------------------------------------------------

_REFERRING = {
    P.REFERRAL_CREATE: everyone,
    P.REFERRAL_READ: own_agency,
    P.REFERRAL_EDIT: own_agency,
    P.REFERRAL_SUBMIT: own_agency,
}
_SEES_PANELS = {P.HOME_READ: everyone, P.MEETING_READ: everyone, P.AGENCY_READ: everyone, P.USER_READ: own}
_MEMBER: dict[P, Relation] = {
    **_SEES_PANELS,
    **_REFERRING,
    P.CASE_READ: involved,
    P.LOCATION_REVEAL: involved,
    P.ATTENDANCE_AGREE: own_agency,
    P.RESEARCH_READ: own_agency,
    P.RESEARCH_WRITE: own_agency,
    P.MINUTES_READ: issued,
    P.ACTION_READ: own_agency_or_involved,
    P.ACTION_UPDATE: own_agency,
    P.FLAG_CONFIRM: own_agency,
}
_PANEL: dict[P, Relation] = dict.fromkeys(
    (
        P.REFERRAL_READ, P.REFERRAL_DECIDE, P.CASE_READ, P.CASE_UPDATE, P.CASE_LIST, P.CASE_CLOSE, P.LOCATION_REVEAL,
        P.PERSON_MATCH, P.PERSON_LINK, P.MEETING_SCHEDULE, P.MEETING_PUBLISH, P.MEETING_RUN, P.MEETING_CANCEL,
        P.ATTENDANCE_RECORD, P.RESEARCH_CHASE, P.RESEARCH_RELEASE, P.RESEARCH_READ, P.MINUTES_READ, P.MINUTES_WRITE,
        P.ACTION_READ, P.ACTION_CREATE, P.ACTION_WITHDRAW, P.REPORT_READ, P.SETTING_READ, P.USER_READ,
    ),
    everyone,
)  # fmt: skip

GRANTS: dict[Role, dict[P, Relation]] = {
    Role.REFERRER: {
        P.HOME_READ: everyone, P.REFERRAL_CREATE: everyone, P.REFERRAL_READ: own, P.REFERRAL_EDIT: own,
        P.REFERRAL_SUBMIT: own, P.USER_READ: own,
    },
    Role.REPRESENTATIVE: _MEMBER,
    Role.DEPUTY: _MEMBER,
    Role.IDVA: {**_MEMBER, P.CASE_UPDATE: involved},
    Role.COORDINATOR: {
        **_SEES_PANELS, **_REFERRING, **_PANEL, P.REFERRAL_READ: everyone, P.USER_READ: everyone,
        P.MINUTES_ISSUE: everyone,
        P.ATTENDANCE_AGREE: own_agency, P.RESEARCH_WRITE: own_agency, P.ACTION_UPDATE: own_agency,
        P.FLAG_CONFIRM: own_agency, P.USER_INVITE: everyone,
    },
    Role.CHAIR: {
        **_SEES_PANELS, **_PANEL, P.CASE_RESTRICT: everyone, P.MINUTES_APPROVE: everyone, P.USER_READ: everyone,
        P.ATTENDANCE_AGREE: own_agency, P.ACTION_UPDATE: own_agency, P.FLAG_CONFIRM: own_agency,
    },
    Role.SANCTUARY_OFFICER: {P.HOME_READ: everyone, P.USER_READ: own},
    Role.CRIME_PREVENTION_OFFICER: {P.HOME_READ: everyone, P.USER_READ: own},
    Role.CONTRACTOR: {P.HOME_READ: everyone, P.USER_READ: own},
    Role.SERVICE_MANAGER: {**_SEES_PANELS, P.REPORT_READ: everyone},
    Role.AGENCY_ADMIN: {
        P.HOME_READ: everyone, P.AGENCY_READ: everyone, P.USER_READ: own_agency, P.USER_INVITE: own_agency,
        P.USER_SUSPEND: own_agency,
    },
    Role.SYSTEM_ADMIN: {
        P.HOME_READ: everyone, P.AGENCY_READ: everyone, P.SETTING_READ: everyone, P.USER_READ: everyone,
        P.USER_SUSPEND: everyone,
    },
    Role.AUDITOR: {P.HOME_READ: everyone, P.AUDIT_READ: everyone, P.USER_READ: own},
    # timed jobs, and the operator at the console of the machine; never over HTTP
    Role.SYSTEM: dict.fromkeys(
        (P.JOB_RUN, P.AGENCY_READ, P.USER_READ, P.USER_INVITE, P.USER_SUSPEND, P.HOME_READ), everyone
    ),
}  # fmt: skip

# --- asking ---

_asked: ContextVar[bool] = ContextVar("access_asked", default=False)


def forget_asking() -> None:
    """Start of a unit of work: nobody has asked yet."""
    _asked.set(False)


def asked() -> None:
    """Note that policy was consulted."""
    _asked.set(True)


def was_asked() -> bool:
    """The trip-wire: whether policy was consulted in this unit of work."""
    return _asked.get()


def holds(actor: Actor, permission: P) -> bool:
    """Whether the role has this permission on anything at all (menus, creation). Not enough to touch a row."""
    _asked.set(True)
    return permission in GRANTS[actor.role]


def visible(actor: Actor, permission: P, model: type[M]) -> Select[M]:
    """The rows of `model` on which the actor holds `permission`, as a SELECT to refine. Never an unscoped one."""
    return select(model).where(rule(actor, permission, model))


def rule(actor: Actor, permission: P, model: Any) -> ColumnElement[bool]:
    """The same as a WHERE clause, for Core lists and counts."""
    _asked.set(True)
    relation = GRANTS[actor.role].get(permission)
    if relation is None:
        return false()
    return and_(model.partnership_id == actor.partnership_id, *_case_gate(actor, model), relation(actor, model))


def may(actor: Actor, permission: P, thing: Base) -> bool:
    """Whether the actor holds `permission` on this row: the same clause as `visible`, asked of one id."""
    session = object_session(thing)
    if session is None:
        raise NotFound
    model = type(thing)
    return session.scalar(select(exists().where(model.id == thing.id, rule(actor, permission, model)))) or False


def require(actor: Actor, permission: P, thing: Base | None) -> None:
    """Raise NotFound when the thing is not visible to the actor, NotAllowed when it is but this is not theirs to do."""
    if thing is None:
        raise NotFound
    if may(actor, permission, thing):
        return
    reads = _READ_FOR.get(permission.partition(":")[0], P.CASE_READ)
    if permission is reads or not may(actor, reads, thing):
        raise NotFound
    raise NotAllowed


def require_holds(actor: Actor, permission: P) -> None:
    """For making something new: NotAllowed unless the role holds the permission."""
    if not holds(actor, permission):
        raise NotAllowed


def require_step_up(actor: Actor) -> None:
    """Raise StepUpNeeded unless the person confirmed their second factor in the last five minutes."""
    if actor.stepped_up_at is None or clock.now() - actor.stepped_up_at > STEP_UP_LASTS:
        raise StepUpNeeded


def matrix() -> list[dict[str, str]]:
    """The whole policy as rows {role, permission, relation}, for people and for `marac access matrix`."""
    return [
        {"role": role.value, "permission": permission.value, "relation": relation.__name__}
        for role, cells in GRANTS.items()
        for permission, relation in sorted(cells.items())
    ]


_READ_FOR = {
    "referral": P.REFERRAL_READ, "case": P.CASE_READ, "meeting": P.MEETING_READ, "attendance": P.MEETING_READ,
    "research": P.RESEARCH_READ, "minutes": P.MINUTES_READ, "action": P.ACTION_READ, "user": P.USER_READ,
    "flag": P.FLAG_CONFIRM, "setting": P.SETTING_READ, "agency": P.AGENCY_READ,
}  # fmt: skip


def _case_of(model: Any) -> Any:
    return model.id if model is Case else model.case_id


def _case_gate(actor: Actor, model: Any) -> list[ColumnElement[bool]]:
    """Erased, walled, restricted and foreign-programme cases are not there, for anything that hangs on a case."""
    programme = () if model not in (Meeting, Minutes, Referral) else (model.programme.in_(actor.programmes),)
    if model is not Case and not hasattr(model, "case_id"):
        return [*programme]
    walled = exists().where(
        Wall.case_id == Case.id, or_(Wall.user_id == actor.user_id, Wall.agency_id == actor.agency_id)
    )
    named = exists().where(NamedPerson.case_id == Case.id, NamedPerson.user_id == actor.user_id)
    open_to_actor = and_(
        Case.state != CaseState.ERASED, Case.programme.in_(actor.programmes), ~walled, or_(~Case.restricted, named)
    )
    if model is Case:
        return [open_to_actor]
    return [*programme, model.case_id.in_(select(Case.id).where(open_to_actor))]
