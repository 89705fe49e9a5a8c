"""The people that Your work names before a panel: to be contacted, wishes to record, safe contact to check again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto import vault
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Case, CaseAgency, ContactMethod, Deadline, Referral
from marac.services.casework import naming
from marac.services.casework.cases import next_meetings
from marac.services.casework.safe_contact import FIRST_CONTACT, THROUGH_IDVA
from marac.vocabulary import CaseState, ContactChannel, InvolvementBasis, Permission as P, PersonRole
from marac.workflows.contact import LASTS

BEFORE_PANEL = (CaseState.LISTED, CaseState.RESEARCHED)
MOST = 100


@dataclass(frozen=True, slots=True)
class Contact:
    """One person to do something about; the name is empty where it is not open."""

    reference: str
    name: str
    due: date | datetime | None
    method: str = ""


def first_contacts(session: Session, actor: Actor) -> tuple[Contact, ...]:
    """People whom the actor's service supports and has not reached yet, with how to (DA-13)."""
    running = select(Referral.case_id, func.min(Deadline.due_at)).join(Deadline, Deadline.subject_id == Referral.id)
    unmet = running.where(Deadline.rule == FIRST_CONTACT, Deadline.met_at.is_(None)).group_by(Referral.case_id)
    due = {row[0]: row[1] for row in session.execute(unmet)}
    query = select(Case.id, Case.reference, Case.state).where(*_kept(actor), _supported(actor), Case.id.in_(list(due)))
    rows = sorted(session.execute(query).all(), key=lambda row: due[row.id])[:MOST]
    names, rules = _names(session, actor, rows), _rules(session, actor, rows)
    return tuple(
        Contact(row.reference, names.get(row.id, ""), due[row.id], _method(rules.get(row.id, {}))) for row in rows
    )


def wishes_missing(session: Session, actor: Actor) -> tuple[Contact, ...]:
    """Cases before a panel, of people whom the actor's service supports, without what they want."""
    columns = (*sealed_columns(Case, "summary"), Case.id, Case.reference, Case.state)
    query: Select[Any] = select(*columns).where(*_kept(actor), _supported(actor), Case.state.in_(BEFORE_PANEL))
    rows = session.execute(query.limit(MOST)).all()
    names = _names(session, actor, rows)
    told = open_many(Case, "summary", rows)
    missing = [row for row, summary in zip(rows, told, strict=True) if not summary.get("wishes")]
    meetings = next_meetings(session, [row.id for row in missing])
    return tuple(Contact(row.reference, names.get(row.id, ""), meetings.get(row.id)) for row in missing)


def contacts_to_check(session: Session, actor: Actor) -> tuple[Contact, ...]:
    """Cases before a panel whose safe-contact rules were last checked more than 28 days ago, or never."""
    query = select(Case.id, Case.reference, Case.state).where(*_kept(actor), Case.state.in_(BEFORE_PANEL))
    rows = session.execute(query.limit(MOST)).all()
    names, rules = _names(session, actor, rows), _rules(session, actor, rows)
    oldest, unit = clock.today() - LASTS, vault.current()
    stale = [
        row
        for row in rows
        if row.id in rules
        and (rules[row.id].get("checked_on") or date.min) < oldest
        and unit.may("case", actor.partnership_id, row.id, "identity", seal=True)
    ]
    meetings = next_meetings(session, [row.id for row in stale])
    return tuple(Contact(row.reference, names.get(row.id, ""), meetings.get(row.id)) for row in stale)


def _kept(actor: Actor) -> tuple[Any, ...]:
    """Cases that the actor may see and keep up to date."""
    return access.rule(actor, P.CASE_READ, Case), access.rule(actor, P.CASE_UPDATE, Case)


def _supported(actor: Actor) -> Any:
    mine = (CaseAgency.agency_id == actor.agency_id, CaseAgency.basis == InvolvementBasis.SUPPORTS)
    return Case.id.in_(select(CaseAgency.case_id).where(*mine))


def _names(session: Session, actor: Actor, rows: Sequence[Any]) -> dict[UUID, str]:
    """Also opens each case at its stage, which the reads that follow stand on."""
    return naming.victims(session, actor, {row.id: row.state for row in rows})


def _rules(session: Session, actor: Actor, rows: Sequence[Any]) -> dict[UUID, dict[str, Any]]:
    """The victim-survivor's contact rules in the cases whose identity opens."""
    named = [row.id for row in rows if "identity" in access.open_stage(session, actor, row.id, row.state)]
    columns = (*sealed_columns(ContactMethod, "identity"), ContactMethod.case_id)
    query: Select[Any] = select(*columns).where(
        ContactMethod.case_id.in_(named), ContactMethod.role == PersonRole.VICTIM
    )
    found = session.execute(query).all()
    return {row.case_id: told for row, told in zip(found, open_many(ContactMethod, "identity", found), strict=True)}


def _method(rules: dict[str, Any]) -> str:
    """How to reach the person, in few words: the channels that are safe, or through whom."""
    asked: dict[str, Any] = rules.get("rules") or {}
    said = {channel: rule.get("answer") if isinstance(rule, Mapping) else rule for channel, rule in asked.items()}
    safe = [channel for channel in ContactChannel if said.get(channel.value) in ("yes", "only_between")]
    if safe and safe != [ContactChannel.THROUGH]:
        return f"Safe: {', '.join(channel.label.lower() for channel in safe)}"
    return f"Contact through {rules['through']} only" if rules.get("through") else THROUGH_IDVA
