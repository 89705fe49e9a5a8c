"""What the operator's console does about retention: lists, holds, and erases what two people approved. Opens no name.

It never approves anything: that is two people's, on the pages.
"""

from datetime import date
from typing import Any

from sqlalchemy import select

from marac import access, clock
from marac.models import Case, Retention
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.retaining import erasing, holds, schedule
from marac.vocabulary import HoldKind, Permission as P
from marac.workflows.deadlines import add_months


def count_dates(house: Deployment, slug: str | None) -> None:
    """Give every case that ended a date, as the nightly job does."""
    with unit_of_work(house) as session:
        erasing.count_dates(session, operator(session, slug))


def list_due(house: Deployment, slug: str | None, *, every: bool = False) -> list[dict[str, Any]]:
    """Records by reference, with state, date, basis and whether they are held; the earliest first."""
    until = add_months(clock.today(), schedule.SOON_MONTHS)
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        mine = access.visible(actor, P.RETENTION_READ, Retention).where(Retention.state.in_(schedule.OPEN_STATES))
        found = session.scalars(mine.where(Retention.retain_until.is_not(None)).order_by(Retention.retain_until))
        return [
            {
                "reference": row.case.reference, "programme": row.programme, "state": row.state,
                "ended_on": row.ended_on, "retain_until": row.retain_until, "basis": row.basis,
                "held": holds.held(session, row.case),
            }
            for row in found
            if every or (row.retain_until is not None and row.retain_until <= until)
        ]  # fmt: skip


def erase(house: Deployment, slug: str | None) -> list[dict[str, Any]]:
    """Take every approved record whose days are over to its end. Returns the certificates' numbers."""
    with unit_of_work(house) as session:
        partnership_id = operator(session, slug).partnership_id
    done = [row for row in erasing.waiting(house, partnership_id) if erasing.carry_on(house, partnership_id, row)]
    with house.reader() as session:
        rows = select(Case.reference, Retention.certificate, Retention.keys_erased).join(
            Retention, Retention.case_id == Case.id
        )
        found = session.execute(rows.where(Retention.id.in_(done)).order_by(Retention.erased_at)).all()
        return [{"reference": one[0], "certificate": one[1], "keys": one[2]} for one in found]


def hold(
    house: Deployment, slug: str | None, reference: str, *, kind: HoldKind, reason: str, review_on: date
) -> None:  # fmt: skip
    """Place a legal hold from the console."""
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        case = holds.case_for_hold(session, actor, reference)
        holds.place(session, actor, case, kind=kind, reason=reason, review_on=review_on)
