"""The date until which a case is kept: set when it ends, moved when it is in use again, counted anew when rules change.

Opens nothing but how old the children are, under a purpose of its own. Erases nothing.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import AuditEntry, Case, CasePerson, Referral, Retention, SanctuaryRequest
from marac.services import local
from marac.vocabulary import (
    CaseState,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    ReferralState,
    RetentionBasis as B,
    RetentionState,
    SanctuaryState,
)
from marac.workflows.deadlines import add_months
from marac.workflows.retention_dates import Ended, Schedule, retain_until

OVER: Final = (CaseState.CLOSED, CaseState.LAPSED)
LEFT_LINE: Final = (
    SanctuaryState.CLOSED, SanctuaryState.REMOVED_ENDED, SanctuaryState.DUPLICATE, SanctuaryState.DIED,
)  # fmt: skip
CLOSINGS: Final = ("case:close", "case:close_over", "case:lapse")
SET_ASIDE: Final = (RetentionState.PROPOSED, RetentionState.COOLING)
Advance = Callable[..., Any]


def refresh(session: Session, case: Case, advance: Advance) -> Retention | None:
    """Count the date of a case anew. One that is in use again has none, and whatever was proposed for it is off."""
    row = session.scalar(select(Retention).where(Retention.case_id == case.id))
    ended = ended_of(session, case)
    if row is not None and row.state in (RetentionState.ERASING, RetentionState.ERASED):
        return row
    if ended is None:
        _stop(session, row, advance)
        return None
    until, basis = date_of(session, case, ended)
    if row is None:
        row = new_row(session, case)
    if row.ended_on is not None and row.ended_on != ended.on:
        row.kept_until = None  # decided about an earlier ending
    if row.kept_until is not None and row.kept_until > until:
        until, basis = row.kept_until, B.KEPT_LONGER
    if (row.ended_on, row.retain_until, row.basis) != (ended.on, until, basis):
        row.ended_on, row.retain_until, row.basis = ended.on, until, basis
        audit.record(session, access.system(case.partnership_id), "retention:counted", row, basis=basis)
    return row


def ended_of(session: Session, case: Case) -> Ended | None:
    """When and how a case ended; None while it is in use, joined to another or erased."""
    if case.state in (CaseState.MERGED, CaseState.ERASED):
        return None
    request = session.scalar(select(SanctuaryRequest).where(SanctuaryRequest.case_id == case.id))
    if request is not None:
        return _request_ended(request)
    if case.state in OVER:
        return Ended(_closed_on(session, case), B.CLOSED_CASE if case.last_heard_on else B.NOT_HEARD)
    if case.state == CaseState.RECEIVED and case.last_heard_on is None:
        states = set(session.scalars(select(Referral.state).where(Referral.case_id == case.id)))
        if states == {ReferralState.WITHDRAWN}:
            return Ended(case.last_referral_on or case.opened_on, B.NOT_HEARD)
    return None


def _request_ended(request: SanctuaryRequest) -> Ended | None:
    if request.state not in LEFT_LINE:
        return None
    ended_on = clock.to_london(request.closed_at or request.stage_since_at).date()
    if request.signed_off_at is None:
        return Ended(ended_on, B.SCHEME if request.submitted_at else B.NOT_HEARD)
    in_use = request.state != SanctuaryState.REMOVED_ENDED
    if not in_use:
        ended_on = clock.to_london(request.stage_since_at).date()
    return Ended(ended_on, B.MEASURES, clock.to_london(request.signed_off_at).date() if in_use else None)


def _closed_on(session: Session, case: Case) -> date:
    """The day of the closing by the trail; for what came from elsewhere, the last day anything is known of it."""
    query = select(func.max(AuditEntry.at)).where(AuditEntry.case_id == case.id, AuditEntry.tag.in_(CLOSINGS))
    at = session.scalar(query)
    queued = [one.at for one in session.info.get("audit", ()) if one.case_id == case.id and one.tag in CLOSINGS]
    if at or queued:
        return clock.to_london(max([*queued, *([at] if at else [])])).date()
    days = (case.flag_until_on, case.last_heard_on, case.last_referral_on, case.opened_on)
    return max(min(day, clock.today()) for day in days if day is not None)


def date_of(session: Session, case: Case, ended: Ended) -> tuple[date, B]:
    """By the schedule in force today: the day until which the case is kept, and the line that gives it."""
    return retain_until(schedule_of(session, case.partnership_id, case.programme), ended, _births(session, case, ended))


def schedule_of(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> Schedule:
    """A programme's schedule as it is set today."""
    rules, today = local.rules_of(session, partnership_id, programme), clock.today()
    block = rules.block("retention", today)
    years = {name: int(value) for name, value in rules.block("retention.years", today).items()}
    return Schedule(years, int(block["child_until_age"]), int(block.get("measures_life_years", 0)))


