"""What administrators and auditors look at: agencies, dated local rules, the trail. Opens no case and no name."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.audit import Verdict
from marac.models import Agency, AuditEntry, Setting
from marac.vocabulary import Permission as P, ProgrammeSlug

NEWEST: Final = 100


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """One local rule as it stands today, with whether the partnership agreed it (DA-7)."""

    programme: ProgrammeSlug | None
    key: str
    value: Any
    confirmed: bool
    basis: str
    note: str
    effective_from: date


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One entry of the trail: who in which role did what to which ids. Ids are the first eight digits."""

    seq: int
    at: datetime
    tag: str
    role: str
    actor: str
    case: str
    thing: str


def list_agencies(session: Session, actor: Actor) -> list[Agency]:
    """Every agency of the partnership, by name."""
    access.require_holds(actor, P.AGENCY_READ)
    return list(session.scalars(access.visible(actor, P.AGENCY_READ, Agency).order_by(Agency.name)))


def list_rules(session: Session, actor: Actor) -> list[RuleInForce]:
    """The newest version in force today of every local rule, by programme and key."""
    access.require_holds(actor, P.SETTING_READ)
    query = access.visible(actor, P.SETTING_READ, Setting).where(Setting.effective_from <= clock.today())
    newest: dict[tuple[str, str], RuleInForce] = {}
    rules = query.where(Setting.key.not_like("library.%"))  # the library of usual actions has a page of its own
    for row in session.scalars(rules.order_by(Setting.effective_from)):
        newest[row.programme or "", row.key] = RuleInForce(
            row.programme, row.key, row.value, row.confirmed, row.basis, row.note, row.effective_from
        )
    return [newest[place] for place in sorted(newest)]


def list_newest_entries(session: Session, actor: Actor) -> list[TrailLine]:
    """The newest hundred entries of the partnership's trail, newest first. Reading them is an entry too."""
    access.require_holds(actor, P.AUDIT_READ)
    audit.record(session, actor, "audit:read")
    query = access.visible(actor, P.AUDIT_READ, AuditEntry)
    return [_line(entry) for entry in session.scalars(query.order_by(AuditEntry.seq.desc()).limit(NEWEST))]


def check_trail(session: Session, actor: Actor) -> Verdict:
    """Read the partnership's whole chain and say whether it is as it was written."""
    access.require_holds(actor, P.AUDIT_READ)
    audit.record(session, actor, "audit:read")
    return audit.verify(session, actor.partnership_id)


def _line(entry: AuditEntry) -> TrailLine:
    ids = [one.hex[:8] if one else "" for one in (entry.actor_id, entry.case_id, entry.object_id)]
    return TrailLine(entry.seq, entry.at, entry.tag, json.loads(entry.body)["role"], *ids)
