"""From a figure to the cases behind it: references of those that the reader may open, and how many they may not."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Case, SanctuaryRequest
from marac.reports.figures import Found
from marac.vocabulary import Permission as P

MOST = 500


@dataclass(frozen=True, slots=True)
class Traced:
    """References, newest cases last, where each leads, and the number that is hidden from this reader."""

    references: tuple[str, ...]
    leads_to: str
    hidden: int


def trace(session: Session, actor: Actor, found: Found) -> Traced:
    """What a reader may see of the cases or requests that a figure was counted from (DA-38): at most 500 at once."""
    request = found.noun == "request"
    ids = sorted(found.behind)
    mine: list[str] = []
    for start in range(0, len(ids), MOST):
        part = ids[start : start + MOST]
        if request:
            query = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest).where(SanctuaryRequest.id.in_(part))
            mine += [one.reference for one in session.scalars(query)]
        else:
            cases = access.visible(actor, P.CASE_READ, Case).where(Case.id.in_(part))
            mine += session.scalars(cases.with_only_columns(Case.reference)).all()
    return Traced(tuple(sorted(mine)), "/sanctuary/" if request else "/cases/", len(ids) - len(mine))
