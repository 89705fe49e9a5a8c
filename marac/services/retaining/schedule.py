"""The review list: which records are due, kept longer, proposed, approved or erased; and the decisions about them.

Initials only, opened for the list alone. One person never erases: who proposes does not approve, and both can cancel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import vault
from marac.errors import NotFound
from marac.models import Case, KeptLonger, Retention
from marac.services import moving
from marac.services.casework import naming
from marac.services.retaining import clocks, holds
from marac.vocabulary import Permission as P, ProgrammeSlug, RetentionBasis, RetentionState as S
from marac.workflows.deadlines import add_months

PAGE: Final = 50
SOON_MONTHS: Final = 3
OPEN_STATES: Final = (S.COUNTING, S.PROPOSED, S.COOLING, S.ERASING)


@dataclass(frozen=True, slots=True)
class Due:
    """One record: its reference and the initials of the person it is about, nothing more of them."""

    reference: str
    initials: str
    programme: ProgrammeSlug
    state: S
    basis: RetentionBasis | None
    ended_on: date | None
    retain_until: date | None
    erase_on: date | None
    held: bool
    certificate: str
    erased_on: date | None


@dataclass(frozen=True, slots=True)
class DueList:
    """One page of records, and how many there are in all."""

    rows: tuple[Due, ...]
    total: int
    page: int

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.total > self.page * PAGE


def list_due(session: Session, actor: Actor, *, every: bool = False, page: int = 1) -> DueList:
    """Records whose date has come or comes within three months, or all that have one; the earliest first."""
    until = None if every else add_months(clock.today(), SOON_MONTHS)
    wanted: list[Any] = [Retention.state.in_(OPEN_STATES), Retention.retain_until.is_not(None)]
    if until is not None:
        wanted.append((Retention.retain_until <= until) | (Retention.state != S.COUNTING))
    return _listed(session, actor, wanted, (Retention.retain_until, Retention.id), page)


def list_disposed(session: Session, actor: Actor, *, page: int = 1) -> DueList:
    """The disposal log: what was erased, the newest first. Nobody in it has a name any more."""
    return _listed(session, actor, [Retention.state == S.ERASED], (Retention.erased_at.desc(), Retention.id), page)


def _listed(session: Session, actor: Actor, wanted: Sequence[Any], order: Sequence[Any], page: int) -> DueList:
    access.require_holds(actor, P.RETENTION_READ)
    mine = [access.rule(actor, P.RETENTION_READ, Retention), *wanted]
    total = session.scalar(select(func.count()).select_from(Retention).where(*mine)) or 0
    query = select(Retention).where(*mine).order_by(*order).limit(PAGE).offset((max(page, 1) - 1) * PAGE)
    found = session.scalars(query).all()
    audit.record(session, actor, "retention:listed", found=len(found))
    letters = initials(session, actor, [row.case_id for row in found if row.state in OPEN_STATES[:3]])
    return DueList(tuple(_line(session, row, letters) for row in found), total, max(page, 1))


def _line(session: Session, row: Retention, letters: dict[UUID, str]) -> Due:
    held = row.state in OPEN_STATES[:3] and holds.held(session, row.case)
    return Due(
        row.case.reference, letters.get(row.case_id, ""), row.programme, row.state, row.basis, row.ended_on,
        row.retain_until, row.erase_on, held, row.certificate or "",
        clock.to_london(row.erased_at).date() if row.erased_at else None,
    )  # fmt: skip


def initials(session: Session, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The initials of whom each case is about; the names themselves leave this function for nobody."""
    wanted = list(case_ids)
    with access.apart():
        access.open_for("retain", actor.partnership_id, wanted)
        vault.current().prefetch(actor.partnership_id, wanted)
        names = naming.of_victims(session, dict.fromkeys(wanted, ("identity",)))
    return {case_id: short(name) for case_id, name in names.items()}


def short(full_name: str) -> str:
    """A. B."""
    return " ".join(f"{word[0].upper()}." for word in full_name.replace("-", " ").split() if word[0].isalpha())


