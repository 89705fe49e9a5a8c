"""Versions of an agenda: publishing freezes one; what is changed after is logged, shown and told (DA-20).

A version holds ids, places and minutes; names come from the case, for whoever may open it. What a viewer may not see is
in no version of theirs, and a publication that changed nothing they can see is not counted for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound
from marac.models import AgendaChange, AgendaItem, AgendaVersion, AgendaVersionLine, Meeting, Research
from marac.services.casework import naming
from marac.services.casework.involvement import involved_agencies
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people, not_walled
from marac.vocabulary import (
    AGENDA_IS_OUT,
    AgendaChangeKind,
    AgendaItemState,
    Permission as P,
    Role,
    Template,
)

LIVE = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
TOGETHER = timedelta(minutes=15)  # changes that are made together are told together


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One case of a published agenda as its viewer counts it."""

    number: int
    reference: str
    name: str
    starts_at: datetime
    minutes: int
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One change after publication: when, by whom, which case, what."""

    changed_at: datetime
    changed_by: str
    reference: str
    name: str
    kind: AgendaChangeKind


@dataclass(frozen=True, slots=True)
class Version:
    """One publication as its viewer counts it, and what was changed until the next."""

    number: int
    published_at: datetime
    published_by: str
    because: str
    lines: tuple[VersionLine, ...]
    changes: tuple[Change, ...]


def freeze(session: Session, actor: Actor, meeting: Meeting, items: Sequence[AgendaItem], because: str) -> None:
    """Keep the agenda as it is published now; what the publisher may not see stays as it was published before."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    access.open_staff(actor, seal=True)
    before = _latest(session, meeting)
    version = AgendaVersion(
        partnership_id=meeting.partnership_id, meeting_id=meeting.id, number=before.number + 1 if before else 1,
        starts_at=meeting.starts_at, published_at=clock.now(), published_by_id=actor.user_id, because=because or None,
    )  # fmt: skip
    kept = _kept_unseen(session, meeting, before, {item.id for item in items})
    session.add(version)
    session.flush()
    agencies = _asked(session, [item.id for item in (*items, *kept)])
    session.add_all(
        AgendaVersionLine(
            partnership_id=meeting.partnership_id, agenda_version_id=version.id, case_id=item.case_id,
            position=item.position, minutes_planned=item.minutes_planned, agencies=agencies[item.id],
        )
        for item in (*items, *kept)
    )  # fmt: skip
    audit.record(session, actor, "agenda:frozen", meeting, version=version.number, cases=len(items))


def _latest(session: Session, meeting: Meeting) -> AgendaVersion | None:
    newest = select(AgendaVersion).where(AgendaVersion.meeting_id == meeting.id)
    return session.scalar(newest.order_by(AgendaVersion.number.desc()).limit(1))


def _kept_unseen(
    session: Session, meeting: Meeting, before: AgendaVersion | None, seen: set[UUID]
) -> Sequence[AgendaItem]:  # fmt: skip
    """What somebody else published and this publisher may not see: by ids alone, nothing of it is opened."""
    if before is None:
        return ()
    listed = select(AgendaVersionLine.case_id).where(AgendaVersionLine.agenda_version_id == before.id)
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(LIVE))
    return [item for item in session.scalars(query.where(AgendaItem.case_id.in_(listed))) if item.id not in seen]


