"""The database's own ledger of erasures: which keys are, or are to be, deleted. It is written before any key goes."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import Case, ErasureEntry, SanctuaryRequest, WorksOrder

CASE, WORKS = "case", "works"


def enter(session: Session, case: Case) -> None:
    """Name every key of a case: its own (every draft, paper and photo is under it) and one for each works order."""
    jobs = select(WorksOrder.id).join(SanctuaryRequest, SanctuaryRequest.id == WorksOrder.request_id)
    orders = session.scalars(jobs.where(SanctuaryRequest.case_id == case.id)).all()
    known = set(keys_of(session, [case.id]))
    for kind, owner in ((CASE, case.id), *((WORKS, order_id) for order_id in orders)):
        if (kind, owner) not in known:
            session.add(
                ErasureEntry(
                    partnership_id=case.partnership_id, case_id=case.id, kind=kind, owner=owner,
                    entered_at=clock.now(),
                )
            )  # fmt: skip
    session.flush()


def keys_of(session: Session, case_ids: Iterable[UUID]) -> list[tuple[str, UUID]]:
    """The (kind, owner) that the ledger names for these cases."""
    query = select(ErasureEntry.kind, ErasureEntry.owner).where(ErasureEntry.case_id.in_(list(case_ids)))
    return [(row.kind, row.owner) for row in session.execute(query)]
