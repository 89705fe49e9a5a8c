"""What an agency knows: one sheet a meeting, a private note that never leaves it, and what it will share (DA-21).

Refuses another agency's rows by any route; what is shared opens to the meeting only when the case is called.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, AgendaItem, Case, CasePerson, Meeting, Research
from marac.services.casework import safe_contact
from marac.services.casework.involvement import involve
from marac.services.casework.safe_contact import SafeContact
from marac.services.live.room import may_hear
from marac.services.meetings import research_people
from marac.services.meetings.agenda import PeopleIn, people_in
from marac.services.meetings.research_people import Before, Person, earlier_answers, perpetrator_addresses, persons_in
from marac.services.moving import advance, flush, same_version
from marac.vocabulary import (
    UNANSWERED,
    AgendaItemState,
    CaseState,
    InvolvementBasis,
    MeetingState,
    Permission as P,
    ResearchState,
)
from marac.workflows.research import BEFORE_HEARD

ANSWERED = research_people.ANSWERED
LIVE_ITEMS = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
ASKED = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Answer:
    """One case on an agency's sheet. A shrunk one has only initials left: `people` is for those alone.

    `editable`: the case has not been heard, so the answer may be given, or changed.
    """

    number: int
    research: Research
    people: PeopleIn
    persons: tuple[Person, ...]
    addresses: tuple[str, ...]
    shrunk: bool
    editable: bool
    contact: SafeContact | None
    before: Before | None

    @property
    def known(self) -> str:
        """What the agency has said so far: known, not_known, or nothing."""
        state = self.research.state
        if state in (ResearchState.RETURNED, ResearchState.RELEASED):
            return "known"
        if state == ResearchState.NIL_RETURN:
            return "not_known"
        return "known" if state == ResearchState.IN_PROGRESS else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything one agency is asked for one meeting."""

    meeting: Meeting
    answers: tuple[Answer, ...]
    due_at: datetime | None

    @property
    def answered(self) -> int:
        """How many cases have been answered, either way."""
        return sum(answer.research.state in ANSWERED for answer in self.answers)

    @property
    def rest(self) -> tuple[Answer, ...]:
        """Those nobody has begun to answer: what one press marks as not known."""
        return tuple(one for one in self.waiting if one.research.state == ResearchState.REQUESTED)

    @property
    def waiting(self) -> tuple[Answer, ...]:
        """Those that can be answered now."""
        return tuple(a for a in self.answers if a.editable and not a.shrunk and a.research.state in UNANSWERED)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one agency answered, as far as this viewer may read it now, with source, date, fact or opinion (DA-46)."""

    agency: str
    state: ResearchState
    returned_at: datetime | None
    shared: str
    fact_or_opinion: str
    known: tuple[str, ...] = ()
    last_contact: str = ""
    systems_checked: str = ""
    since_then: str = ""
    suggested: str = ""


def list_asked(session: Session, actor: Actor) -> list[tuple[Meeting, int, int]]:
    """Meetings for which the actor's agency is asked: (meeting, answered, asked), soonest first.

    A case that was heard, put off or taken off asks for nothing any more.
    """
    query = (
        select(Research.state, AgendaItem.state.label("item"), AgendaItem.meeting_id)
        .join(AgendaItem, AgendaItem.id == Research.item_id)
        .where(access.rule(actor, P.RESEARCH_WRITE, Research), Research.agency_id == actor.agency_id)
    )
    states: dict[UUID, list[ResearchState]] = {}
    for state, item, meeting_id in session.execute(query):
        if item in LIVE_ITEMS or (state in ANSWERED and item != AgendaItemState.REMOVED):
            states.setdefault(meeting_id, []).append(state)
    open_now = access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.id.in_(states), Meeting.state.in_(ASKED))
    meetings = session.scalars(open_now.order_by(Meeting.starts_at))
    return [(m, sum(state in ANSWERED for state in states[m.id]), len(states[m.id])) for m in meetings]


def get_sheet(session: Session, actor: Actor, meeting: Meeting) -> Sheet:
    """The agency's sheet for a meeting: every case of its agenda that the agency is asked about."""
    rows = session.scalars(
        access.visible(actor, P.RESEARCH_WRITE, Research)
        .join(AgendaItem, AgendaItem.id == Research.item_id)
        .where(AgendaItem.meeting_id == meeting.id, Research.agency_id == actor.agency_id)
        .where(AgendaItem.state != AgendaItemState.REMOVED)
        .options(joinedload(Research.item).joinedload(AgendaItem.case))
        .order_by(AgendaItem.position, Research.id)
    ).all()
    open_cases, opened = _grant(session, actor, rows)
    people, persons = people_in(session, opened, opened), persons_in(session, open_cases, opened)
    located = [one for one in open_cases if access.locates(session, actor, one, meeting.programme)]
    addresses = perpetrator_addresses(session, actor.partnership_id, located)
    stages = {row.case_id: row.item.case.state for row in rows if row.case_id in open_cases}
    rules = safe_contact.contact_rules_of(session, actor, stages)
    before = earlier_answers(session, actor, meeting, open_cases)
    answers = tuple(
        Answer(
            number, row, people[row.case_id], persons.get(row.case_id, ()), tuple(addresses.get(row.case_id, ())),
            row.case_id not in open_cases, _stage(row) in BEFORE_HEARD and row.state != ResearchState.RELEASED,
            rules.get(row.case_id), before.get(row.case_id),
        )
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    return Sheet(meeting, answers, min((row.due_at for row in rows), default=None))


def print_sheet(session: Session, actor: Actor, meeting: Meeting) -> tuple[Sheet, str]:
    """The sheet for paper, and the number of this copy; who printed which is in the trail (DA-3)."""
    sheet, copy = get_sheet(session, actor, meeting), secrets.token_hex(2).upper()
    audit.record(session, actor, "research:printed", meeting, copy=copy.lower())
    return sheet, copy


def _stage(research: Research) -> CaseState | None:
    """The stage of the case while this meeting still waits to hear it; None once it was heard, put off or taken off."""
    item = research.item
    waits = item.state in LIVE_ITEMS and item.meeting.state in ASKED
    return item.case.state if waits else None


def _grant(session: Session, actor: Actor, rows: Sequence[Research]) -> tuple[set[UUID], dict[UUID, frozenset[str]]]:
    """Open each case at its stage if the agency may see it; else only what initials need. The ids of those it may see,
    and what opened in each."""
    mine = select(Case.id).where(access.rule(actor, P.CASE_READ, Case), Case.id.in_([row.case_id for row in rows]))
    open_cases = set(session.scalars(mine))
    stages = {row.case_id: row.item.case.state if row.case_id in open_cases else CaseState.RECEIVED for row in rows}
    return open_cases, access.open_stages(session, actor, stages)


def get_answer(session: Session, actor: Actor, research_id: UUID) -> Research:
    """One row of the agency's own sheet, or NotFound; opened for reading and writing at the case's stage."""
    research = session.scalar(access.visible(actor, P.RESEARCH_WRITE, Research).where(Research.id == research_id))
    if research is None:
        raise NotFound
    _grant(session, actor, [research])
    return research


def save_answer(
    session: Session, actor: Actor, research: Research, *, shared: str = "", fact_or_opinion: str = "",
    nothing_because: str = "", last_contact: str = "", private_note: str = "", who_known: Iterable[str] = (),
    systems_checked: str = "", suggested: str = "", since_then: str = "", version: int | None = None,
) -> Research:  # fmt: skip
    """Keep what was typed, to go on later; nothing leaves the agency. StaleEdit when somebody saved it first.

    `who_known`: hexadecimal ids of people of the case; others are left out.
    """
    facts = {
        "shared": shared, "fact_or_opinion": fact_or_opinion, "nothing_because": nothing_because,
        "last_contact": last_contact, "private_note": private_note, "systems_checked": systems_checked,
        "suggested": suggested, "since_then": since_then,
    }  # fmt: skip
    known = _known_of(session, research, who_known)
    if not _differs(research, facts) and known == list(research.who_known or ()):
        return research
    same_version(research, version)
    advance(session, actor, research, "save", case_state=_stage(research))
    for name, text in facts.items():
        setattr(research, name, text.strip() or None)
    research.who_known = known
    flush(session)
    return research


def _known_of(session: Session, research: Research, ids: Iterable[str]) -> list[str]:
    here = session.scalars(select(CasePerson.id).where(CasePerson.case_id == research.case_id))
    return sorted(set(ids) & {one.hex for one in here})


def _differs(research: Research, facts: dict[str, str]) -> bool:
    fresh = research.state == ResearchState.REQUESTED
    return fresh or any((getattr(research, name) or "") != text.strip() for name, text in facts.items())


def share_answer(session: Session, actor: Actor, research: Research) -> Research:
    """Send: known, with what the agency plans to share, or why nothing. RuleBroken when neither is given."""
    facts: dict[str, Any] = {
        "to_share": research.shared, "nothing_to_share_because": research.nothing_because,
        "who_known": research.who_known,
    }  # fmt: skip
    if research.shared and not research.fact_or_opinion:
        raise RuleBroken("fact_or_opinion", "Say if what you plan to share is fact or opinion")
    advance(session, actor, research, "share", case_state=_stage(research), **facts)
    research.returned_at = clock.now()
    flush(session)
    return research


def answer_not_known(session: Session, actor: Actor, research: Research) -> Research:
    """Send: not known to us. The case shrinks to initials for this agency (data minimisation)."""
    facts = {"to_share": research.shared, "private_notes": research.private_note}
    advance(session, actor, research, "answer_not_known", case_state=_stage(research), **facts)
    research.returned_at = clock.now()
    flush(session)
    return research


def mark_rest_not_known(session: Session, actor: Actor, meeting: Meeting, research_ids: Iterable[UUID]) -> int:
    """Not known, for each row that was named to the person and that nobody has begun since; returns how many."""
    named = set(research_ids)
    rest = [answer.research for answer in get_sheet(session, actor, meeting).rest if answer.research.id in named]
    for research in rest:
        answer_not_known(session, actor, research)
    return len(rest)


def reopen_answer(session: Session, actor: Actor, research: Research) -> Research:
    """Change an answer before the case is heard; after Not known the agency sees the case again."""
    shrunk = research.state == ResearchState.NIL_RETURN
    advance(session, actor, research, "reopen", case_state=_stage(research))
    research.returned_at = None
    if shrunk:
        listed = InvolvementBasis.LISTED
        involve(session, research.case_id, research.partnership_id, [research.agency_id], listed)
    flush(session)
    return research


def count_returned(session: Session, actor: Actor, item: AgendaItem) -> int:
    """How many answers on an item wait to be opened."""
    query = access.visible(actor, P.RESEARCH_RELEASE, Research).where(Research.state == ResearchState.RETURNED)
    return len(session.scalars(query.where(Research.item_id == item.id).with_only_columns(Research.id)).all())


def release_late(session: Session, actor: Actor, item: AgendaItem) -> int:
    """Open answers that came in while the case is being heard; returns how many."""
    query = access.visible(actor, P.RESEARCH_RELEASE, Research)
    late = session.scalars(query.where(Research.item_id == item.id, Research.state == ResearchState.RETURNED)).all()
    for research in late:
        research.released_at = clock.now()
        advance(session, actor, research, "release", case_state=item.case.state)
    return len(late)


def list_heard(session: Session, actor: Actor, item: AgendaItem) -> list[Heard]:
    """Each agency's answer on an item: its state always, its words only once they are open to this viewer (DA-1).

    A member reads what was opened to the meeting; chair and coordinator also what is returned, once research is closed.
    """
    opens = access.open_case(actor, item.case)
    readable = {ResearchState.RELEASED} if "research:*" in opens and may_hear(session, actor, item) else set()
    if readable and access.holds(actor, P.RESEARCH_CHASE):
        readable.add(ResearchState.RETURNED)
    rows = session.execute(
        select(Research, Agency.name)
        .join(Agency, Agency.id == Research.agency_id)
        .where(Research.item_id == item.id)
        .order_by(Agency.name)
    )
    found = rows.all()
    names = _names(session, item, opens) if readable else {}
    return [_heard(research, agency, research.state in readable, names) for research, agency in found]


def _names(session: Session, item: AgendaItem, opens: frozenset[str]) -> dict[str, str]:
    """Who "known" was said of, by name."""
    found = persons_in(session, [item.case_id], {item.case_id: opens})
    return {one.id.hex: one.name for one in found.get(item.case_id, ())}


def _heard(research: Research, agency: str, readable: bool, names: Mapping[str, str]) -> Heard:
    state, at = research.state, research.returned_at
    if not readable:
        return Heard(agency, state, at, "", "")
    return Heard(
        agency, state, at, research.shared or research.nothing_because or "", research.fact_or_opinion or "",
        tuple(names[one] for one in research.who_known or () if one in names), research.last_contact or "",
        research.systems_checked or "", research.since_then or "", research.suggested or "",
    )  # fmt: skip
