"""How the risk of the cases heard changed: the score they were first heard with against the last reassessment.

Counts, no case. Scores are opened under the purpose `count` and compared within one version of one tool (rule 6.5.5).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Assessment, Referral
from marac.reports.hearings import AT_ONCE, Hearing

LOWER, SAME, HIGHER, NOT_AGAIN, NONE = (
    "Lower", "The same", "Higher", "Not reassessed", "No score when first heard",
)  # fmt: skip
ORDER: Final = (LOWER, SAME, HIGHER, NOT_AGAIN, NONE)
MEANING: Final = (
    "The last score by the day a case was first heard in these months, against the newest one made after it with the "
    "same version of the same tool. A lower score does not mean low risk."
)


@dataclass(frozen=True, slots=True)
class _Scored:
    """One score of one version, and the day it was made."""

    made_on: date
    alike: tuple[str, str]
    score: int


def changes(session: Session, actor: Actor, hearings: Iterable[Hearing]) -> dict[str, int]:
    """How many of the cases heard are lower, the same, higher, not reassessed; every case once, in this order.

    The hearings are those their reader is not walled off from, and no other case is asked for.
    """
    first: dict[UUID, date] = {}
    for one in hearings:
        first[one.case_id] = min(one.held_on, first.get(one.case_id, one.held_on))
    made = _scores(session, actor, first)
    counted = Counter(_change(made[case_id], day) for case_id, day in first.items())
    return {name: counted[name] for name in ORDER}


def _change(made: list[_Scored], first_on: date) -> str:
    """What became of one case; its scores are in the order in which they were made."""
    before = {one.alike: one for one in made if one.made_on <= first_on}
    if not before:
        return NONE
    after = [one for one in made if one.made_on > first_on and one.alike in before]
    if not after:
        return NOT_AGAIN
    newest = after[-1]
    difference = newest.score - before[newest.alike].score
    return SAME if not difference else HIGHER if difference > 0 else LOWER


def _scores(session: Session, actor: Actor, cases: Iterable[UUID]) -> dict[UUID, list[_Scored]]:
    """Every score of these cases, the earliest first."""
    found: dict[UUID, list[_Scored]] = defaultdict(list)
    wanted = sorted(cases)
    columns = (Assessment.case_id, Assessment.checklist, Assessment.checklist_version, Assessment.made_at)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        asked = select(*sealed_columns(Assessment, "risk"), *columns).outerjoin(Referral)
        query = asked.where(
            access.unwalled(actor, Assessment.case_id), Assessment.partnership_id == actor.partnership_id,
            Assessment.case_id.in_(some), or_(Assessment.referral_id.is_(None), Referral.submitted_at.is_not(None)),
        )  # fmt: skip
        rows = session.execute(query.order_by(Assessment.made_at, Assessment.id)).all()
        with access.apart():
            access.open_for("count", actor.partnership_id, {row.case_id for row in rows})
            for row, opened in zip(rows, open_many(Assessment, "risk", rows), strict=True):
                if opened.get("score") is not None:
                    made_on = opened.get("made_on") or clock.to_london(row.made_at).date()
                    scored = _Scored(made_on, (row.checklist, row.checklist_version), opened["score"])
                    found[row.case_id].append(scored)
    return found
