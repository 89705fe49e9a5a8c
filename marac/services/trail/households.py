"""Whether somebody looked at a case of their own name or household. Compares in the clear and answers yes or no alone.

What staff say of themselves is compared in the same way as before a case is listed.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.sounds import plain
from marac.models import Address, CasePerson, User

Pair = tuple[UUID, UUID]


def own_looks(session: Session, actor: Actor, pairs: Iterable[Pair]) -> set[tuple[UUID | None, UUID | None]]:
    """Of (person, case): those where the case holds the person's own name, a former one, or their home postcode."""
    pairs = list(pairs)
    if not pairs:
        return set()
    staff = _staff(session, actor, {user for user, _case in pairs})
    cases = _cases(session, actor, {case for _user, case in pairs})
    return {(user, case) for user, case in pairs if staff.get(user, set()) & cases.get(case, set())}


def _staff(session: Session, actor: Actor, people: set[UUID]) -> dict[UUID, set[str]]:
    access.open_staff_for("alert", actor.partnership_id)
    rows = session.execute(select(*sealed_columns(User, "staff"), User.id).where(User.id.in_(people))).all()
    known = {}
    for row, who in zip(rows, open_many(User, "staff", rows), strict=True):
        names = [who.get("full_name"), *(who.get("former_names") or ())]
        known[row.id] = _marks(names, [who.get("home_postcode")])
    return known


def _cases(session: Session, actor: Actor, cases: set[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = defaultdict(set)
    with access.apart():
        access.open_for("match", actor.partnership_id, cases)
        for model, compartment in ((CasePerson, "identity"), (Address, "location")):
            query = select(*sealed_columns(model, compartment), model.case_id)
            rows = session.execute(query.where(model.case_id.in_(cases))).all()
            for row, told in zip(rows, open_many(model, compartment, rows), strict=True):
                names = [told.get("full_name"), *(told.get("aliases") or ())]
                found[row.case_id] |= _marks(names, [told.get("postcode")])
    return found


def words_of(name: str) -> set[str]:
    """The words of a name, plain."""
    return {plain(word) for word in name.split()} - {""}


def _marks(names: Iterable[str | None], homes: Iterable[str | None]) -> set[str]:
    """A whole name in any order of its words; a postcode without its space."""
    whole = {" ".join(sorted(words_of(name))) for name in names if name and len(words_of(name)) > 1}
    return {f"name:{one}" for one in whole} | {f"home:{''.join(home.split()).upper()}" for home in homes if home}
