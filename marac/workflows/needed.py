"""What the return, the equality profile and the annual report need to know of a person (DA-38, DA-40). Reads no record.

Not asked is not the same as declined or not known, and neither is "no".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marac.vocabulary import PersonRole
from marac.vocabulary.word import Word

NOT_ASKED: Final = frozenset({"", "not_asked", "not_sought"})
NOT_KNOWN: Final = frozenset({"not_known", "unknown", "prefer_not_to_say"})
RETURN, PROFILE, STATEMENT = "the return", "the return and the equality profile", "the equality statement"


class HowKnown(Word):
    """How far a question got."""

    MISSING = "missing", "Never asked, or not written down"
    DECLINED = "declined", "Asked: declined or not known"
    KNOWN = "known", "Known"


@dataclass(frozen=True, slots=True)
class Needed:
    """One thing to know of a person in one of these roles, and what for."""

    key: str
    label: str
    used_for: str
    roles: tuple[PersonRole, ...]
    reads: Callable[[Mapping[str, Any]], Any]


def _of(key: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda held: held.get(key)


def _age(held: Mapping[str, Any]) -> Any:
    """An unborn child has no age to ask for."""
    if held.get("unborn"):
        return "unborn"
    return held.get("born_on") or (held.get("approximate_age") if held.get("approximate_age") is not None else "")


_VICTIM, _FEARED, _CHILD = (PersonRole.VICTIM,), (PersonRole.PERPETRATOR,), (PersonRole.CHILD,)
NEEDED: Final = (
    Needed("age", "Age of the victim-survivor", PROFILE, _VICTIM, _age),
    Needed("sex", "Sex of the victim-survivor", PROFILE, _VICTIM, _of("sex")),
    Needed("ethnicity", "Ethnic group", PROFILE, _VICTIM, _of("ethnicity")),
    Needed("disability", "Disability", PROFILE, _VICTIM, _of("disability")),
    Needed("sexual_orientation", "Sexual orientation", PROFILE, _VICTIM, _of("sexual_orientation")),
    Needed("gender_same_as_registered", "Gender the same as registered at birth", PROFILE, _VICTIM,
           _of("gender_same_as_registered")),
    Needed("religion", "Religion", STATEMENT, _VICTIM, _of("religion")),
    Needed("pregnant", "Pregnancy", STATEMENT, _VICTIM, _of("pregnant")),
    Needed("marital_status", "Relationship status", STATEMENT, _VICTIM, _of("marital_status")),
    Needed("care_experience", "Care experience", STATEMENT, _VICTIM, _of("care_experience")),
    Needed("interpreter_needed", "Whether an interpreter is needed", STATEMENT, _VICTIM, _of("interpreter_needed")),
    Needed("feared_age", "Age of an alleged perpetrator", RETURN, _FEARED, _age),
    Needed("child_age", "Age of a child", RETURN, _CHILD, _age),
)  # fmt: skip


def answer(one: Needed, held: Mapping[str, Any]) -> HowKnown:
    """How far this question got with a person of whom `held` is recorded."""
    found = one.reads(held)
    if found is None or found in NOT_ASKED:
        return HowKnown.MISSING
    return HowKnown.DECLINED if found in NOT_KNOWN else HowKnown.KNOWN


def asked_of(role: PersonRole) -> tuple[Needed, ...]:
    """What is needed of a person in this role."""
    return tuple(one for one in NEEDED if role in one.roles)
