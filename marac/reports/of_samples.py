"""What an audit found: how many cases met each principle, beside the audit before it (DA-53).

Cases walled off from who reads are not in the counts, also after the audit was closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import SampleAudit, SampledCase
from marac.reports.suppressing import HIDDEN, SMALLEST, shown_together
from marac.vocabulary import Permission as P, SampleAnswer as A, SampleState
from marac.workflows.principles import Principle, principles, tally

NOTHING_BEFORE = "No audit before"


@dataclass(frozen=True, slots=True)
class Result:
    """One principle: how many cases under each answer, and under each in the audit before."""

    principle: Principle
    counts: Mapping[str, int]
    before: Mapping[str, int] | None

    def words(self, *, exact: bool) -> list[str]:
        """How many under each answer, in order; small ones hidden where only totals are seen (REP-50)."""
        if exact:
            return [str(self.counts[one]) for one in A]
        said = shown_together({one.value: self.counts[one] for one in A})
        return [said[one] for one in A]

    def trend(self, *, exact: bool) -> tuple[str, str]:
        """The share of cases that met it, now and in the audit before, as far as they may be shown."""
        return _share(self.counts, exact=exact), NOTHING_BEFORE if self.before is None else _share(
            self.before, exact=exact
        )


def _share(counts: Mapping[str, int], *, exact: bool) -> str:
    """Yes out of yes, partly and no."""
    asked = [counts[one] for one in (A.YES, A.PARTLY, A.NO)]
    if not sum(asked):
        return "Not asked"
    if not exact and any(0 < number < SMALLEST for number in counts.values()):
        return HIDDEN
    return f"{asked[0] * 100 / sum(asked):.0f}%"


def results(session: Session, actor: Actor, sample: SampleAudit) -> tuple[int, list[Result]]:
    """How many cases were answered, and each principle, for this reader. NotAllowed unless they read reports."""
    access.require_holds(actor, P.REPORT_READ)
    now, last = counts(session, actor, sample), before(session, sample)
    earlier = counts(session, actor, last) if last is not None else None
    found = [Result(one, now[one.key], earlier[one.key] if earlier else None) for one in principles()]
    return max(sum(one.counts.values()) for one in found), found


def counts(session: Session, actor: Actor, sample: SampleAudit) -> dict[str, dict[str, int]]:
    """Principle -> answer -> cases: as closed, or as answered so far, less those that this reader is kept from."""
    answered = select(SampledCase.answers).where(
        SampledCase.audit_id == sample.id, SampledCase.reviewed_at.is_not(None)
    )
    unwalled = access.unwalled(actor, SampledCase.case_id)
    if sample.state is SampleState.OPEN:
        return tally(session.scalars(answered.where(unwalled)))
    kept_out = tally(session.scalars(answered.where(~unwalled)))
    return {
        key: {answer: number - kept_out[key][answer] for answer, number in row.items()}
        for key, row in sample.figures.items()
    }


def before(session: Session, sample: SampleAudit) -> SampleAudit | None:
    """The audit of the same panel that was closed last before this period ended."""
    query = select(SampleAudit).where(
        SampleAudit.partnership_id == sample.partnership_id, SampleAudit.programme == sample.programme,
        SampleAudit.state == SampleState.CLOSED, SampleAudit.last_on < sample.last_on, SampleAudit.id != sample.id,
    )  # fmt: skip
    return session.scalar(query.order_by(SampleAudit.last_on.desc(), SampleAudit.closed_at.desc()).limit(1))
