"""Who the people heard were, by group, beside the people who live in the borough (DA-39, DA-40)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy.orm import Session

from marac.access import Actor
from marac.paths import DATA
from marac.reports.return_facts import Counted, facts_of

NOT_KNOWN = "Not known or not asked"
HEADINGS = {"asian": "Asian", "white": "White", "black": "Black", "mixed": "Mixed", "other": "Other"}


@dataclass(frozen=True, slots=True)
class Group:
    """One group: how many were heard, and its share of the borough where that is known."""

    label: str
    number: int
    share: float | None
    of_borough: float | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The groups of one question, those not known first."""

    question: str
    groups: tuple[Group, ...]
    source: str = ""


@cache
def borough() -> dict[str, Any]:
    """The shares of the borough, with their source."""
    found: dict[str, Any] = yaml.safe_load((DATA / "borough_profile.yaml").read_text("utf-8"))
    return found


def profiles(session: Session, actor: Actor, case_ids: Iterable[UUID]) -> list[Profile]:
    """Ethnic group, sex, disability and LGBT+ of the victim-survivors of these cases, each case once."""
    facts = facts_of(session, actor.partnership_id, case_ids)
    victims = [one.victims[0] for one in facts.values() if one.victims]
    shares = borough()
    return [
        _profile("Ethnic group", victims, _group, shares["ethnicity"], shares["source"]),
        _profile("Sex", victims, lambda one: {True: "Male", False: "Female"}.get(one.male)),
        _profile("Disabled", victims, lambda one: {True: "Disabled", False: "Not disabled"}.get(one.disabled)),
        _profile("LGBT+", victims, lambda one: {True: "LGBT+", False: "Not LGBT+"}.get(one.lgbt)),
    ]


def _group(one: Counted) -> str | None:
    if not one.group_known:
        return None
    return HEADINGS["white" if one.group in (None, "other_white") else one.group or ""]


def _profile(
    question: str, people: list[Counted], asks: Any, shares: dict[str, float] | None = None, source: str = ""
) -> Profile:
    counted = Counter(asks(one) for one in people)
    unknown = counted.pop(None, 0)
    known, of = sum(counted.values()), {HEADINGS[key]: share for key, share in (shares or {}).items()}
    rows = [Group(NOT_KNOWN, unknown, None, None)]
    for label in sorted({*counted, *of}, key=lambda name: (-counted[name], name)):
        share = round(100 * counted[label] / known, 1) if known else None
        rows.append(Group(label, counted[label], share, of.get(label)))
    return Profile(question, tuple(rows), source)
