"""Looking through what was added to the trail, every minute, by the rules of workflows/alerts.py; and what is late.

Opens a name only to ask whether somebody looked at their own household, and says nothing of what it compared.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.models import AuditEntry, AuditHead, Case, Membership, TrailWatch
from marac.services.clockwork import leases
from marac.services.clockwork.leases import Held
from marac.services.keeping.deployment import Deployment
from marac.services.trail import checkpointing, households, raising
from marac.vocabulary import AlertRule, CaseState
from marac.workflows import alerts
from marac.workflows.alerts import Did

LISTS = frozenset({"brief"})
WATCHED = (*alerts.READS, "location:revealed", "case:searched", *alerts.BREAKS, *alerts.TAKES_OUT, "value:damaged")
KNOWN_FOR, TYPICAL_OF = timedelta(days=180), timedelta(days=30)
AT_ONCE = 5000


def watch_trail(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Raise what the newest entries of every partnership give cause for. Returns how many alerts are new."""

    def look(session: Session, actor: Actor) -> int:
        _late_checkpoint(session, house, actor)
        return look_through(session, actor)

    return leases.in_each_partnership(house, held, job, slot, look)


def look_through(session: Session, actor: Actor) -> int:
    """The entries since the last time, with those before that still count."""
    head = session.scalar(select(AuditHead.seq).where(AuditHead.partnership_id == actor.partnership_id)) or 0
    mark = session.scalar(select(TrailWatch).where(TrailWatch.partnership_id == actor.partnership_id))
    if mark is None:  # what was done before anybody watched is not news
        session.add(TrailWatch(partnership_id=actor.partnership_id, seq=head))
        return 0
    after, mark.seq = mark.seq, min(head, mark.seq + AT_ONCE)
    new = _entries(session, actor, AuditEntry.seq > after, AuditEntry.seq <= mark.seq)
    raised = sum(_damaged(session, actor, entry) for entry in new if entry.tag == "value:damaged")
    people = {entry.actor_id for entry in new if entry.actor_id}
    if not people:
        return raised
    before = _earlier(session, actor, new, after)
    found = alerts.look_through(_as_done(session, actor, [*before, *new], after), after=after)
    for one in found:
        ids = {name: UUID(value) if value else None for name, value in _ids(one).items()}
        raised += (
            raising.raise_alert(session, actor, one.rule, one.slot, seq=one.did.seq, count=one.count, **ids) is not None
        )
    return raised


def _ids(found: alerts.Raised) -> dict[str, str]:
    did, of_case = found.did, found.rule in (AlertRule.OWN_NAME, AlertRule.ONE_CASE, AlertRule.BREAK_GLASS)
    together = found.rule is AlertRule.ONE_CASE
    return {
        "user_id": "" if together else did.user,
        "case_id": did.case if of_case else "",
        "agency_id": did.agency if together else "",
    }


def _entries(session: Session, actor: Actor, *which: Any) -> list[AuditEntry]:
    mine = (AuditEntry.partnership_id == actor.partnership_id, AuditEntry.tag.in_(WATCHED), *which)
    return list(session.scalars(select(AuditEntry).where(*mine).order_by(AuditEntry.seq)))


def _earlier(session: Session, actor: Actor, new: list[AuditEntry], after: int) -> list[AuditEntry]:
    """What still counts: of the same people, and of others at the same cases."""
    since = min(entry.at for entry in new) - alerts.LONGEST
    people = {entry.actor_id for entry in new}
    cases = {entry.case_id for entry in new if entry.case_id}
    near = AuditEntry.actor_id.in_(people) | AuditEntry.case_id.in_(cases)
    return _entries(session, actor, AuditEntry.seq <= after, AuditEntry.at > since, near)


