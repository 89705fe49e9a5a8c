"""What the Sanctuary Scheme did in a year, as figures of the partnership report, and how long each stage took."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import FollowUp, SanctuaryRequest, StageClock, Visit
from marac.reports import sanctuary
from marac.reports.figures import Found, Part, count, middle, ninetieth, with_parts
from marac.vocabulary import (
    AtHome,
    FollowUpState,
    Permission as P,
    SanctuaryPriority,
    SanctuaryState,
    VisitKind,
    VisitState,
)
from marac.workflows.financial_year import Year

UNSUITABLE = (SanctuaryState.INELIGIBLE, SanctuaryState.DUPLICATE, SanctuaryState.DRAFT)
BEFORE_ELIGIBLE = (*UNSUITABLE, SanctuaryState.SUBMITTED, SanctuaryState.IN_TRIAGE, SanctuaryState.AWAITING_INFORMATION)
ENDED = (SanctuaryState.CLOSED, SanctuaryState.REMOVED_ENDED)
REQUEST = "request"


class SchemeYear:
    """The requests of one year, read once."""

    def __init__(self, session: Session, actor: Actor, year: Year, today: date) -> None:
        access.require_holds(actor, P.REPORT_READ)
        self.session, self.actor, self.year = session, actor, year
        self.funnel = sanctuary.funnel(session, actor, first_on=year.first_on, today=today)

    def stage(self, key: str) -> frozenset[UUID]:
        """The requests at a stage of the funnel."""
        return self.funnel.stage(key).requests

    def at_home_after(self, months: int) -> frozenset[UUID]:
        """Of the homes signed off in the year, those whose resident still lived there after so many months."""
        query = select(FollowUp.request_id).where(
            FollowUp.partnership_id == self.actor.partnership_id, FollowUp.months == months,
            FollowUp.state == FollowUpState.DONE, FollowUp.at_home == AtHome.YES,
        )  # fmt: skip
        return frozenset(self.session.scalars(query)) & self.funnel.installed_in_year


def referrals(scheme: SchemeYear) -> Found:
    """Requests sent in the year, without drafts and without those that repeat another."""
    return count(scheme.stage(sanctuary.REFERRED), "requests", noun=REQUEST)


def eligible(scheme: SchemeYear) -> Found:
    """Of those, the ones that went on from triage: found suitable, whatever happened afterwards."""
    sent = scheme.stage(sanctuary.REFERRED)
    query = select(SanctuaryRequest.id, SanctuaryRequest.state, SanctuaryRequest.surveyed_at).where(
        SanctuaryRequest.partnership_id == scheme.actor.partnership_id
    )
    later = select(StageClock.request_id).where(
        StageClock.partnership_id == scheme.actor.partnership_id, StageClock.stage.not_in(BEFORE_ELIGIBLE)
    )
    reached = set(scheme.session.scalars(later))
    suitable = {
        key for key, state, surveyed_at in scheme.session.execute(query)
        if state not in UNSUITABLE and (state not in BEFORE_ELIGIBLE or key in reached or surveyed_at is not None)
    }  # fmt: skip
    return count(sent & suitable, "requests", noun=REQUEST)


def surveyed(scheme: SchemeYear) -> Found:
    """Of the requests sent in the year, homes that were surveyed, whenever that was."""
    return count(scheme.stage(sanctuary.SURVEYED), "homes", noun=REQUEST)


def signed_off(scheme: SchemeYear) -> Found:
    """Of the requests sent in the year, homes where the work was signed off, whenever that was."""
    return count(scheme.stage(sanctuary.FITTED), "homes", noun=REQUEST)


def stayed_home(scheme: SchemeYear) -> Found:
    """Of those, households still at home at the last follow-up that reached them; never who could not be reached."""
    return count(scheme.stage(sanctuary.STAYED), "households", noun=REQUEST)


def stayed_3m(scheme: SchemeYear) -> Found:
    """Of the homes signed off in the year, still at home three months later."""
    return count(scheme.at_home_after(3), "households", noun=REQUEST)


def stayed_6m(scheme: SchemeYear) -> Found:
    """The same six months later."""
    return count(scheme.at_home_after(6), "households", noun=REQUEST)


def unreachable(scheme: SchemeYear) -> Found:
    """Of the homes signed off in the year, those whose resident could not be reached at the last follow-up."""
    return Found(scheme.funnel.unreachable, "households", noun=REQUEST)


def security_visits(scheme: SchemeYear) -> Found:
    """Protective security visits that the in-house officer made in the year, surveys of the scheme left out."""
    return _visits(scheme, VisitKind.PROTECTIVE_SECURITY, "referrals")


def visual_audits(scheme: SchemeYear) -> Found:
    """Environmental visual audits made in the year."""
    return _visits(scheme, VisitKind.VISUAL_AUDIT, "audits")


def _visits(scheme: SchemeYear, kind: VisitKind, unit: str) -> Found:
    made = select(func.count(Visit.id)).where(
        Visit.partnership_id == scheme.actor.partnership_id, Visit.kind == kind, Visit.state == VisitState.DONE,
        Visit.starts_at >= scheme.year.start, Visit.starts_at < scheme.year.end,
    )  # fmt: skip
    return Found(scheme.session.scalar(made) or 0, unit)


def days(scheme: SchemeYear) -> Found:
    """Median and 90th percentile of days at each stage that ended in the year, by priority, without time on hold."""
    spent: dict[str, list[float]] = defaultdict(list)
    for stage, priority, took in _spent(scheme):
        spent[f"{stage.label}, {priority.label}"].append(took)
    parts = []
    for name, held in sorted(spent.items()):
        parts.append(Part(f"{name}: middle", middle(held).value, "days"))
        parts.append(Part(f"{name}: nine in ten within", ninetieth(held), "days"))
    return with_parts(middle(day for held in spent.values() for day in held), parts)


def days_by_stage(scheme: SchemeYear) -> dict[str, list[float]]:
    """The same days under the words of each stage, in the order of the stages, whatever the priority."""
    found: dict[SanctuaryState, list[float]] = defaultdict(list)
    for stage, _priority, took in _spent(scheme):
        found[stage].append(took)
    return {stage.label: found[stage] for stage in SanctuaryState if found[stage]}


def days_between(scheme: SchemeYear) -> dict[str, list[float]]:
    """Days from asking to survey and from survey to sign-off, of those that ended in the year, time on hold included.

    These dates stand on every request, also where no clock ran: in what was brought in from an older list.
    """
    columns = (SanctuaryRequest.submitted_at, SanctuaryRequest.surveyed_at, SanctuaryRequest.signed_off_at)
    query = select(*columns).where(*sanctuary.kept(scheme.actor), SanctuaryRequest.surveyed_at.is_not(None))
    found: dict[str, list[float]] = {"From asking to survey": [], "From survey to sign-off": []}
    for dates in scheme.session.execute(query):
        for held, began, ended in zip(found.values(), dates, dates[1:], strict=False):
            if began and ended and scheme.year.start <= ended < scheme.year.end:
                held.append(round(max((ended - began).total_seconds(), 0) / 86_400, 1))
    return found


def _spent(scheme: SchemeYear) -> Iterator[tuple[SanctuaryState, SanctuaryPriority, float]]:
    """Stage, priority and days of every stage that ended in the year."""
    query = select(
        StageClock.stage, StageClock.priority, StageClock.started_at, StageClock.met_at, StageClock.paused_seconds
    ).where(
        StageClock.partnership_id == scheme.actor.partnership_id, access.unwalled(scheme.actor, StageClock.case_id),
        StageClock.met_at >= scheme.year.start, StageClock.met_at < scheme.year.end,
    )  # fmt: skip
    for stage, priority, started_at, met_at, paused in scheme.session.execute(query):
        if met_at is not None and stage not in ENDED:
            took = (met_at - started_at).total_seconds() - paused
            yield stage, priority, round(max(took, 0) / 86_400, 1)
