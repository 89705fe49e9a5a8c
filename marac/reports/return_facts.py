"""What the SafeLives return counts about the people of each case, opened under the purpose `statistics`. Keeps no name.

None means that it was not asked, not known or declined: that is not "no" (DA-40).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto.fields import open_many, sealed_columns
from marac.models import CasePerson
from marac.vocabulary import PersonRole

AT_ONCE = 500
UNKNOWN = {"", "not_asked", "not_known", "prefer_not_to_say", "not_sought", "unknown"}
GROUPS = {  # detailed group -> heading of the return; None is White British, which has no column
    "white": None, "other_white": "other_white", "mixed": "mixed", "bangladeshi": "asian", "indian": "asian",
    "pakistani": "asian", "chinese": "asian", "other_asian": "asian", "somali": "black", "black_african": "black",
    "black_caribbean": "black", "other_black": "black", "arab": "other", "other": "other",
}  # fmt: skip
LIMITED = {"a_lot": True, "a_little": True, "yes": True, "no_limit": False, "no": False}
MINORITY_ORIENTATION = {"gay_or_lesbian": True, "bisexual": True, "other": True, "heterosexual": False}


@dataclass(frozen=True, slots=True)
class Counted:
    """One person as the return sees them."""

    role: PersonRole
    born_on: date | None
    approximate_age: int | None
    unborn: bool
    male: bool | None
    group: str | None
    group_known: bool
    lgbt: bool | None
    disabled: bool | None

    def age_on(self, day: date) -> int | None:
        """Whole years on a day, or the age that was given; None when neither is known."""
        if self.born_on is None:
            return self.approximate_age
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The people of one case, by the part they have in it."""

    victims: list[Counted] = field(default_factory=list)
    harming: list[Counted] = field(default_factory=list)
    children: list[Counted] = field(default_factory=list)


def facts_of(session: Session, partnership_id: UUID, case_ids: Iterable[UUID]) -> dict[UUID, CaseFacts]:
    """The people of these cases, without a name. The caller has asked `access` whether its reader reads reports."""
    wanted = sorted(case_ids)
    found: defaultdict[UUID, CaseFacts] = defaultdict(CaseFacts)
    with access.apart():
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            access.open_for("statistics", partnership_id, part)
            for case_id, person in _people(session, part):
                facts = found[case_id]
                {PersonRole.VICTIM: facts.victims, PersonRole.PERPETRATOR: facts.harming,
                 PersonRole.CHILD: facts.children}.get(person.role, []).append(person)  # fmt: skip
    return {case_id: found[case_id] for case_id in wanted}


def _people(session: Session, case_ids: list[UUID]) -> Iterable[tuple[UUID, Counted]]:
    asked = CasePerson.case_id.in_(case_ids)
    columns = (CasePerson.case_id, CasePerson.role)
    who = session.execute(select(*sealed_columns(CasePerson, "identity"), *columns).where(asked)).all()
    equality = session.execute(select(*sealed_columns(CasePerson, "equality"), CasePerson.id).where(asked)).all()
    said = {row[-1]: opened for row, opened in zip(equality, open_many(CasePerson, "equality", equality), strict=True)}
    for row, opened in zip(who, open_many(CasePerson, "identity", who), strict=True):
        yield row[-2], counted(row[-1], opened, said[UUID(row[0]) if isinstance(row[0], str) else row[0]])


def counted(role: PersonRole, identity: dict[str, Any], equality: dict[str, Any]) -> Counted:
    """What is counted of one person; words that stand for "not known" become None."""
    sex, group = identity.get("sex"), equality.get("ethnicity")
    group = None if group in UNKNOWN else group
    return Counted(
        role, identity.get("born_on"), identity.get("approximate_age"), bool(identity.get("unborn")),
        male=None if sex in (None, *UNKNOWN) else sex == "male", group=GROUPS.get(group or ""),
        group_known=group in GROUPS, lgbt=_lgbt(equality), disabled=LIMITED.get(equality.get("disability") or ""),
    )  # fmt: skip


def _lgbt(equality: dict[str, Any]) -> bool | None:
    """Yes when either answer says so; no only when both were answered so (or the only one that was)."""
    same = {"yes": False, "no": True}.get(equality.get("gender_same_as_registered") or "")
    answers = [MINORITY_ORIENTATION.get(equality.get("sexual_orientation") or ""), same]
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None
