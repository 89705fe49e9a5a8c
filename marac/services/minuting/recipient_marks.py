"""What to look at twice before somebody is told: who is new, and whose mail goes elsewhere than their colleagues'.

Marks only; decides nothing, and shows no address.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Meeting, Membership, User
from marac.services.minuting.readers import Reader
from marac.vocabulary import MeetingState

NEW, ELSEWHERE = "New since the last meeting", "Outside the agency's mail domain"
PUBLIC = frozenset({"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "yahoo.com",
                    "yahoo.co.uk", "icloud.com", "live.co.uk", "proton.me", "aol.com"})  # fmt: skip


def marks_of(
    session: Session, actor: Actor, meeting: Meeting, found: Collection[Reader]
) -> dict[UUID, tuple[str, ...]]:  # fmt: skip
    """Membership -> its marks, for who circulates."""
    new, outside = _new(session, meeting, found), _outside(session, actor, found)
    return {
        member: tuple(mark for mark, who in ((NEW, new), (ELSEWHERE, outside)) if member in who)
        for one in found
        if (member := one.actor.membership_id)
    }


def _new(session: Session, meeting: Meeting, found: Collection[Reader]) -> set[UUID]:
    """Memberships that began after the meeting before this one; nobody is new at the first."""
    before = (Meeting.partnership_id == meeting.partnership_id, Meeting.programme == meeting.programme)
    held = (Meeting.state == MeetingState.HELD, Meeting.starts_at < meeting.starts_at)
    last = session.scalar(select(func.max(Meeting.starts_at)).where(*before, *held))
    if last is None:
        return set()
    ids = [one.actor.membership_id for one in found]
    begun = (Membership.id.in_(ids), Membership.from_on > clock.to_london(last).date())
    return set(session.scalars(select(Membership.id).where(*begun)))


def _outside(session: Session, actor: Actor, found: Collection[Reader]) -> set[UUID]:
    """Memberships whose mail goes to a public provider, or to a domain that most of their agency does not use."""
    domains = _domains(session, actor, [one.actor.user_id for one in found if one.actor.user_id])
    outside: set[UUID] = set()
    for agency_id in {one.actor.agency_id for one in found}:
        people = [one.actor for one in found if one.actor.agency_id == agency_id]
        usual = Counter(domains.get(one.user_id, "") for one in people if one.user_id).most_common(1)[0][0]
        for one in people:
            domain = domains.get(one.user_id, "") if one.user_id else ""
            if one.membership_id and (domain in PUBLIC or domain != usual):
                outside.add(one.membership_id)
    return outside


def _domains(session: Session, actor: Actor, user_ids: list[UUID]) -> dict[UUID, str]:
    access.open_staff(actor)
    query: Select[Any] = select(*sealed_columns(User, "staff"), User.id).where(User.id.in_(user_ids))
    rows = session.execute(query.where(User.partnership_id == actor.partnership_id)).all()
    opened = open_many(User, "staff", rows)
    return {
        row.id: str(who.get("email") or "").rpartition("@")[2].casefold() for row, who in zip(rows, opened, strict=True)
    }
