"""One funnel from the requests themselves: asked for, surveyed, fitted, still at home. Holds no name and no reference
but those the reader may open.

Each stage counts a part of the one before it, whatever else happened to a request (REP-49). Who could not be reached is
never counted as still at home (SAN-32).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import ErasedFigure, FollowUp, SanctuaryRequest
from marac.vocabulary import AtHome, FollowUpState, Permission as P, SanctuaryState
from marac.workflows.deadlines import add_months, london

REFERRED, SURVEYED, FITTED, STAYED = "referred", "surveyed", "fitted", "stayed"
LABELS: Final[dict[str, tuple[str, str]]] = {
    REFERRED: ("Asked for", "Requests sent in the year, without drafts and without those that repeat another request"),
    SURVEYED: ("Surveyed", "Of those, homes that were surveyed, whenever that was"),
    FITTED: ("Fitted", "Of those, homes where the work was signed off by the resident, whenever that was"),
    STAYED: ("Still at home", "Of those, people who said at their last follow-up that they still live there"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel: how many, and which, as ids to trace them by."""

    key: str
    label: str
    meaning: str
    requests: frozenset[UUID]
    erased: int = 0  # how many more there were, in files that are erased

    @property
    def number(self) -> int:
        """How many."""
        return len(self.requests) + self.erased


@dataclass(frozen=True, slots=True)
class Funnel:
    """A financial year: the stages of the requests sent in it, and two figures that count by the day of the work."""

    first_on: date
    last_on: date
    stages: tuple[Stage, ...]
    installed_in_year: frozenset[UUID]
    stayed_of_installed: frozenset[UUID]
    unreachable: int
    to_date: bool

    def stage(self, key: str) -> Stage:
        """One stage by its key."""
        return next(one for one in self.stages if one.key == key)


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    surveyed: bool
    signed_off: bool


def funnel(session: Session, actor: Actor, *, first_on: date, today: date) -> Funnel:
    """The year that begins on a day. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    last_on = add_months(first_on, 12) - timedelta(days=1)
    start, end = london(first_on, time(0)), london(last_on + timedelta(days=1), time(0))
    asked = kept(actor)
    columns = (SanctuaryRequest.id, SanctuaryRequest.surveyed_at, SanctuaryRequest.signed_off_at)
    sent = select(*columns).where(*asked, SanctuaryRequest.submitted_at >= start, SanctuaryRequest.submitted_at < end)
    rows = [_Row(row[0], row[1] is not None, row[2] is not None) for row in session.execute(sent)]
    last, given_up = _last_said(session, actor), _given_up(session, actor)
    in_year = (SanctuaryRequest.signed_off_at >= start, SanctuaryRequest.signed_off_at < end)
    installed = frozenset(session.scalars(select(SanctuaryRequest.id).where(*asked, *in_year)))
    home = frozenset(one for one in installed if last.get(one) == AtHome.YES)
    stages = _stages(rows, last, _erased(session, actor, first_on))
    return Funnel(first_on, last_on, stages, installed, home, len(installed & given_up), to_date=last_on >= today)


def kept(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Which requests count: sent, not the same as another, and not walled off from who reads."""
    return (
        SanctuaryRequest.partnership_id == actor.partnership_id,
        SanctuaryRequest.submitted_at.is_not(None), SanctuaryRequest.state != SanctuaryState.DUPLICATE,
        access.unwalled(actor, SanctuaryRequest.case_id),
        or_(SanctuaryRequest.parent_case_id.is_(None), access.unwalled(actor, SanctuaryRequest.parent_case_id)),
    )  # fmt: skip


def _erased(session: Session, actor: Actor, first_on: date) -> dict[str, int]:
    """What is kept of requests whose files are erased: how many of them came to each stage."""
    kept = (ErasedFigure.partnership_id == actor.partnership_id, ErasedFigure.measure == "sanctuary")
    query = select(ErasedFigure.part, func.sum(ErasedFigure.number)).where(*kept, ErasedFigure.year == first_on.year)
    return {row[0]: int(row[1]) for row in session.execute(query.group_by(ErasedFigure.part))}


def _stages(rows: Iterable[_Row], last: dict[UUID, AtHome], erased: dict[str, int]) -> tuple[Stage, ...]:
    """Each a part of the one before: who was never surveyed counts nowhere further down."""
    referred = {row.id: row for row in rows}
    surveyed = {key: row for key, row in referred.items() if row.surveyed}
    fitted = {key: row for key, row in surveyed.items() if row.signed_off}
    stayed = {key: row for key, row in fitted.items() if last.get(key) == AtHome.YES}
    found = {REFERRED: referred, SURVEYED: surveyed, FITTED: fitted, STAYED: stayed}
    return tuple(Stage(key, *LABELS[key], frozenset(found[key]), erased.get(key, 0)) for key in LABELS)


def _last_said(session: Session, actor: Actor) -> dict[UUID, AtHome]:
    """What each person said at their last follow-up that reached them; one that failed later takes it back."""
    ended = (FollowUpState.DONE, FollowUpState.UNREACHABLE)
    query = select(FollowUp.request_id, FollowUp.state, FollowUp.at_home).where(
        FollowUp.partnership_id == actor.partnership_id, FollowUp.state.in_(ended)
    )
    found: dict[UUID, AtHome] = {}
    for request_id, state, at_home in session.execute(query.order_by(FollowUp.months)):
        found[request_id] = at_home if state == FollowUpState.DONE and at_home else AtHome.NOT_KNOWN
    return found


def _given_up(session: Session, actor: Actor) -> frozenset[UUID]:
    """Requests whose last follow-up that ended was one that nobody answered."""
    ended = (FollowUpState.DONE, FollowUpState.UNREACHABLE)
    latest = (
        select(FollowUp.request_id, func.max(FollowUp.months).label("months"))
        .where(FollowUp.partnership_id == actor.partnership_id, FollowUp.state.in_(ended))
        .group_by(FollowUp.request_id)
        .subquery()
    )
    query = select(FollowUp.request_id).join(
        latest, (latest.c.request_id == FollowUp.request_id) & (latest.c.months == FollowUp.months)
    )
    return frozenset(session.scalars(query.where(FollowUp.state == FollowUpState.UNREACHABLE)))


def trace(session: Session, actor: Actor, stage: Stage) -> list[str]:
    """The references of the requests behind a number, as far as the reader may open them."""
    mine = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest).where(SanctuaryRequest.id.in_(stage.requests))
    return sorted(request.reference for request in session.scalars(mine))


def year_of(day: date) -> date:
    """The first day of the financial year that a day is in: 1 April."""
    return date(day.year if day >= date(day.year, 4, 1) else day.year - 1, 4, 1)
