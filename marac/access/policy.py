"""Who may do what: the whole policy in one table, GRANTS, and the questions asked of it. Refuses by default.

Order of refusal: partnership -> erased -> wall -> restricted -> programme -> involvement; all of them one NotFound.
"""

from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, select
from sqlalchemy.orm import object_session

from marac import clock, models
from marac.access.relations import (
    Actor,
    Relation,
    asked_in,
    beside,
    everyone,
    gate,
    involved,
    issued,
    on_register,
    own,
    own_agency,
    own_agency_or_involved,
    own_agency_or_released,
    referred,
    sent,
    unlocked,
)
from marac.access.sanctuary_relations import (
    asked_by_agency,
    asked_by_me,
    costed,
    in_the_field,
    scheme,
    supported,
)
from marac.db import Base
from marac.errors import NotAllowed, NotFound, StepUpNeeded
from marac.vocabulary import Permission as P, Role

M = TypeVar("M", bound=Base)
STEP_UP_LASTS = timedelta(minutes=5)


def system(partnership_id: UUID) -> Actor:
    """The actor of timed jobs and loaders; it has no page and reads no case by itself."""
    return Actor(partnership_id=partnership_id, role=Role.SYSTEM)


# --- the policy --------------------------------------------------------------------------------------------------

_REFERRING = {
    P.REFERRAL_CREATE: everyone,
    P.REFERRAL_READ: own_agency,
    P.REFERRAL_EDIT: own_agency,
    P.REFERRAL_SUBMIT: own_agency,
    P.PAPER_READ: own_agency,
}
_ASKS_SANCTUARY: dict[P, Relation] = {
    P.SANCTUARY_CREATE: everyone,
    P.SANCTUARY_READ: asked_by_agency,
    P.SANCTUARY_EDIT: asked_by_agency,
    P.SANCTUARY_STOP: asked_by_agency,
}
_SUPPORTS: dict[P, Relation] = {
    P.SANCTUARY_READ: supported,
    P.SANCTUARY_SUPPORT: supported,
    P.SANCTUARY_STOP: supported,
}
_SCHEME: dict[P, Relation] = {
    P.VISIT_READ: everyone,
    P.VISIT_BOOK: everyone,
    P.ORDER_READ: scheme,
    P.SANCTUARY_CREATE: everyone,
    P.SANCTUARY_EDIT: asked_by_agency,
    **dict.fromkeys(
        (
            P.SANCTUARY_READ, P.SANCTUARY_DECIDE, P.SANCTUARY_SURVEY, P.SANCTUARY_APPROVE, P.SANCTUARY_SUPPORT,
            P.SANCTUARY_STOP,
        ),
        scheme,
    ),
}  # fmt: skip
_FIELD: dict[P, Relation] = {
    **dict.fromkeys((P.SANCTUARY_READ, P.SANCTUARY_SURVEY, P.SANCTUARY_STOP, P.ORDER_READ), in_the_field),
    **dict.fromkeys((P.VISIT_READ, P.VISIT_BOOK), everyone),
}  # fmt: skip
_SEES_PANELS = {P.HOME_READ: everyone, P.MEETING_READ: everyone, P.AGENCY_READ: everyone, P.USER_READ: own}
_MEMBER: dict[P, Relation] = {
    **_SEES_PANELS,
    **_REFERRING,
    P.CASE_READ: involved,
    P.PAPER_READ: own_agency_or_involved,
    P.ASSESSMENT_CREATE: referred,
    P.CONTACT_UPDATE: referred,
    P.LOCATION_REVEAL: beside,
    P.INCIDENT_RECORD: beside,
    P.ATTENDANCE_AGREE: own_agency,
    P.RESEARCH_READ: own_agency_or_released,
    P.RESEARCH_WRITE: own_agency,
    P.MINUTES_READ: issued,
    P.ACTION_READ: own_agency_or_involved,
    P.ACTION_UPDATE: own_agency,
    P.FLAG_CONFIRM: own_agency,
    P.TELLING_READ: own_agency,
    P.TELLING_REPORT: own_agency,
    P.DISCLOSURE_AGREE: own_agency,
    P.DEPUTY_NAME: own,
    **_ASKS_SANCTUARY,
}
# An emergency out of hours: whoever meets it and is not of the case. Who runs the panel sees its cases anyway.
_BREAKS: dict[P, Relation] = {P.GLASS_BREAK: sent, P.GLASS_READ: own}
_ON_CASES = (
    P.REFERRAL_READ, P.REFERRAL_DECIDE, P.CASE_READ, P.CASE_UPDATE, P.CASE_LIST, P.CASE_CLOSE, P.LOCATION_REVEAL,
    P.PERSON_MATCH, P.PERSON_LINK, P.PAPER_READ, P.TRANSFER_READ, P.CASE_REVIEW, P.INCIDENT_RECORD,
    P.TRAIL_READ, P.QUALITY_REVIEW,
)  # fmt: skip
_ON_MEETINGS = (
    P.MEETING_SCHEDULE, P.MEETING_PUBLISH, P.MEETING_RUN, P.MEETING_CANCEL, P.ATTENDANCE_RECORD, P.RESEARCH_CHASE,
    P.RESEARCH_RELEASE, P.RESEARCH_READ, P.MINUTES_READ, P.MINUTES_WRITE, P.ACTION_READ, P.ACTION_CREATE,
    P.ACTION_WITHDRAW, P.ACTION_OVERSEE, P.FLAG_FOLLOW,
    P.TELLING_READ, P.TELLING_REPORT, P.TELLING_ASSIGN, P.REPORT_READ, P.SETTING_READ, P.USER_READ,
)  # fmt: skip
_DISCLOSES: dict[P, Relation] = {
    P.DISCLOSURE_READ: on_register,
    P.DISCLOSURE_PREPARE: on_register,
    P.DISCLOSURE_RELEASE: on_register,
    P.CASE_HOLD: sent,
}
_PANEL: dict[P, Relation] = {
    **dict.fromkeys(_ON_CASES, sent), **dict.fromkeys(_ON_MEETINGS, everyone), **_DISCLOSES,
}  # fmt: skip

