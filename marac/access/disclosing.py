"""What opens for a disclosure: the register, the passages of its cases, and for an agency its own passages alone.

Refuses the passages of a case that is not the actor's to see, whatever the register says.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac.access.policy import holds, require, require_holds, rule
from marac.access.relations import Actor
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound
from marac.models import Case, Disclosure
from marac.vocabulary import Permission as P

WRITES = (P.DISCLOSURE_PREPARE, P.DISCLOSURE_RELEASE, P.DISCLOSURE_DECIDE, P.CASE_HOLD)


def open_register(actor: Actor) -> None:
    """Grant the words of the register, and of holds; to write for those whose part it is."""
    require_holds(actor, P.DISCLOSURE_READ)
    seal = any(holds(actor, one) for one in WRITES)
    vault.current().grant("staff", actor.partnership_id, actor.partnership_id, "register", open=True, seal=seal)


def open_disclosed(session: Session, actor: Actor, disclosure: Disclosure, case_ids: Iterable[UUID]) -> None:
    """Grant the passages of these cases to who prepares or releases. NotFound if one of them is not theirs to see."""
    require(actor, P.DISCLOSURE_PREPARE, disclosure)
    wanted = set(case_ids)
    seen = set(session.scalars(select(Case.id).where(Case.id.in_(wanted), rule(actor, P.CASE_READ, Case))))
    if seen != wanted:
        raise NotFound
    vault.current().grant_many("case", actor.partnership_id, wanted, ["disclosed:*"], seal=True)


def open_own_passages(actor: Actor, case_ids: Iterable[UUID]) -> None:
    """Grant an agency the passages that are its own information; the cases come from `visible`."""
    require_holds(actor, P.DISCLOSURE_AGREE)
    if actor.agency_id is None:
        raise NotAllowed
    own = [f"disclosed:{actor.agency_id.hex}"]
    vault.current().grant_many("case", actor.partnership_id, list(case_ids), own, seal=True)
