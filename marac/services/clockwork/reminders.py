"""Reminders by the partnership's own dated rules: who may do a thing is told that it is due, once for each date.

Refuses to say what: one e-mail a person, of counts and a time. Nobody is told of what the policy does not show them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, clock, notifications
from marac.access import Actor
from marac.models import Message
from marac.services import local
from marac.services.clockwork.recipients import standing
from marac.services.clockwork.reminder_kinds import KINDS, Kind, Waits
from marac.vocabulary import Template
from marac.workflows.deadlines import london, offset

LATEST = timedelta(days=7)  # after that a reminder that was missed is not sent any more


def remind(session: Session, actor: Actor) -> int:
    """Queue what is due now; withdraw what is queued for something done meanwhile. Returns how many are new."""
    told, current = 0, set[str]()
    for rule, kinds in KINDS.items():
        for kind in kinds:
            slots = dict(_slots(session, actor, rule, kind.find(session, actor)))
            current |= set(slots.values())
            told += _tell(session, actor, kind, slots) if slots else 0
    _withdraw(session, actor, current)
    return told


def _slots(session: Session, actor: Actor, rule: str, waiting: Iterable[Waits]) -> Iterator[tuple[Waits, str]]:
    """Each thing with the one reminder that its dates call for now: of several that were missed, the last."""
    closed, now = local.closures(session, actor.partnership_id), clock.now()
    for one in waiting:
        fires = [(_fires_at(line, one.dates, closed), name) for name, line in _lines(session, actor, rule, one)]
        ripe = [(at, name) for at, name in fires if at is not None and now - LATEST < at <= now]
        if ripe:
            at, name = max(ripe)
            yield one, f"{name}:{one.about.hex}:{clock.to_london(at):%Y%m%d}"


def _lines(session: Session, actor: Actor, rule: str, one: Waits) -> list[tuple[str, Mapping[str, Any]]]:
    """The reminders that the local rules in force today set for a deadline."""
    rules = local.rules_of(session, actor.partnership_id, one.programme)
    block = rules.block("reminders", clock.today())
    return [(name, line) for name, line in block.items() if line["about"] == rule]


def _fires_at(line: Mapping[str, Any], dates: Mapping[str, datetime], closed: Any) -> datetime | None:
    base = dates.get(line["from"])
    if base is None:
        return None
    start = clock.to_london(base)
    hour = time.fromisoformat(line["time"]) if "time" in line else start.time()
    return london(offset(start.date(), f"D{line['working_days']:+d}", closed), hour)


def _tell(session: Session, actor: Actor, kind: Kind, slots: Mapping[Waits, str]) -> int:
    """Tell each person of the rows that the policy shows them now, and of each thing once."""
    told, rows = 0, [one.row_id for one in slots]
    for person in standing(session, actor.partnership_id, kind.roles):
        may = select(kind.model.id).where(access.rule(person, kind.permission, kind.model), kind.model.id.in_(rows))
        shown = set(session.scalars(may))
        mine = [one for one in slots if one.row_id in shown and one.agency_id in (None, person.agency_id)]
        for key, one in _first_due(mine, slots).items():
            told += notifications.enqueue(
                session, actor.partnership_id, [_user(person)], Template.REMINDER, subject_key=key, path=one.path,
                about_at=one.due_at,
            )  # fmt: skip
    return told


def _first_due(mine: Iterable[Waits], slots: Mapping[Waits, str]) -> dict[str, Waits]:
    found: dict[str, Waits] = {}
    for one in sorted(mine, key=lambda waits: waits.due_at):
        found.setdefault(slots[one], one)
    return found


def _user(person: Actor) -> UUID:
    return person.user_id or UUID(int=0)


def _withdraw(session: Session, actor: Actor, current: set[str]) -> None:
    """What waits in the outbox for something that is done, held or cancelled by now; not what is being sent."""
    old = select(Message.id, Message.subject_key).where(
        Message.partnership_id == actor.partnership_id, Message.template == Template.REMINDER, *notifications.waiting()
    )
    gone = [row.id for row in session.execute(old) if row.subject_key not in current]
    if gone:
        session.execute(delete(Message).where(Message.id.in_(gone)))