def get_record(session: Session, actor: Actor, reference: str) -> Retention:
    """The record of a case by its reference; NotFound unless it has ended and is the actor's to keep."""
    mine = access.visible(actor, P.RETENTION_READ, Retention).join(Case, Case.id == Retention.case_id)
    row = session.scalar(mine.where(Case.reference == reference.upper(), Retention.retain_until.is_not(None)))
    if row is None:
        raise NotFound
    return row


def line_of(session: Session, actor: Actor, row: Retention) -> Due:
    """One record as the list shows it."""
    access.require(actor, P.RETENTION_READ, row)
    return _line(session, row, initials(session, actor, [row.case_id] if row.state in OPEN_STATES[:3] else []))


def offered(session: Session, actor: Actor, row: Retention) -> frozenset[str]:
    """The decisions that this person could take now."""
    names = {step.name for step in moving.available(actor, row)}
    if row.proposed_by_id == actor.user_id:
        names.discard("approve")
    if "propose" in names and (row.retain_until is None or row.retain_until > clock.today()):
        names.discard("propose")
    if holds.held(session, row.case):
        names -= {"propose", "approve"}
    return frozenset(names)


def why_longer(session: Session, actor: Actor, row: Retention) -> list[tuple[date, str]]:
    """Every later day that was chosen, with the reason; nothing once the case is erased."""
    access.open_retention(actor, row.partnership_id, [row.case_id])
    query = select(KeptLonger).where(KeptLonger.case_id == row.case_id).order_by(KeptLonger.decided_at)
    return [(one.until_on, one.because or "") for one in session.scalars(query)]


def keep_longer(session: Session, actor: Actor, row: Retention, *, until: date | None, reason: str) -> Retention:
    """Keep the record until a later day, with a reason; a proposal falls. RuleBroken beside `kept_until`, `reason`."""
    access.require(actor, P.RETENTION_DECIDE, row)
    access.require_step_up(actor)
    before = row.retain_until
    moving.advance(
        session, actor, row, "keep_longer", kept_until=until, retain_until=before, today=clock.today(), reason=reason
    )
    row.kept_until = row.retain_until = until
    row.basis = RetentionBasis.KEPT_LONGER
    _nobody(row)
    with access.apart():
        access.open_for("keep", row.partnership_id, [row.case_id])
        session.add(
            KeptLonger(
                partnership_id=row.partnership_id, case_id=row.case_id, until_on=until, decided_at=clock.now(),
                decided_by_id=actor.user_id, because=reason.strip(),
            )
        )  # fmt: skip
        session.flush()
    return row


def propose(session: Session, actor: Actor, row: Retention) -> Retention:
    """The first of two: the record's date has come and nothing holds it. The date is counted anew first."""
    access.require(actor, P.RETENTION_DECIDE, row)
    access.require_step_up(actor)
    held = holds.locked_and_held(session, row.case)
    clocks.refresh(session, row.case, moving.advance)
    moving.advance(session, actor, row, "propose", **_facts(row, held))
    row.proposed_by_id, row.proposed_at = actor.user_id, clock.now()
    moving.flush(session)
    return row


def approve(session: Session, actor: Actor, row: Retention) -> Retention:
    """The second of two, somebody else; the days for second thoughts begin."""
    access.require(actor, P.RETENTION_DECIDE, row)
    access.require_step_up(actor)
    held = holds.locked_and_held(session, row.case)
    moving.advance(
        session, actor, row, "approve", approver=actor.user_id, proposed_by=row.proposed_by_id, **_facts(row, held)
    )
    row.approved_by_id, row.approved_at = actor.user_id, clock.now()
    row.erase_on = clock.today() + timedelta(days=clocks.cooling_off_days(session, row))
    moving.flush(session)
    return row


def cancel(session: Session, actor: Actor, row: Retention) -> Retention:
    """Take a proposal or an approval back: anybody who may decide can, until the day it is erased."""
    moving.advance(session, actor, row, "cancel")
    _nobody(row)
    moving.flush(session)
    return row


def _facts(row: Retention, held: bool) -> dict[str, Any]:
    return {"today": clock.today(), "retain_until": row.retain_until, "legal_hold": held}


def _nobody(row: Retention) -> None:
    row.proposed_by_id = row.proposed_at = row.approved_by_id = row.approved_at = row.erase_on = None
