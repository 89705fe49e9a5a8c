"""Who stands how to what: the actor, the relations that GRANTS is written in, and the gate before all of them.

Each relation is one function of (actor, mapped class) that answers a WHERE clause. Refuses whoever is walled off, not
named or of another programme before any relation is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true

from marac import clock
from marac.models import (
    Agency,
    AgendaGuest,
    AgendaItem,
    AgendaVersion,
    Attendance,
    AuditEntry,
    Case,
    CaseAgency,
    CaseHold,
    Disclosure,
    DisclosureCase,
    GuestPass,
    IntegrityMark,
    Meeting,
    MeetingChange,
    MeetingSeries,
    Membership,
    Minutes,
    NamedPerson,
    OutsideReferrer,
    Referral,
    Research,
    Retention,
    SanctuaryRequest,
    TrailAlert,
    User,
    Wall,
)
from marac.vocabulary import (
    AgendaItemState,
    CaseState,
    InvolvementBasis,
    MeetingKind,
    MeetingState,
    ProgrammeSlug,
    ReferralState,
    ResearchState,
    Role,
)

OF_A_PROGRAMME = (Meeting, MeetingSeries, Minutes, Referral, OutsideReferrer, Disclosure)
UNSENT = (ReferralState.DRAFT, ReferralState.WITHDRAWN)


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
    referral_id: UUID | None = None  # the one thing that a referrer outside the membership may touch (DA-42)
    on_behalf: UUID | None = None  # for whom a deputy acts


Relation = Callable[[Actor, Any], ColumnElement[bool]]


def everyone(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Any row of the partnership that is not walled off, restricted, erased or of another programme."""
    return true()


