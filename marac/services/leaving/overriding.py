"""The chair lets words leave although the address check found something: with a reason, for these words alone (DA-4).

Refuses a reason that itself says where somebody is, and anybody who does not chair.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, WrongState
from marac.models import AddressOverride, Case
from marac.services.casework import naming
from marac.services.leaving import checking
from marac.services.leaving.checking import Outgoing, Texts
from marac.services.moving import flush
from marac.vocabulary import LeavingAs, Permission as P, SecretKind

SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class Overridden:
    """One override as the register of a document shows it."""

    reference: str
    leaving_as: LeavingAs
    number: int
    kinds: tuple[SecretKind, ...]
    reason: str
    by: str
    at: datetime


def override(
    session: Session, actor: Actor, case: Case, outgoing: Outgoing, texts: Texts, *, reason: str
) -> AddressOverride:
    """Let pass what stands in these texts of this version now. Needs a second factor confirmed just now.

    RuleBroken for a reason that is too short or holds a find itself; WrongState when nothing stops them any more.
    """
    access.require(actor, P.ADDRESS_OVERRIDE, case)
    access.require_step_up(actor)
    if actor.user_id is None:
        raise NotAllowed
    if len(reason.strip()) < SHORTEST_REASON:
        raise RuleBroken("reason", "Say why these words must leave as they are")
    checking.require_clean(session, actor, case, {"Reason": reason}, field="reason")
    finds = checking.left_to_stop(session, case.partnership_id, outgoing, {case.id: texts}).get(case.id, ())
    if not finds:
        raise WrongState(f"nothing stops {outgoing.subject_id}")
    kinds = sorted({one.kind for one in finds})
    with access.apart():
        access.open_for("override", case.partnership_id, [case.id])
        row = AddressOverride(
            partnership_id=case.partnership_id, case_id=case.id, leaving_as=outgoing.leaving_as,
            subject_id=outgoing.subject_id, number=outgoing.number, overridden_by_id=actor.user_id,
            overridden_at=clock.now(), reason=reason.strip(), kinds=[kind.value for kind in kinds],
            passages=sorted({checking.mark(case.id, one, texts) for one in finds}),
        )  # fmt: skip
        session.add(row)
        flush(session)
    audit.record(session, actor, "leaving:overridden", row, kinds=kinds, leaving_as=outgoing.leaving_as)
    return row


def list_overrides(session: Session, actor: Actor, subject_ids: Iterable[UUID]) -> list[Overridden]:
    """What was overridden in these documents, newest first, in cases whose minutes are open to the viewer."""
    seen = access.visible(actor, P.CASE_READ, AddressOverride).where(AddressOverride.subject_id.in_(list(subject_ids)))
    rows = session.scalars(seen.order_by(AddressOverride.overridden_at.desc())).all()
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_([row.case_id for row in rows])))}
    shown = [row for row in rows if "minutes" in access.open_case(actor, cases[row.case_id])]
    who = naming.colleagues(session, actor, [row.overridden_by_id for row in shown])
    return [
        Overridden(
            cases[row.case_id].reference, row.leaving_as, row.number,
            tuple(SecretKind(kind) for kind in row.kinds or ()), row.reason or "",
            who.get(row.overridden_by_id, ""), row.overridden_at,
        )
        for row in shown
    ]  # fmt: skip
