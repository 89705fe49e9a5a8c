"""The further tabs of a case: what was told, research, actions, panels, history. Each holds what opened.

Another agency's research is there once it was opened to the meeting; private notes are only ever one's own agency's.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import (
    Action,
    AgendaItem,
    AuditEntry,
    Case,
    Meeting,
    Membership,
    MinuteNote,
    Minutes,
    Referral,
    Research,
)
from marac.services.casework import naming
from marac.services.casework.case_page import Head, whole_plan_open
from marac.services.live import room
from marac.services.minuting import freezing, readers
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    CaseState,
    MeetingState,
    MinuteHeading,
    Outcome,
    Permission as P,
    Protects,
    ReferralState,
    ResearchState,
)

NEWEST = 200
SILENT = ("case:walled", "case:agency_walled", "wall:confirmed", "wall:cleared", "wall:lift_asked", "wall:lift_refused",
          "wall:lifted", "conflict:dismissed")  # fmt: skip
UNSENT = (ReferralState.DRAFT, ReferralState.WITHDRAWN)
HAS_TEXT = (ResearchState.RETURNED, ResearchState.RELEASED)


@dataclass(frozen=True, slots=True)
class Account:
    """What one referral said, in its own words."""

    reference: str
    kind: str
    agency: str
    sent_at: datetime | None
    what_happened: str
    happened_on: date | None
    why_now: str
    judgement: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One agency's research; the texts are empty where they are not open to the reader."""

    agency: str
    state: ResearchState
    meeting_at: datetime
    shared: str
    fact_or_opinion: str
    nothing_because: str
    private_note: str


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One action of the plan; its text is empty where only its agency and status are open."""

    id: str
    agency: str
    state: ActionState
    due_on: date
    protects: Protects
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """One time at a meeting: outcome, and the minutes where they are open."""

    meeting: str
    starts_at: datetime
    state: AgendaItemState
    outcome: Outcome | None
    bring_back_on: date | None
    minutes: tuple[tuple[MinuteHeading, str], ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history: when, who, what."""

    at: datetime
    who: str
    tag: str
    detail: str


def accounts(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Account, ...]:
    """What each referral of the case said happened, the newest first."""
    if "risk" not in head.opened:
        return ()
    names = naming.agency_names(session, case.partnership_id)
    mine = access.visible(actor, P.CASE_READ, Referral).where(Referral.case_id == case.id)
    sent = session.scalars(mine.where(Referral.state.not_in(UNSENT)).order_by(Referral.submitted_at.desc()))
    return tuple(
        Account(
            reference=one.reference,
            kind=one.kind.label,
            agency=names[one.agency_id],
            sent_at=one.submitted_at,
            what_happened=one.what_happened or "",
            happened_on=one.happened_on,
            why_now=one.why_now or "",
            judgement=one.judgement or "",
        )
        for one in sent
    )


def research(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Reply, ...]:
    """Every agency's reply as far as it is open: own always, others' once opened to the meeting."""
    names = naming.agency_names(session, case.partnership_id)
    mine = access.visible(actor, P.CASE_READ, Research).where(Research.case_id == case.id)
    readable = set(session.scalars(select(Research.id).where(access.rule(actor, P.RESEARCH_READ, Research))))
    rows = session.scalars(mine.join(AgendaItem).join(Meeting).order_by(Meeting.starts_at.desc(), Research.id)).all()
    hears = {item.id for item in {one.item for one in rows} if room.may_hear(session, actor, item)}
    readable = {one.id for one in rows if one.id in readable and one.item_id in hears}
    replies = [_reply(one, names[one.agency_id], actor, head.opened, readable) for one in rows]
    return tuple(sorted(replies, key=lambda reply: (-reply.meeting_at.timestamp(), reply.agency)))


def actions(session: Session, actor: Actor, case: Case, head: Head) -> tuple[PlanLine, ...]:
    """The plan, next due first: own agency's text, everybody's for those who keep the case, else agency and status."""
    names, whole = naming.agency_names(session, case.partnership_id), whole_plan_open(actor, case)
    mine = access.visible(actor, P.ACTION_READ, Action).where(Action.case_id == case.id)
    found = []
    for one in session.scalars(mine.order_by(Action.due_on, Action.agreed_at)):
        readable = "actions" in head.opened and (whole or one.agency_id == actor.agency_id)
        text, note = (one.text or "", one.note or "") if readable else ("", "")
        found.append(PlanLine(str(one.id), names[one.agency_id], one.state, one.due_on, one.protects, text, note))
    return tuple(found)


