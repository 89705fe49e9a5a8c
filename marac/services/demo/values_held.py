"""Two hundred personal values that the demo holds, from every compartment, for tests that look for leaks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto.fields import open_many, sealed_columns
from marac.models import (
    Action,
    Address,
    AgendaItem,
    Case,
    CasePerson,
    ContactMethod,
    MinuteNote,
    Partnership,
    Referral,
    Research,
    User,
)
from marac.services.demo import community_cases
from marac.services.keeping.deployment import Deployment, unit_of_work

LONG_ENOUGH = 6
CASES = 36
Source = tuple[str, type[Any], str, str, int]
SOURCES: tuple[Source, ...] = (
    ("name", CasePerson, "identity", "full_name", 48), ("alias", CasePerson, "identity", "aliases", 10),
    ("school", CasePerson, "identity", "school", 8), ("street", Address, "location", "street", 14),
    ("postcode", Address, "location", "postcode", 18), ("phone", ContactMethod, "contact", "phone", 18),
    ("email", ContactMethod, "contact", "email", 8), ("code word", ContactMethod, "contact", "code_word", 8),
    ("what to say", ContactMethod, "identity", "what_to_say", 4), ("wish", Case, "summary", "wishes", 6),
    ("why high risk", Case, "summary", "why_high_risk", 4), ("what happened", Referral, "risk", "what_happened", 12),
    ("why now", Referral, "risk", "why_now", 4), ("minute", MinuteNote, "minutes", "text", 10),
    ("who tells", AgendaItem, "minutes", "who_tells", 2), ("action note", Action, "actions", "note", 4),
    ("shared", Research, "research", "shared", 6), ("private note", Research, "private", "private_note", 4),
    ("staff name", User, "staff", "full_name", 8), ("staff email", User, "staff", "email", 8),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One value with what kind it is."""

    kind: str
    value: str


def facts(deployment: Deployment) -> list[dict[str, str]]:
    """[{kind, value}], 200 of them: names, places, phones, sentences. None without a demo."""
    found: list[Found] = []
    with unit_of_work(deployment) as session:
        for partnership_id in session.scalars(select(Partnership.id).where(Partnership.is_demo)):
            cases = _cases(session, partnership_id)
            access.open_for("load", partnership_id, cases)
            access.open_staff_for("load", partnership_id)
            for source in SOURCES:
                found += _some(session, partnership_id, cases, source)
    kept = {one.value.casefold(): one for one in found}
    return [{"kind": one.kind, "value": one.value} for one in kept.values()][:200]


def figures(deployment: Deployment) -> dict[str, int]:
    """What a demo is checked by, counted from its cases: people heard by the Community MARAC in 2022-23."""
    with deployment.reader() as session:
        return community_cases.figures(session)


def _cases(session: Session, partnership_id: UUID) -> list[UUID]:
    """Cases from the whole of the demo, evenly apart by reference."""
    query = select(Case.id).where(Case.partnership_id == partnership_id).order_by(Case.opened_on, Case.reference)
    ids = list(session.scalars(query))
    return ids[:: max(1, len(ids) // CASES)]


def _some(session: Session, partnership_id: UUID, cases: list[UUID], source: Source) -> Iterator[Found]:
    """Different values of one field, as many as the table says."""
    kind, model, compartment, attribute, wanted = source
    mapped: Any = model
    query = select(*sealed_columns(mapped, compartment)).where(mapped.partnership_id == partnership_id)
    if model is not User:
        query = query.where((mapped.id if model is Case else mapped.case_id).in_(cases))
    rows = session.execute(query.order_by(mapped.id)).all()
    values: dict[str, None] = {}
    for document in open_many(model, compartment, rows):
        for value in _values(document.get(attribute)):
            values[value] = None
    return (Found(kind, value) for value in list(values)[:wanted])


def _values(stored: Any) -> Iterator[str]:
    """A stored value as it would be found: long texts by their first sentence, lists by each entry."""
    for value in stored if isinstance(stored, tuple | list) else [stored]:
        text = re.split(r"(?<=[.!?])\s", str(value or ""))[0]
        if len(text) >= LONG_ENOUGH:
            yield text
