"""Who looked at a case, when, at which parts of it, and why what was hidden was shown (DA-3, DP-54).

For who keeps the case; for information governance by a sample whose reason is kept; for everybody, what they did
themselves. Shows who looked and never what they saw.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import RuleBroken
from marac.models import AuditEntry, Case, CasePerson, Membership
from marac.services.casework import naming
from marac.services.trail.households import words_of
from marac.vocabulary import Permission as P, Role, SampleReason

MOST = 300
MOST_SAMPLED = 20
LOOKS = (
    "case:read", "location:revealed", "paper:read", "document:made", "minutes:read", "sanctuary:read", "glass:read",
    "disclosure:read", "transfer:fetched", "research:printed",
)  # fmt: skip
OPENED = "values:opened"
PARTS = {
    "identity": "who", "perpetrator": "alleged perpetrator", "children": "children", "location": "where",
    "contact": "contact", "risk": "risk", "summary": "summary", "research": "research", "minutes": "minutes",
    "actions": "actions", "documents": "documents", "equality": "equality", "private": "private notes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One look: who in which role and agency, when, by what, at which parts, and the reason if one was asked."""

    at: datetime
    who: str
    agency: str
    role: str
    tag: str
    page: str
    parts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """One case of a sample, by its reference, and who looked at it."""

    reference: str
    looks: tuple[Look, ...]


def who_looked(session: Session, actor: Actor, case: Case) -> tuple[Look, ...]:
    """Everybody who looked at a case, the newest first. That this was asked is an entry too."""
    access.require(actor, P.TRAIL_READ, case)
    found = _looks(session, actor, case)
    audit.record(session, actor, "trail:read", case, about="case", reason=None, found=len(found))
    return found


def sample(
    session: Session, actor: Actor, *, reference: str = "", name: str = "", reason: SampleReason
) -> tuple[Sampled, ...]:
    """Who looked at a case, or at every case in which a person of this name is. RuleBroken without either.

    For information governance: the reason is kept, the cases themselves stay shut, walled ones are not there.
    """
    access.require_holds(actor, P.AUDIT_READ)
    if not reference.strip() and len(words_of(name)) < 2:
        raise RuleBroken("reference", "Enter a case reference, or a first and last name")
    cases = _by_reference(session, actor, reference) if reference.strip() else _by_name(session, actor, name)
    about = "case" if reference.strip() else "person"
    told = tuple(Sampled(case.reference, _looks(session, actor, case)) for case in cases[:MOST_SAMPLED])
    for case, one in zip(cases, told, strict=False):
        audit.record(session, actor, "trail:read", case, about=about, reason=reason, found=len(one.looks))
    if not told:
        audit.record(session, actor, "trail:read", about=about, reason=reason, found=0)
    return told


def own_looks(session: Session, actor: Actor) -> tuple[tuple[str, Look], ...]:
    """What the person themself looked at, with the reference, among the cases that they may see now."""
    access.require_holds(actor, P.HOME_READ)
    mine = and_(AuditEntry.partnership_id == actor.partnership_id, AuditEntry.actor_id == actor.user_id)
    seen = access.rule(actor, P.CASE_READ, Case)
    query = select(AuditEntry, Case.reference).join(Case, Case.id == AuditEntry.case_id)
    rows = session.execute(
        query.where(mine, AuditEntry.tag.in_(LOOKS), seen).order_by(AuditEntry.seq.desc()).limit(MOST)
    ).all()
    return tuple((reference, _look(entry, json.loads(entry.body), "", "", ())) for entry, reference in rows)


