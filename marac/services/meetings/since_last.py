"""What the panel notes first: cases put off, emergency meetings, transfers and deaths since it last met (DA-35, 1.11).

Per viewer: what somebody is walled off from is not in their list. Changes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import AgendaItem, Meeting, Transfer
from marac.services.casework import naming
from marac.services.following import flags
from marac.services.following.flags import Lapsing
from marac.vocabulary import AgendaItemState, DeferralReason, MeetingKind, MeetingState, Permission as P

PUT_OFF = (AgendaItemState.DEFERRED, AgendaItemState.REMOVED)
LOOKS_BACK = timedelta(days=92)  # where no earlier meeting was held
DEATH = "Somebody has died: tell the community safety partnership, which decides on a domestic homicide review."


@dataclass(frozen=True, slots=True)
class PutOff:
    """A case that was deferred or taken off: why, who approved it and what keeps the person safe meanwhile."""

    reference: str
    name: str
    word: str
    reason: str
    because: str
    interim_safety: str
    on: date
    died: bool


@dataclass(frozen=True, slots=True)
class Emergency:
    """A case heard at an emergency meeting, to be noted."""

    reference: str
    name: str
    on: date
    outcome: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A case that went to another area, or came from one."""

    reference: str
    name: str
    word: str
    on: date


@dataclass(frozen=True, slots=True)
class SinceLast:
    """The standing items of one meeting for one viewer."""

    since: datetime
    put_off: tuple[PutOff, ...]
    emergencies: tuple[Emergency, ...]
    moved: tuple[Moved, ...]
    lapsing: tuple[Lapsing, ...]


def view_since_last(session: Session, actor: Actor, meeting: Meeting) -> SinceLast:
    """Everything noted at this meeting, since the last routine one; only for who runs it."""
    access.require(actor, P.MEETING_RUN, meeting)
    since = _last_met(session, meeting)
    return SinceLast(
        since,
        tuple(list_put_off(session, actor, meeting, since)),
        tuple(list_emergencies(session, actor, meeting, since)),
        tuple(_moved(session, actor, meeting, since)),
        tuple(flags.lapsing(session, actor, meeting)),
    )


def list_put_off(session: Session, actor: Actor, meeting: Meeting, since: datetime) -> list[PutOff]:
    """Cases deferred or removed since then and until this meeting (DA-35)."""
    items = _items(session, actor, meeting)
    put = items.where(AgendaItem.state.in_(PUT_OFF), AgendaItem.finished_at >= since).order_by(AgendaItem.finished_at)
    return [_put_off(session, actor, item) for item in session.scalars(put)]


def list_emergencies(session: Session, actor: Actor, meeting: Meeting, since: datetime) -> list[Emergency]:
    """Cases heard at emergency meetings since then: noted at the next routine meeting (1.11)."""
    heard = _items(session, actor, meeting).where(
        Meeting.kind == MeetingKind.EMERGENCY, AgendaItem.state == AgendaItemState.HEARD, Meeting.starts_at >= since
    )
    found = session.scalars(heard.order_by(Meeting.starts_at)).all()
    names = naming.victims(session, actor, {item.case_id: item.case.state for item in found})
    return [
        Emergency(item.case.reference, names.get(item.case_id, ""), clock.to_london(item.meeting.starts_at).date(),
                  item.outcome.label if item.outcome else "")
        for item in found
    ]  # fmt: skip


def _moved(session: Session, actor: Actor, meeting: Meeting, since: datetime) -> list[Moved]:
    seen = access.visible(actor, P.TRANSFER_READ, Transfer).where(
        Transfer.made_at >= since, Transfer.made_at < meeting.starts_at
    )
    found = [one for one in session.scalars(seen.order_by(Transfer.made_at)) if one.case.programme == meeting.programme]
    names = naming.victims(session, actor, {one.case_id: one.case.state for one in found})
    return [
        Moved(one.case.reference, names.get(one.case_id, ""), one.direction.label, clock.to_london(one.made_at).date())
        for one in found
    ]


def _put_off(session: Session, actor: Actor, item: AgendaItem) -> PutOff:
    reads = "minutes" in access.open_case(actor, item.case)
    code = item.deferral_code if reads else None
    names = naming.victims(session, actor, {item.case_id: item.case.state})
    return PutOff(
        item.case.reference, names.get(item.case_id, ""), item.state.label, code.label if code else "",
        (item.deferred_because or "") if reads else "", (item.interim_safety or "") if reads else "",
        clock.to_london(item.finished_at or item.meeting.starts_at).date(), code == DeferralReason.DIED,
    )  # fmt: skip


def _items(session: Session, actor: Actor, meeting: Meeting) -> Any:
    """Items of earlier meetings of the same panel that the viewer may see."""
    visible = access.visible(actor, P.CASE_READ, AgendaItem).join(Meeting, Meeting.id == AgendaItem.meeting_id)
    same = (Meeting.programme == meeting.programme, Meeting.id != meeting.id, Meeting.starts_at <= meeting.starts_at)
    return visible.where(*same)


def _last_met(session: Session, meeting: Meeting) -> datetime:
    """When the panel last met for routine business before this meeting."""
    earlier = select(Meeting.starts_at).where(
        Meeting.partnership_id == meeting.partnership_id, Meeting.programme == meeting.programme,
        Meeting.state == MeetingState.HELD, Meeting.kind == MeetingKind.ROUTINE, Meeting.starts_at < meeting.starts_at,
    )  # fmt: skip
    found = session.scalar(earlier.order_by(Meeting.starts_at.desc()).limit(1))
    return found or meeting.starts_at - LOOKS_BACK