_KEEPS_RECORDS: dict[P, Relation] = dict.fromkeys((P.RETENTION_READ, P.RETENTION_DECIDE, P.HOLD_PLACE), everyone)

GRANTS: dict[Role, dict[P, Relation]] = {
    Role.REFERRER: {
        P.HOME_READ: everyone, P.REFERRAL_CREATE: everyone, P.REFERRAL_READ: own, P.REFERRAL_EDIT: own,
        P.REFERRAL_SUBMIT: own, P.PAPER_READ: own, P.USER_READ: own, P.SANCTUARY_CREATE: everyone,
        **dict.fromkeys((P.SANCTUARY_READ, P.SANCTUARY_EDIT, P.SANCTUARY_STOP), asked_by_me),
    },
    Role.REPRESENTATIVE: {**_MEMBER, **_BREAKS},
    Role.DEPUTY: {**_MEMBER, **_BREAKS},
    Role.IDVA: {
        **_MEMBER, P.ASSESSMENT_CREATE: beside, P.CASE_UPDATE: beside, P.CONTACT_UPDATE: beside,
        P.REFERRER_INVITE: own, **_SUPPORTS, **_BREAKS,
    },
    Role.COORDINATOR: {
        **_SEES_PANELS, **_REFERRING, **_PANEL, **_SCHEME, P.USER_READ: everyone,
        P.MINUTES_ISSUE: everyone, P.ASSESSMENT_CREATE: sent, P.CONTACT_UPDATE: sent,
        P.ATTENDANCE_AGREE: own_agency, P.RESEARCH_WRITE: own_agency, P.ACTION_UPDATE: own_agency,
        P.FLAG_CONFIRM: own_agency, P.USER_INVITE: everyone, P.REFERRER_INVITE: everyone, P.AREA_KEEP: everyone,
        P.LIBRARY_EDIT: everyone, P.TRANSFER_SEND: sent, P.TRANSFER_RECEIVE: own, P.REPORT_ENTER: everyone,
        P.CASE_EXPORT: everyone,
        P.DISCLOSURE_AGREE: own_agency, **_KEEPS_RECORDS,
        **dict.fromkeys((P.USER_APPROVE, P.USER_ATTEST, P.DEPUTY_APPROVE), everyone),
        P.DEPUTY_NAME: own, P.AGREEMENT_READ: everyone, P.AGREEMENT_KEEP: everyone, P.USER_SUSPEND: everyone,
        P.FACTOR_APPROVE: everyone,
        P.WALL_DECIDE: sent, P.GLASS_READ: everyone, P.GLASS_APPROVE: everyone,
    },
    Role.CHAIR: {
        **_SEES_PANELS, **_PANEL, P.CASE_RESTRICT: sent, P.CASE_OVERRIDE: sent, P.CASE_URGENT: sent,
        P.MINUTES_APPROVE: everyone, P.USER_READ: everyone, P.ADDRESS_OVERRIDE: sent, P.CASE_EXPORT: everyone,
        P.ATTENDANCE_AGREE: own_agency, P.ACTION_UPDATE: own_agency, P.FLAG_CONFIRM: own_agency,
        P.TRANSFER_CHECK: sent, P.DISCLOSURE_DECIDE: on_register,
        P.WALL_DECIDE: sent, P.WALL_LIFT: sent, P.GLASS_READ: everyone, P.GLASS_APPROVE: everyone,
        P.GLASS_REVIEW: everyone,
        P.HOLD_PLACE: everyone,
    },
    Role.SANCTUARY_OFFICER: {
        P.HOME_READ: everyone, P.USER_READ: own, P.REPORT_READ: everyone, **_SCHEME, P.DEPUTY_NAME: own,
    },
    Role.CRIME_PREVENTION_OFFICER: {P.HOME_READ: everyone, P.USER_READ: own, **_FIELD},
    Role.CONTRACTOR: {
        P.HOME_READ: everyone, P.USER_READ: own, P.ORDER_READ: own_agency, P.ORDER_WORK: own_agency,
    },
    Role.SERVICE_MANAGER: {
        **_SEES_PANELS, P.REPORT_READ: everyone, P.ACTION_OVERSEE: everyone,
        P.REPORT_ENTER: everyone, P.REPORT_PUBLISH: everyone,
        **dict.fromkeys((P.SANCTUARY_READ, P.SANCTUARY_APPROVE), costed),
    },
    Role.AGENCY_ADMIN: {
        P.HOME_READ: everyone, P.AGENCY_READ: everyone, P.USER_READ: own_agency, P.USER_INVITE: own_agency,
        P.USER_SUSPEND: own_agency, P.REFERRER_INVITE: own_agency, P.ACTION_OVERSEE: own_agency,
        **dict.fromkeys((P.USER_APPROVE, P.USER_ATTEST, P.DEPUTY_APPROVE, P.AGREEMENT_READ), own_agency),
        P.FACTOR_ASK: own_agency,
    },
    Role.SYSTEM_ADMIN: {
        P.HOME_READ: everyone, P.AGENCY_READ: everyone, P.SETTING_READ: everyone, P.USER_READ: everyone,
        P.USER_SUSPEND: everyone, P.JOB_READ: everyone, P.LIBRARY_EDIT: everyone, P.AGREEMENT_READ: everyone,
    },
    # approves costs between the coordinator and the head of service; sees nothing else of a request
    Role.TEAM_LEADER: {
        P.HOME_READ: everyone, P.USER_READ: own, P.REPORT_READ: everyone,
        **dict.fromkeys((P.SANCTUARY_READ, P.SANCTUARY_APPROVE), costed),
    },
    Role.STEERING_GROUP: {P.HOME_READ: everyone, P.USER_READ: own, P.REPORT_READ: everyone},  # aggregates only (DA-52)
    Role.GUEST: {P.HOME_READ: everyone, P.USER_READ: own, P.GUEST_VISIT: everyone, P.CASE_READ: asked_in},
    Role.AUDITOR: {
        P.HOME_READ: everyone, P.AUDIT_READ: everyone, P.USER_READ: own, P.AGREEMENT_READ: everyone,
        P.DISCLOSURE_READ: on_register, P.DISCLOSURE_DECIDE: on_register, P.ALERT_ANSWER: everyone,
        P.GLASS_BREAK: sent, P.GLASS_READ: everyone, P.GLASS_REVIEW: everyone, **_KEEPS_RECORDS,
    },
    # timed jobs, and the operator at the console of the machine; never over HTTP
    Role.SYSTEM: dict.fromkeys(
        (P.JOB_RUN, P.CHECKLIST_LOAD, P.AGENCY_READ, P.USER_READ, P.USER_INVITE, P.USER_SUSPEND, P.HOME_READ,
         P.AGREEMENT_KEEP, P.RETENTION_READ, P.HOLD_PLACE),
        everyone,
    ),
}  # fmt: skip