def cooling_off_days(session: Session, row: Retention) -> int:
    """How long either person can take an approval back."""
    rules = local.rules_of(session, row.partnership_id, row.programme)
    return int(rules.value("retention.cooling_off_days", clock.today()))


def family(session: Session, case: Case) -> list[Case]:
    """The case, and every case that was joined to it, whoever joined which first: one file, erased as one."""
    found, wave = [case], [case.id]
    while wave:
        joined = session.scalars(select(Case).where(Case.merged_into_id.in_(wave))).all()
        known = {one.id for one in found}
        fresh = [one for one in joined if one.id not in known]
        found, wave = [*found, *fresh], [one.id for one in fresh]
    return found


def _births(session: Session, case: Case, ended: Ended) -> list[date]:
    """When each child was born; whose day is not known counts from the approximate age, or as just born."""
    ids = [one.id for one in family(session, case)]
    with access.apart():
        access.open_for("retain", case.partnership_id, ids)
        query = select(CasePerson).where(CasePerson.case_id.in_(ids), CasePerson.role == PersonRole.CHILD)
        return [_latest_birth(child, ended.on) for child in session.scalars(query)]


def _latest_birth(child: CasePerson, ended_on: date) -> date:
    if child.born_on is not None:
        return child.born_on
    return add_months(ended_on, -12 * child.approximate_age) if child.approximate_age else ended_on


def new_row(session: Session, case: Case) -> Retention:
    """The line that counts a case's date; nothing in it is sealed."""
    row = Retention(
        partnership_id=case.partnership_id, case_id=case.id, programme=case.programme, state=RetentionState.COUNTING
    )
    session.add(row)
    session.flush()
    return row


def _stop(session: Session, row: Retention | None, advance: Advance) -> None:
    if row is None:
        return
    if row.state in SET_ASIDE:
        advance(session, access.system(row.partnership_id), row, "stop")
    row.ended_on = row.retain_until = row.basis = row.kept_until = row.erase_on = None
    row.proposed_by_id = row.proposed_at = row.approved_by_id = row.approved_at = None


def uncounted(session: Session, actor: Actor, soon: date) -> list[Case]:
    """Cases that may have ended and have no date yet, and those whose date has come: the schedule may have changed."""
    row = exists().where(Retention.case_id == Case.id, Retention.retain_until.is_not(None))
    due = exists().where(
        Retention.case_id == Case.id, Retention.retain_until <= soon, Retention.state == RetentionState.COUNTING
    )
    mine = access.visible(actor, P.JOB_RUN, Case)
    return list(session.scalars(mine.where(or_(~row & _may_have_ended(), due)).order_by(Case.opened_on)))


def _may_have_ended() -> ColumnElement[bool]:
    closed = exists().where(SanctuaryRequest.case_id == Case.id, SanctuaryRequest.state.in_(LEFT_LINE))
    withdrawn = exists().where(Referral.case_id == Case.id, Referral.state == ReferralState.WITHDRAWN)
    return or_(Case.state.in_(OVER), closed, withdrawn & (Case.state == CaseState.RECEIVED))