def own(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Rows this person made or is."""
    return (model.id if model is User else model.user_id) == actor.user_id


def own_agency(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Rows that belong to the person's agency; of people, those who work there now."""
    if model is User:
        current = or_(Membership.to_on.is_(None), Membership.to_on >= clock.today())
        return User.id.in_(select(Membership.user_id).where(Membership.agency_id == actor.agency_id, current))
    return (model.id if model is Agency else model.agency_id) == actor.agency_id


def involved(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Cases (and what hangs on them) that the agency referred, is listed or consulted for, or is granted today."""
    today = clock.today()
    mine = select(CaseAgency.case_id).where(
        CaseAgency.agency_id == actor.agency_id,
        CaseAgency.since_on <= today,
        or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= today),
    )
    return cast(ColumnElement[bool], case_of(model).in_(mine))


def other_side(actor: Actor) -> Select[Any]:
    """Cases in which the agency works only with the person said to be causing harm, marked so by the panel (CM-19)."""
    today = clock.today()
    return select(CaseAgency.case_id).where(
        CaseAgency.agency_id == actor.agency_id,
        CaseAgency.basis == InvolvementBasis.PERPETRATOR_SIDE,
        or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= today),
    )


def beside(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Cases that the agency is involved in, on the side of the person at risk or of nobody (CM-19)."""
    return and_(involved(actor, model), case_of(model).not_in(other_side(actor)))


def referred(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Cases that the agency itself referred, as far as it may still see them."""
    mine = select(CaseAgency.case_id).where(
        CaseAgency.agency_id == actor.agency_id, CaseAgency.basis == InvolvementBasis.REFERRED
    )
    return and_(beside(actor, model), case_of(model).in_(mine))


def own_agency_or_involved(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency's own, and those on cases it may see; of the other side's, its own alone."""
    return or_(own_agency(actor, model), beside(actor, model))


def own_agency_or_released(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency's own answers, and what others opened to the meeting of a case it may see (DA-1, DA-21)."""
    opened = and_(Research.state == ResearchState.RELEASED, beside(actor, model), _agreed(actor))
    return or_(own_agency(actor, model), opened)


def asked_in(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The one case, or the cases of the one meeting, that a guest is asked in for, while that lasts (DA-51)."""
    today = clock.today()
    live = (
        GuestPass.user_id == actor.user_id, GuestPass.membership_id == actor.membership_id,
        GuestPass.ended_at.is_(None), GuestPass.agreed_at.is_not(None), GuestPass.from_on <= today,
        GuestPass.until_on >= today,
    )  # fmt: skip
    of_meeting = exists().where(GuestPass.meeting_id == AgendaItem.meeting_id, GuestPass.case_id.is_(None), *live)
    for_one = exists().where(
        GuestPass.case_id == AgendaItem.case_id, GuestPass.meeting_id == AgendaItem.meeting_id, *live
    )
    listed = select(AgendaItem.case_id).where(
        AgendaItem.state.in_((AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)),
        or_(of_meeting, for_one),
    )
    return cast(ColumnElement[bool], case_of(model).in_(listed))


def _agreed(actor: Actor) -> ColumnElement[bool]:
    """In a room who has not agreed confidentiality is sent out; without one, they read nothing (DA-23, DA-56)."""
    agreed = exists().where(
        Attendance.meeting_id == AgendaItem.meeting_id, Attendance.agency_id == actor.agency_id,
        Attendance.agreed_at.is_not(None),
    )  # fmt: skip
    asks = or_(Meeting.kind == MeetingKind.ASYNCHRONOUS, Meeting.state == MeetingState.IN_PROGRESS)
    item = (AgendaItem.id == Research.item_id, Meeting.id == AgendaItem.meeting_id)
    return ~exists().where(*item, asks, ~agreed).correlate(Research)


def sent(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Referrals that were sent, and cases that have one: another agency's draft was not shared with anybody yet.

    The case behind a Sanctuary request is not a panel's: whoever may see that sees the request.
    """
    mine = Referral.agency_id == actor.agency_id
    if model is Referral:
        return or_(Referral.state.not_in(UNSENT), mine)
    of_case = exists().where(Referral.case_id == case_of(model))
    of_panel = ~exists().where(SanctuaryRequest.case_id == case_of(model))
    known = or_(
        ~of_case.where(Referral.state.in_(UNSENT), ~mine), of_case.where(or_(Referral.state.not_in(UNSENT), mine))
    )
    return and_(of_panel, known)


def on_register(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Every request of the register; of cases, those that may be looked through for one."""
    return true() if model is Disclosure else sent(actor, model)


def issued(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Minutes that were circulated once: after a recall they answer "withdrawn", during an amendment as they were."""
    return cast(ColumnElement[bool], model.issued_at.is_not(None))


# --- the gate ----------------------------------------------------------------------------------------------------


def gate(actor: Actor, model: Any) -> list[ColumnElement[bool]]:
    """Erased, walled, restricted and foreign-programme cases are not there, for anything that hangs on a case."""
    if model is Case:
        return _open_cases(actor)
    if model in (AuditEntry, TrailAlert):
        return [or_(model.case_id.is_(None), model.case_id.in_(select(Case.id).where(*_not_hidden(actor))))]
    if model is Disclosure:  # no line of the register where one of its cases is hidden; an erased case hides none
        hidden = DisclosureCase.case_id.not_in(select(Case.id).where(*_not_hidden(actor)))
        touched = exists().where(DisclosureCase.disclosure_id == Disclosure.id, hidden)
        return [Disclosure.programme.in_(actor.programmes), ~touched]
    if model is Retention:  # what is left of an erased case: the line of the disposal log
        return [Retention.case_id.in_(select(Case.id).where(*_not_hidden(actor)))]
    if model in (Attendance, MeetingChange, AgendaVersion):
        return [model.meeting_id.in_(_in_programme(actor, Meeting))]
    if model is AgendaGuest:  # without a case: of the whole meeting
        open_case = AgendaGuest.case_id.in_(select(Case.id).where(*_open_cases(actor)))
        return [
            AgendaGuest.meeting_id.in_(_in_programme(actor, Meeting)),
            or_(AgendaGuest.case_id.is_(None), open_case),
        ]
    found = [model.programme.in_(actor.programmes)] if model in OF_A_PROGRAMME else []
    if model is Referral and actor.referral_id is not None:
        found.append(Referral.id == actor.referral_id)
    if hasattr(model, "case_id"):
        found.append(model.case_id.in_(select(Case.id).where(*_open_cases(actor))))
    elif hasattr(model, "request_id"):  # works orders and visits: of the case behind the request, or of none
        behind = select(SanctuaryRequest.id).join(Case, Case.id == SanctuaryRequest.case_id)
        found.append(or_(model.request_id.is_(None), model.request_id.in_(behind.where(*_open_cases(actor)))))
    return found


def unlocked(model: Any) -> list[ColumnElement[bool]]:
    """Cases that no hold keeps from change, and what hangs on them; nothing to ask of anything else (DA-55)."""
    if model is not Case and not hasattr(model, "case_id"):
        return []
    held = exists().where(CaseHold.case_id == case_of(model), CaseHold.locks, CaseHold.lifted_at.is_(None))
    return [~held.correlate(model)] if model is not CaseHold else []


def case_of(model: Any) -> Any:
    """The column that says on which case a row hangs."""
    return model.id if model is Case else model.case_id


def _open_cases(actor: Actor) -> list[ColumnElement[bool]]:
    return [Case.state != CaseState.ERASED, *_not_hidden(actor)]


def _not_hidden(actor: Actor) -> list[ColumnElement[bool]]:
    """Of the actor's programmes, not walled off, and if restricted the actor is named. A timed job is nobody: no wall
    is against it, and it reads nothing."""
    in_programme = Case.programme.in_(actor.programmes)
    if actor.role is Role.SYSTEM:
        return [in_programme]
    named = exists().where(NamedPerson.case_id == Case.id, NamedPerson.user_id == actor.user_id)
    return [in_programme, ~_walled(actor), or_(~Case.restricted, named), *_whole(actor)]


def _whole(actor: Actor) -> list[ColumnElement[bool]]:
    """A case with a row that was changed outside the service is closed to all but the chair (security 2.6)."""
    if actor.role is Role.CHAIR:
        return []
    return [Case.id.not_in(select(IntegrityMark.case_id).where(IntegrityMark.cleared_at.is_(None)))]


def in_force() -> ColumnElement[bool]:
    """Walls that nobody has lifted. Beginnings do not count: a clock that was put back opens nothing."""
    return Wall.until_at.is_(None)


def _walled(actor: Actor) -> ColumnElement[bool]:
    """A wall is against the person, or any agency they work or worked for, whichever they act for now; one round a
    case is round the Sanctuary request that came from it too."""
    against = _against(actor)
    behind = exists().where(
        SanctuaryRequest.case_id == Case.id, Wall.case_id == SanctuaryRequest.parent_case_id, against
    )
    return or_(exists().where(Wall.case_id == Case.id, against), behind)


def _against(actor: Actor) -> ColumnElement[bool]:
    people = [one for one in (actor.user_id, actor.on_behalf) if one is not None]  # a deputy: the walls of either
    agencies = select(Membership.agency_id).where(Membership.user_id.in_(people))
    those = or_(Wall.user_id.in_(people), Wall.agency_id == actor.agency_id, Wall.agency_id.in_(agencies))
    return and_(in_force(), those)


def unwalled(actor: Actor, case_id: Any) -> ColumnElement[bool]:
    """For totals: leaves out, by its column of case ids, what is walled off from who reads them, and nothing else."""
    behind: ColumnElement[bool] = case_id.not_in(select(Wall.case_id).where(_against(actor), Wall.case_id.is_not(None)))
    return behind


def _in_programme(actor: Actor, model: Any) -> Select[Any]:
    return select(model.id).where(model.programme.in_(actor.programmes))