def panels(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Hearing, ...]:
    """Each time the case was on an agenda, the newest first, with its minutes where they are open to the reader."""
    mine = access.visible(actor, P.CASE_READ, AgendaItem).where(AgendaItem.case_id == case.id)
    readable = set(session.scalars(select(Minutes.meeting_id).where(access.rule(actor, P.MINUTES_READ, Minutes))))
    items = session.scalars(mine.join(Meeting).order_by(Meeting.starts_at.desc()))
    writes = access.holds(actor, P.MINUTES_WRITE)
    return tuple(_hearing(session, actor, item, head.opened, readable, writes=writes) for item in items)


def history(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Happened, ...]:
    """What was done and who looked, reveals included, the newest first (DA-3).

    Who keeps the case sees all of it; another agency what its own people did.
    """
    about = select(AuditEntry).where(AuditEntry.partnership_id == case.partnership_id, AuditEntry.case_id == case.id)
    if not access.may(actor, P.CASE_UPDATE, case):
        own = select(Membership.user_id).where(Membership.agency_id == actor.agency_id)
        about = about.where(AuditEntry.actor_id.in_(own))
    if not access.may(actor, P.CASE_LIST, case):
        about = about.where(AuditEntry.tag.not_in(SILENT))  # a wall is silent to all but those who run the panel
    entries = session.scalars(about.order_by(AuditEntry.seq.desc()).limit(NEWEST)).all()
    who = naming.colleagues(session, actor, [entry.actor_id for entry in entries])
    return tuple(_happened(entry, who) for entry in entries)


def _reply(one: Research, agency: str, actor: Actor, opened: frozenset[str], readable: set[UUID]) -> Reply:
    own = one.agency_id == actor.agency_id
    released = one.state in HAS_TEXT and one.id in readable
    open_to_me = "research:own" in opened if own else "research:*" in opened and released
    told = one if open_to_me else None
    return Reply(
        agency=agency,
        state=one.state,
        meeting_at=one.item.meeting.starts_at,
        shared=(told.shared or "") if told else "",
        fact_or_opinion=(told.fact_or_opinion or "") if told else "",
        nothing_because=(told.nothing_because or "") if told else "",
        private_note=(one.private_note or "") if own and "private:own" in opened else "",
    )


def _hearing(
    session: Session, actor: Actor, item: AgendaItem, opened: frozenset[str], readable: set[UUID], *, writes: bool
) -> Hearing:
    """Who writes the minutes reads them as they stand; members the issued version, and live while the case is heard.

    While the meeting runs nobody reads them who has not agreed confidentiality (DA-23).
    """
    meeting = item.meeting
    running = meeting.state == MeetingState.IN_PROGRESS and item.case.state == CaseState.IN_MEETING
    words: dict[str, str] = {}
    live = running and room.may_hear(session, actor, item)
    if "minutes" in opened and (live or (writes and meeting.id in readable)):
        notes = session.scalars(select(MinuteNote).where(MinuteNote.item_id == item.id))
        words = {note.heading.value: note.text or "" for note in notes}
    elif "minutes" in opened and meeting.id in readable and item.id in readers.items_for(session, actor, meeting):
        words = freezing.issued_words(session, item)
    said = [(heading, words.get(heading.value, "")) for heading in MinuteHeading]
    return Hearing(
        meeting=meeting.reference,
        starts_at=meeting.starts_at,
        state=item.state,
        outcome=item.outcome,
        bring_back_on=item.bring_back_on,
        minutes=tuple(pair for pair in said if pair[1]),
    )


def _happened(entry: AuditEntry, who: dict[UUID, str]) -> Happened:
    body = json.loads(entry.body)
    keys: dict[str, Any] = body["keys"]
    detail = ", ".join(
        str(keys[name]).replace("_", " ") for name in ("page", "field", "reason", "to") if keys.get(name)
    )
    person = who.get(entry.actor_id, "") if entry.actor_id else "The system"
    return Happened(entry.at, person, entry.tag, detail)