def _as_done(session: Session, actor: Actor, entries: list[AuditEntry], after: int) -> list[Did]:
    people = {entry.actor_id for entry in entries if entry.actor_id}
    agencies = _agencies(session, people)
    ended = _ended(session, {entry.case_id for entry in entries if entry.case_id})
    new = [entry for entry in entries if entry.seq > after]
    typical = {one: _typical(session, one, after) for one in _busy(new)}
    own = households.own_looks(session, actor, _first_looks(session, new, after))
    done = []
    for entry in entries:
        body = json.loads(entry.body)
        if entry.actor_id is None:
            continue
        case = entry.case_id
        done.append(Did(
            entry.seq, entry.at, entry.actor_id.hex, entry.tag, agencies.get(entry.actor_id, ""),
            case.hex if case else "", case in ended, frozenset(_codes(body)),
            entry.seq > after and entry.tag == "location:revealed" and _new_device(session, entry, body),
            (entry.actor_id, case) in own, body["keys"].get("page") in LISTS, typical.get(entry.actor_id, 0.0),
        ))  # fmt: skip
    return done


def _codes(body: dict[str, Any]) -> Iterable[str]:
    asked = body["keys"].get("asked")
    return asked if isinstance(asked, list) else ()


def _agencies(session: Session, people: set[UUID]) -> dict[UUID, str]:
    rows = session.execute(select(Membership.user_id, Membership.agency_id).where(Membership.user_id.in_(people)))
    return {row.user_id: row.agency_id.hex for row in rows}


def _ended(session: Session, cases: set[UUID]) -> set[UUID | None]:
    over = (CaseState.CLOSED, CaseState.LAPSED)
    return set(session.scalars(select(Case.id).where(Case.id.in_(cases), Case.state.in_(over))))


def _busy(new: list[AuditEntry]) -> list[UUID]:
    """Whose median is worth asking for."""
    return list({entry.actor_id for entry in new if entry.actor_id and entry.tag in alerts.READS})


def _typical(session: Session, user_id: UUID, before: int) -> float:
    query = select(AuditEntry.at, AuditEntry.case_id).where(
        AuditEntry.actor_id == user_id, AuditEntry.at > clock.now() - TYPICAL_OF, AuditEntry.tag.in_(alerts.READS),
        AuditEntry.seq <= before,
    )  # fmt: skip
    hours: dict[str, set[UUID | None]] = defaultdict(set)
    for at, case_id in session.execute(query):
        hours[f"{at:%Y%m%d%H}"].add(case_id)
    return alerts.median_an_hour({hour: len(cases) for hour, cases in hours.items()})


def _first_looks(session: Session, new: list[AuditEntry], after: int) -> set[tuple[UUID, UUID]]:
    """Who opened which case for the first time: only then is it asked whose household it is."""
    pairs = {(one.actor_id, one.case_id) for one in new if one.tag in alerts.READS and one.actor_id and one.case_id}
    earlier = (AuditEntry.tag.in_(alerts.READS), AuditEntry.seq <= after)
    return {
        (user, case)
        for user, case in pairs
        if not session.scalar(select(exists().where(AuditEntry.actor_id == user, AuditEntry.case_id == case, *earlier)))
    }


def _new_device(session: Session, entry: AuditEntry, body: dict[str, Any]) -> bool:
    """A browser this person was never seen with before the last day, who was seen with another."""
    agent = body.get("agent")
    if not agent:
        return False
    mine = (AuditEntry.actor_id == entry.actor_id, AuditEntry.at > entry.at - KNOWN_FOR)
    earlier = (*mine, AuditEntry.at < entry.at - timedelta(days=1), AuditEntry.body.like('%"agent":"%'))
    if not session.scalar(select(exists().where(*earlier))):
        return False
    return not session.scalar(select(exists().where(*earlier, AuditEntry.body.like(f'%"agent":"{agent}"%'))))


def _damaged(session: Session, actor: Actor, entry: AuditEntry) -> bool:
    raised = raising.raise_alert(session, actor, AlertRule.INTEGRITY, f"value:{entry.seq}", seq=entry.seq)
    return raised is not None


def _late_checkpoint(session: Session, house: Deployment, actor: Actor) -> None:
    now = clock.now()
    if checkpointing.late(session, house.settings, actor.partnership_id, now):
        raising.raise_alert(session, actor, AlertRule.CHECKPOINT_LATE, f"{now:%Y%m%d}", seq=0)
