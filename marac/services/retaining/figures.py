"""What annual figures need of a case that is about to be erased: counts by financial year, and nothing of anybody.

Written in the same transaction as the first step of the erasure. Whoever shows them hides numbers under five.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import (
    Action,
    Agency,
    AgendaItem,
    Case,
    CasePerson,
    ErasedFigure,
    FollowUp,
    Meeting,
    Referral,
    SanctuaryRequest,
)
from marac.vocabulary import AgendaItemState, AtHome, FollowUpState, PersonRole, SanctuaryState

LEAST_SHOWN: Final = 5


class Counted(NamedTuple):
    """One thing to count: in which financial year (the one that begins in it), what, and which part of it."""

    year: int
    measure: str
    part: str = ""


def keep(session: Session, cases: Sequence[Case]) -> None:
    """Add what these cases count for to the figures that stay."""
    head = cases[0]
    ids = [case.id for case in cases]
    for counted, number in Counter(_all(session, ids)).items():
        row = session.scalar(
            select(ErasedFigure).where(
                ErasedFigure.partnership_id == head.partnership_id, ErasedFigure.programme == head.programme,
                ErasedFigure.year == counted.year, ErasedFigure.measure == counted.measure,
                ErasedFigure.part == counted.part,
            )
        )  # fmt: skip
        if row is None:
            row = ErasedFigure(
                partnership_id=head.partnership_id, programme=head.programme, number=0, **counted._asdict()
            )
            session.add(row)
        row.number += number
    session.flush()


def _all(session: Session, ids: Sequence[UUID]) -> Iterator[Counted]:
    yield from _referrals(session, ids)
    yield from _hearings(session, ids)
    yield from _actions(session, ids)
    yield from _requests(session, ids)


def _referrals(session: Session, ids: Sequence[UUID]) -> Iterator[Counted]:
    query = select(Referral.submitted_at, Referral.outcome, Referral.state, Agency.slug).join(
        Agency, Agency.id == Referral.agency_id
    )
    for sent_at, outcome, state, agency in session.execute(query.where(Referral.case_id.in_(ids))):
        if sent_at is not None:
            yield Counted(year_of(sent_at), "referrals", outcome or state)
            yield Counted(year_of(sent_at), "referrals_by_agency", agency)


def _hearings(session: Session, ids: Sequence[UUID]) -> Iterator[Counted]:
    """Each time a case was heard counts, as in the returns; its children each time too."""
    of_child = (CasePerson.role == PersonRole.CHILD, CasePerson.case_id.in_(ids))
    per_case = select(CasePerson.case_id, func.count()).where(*of_child).group_by(CasePerson.case_id)
    children = {row[0]: row[1] for row in session.execute(per_case)}
    columns = (AgendaItem.case_id, AgendaItem.is_repeat, AgendaItem.is_transfer, AgendaItem.outcome, Meeting.starts_at)
    heard = select(*columns).join(Meeting, Meeting.id == AgendaItem.meeting_id).where(
        AgendaItem.case_id.in_(ids), AgendaItem.state == AgendaItemState.HEARD
    )  # fmt: skip
    for case_id, is_repeat, is_transfer, outcome, starts_at in session.execute(heard):
        year = year_of(starts_at)
        yield Counted(year, "cases_heard", "repeat" if is_repeat else "transfer" if is_transfer else "first")
        yield Counted(year, "outcomes", outcome or "")
        yield from [Counted(year, "children")] * children.get(case_id, 0)


def _actions(session: Session, ids: Sequence[UUID]) -> Iterator[Counted]:
    for agreed_at, state in session.execute(select(Action.agreed_at, Action.state).where(Action.case_id.in_(ids))):
        yield Counted(year_of(agreed_at), "actions", state)


def _requests(session: Session, ids: Sequence[UUID]) -> Iterator[Counted]:
    """The stages of the Sanctuary funnel, by the year in which the request was sent; installations by their own."""
    query = select(SanctuaryRequest).where(SanctuaryRequest.case_id.in_(ids))
    for request in session.scalars(query.where(SanctuaryRequest.state != SanctuaryState.DUPLICATE)):
        if request.submitted_at is None:
            continue
        stayed = _stayed(session, request)
        line = (True, request.surveyed_at is not None, request.signed_off_at is not None, stayed)
        for number, stage in enumerate(("referred", "surveyed", "fitted", "stayed")):
            if all(line[: number + 1]):
                yield Counted(year_of(request.submitted_at), "sanctuary", stage)
        if request.signed_off_at is not None:
            yield Counted(year_of(request.signed_off_at), "installed", "stayed" if stayed else "other")


def _stayed(session: Session, request: SanctuaryRequest) -> bool:
    """Whether the last follow-up that ended said so."""
    ended = FollowUp.state.in_((FollowUpState.DONE, FollowUpState.UNREACHABLE))
    query = select(FollowUp.state, FollowUp.at_home).where(FollowUp.request_id == request.id, ended)
    last = session.execute(query.order_by(FollowUp.months.desc()).limit(1)).first()
    return last is not None and last.state == FollowUpState.DONE and last.at_home == AtHome.YES


def shown(number: int) -> str:
    """A figure as it may be read by anybody."""
    return "fewer than 5" if 0 < number < LEAST_SHOWN else str(number)


def list_figures(session: Session, partnership_id: UUID) -> list[ErasedFigure]:
    """Every count that is kept of erased cases, the newest year first."""
    order = (ErasedFigure.year.desc(), ErasedFigure.programme, ErasedFigure.measure, ErasedFigure.part)
    query = select(ErasedFigure).where(ErasedFigure.partnership_id == partnership_id)
    return list(session.scalars(query.order_by(*order)))


def year_of(moment: datetime | date) -> int:
    """The financial year of a moment, named by the calendar year in which it begins: 1 April."""
    day = clock.to_london(moment).date() if isinstance(moment, datetime) else moment
    return day.year if day >= date(day.year, 4, 1) else day.year - 1


def total(rows: Iterable[ErasedFigure], measure: str, part: str | None = None) -> int:
    """The sum of one measure, or of one part of it."""
    return sum(row.number for row in rows if row.measure == measure and part in (None, row.part))
