"""The ASB Case Review (community trigger) of a case: the application, where it is, its clock, what came of it (CM-17).

Refuses an outcome without an application, and a review without the day it was held.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marac import audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case
from marac.services import local, moving
from marac.services.casework import naming
from marac.services.community.review_days import settings
from marac.services.community.reviewing import require_review
from marac.vocabulary import CaseReviewOutcome
from marac.workflows.deadlines import add_months, offset

CLOCKS = {
    "acknowledge": "Acknowledge the application", "threshold": "Decide whether the threshold is met",
    "review": "Hold the review and answer", "appeal": "Last day to appeal",
}  # fmt: skip
DONE_BY = {
    CaseReviewOutcome.APPLIED: 1, CaseReviewOutcome.THRESHOLD_NOT_MET: 3, CaseReviewOutcome.THRESHOLD_MET: 2,
    CaseReviewOutcome.REVIEWED: 3, CaseReviewOutcome.APPEALED: 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One date of the clock; `done` once the application has got past it."""

    label: str
    due_on: date
    done: bool


@dataclass(frozen=True, slots=True)
class Application:
    """The application as the tab shows it; no `applied_on` means there is none."""

    applied_on: date | None
    outcome: CaseReviewOutcome | None
    link: str
    note: str
    by: str
    told_on: date | None
    steps: tuple[Step, ...]
    late: bool

    @property
    def offers_referral(self) -> bool:
        """Threshold not met: the panel may still hear of it (the Greenwich way)."""
        return self.outcome == CaseReviewOutcome.THRESHOLD_NOT_MET


def view_application(session: Session, case: Case, opened: frozenset[str], newest: date | None) -> Application:
    """What is recorded; `late` says that the newest incident is longer ago than an application is taken here."""
    held = (case.case_review or {}) if "summary" in opened else {}
    applied_on = _day(held.get("applied_on"))
    outcome = CaseReviewOutcome(held["outcome"]) if held.get("outcome") else None
    rule = settings(session, case, "asb_case_review")
    last_day = add_months(newest, int(rule["apply_within_months_of_last_report"])) if newest else None
    return Application(
        applied_on, outcome, held.get("link", ""), held.get("note", ""), held.get("by", ""), _day(held.get("told_on")),
        _steps(session, case, applied_on, outcome, rule["clocks"]) if applied_on else (),
        applied_on is None and last_day is not None and clock.today() > last_day,
    )  # fmt: skip


def record_told(session: Session, actor: Actor, case: Case) -> None:
    """The person was told of the case review, today."""
    require_review(session, actor, case)
    case.case_review = {**(case.case_review or {}), "told_on": clock.today().isoformat()}
    _kept(session, actor, case)


def record_application(
    session: Session, actor: Actor, case: Case, *, applied_on: date | None, outcome: str, link: str = "",
    note: str = "", version: int | None = None,
) -> None:  # fmt: skip
    """That the person applied, when, where the application is, and how it stands."""
    require_review(session, actor, case)
    moving.same_version(case, version)
    if applied_on is None or applied_on > clock.today():
        raise RuleBroken("applied_on", "Enter the day of the application, today or in the past")
    if outcome not in tuple(CaseReviewOutcome):
        raise RuleBroken("outcome", "Select how it stands")
    if outcome == CaseReviewOutcome.THRESHOLD_NOT_MET and not note.strip():
        raise RuleBroken("note", "Say why the threshold was not met")
    case.case_review = {
        **(case.case_review or {}), "applied_on": applied_on.isoformat(), "outcome": outcome, "link": link.strip(),
        "note": note.strip(), "by": naming.signature(session, actor),
    }  # fmt: skip
    _kept(session, actor, case)


def _kept(session: Session, actor: Actor, case: Case) -> None:
    audit.record(session, actor, "case:reviewed", case, fields=["case_review"])
    moving.flush(session)


def _steps(
    session: Session, case: Case, applied_on: date, outcome: CaseReviewOutcome | None, days: dict[str, int]
) -> tuple[Step, ...]:
    closed, past = local.closures(session, case.partnership_id), DONE_BY.get(outcome, 0) if outcome else 0
    return tuple(
        Step(label, offset(applied_on, f"D+{int(days[name])}", closed), place < past)
        for place, (name, label) in enumerate(CLOCKS.items())
        if name in days
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
