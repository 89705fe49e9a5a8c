"""How often each kind of behaviour, strand of hate, cuckooing sub-type and vulnerability was referred (CM-18).

Counts of codes over a period, each case once. Answers with no name, no reference and no case; refuses who reads no
reports.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Referral
from marac.vocabulary import AsbType, CuckooingKind, HateStrand, Permission as P, ProgrammeSlug, Vulnerability, Word
from marac.workflows.deadlines import london

CODES: dict[str, type[Word]] = {
    "asb_type": AsbType, "hate_strands": HateStrand, "cuckooing": CuckooingKind, "vulnerability": Vulnerability,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """One code and in how many cases it was referred."""

    field: str
    code: str
    label: str
    cases: int


def count_codes(session: Session, actor: Actor, first: date, last: date) -> tuple[Counted, ...]:
    """Every code of every field, those never used too, for what was sent from `first` to `last`, both included."""
    access.require_holds(actor, P.REPORT_READ)
    sent = _sent(session, actor, london(first, time(0)), london(last + timedelta(days=1), time(0)))
    with access.apart():
        access.open_for("count", actor.partnership_id, {referral.case_id for referral in sent})
        found = Counter(pair for pairs in _by_case(sent).values() for pair in pairs)
    return tuple(
        Counted(field, word.value, word.label, found[field, word.value])
        for field, words in CODES.items()
        for word in words
    )


def _sent(session: Session, actor: Actor, since: datetime, until: datetime) -> list[Referral]:
    mine = select(Referral).where(
        Referral.partnership_id == actor.partnership_id, Referral.programme == ProgrammeSlug.COMMUNITY_MARAC,
        Referral.submitted_at >= since, Referral.submitted_at < until,
    )  # fmt: skip
    return list(session.scalars(mine)) if ProgrammeSlug.COMMUNITY_MARAC in actor.programmes else []


def _by_case(sent: list[Referral]) -> dict[object, set[tuple[str, str]]]:
    """The codes of each case, so that a case referred twice counts once."""
    found: dict[object, set[tuple[str, str]]] = {}
    for referral in sent:
        codes = found.setdefault(referral.case_id, set())
        for field in CODES:
            held = getattr(referral, field)
            codes |= {(field, str(code)) for code in ([held] if isinstance(held, str) else held or ())}
    return found