def _asked(session: Session, item_ids: list[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = session.execute(select(Research.item_id, Research.agency_id).where(Research.item_id.in_(item_ids)))
    for item_id, agency_id in rows:
        found[item_id].append(agency_id.hex)
    return found


# --- changes after publication ---


def note_change(session: Session, actor: Actor, item: AgendaItem, kind: AgendaChangeKind) -> None:
    """Log a change to a published agenda and tell those it affects, once however many are made together."""
    meeting = item.meeting
    if meeting.state not in AGENDA_IS_OUT:
        return
    session.add(
        AgendaChange(
            partnership_id=meeting.partnership_id, meeting_id=meeting.id, case_id=item.case_id, kind=kind,
            changed_at=clock.now(), changed_by_id=actor.user_id,
        )
    )  # fmt: skip
    audit.record(session, actor, "agenda:changed", item, kind=kind)
    # of an added case the agencies are asked at once, which tells them
    agencies = [] if kind == AgendaChangeKind.ADDED else involved_agencies(session, item.case_id)
    people = set(active_people(session, meeting.partnership_id, AGENCY_PEOPLE, agencies=agencies))
    people |= {meeting.chair_id} if meeting.chair_id else set()
    _tell(session, meeting, set(not_walled(session, item, list(people))) - {actor.user_id})


def tell_unpublished(session: Session, actor: Actor, meeting: Meeting) -> None:
    """Cases that the publisher may not see wait for another of those who run the panel: they alone are told."""
    seen = access.visible(actor, P.CASE_READ, AgendaItem).with_only_columns(AgendaItem.id)
    asked = select(Research.item_id)
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state == AgendaItemState.LISTED)
    for item in session.scalars(query.where(AgendaItem.id.not_in(seen), AgendaItem.id.not_in(asked))):
        people = active_people(
            session, meeting.partnership_id, (Role.COORDINATOR, Role.CHAIR), programme=meeting.programme
        )
        _tell(session, meeting, set(not_walled(session, item, people)) - {actor.user_id}, page="/agenda")


def _tell(session: Session, meeting: Meeting, people: Iterable[UUID | None], page: str = "") -> None:
    wait = TOGETHER.total_seconds()
    slot = int(clock.now().timestamp() // wait)
    notifications.enqueue(
        session, meeting.partnership_id, {one for one in people if one}, Template.AGENDA_CHANGED,
        subject_key=f"agenda:{meeting.id.hex}:{slot}", path=f"/panels/{meeting.reference}{page}",
        due_at=clock.now() + TOGETHER,
    )  # fmt: skip


def not_published(session: Session, meeting: Meeting, items: Iterable[AgendaItem]) -> tuple[AgendaItem, ...]:
    """Of these items, those that nobody was asked about although the agenda is out: publish again to ask."""
    if meeting.state not in AGENDA_IS_OUT:
        return ()
    listed = [item for item in items if item.state == AgendaItemState.LISTED]
    wanted = Research.item_id.in_([item.id for item in listed])
    asked = set(session.scalars(select(Research.item_id).where(wanted)))
    return tuple(item for item in listed if item.id not in asked)


# --- reading ---


def list_changes(session: Session, actor: Actor, meeting: Meeting) -> tuple[Change, ...]:
    """What was changed since the last publication, as far as the viewer may see the case, newest first."""
    newest = _latest(session, meeting)
    since = newest.published_at if newest else None
    return tuple(reversed(_changes(session, actor, meeting, since, None))) if since else ()


def list_versions(session: Session, actor: Actor, meeting: Meeting) -> tuple[Version, ...]:
    """Every version as this viewer counts them, oldest first; only for those who build agendas."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    visible = access.visible(actor, P.MEETING_READ, AgendaVersion).where(AgendaVersion.meeting_id == meeting.id)
    versions = session.scalars(visible.order_by(AgendaVersion.number)).all()
    lines = _lines(session, actor, [version.id for version in versions])
    told = [version for at, version in enumerate(versions) if at == 0 or _differs(versions, lines, at)]
    names = naming.agency_names(session, meeting.partnership_id)
    people = naming.colleagues(session, actor, [version.published_by_id for version in told])
    who = _names(session, actor, [line for version in told for line in lines[version.id]])
    ends = [*(version.published_at for version in told[1:]), None]
    return tuple(
        Version(
            number, version.published_at, people.get(version.published_by_id, "") if version.published_by_id else "",
            version.because or "", _shown(version, lines[version.id], who, names),
            _changes(session, actor, meeting, version.published_at, ends[number - 1]),
        )
        for number, version in enumerate(told, 1)
    )  # fmt: skip


def get_version(session: Session, actor: Actor, meeting: Meeting, number: int) -> Version:
    """The version that this viewer counts as `number`, or NotFound."""
    found = list_versions(session, actor, meeting)
    if not 1 <= number <= len(found):
        raise NotFound
    return found[number - 1]


def _lines(session: Session, actor: Actor, version_ids: list[UUID]) -> dict[UUID, list[AgendaVersionLine]]:
    query = access.visible(actor, P.CASE_READ, AgendaVersionLine).options(joinedload(AgendaVersionLine.case))
    found: dict[UUID, list[AgendaVersionLine]] = defaultdict(list)
    wanted = query.where(AgendaVersionLine.agenda_version_id.in_(version_ids))
    for line in session.scalars(wanted.order_by(AgendaVersionLine.position, AgendaVersionLine.id)):
        found[line.agenda_version_id].append(line)
    return found


def _differs(versions: Sequence[AgendaVersion], lines: dict[UUID, list[AgendaVersionLine]], at: int) -> bool:
    """Whether a viewer sees anything new in a version: not when only what is hidden from them was published."""
    before, now = versions[at - 1], versions[at]
    told = [[(line.case_id, line.minutes_planned, line.agencies) for line in lines[one.id]] for one in (before, now)]
    return told[0] != told[1] or before.starts_at != now.starts_at


def _names(session: Session, actor: Actor, lines: Iterable[Any]) -> dict[UUID, str]:
    return naming.victims(session, actor, {line.case_id: line.case.state for line in lines})


def _shown(
    version: AgendaVersion, lines: Sequence[AgendaVersionLine], who: dict[UUID, str], names: dict[UUID, str]
) -> tuple[VersionLine, ...]:  # fmt: skip
    shown, at = [], version.starts_at
    for number, line in enumerate(lines, 1):
        agencies = tuple(sorted(names[agency] for one in line.agencies if (agency := UUID(one)) in names))
        name = who.get(line.case_id, "")
        shown.append(VersionLine(number, line.case.reference, name, at, line.minutes_planned, agencies))
        at += timedelta(minutes=line.minutes_planned)
    return tuple(shown)


def _changes(
    session: Session, actor: Actor, meeting: Meeting, since: datetime, until: datetime | None
) -> tuple[Change, ...]:  # fmt: skip
    """Changes in a span of time, oldest first. An agency that left a case is told no more of it."""
    query = access.visible(actor, P.CASE_READ, AgendaChange).options(joinedload(AgendaChange.case))
    query = query.where(AgendaChange.meeting_id == meeting.id, AgendaChange.changed_at > since)
    if until is not None:
        query = query.where(AgendaChange.changed_at <= until)
    rows = session.scalars(query.order_by(AgendaChange.changed_at, AgendaChange.id)).all()
    who, people = _names(session, actor, rows), naming.colleagues(session, actor, [row.changed_by_id for row in rows])
    return tuple(
        Change(
            row.changed_at, people.get(row.changed_by_id, "") if row.changed_by_id else "", row.case.reference,
            who.get(row.case_id, ""), row.kind,
        )
        for row in rows
    )  # fmt: skip