# What may still be done on a case that is kept from change: it is read, shown, held, and handed out (DA-55).
STANDS_LOCKED = frozenset(
    one for one in P if one.value.endswith((":read", ":reveal", ":hold", ":match", ":oversee", ":follow"))
    or one.value.startswith("disclosure:")
)  # fmt: skip
# What nobody does in another's name: a deputy lets nobody in, and never delegates further.
NOT_FOR_ANOTHER = frozenset({
    P.USER_INVITE, P.USER_SUSPEND, P.USER_APPROVE, P.USER_ATTEST, P.DEPUTY_NAME, P.DEPUTY_APPROVE, P.AGREEMENT_KEEP,
    P.REFERRER_INVITE, P.GLASS_BREAK,
})  # fmt: skip

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
    if actor.referral_id is not None and permission in (P.REFERRAL_CREATE, P.SANCTUARY_CREATE):
        return False  # who came by a link has the one referral they were asked for
    if actor.on_behalf is not None and permission in NOT_FOR_ANOTHER:
        return False
    return permission in GRANTS[actor.role]


def visible(actor: Actor, permission: P, model: type[M]) -> Select[M]:
    """The rows of `model` on which the actor holds `permission`, as a SELECT to refine. Never an unscoped one."""
    return select(model).where(rule(actor, permission, model))