def _looks(session: Session, actor: Actor, case: Case) -> tuple[Look, ...]:
    about = or_(
        and_(AuditEntry.case_id == case.id, AuditEntry.tag.in_(LOOKS)),
        and_(AuditEntry.tag == OPENED, AuditEntry.body.like(f"%{case.id.hex}%")),
    )
    mine = (AuditEntry.partnership_id == case.partnership_id, AuditEntry.actor_id.is_not(None))
    entries = session.scalars(select(AuditEntry).where(*mine, about).order_by(AuditEntry.seq.desc()).limit(2 * MOST))
    told = [(entry, json.loads(entry.body)) for entry in entries]
    parts = _parts(told, case.id)
    shown = [(entry, body) for entry, body in told if entry.tag != OPENED or _request(entry, body) not in _named(told)]
    people = {entry.actor_id for entry, _body in shown}
    who, agencies = naming.colleagues(session, actor, people), _agencies(session, actor, people)
    return tuple(
        _look(entry, body, who.get(entry.actor_id, ""), agencies.get(entry.actor_id, ""),
              parts[_request(entry, body)])
        for entry, body in shown[:MOST] if entry.actor_id
    )  # fmt: skip


def _look(entry: AuditEntry, body: dict[str, Any], who: str, agency: str, parts: Sequence[str]) -> Look:
    keys = body["keys"]
    field = keys.get("page") or keys.get("field") or keys.get("kind") or ""
    role = Role(body["role"]).label
    return Look(entry.at, who, agency, role, entry.tag, str(field), tuple(parts), str(keys.get("reason") or ""))


def _request(entry: AuditEntry, body: dict[str, Any]) -> tuple[UUID | None, str]:
    """What belongs together: the entries of one request of one person."""
    return entry.actor_id, body["request"] if body["request"] != "-" else str(entry.seq)


def _named(told: Iterable[tuple[AuditEntry, dict[str, Any]]]) -> set[tuple[UUID | None, str]]:
    return {_request(entry, body) for entry, body in told if entry.tag != OPENED}


def _parts(
    told: Iterable[tuple[AuditEntry, dict[str, Any]]], case_id: UUID
) -> dict[tuple[UUID | None, str], tuple[str, ...]]:
    found: dict[tuple[UUID | None, str], tuple[str, ...]] = defaultdict(tuple)
    for entry, body in told:
        if entry.tag == OPENED:
            opened = body["keys"]["opened"]
            names = [name for name, cases in opened.items() if isinstance(cases, list) and case_id.hex in cases]
            found[_request(entry, body)] = tuple(sorted(PARTS.get(name, name) for name in names))
    return found


def _agencies(session: Session, actor: Actor, people: set[UUID | None]) -> dict[UUID, str]:
    names = naming.agency_names(session, actor.partnership_id)
    held = select(Membership.user_id, Membership.agency_id).where(
        Membership.user_id.in_([one for one in people if one])
    )
    return {row.user_id: names.get(row.agency_id, "") for row in session.execute(held)}


def _by_reference(session: Session, actor: Actor, reference: str) -> list[Case]:
    wanted = (Case.partnership_id == actor.partnership_id, Case.reference == reference.strip().upper())
    return [case for case in session.scalars(select(Case).where(*wanted)) if _in_reach(session, actor, case.id)]


def _by_name(session: Session, actor: Actor, name: str) -> list[Case]:
    """The cases of this partnership in which somebody's name holds every word that was typed."""
    query = select(*sealed_columns(CasePerson, "identity"), CasePerson.case_id)
    words = words_of(name)
    with access.apart():
        cases = list(session.scalars(select(Case.id).where(Case.partnership_id == actor.partnership_id)))
        access.open_for("match", actor.partnership_id, cases)
        rows = session.execute(query.where(CasePerson.partnership_id == actor.partnership_id)).all()
        named = zip(rows, open_many(CasePerson, "identity", rows), strict=True)
        found = {row.case_id for row, who in named if words <= words_of(who.get("full_name") or "")}
    reached = [case_id for case_id in found if _in_reach(session, actor, case_id)]
    return list(session.scalars(select(Case).where(Case.id.in_(reached)).order_by(Case.reference)))


def _in_reach(session: Session, actor: Actor, case_id: UUID) -> bool:
    """Whether the trail of a case is this person's to read: not behind a wall, not restricted."""
    mine = access.visible(actor, P.AUDIT_READ, AuditEntry).where(AuditEntry.case_id == case_id)
    return session.scalar(mine.limit(1)) is not None