def rule(actor: Actor, permission: P, model: Any) -> ColumnElement[bool]:
    """The same as a WHERE clause, for Core lists and counts."""
    _asked.set(True)
    relation = GRANTS[actor.role].get(permission)
    if relation is None or (actor.on_behalf is not None and permission in NOT_FOR_ANOTHER):
        return false()
    kept = () if permission in STANDS_LOCKED else unlocked(model)
    return and_(model.partnership_id == actor.partnership_id, *gate(actor, model), relation(actor, model), *kept)


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
    require_visible(actor, thing)
    raise NotAllowed


def require_visible(actor: Actor, thing: Base) -> None:
    """Raise NotFound unless the actor may read this thing. Timed jobs see what they run on."""
    reads = P.JOB_RUN if actor.role is Role.SYSTEM else READS.get(type(thing))
    if reads is None or not may(actor, reads, thing):
        raise NotFound


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


READS: dict[type[Base], P] = {
    models.Case: P.CASE_READ, models.CasePerson: P.CASE_READ, models.AgendaItem: P.CASE_READ,
    models.Assessment: P.CASE_READ, models.MinuteNote: P.CASE_READ, models.Referral: P.REFERRAL_READ,
    models.Meeting: P.MEETING_READ, models.Attendance: P.MEETING_READ, models.Research: P.RESEARCH_READ,
    models.Minutes: P.MINUTES_READ, models.Action: P.ACTION_READ, models.Flag: P.FLAG_CONFIRM,
    models.User: P.USER_READ, models.Agency: P.AGENCY_READ, models.Setting: P.SETTING_READ,
    models.AuditEntry: P.AUDIT_READ, models.Paper: P.PAPER_READ, models.OutsideReferrer: P.REFERRER_INVITE,
    models.MeetingSeries: P.MEETING_READ, models.MeetingChange: P.MEETING_READ,
    models.AgendaVersion: P.MEETING_READ, models.AgendaVersionLine: P.CASE_READ, models.AgendaChange: P.CASE_READ,
    models.AgendaGuest: P.MEETING_READ,
    models.Telling: P.TELLING_READ, models.Transfer: P.TRANSFER_READ, models.TransferFile: P.TRANSFER_RECEIVE,
    models.OtherArea: P.AREA_KEEP, models.CaseIncident: P.CASE_READ, models.SanctuaryRequest: P.SANCTUARY_READ,
    models.Approval: P.SANCTUARY_READ,
    models.AddressFlag: P.SANCTUARY_READ, models.LandlordPermission: P.SANCTUARY_READ,
    models.WorksLine: P.SANCTUARY_READ, models.HomePhoto: P.SANCTUARY_READ, models.FollowUp: P.SANCTUARY_READ,
    models.AddressOverride: P.CASE_READ,
    models.WorksOrder: P.ORDER_READ, models.Visit: P.VISIT_READ,
    models.FactorReset: P.FACTOR_APPROVE, models.Glass: P.GLASS_READ,
    models.Disclosure: P.DISCLOSURE_READ, models.DisclosurePassage: P.DISCLOSURE_AGREE,
    models.Retention: P.RETENTION_READ, models.LegalHold: P.HOLD_PLACE,
    models.TrailAlert: P.AUDIT_READ,
    models.SampledCase: P.QUALITY_REVIEW,
}  # fmt: skip
