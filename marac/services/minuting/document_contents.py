"""What stands in each document of a meeting, for one person: initials unless names were asked for, never an address.

Built on the readings of the pages: nobody prints what they cannot see. Restricted cases are never printed (DA-57).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotAllowed
from marac.models import Action, AgendaItem, Meeting
from marac.services.casework import naming
from marac.services.casework.involvement import core_agencies, involved_agencies
from marac.services.live import running
from marac.services.meetings import attendance, research
from marac.services.meetings.agenda import Line, view_agenda
from marac.services.meetings.asynchronous import document_name
from marac.services.meetings.brief import brief_facts
from marac.services.minuting import reading_minutes
from marac.services.minuting.document_blocks import (
    STATEMENT,
    Block,
    Content,
    bullets,
    facts,
    heading,
    initials,
    long_day,
    new_page,
    table,
    text,
    time_of_day,
)
from marac.services.minuting.reading_minutes import Seat, Section
from marac.services.referring.blank_forms import blank_referral
from marac.vocabulary import ActionState, AgendaItemState, DocumentKind, Permission as P, said
from marac.workflows.hearing import record_of


@dataclass(frozen=True, slots=True)
class BriefPage:
    """One case of the chair's brief, as plain words: no name, no address."""

    reference: str
    initials: str
    marks: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    prompts: tuple[str, ...] = ()


def agenda(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """One line a case: time, reference, who, and the agencies beyond the core; 18 cases on one page."""
    lines, left_out = _printed(view_agenda(session, actor, meeting).lines)
    names = naming.agency_names(session, meeting.partnership_id)
    core = set(core_agencies(session, meeting))
    rows = [
        [
            time_of_day(line.starts_at), line.item.case.reference, _who(line.name, named), _marks(line),
            ", ".join(sorted(names[one] for one in involved_agencies(session, line.item.case_id) if one not in core)),
        ]
        for line in lines
    ]  # fmt: skip
    head = ["Time", "Reference", "Name" if named else "Initials", "Marks", "Also invited"]
    who = ", ".join(sorted(names[one] for one in core))
    blocks = (text(f"For every case: {who}."), table(head, rows, (3, 3, 5 if named else 3, 4, 10)))
    return Content(f"Agenda, {long_day(meeting.starts_at)}", blocks, size=9.5, left_out=left_out)


def brief(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """A page a case for the chair, from what the case says of itself."""
    told = brief_facts(session, actor, meeting)["cases"]
    kept = [case for case in told if not case["restricted"]]
    return chair_brief(meeting, [brief_page_of(case, named=named) for case in kept], len(told) - len(kept))


def chair_brief(meeting: Meeting, pages: Sequence[BriefPage], left_out: int = 0) -> Content:
    """The chair's brief of any facts: one case to a page, a wide margin for notes."""
    blocks: list[Block] = []
    for page in pages:
        blocks += [new_page()] if blocks else []
        blocks.append(heading(" ".join((page.reference, page.initials, *(f"({mark})" for mark in page.marks)))))
        blocks.append(facts(*page.facts))
        blocks += [heading("To ask", 3), bullets(page.prompts)] if page.prompts else []
    title = f"Chair's brief, {long_day(meeting.starts_at)}"
    return Content(title, tuple(blocks), wide_margin=True, left_out=left_out)


def brief_page_of(case: Mapping[str, Any], *, named: bool) -> BriefPage:
    """One page of the brief from the plain facts that services.brief gives; who feared whom only with names."""
    overdue = [f"{one['text']} ({one['agency']}, {long_day(one['due_on'])})" for one in case["overdue"]]
    rows = (
        ("Starts", f"{time_of_day(case['starts_at'])}, {case['minutes']} minutes"),
        ("About", case["about"] if named else ""), ("Why high risk", case["why_high_risk"]),
        ("Since last time", "\n".join(case["changed"])), ("What the victim-survivor wants", case["wishes"]),
        ("Wishes told", case["wishes_from"]), ("Flags", "\n".join(case["flags"])), ("Contact", case["contact"]),
        ("Overdue", "\n".join(overdue)),
    )  # fmt: skip
    who = _who(case["name"], named)
    return BriefPage(case["reference"], who, tuple(case["marks"]), rows, tuple(case["prompts"]))


def minutes(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """The panel page, then a page a case, so that extracts can be split."""
    found = reading_minutes.get_minutes(session, actor, meeting)
    document = reading_minutes.compile_for(session, actor, found)
    kept = [one for one in document.sections if not one.line.item.case.restricted]
    blocks = [
        facts(
            ("Date", f"{long_day(meeting.starts_at)}, {time_of_day(meeting.starts_at)}"),
            ("Held", meeting.place.label), ("Chair", document.chaired_by), ("Version", str(document.number)),
            ("Standing", found.state.label),
            ("Present", "\n".join(_seat(one) for one in document.present)),
            ("Apologies or absent", "\n".join(f"{one.agency}, {one.state.lower()}" for one in document.apologies)),
        ),
        heading("Confidentiality"), text(STATEMENT), *_earlier(session, actor, kept),
    ]  # fmt: skip
    for section in kept:
        blocks += [new_page(), *_case_page(section, named=named)]
    title = f"{document_name(meeting)}, {long_day(meeting.starts_at)}"
    return Content(title, tuple(blocks), left_out=len(document.sections) - len(kept))


def _seat(seat: Seat) -> str:
    agreed = f"agreed confidentiality {time_of_day(seat.agreed_at)}" if seat.agreed_at else "confidentiality not agreed"
    return f"{seat.agency}: {seat.person_name}, {agreed}"


def _earlier(session: Session, actor: Actor, sections: Sequence[Section]) -> list[Block]:
    """What was agreed the last time for cases heard before, and what became of it (DA-26)."""
    rows = [
        [one.line.item.case.reference, words, state.label]
        for one in sections
        if one.open and one.line.item.is_repeat
        for earlier in [running.since_last_time(session, actor, one.line.item)]
        if earlier is not None
        for words, state in earlier.actions
    ]
    return [heading("Earlier actions"), table(("Reference", "Action", "Now"), rows, (2, 8, 4))] if rows else []


def _case_page(section: Section, *, named: bool) -> list[Block]:
    line = section.line
    blocks = [heading(f"{line.number}. {line.item.case.reference}, {_who(line.name, named)}")]
    outcome = ": ".join(filter(None, (section.outcome, section.outcome_note)))
    if not section.open:
        shut = text("The minutes of this case are not open to you at this stage.")
        return [*blocks, facts(("Outcome", outcome)), shut]
    programme = line.item.case.programme
    rows = [(record_of(programme).label(kind), words) for kind, words in section.notes]
    blocks.append(
        facts(
            ("Outcome", outcome), ("Marks", _marks(line)), ("Amended because", section.amended_because), *rows,
            (said(programme, "Who tells the victim-survivor"), section.who_tells),
        )
    )  # fmt: skip
    plan = [[one.agency, one.text, long_day(one.due_on)] for one in section.actions]
    return blocks + ([heading("Actions", 3), table(("Agency", "Action", "Due"), plan, (4, 8, 4))] if plan else [])


def actions(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """References, actions and dates; an agency its own, the coordinator a page for each agency (DA-31)."""
    everybody = access.holds(actor, P.MEETING_RUN)
    rows = _actions(session, actor, meeting)
    people = {line.item.id: line.name for line in view_agenda(session, actor, meeting).lines} if named else {}
    agencies = naming.agency_names(session, meeting.partnership_id)
    owners = {row.agency_id for row in rows if everybody or row.agency_id == actor.agency_id}
    blocks: list[Block] = []
    for owner in sorted(owners, key=agencies.__getitem__):
        mine = [row for row in rows if row.agency_id == owner]
        blocks += [*([new_page()] if blocks else []), heading(agencies[owner]), _action_table(mine, people)]
    title = f"Action list, {long_day(meeting.starts_at)}"
    return Content(title, tuple(blocks) or (text("No actions."),), left_out=_restricted(session, actor, meeting))


def _actions(session: Session, actor: Actor, meeting: Meeting) -> list[Action]:
    found = access.visible(actor, P.ACTION_READ, Action).join(AgendaItem, AgendaItem.id == Action.item_id)
    found = found.where(AgendaItem.meeting_id == meeting.id, Action.state != ActionState.WITHDRAWN)
    items = {item.id: item for item in _items(session, actor, meeting)}
    ordered = session.scalars(found.order_by(Action.due_on, Action.id))
    placed = [(row, items[row.item_id]) for row in ordered if row.item_id in items]
    return [row for row, item in placed if not item.case.restricted and _opens(actor, item)]


def _items(session: Session, actor: Actor, meeting: Meeting) -> list[AgendaItem]:
    seen = access.visible(actor, P.CASE_READ, AgendaItem).where(AgendaItem.meeting_id == meeting.id)
    return list(session.scalars(seen.where(AgendaItem.state != AgendaItemState.REMOVED)))


def _opens(actor: Actor, item: AgendaItem) -> bool:
    return "actions" in access.open_case(actor, item.case)


def _restricted(session: Session, actor: Actor, meeting: Meeting) -> int:
    return sum(item.case.restricted for item in _items(session, actor, meeting))


def _action_table(rows: Iterable[Action], people: Mapping[UUID, str]) -> Block:
    head = ["Reference", *(["Name"] if people else []), "Action", "Due", "Now"]
    body = [
        [
            row.case.reference, *([people.get(row.item_id or row.id, "")] if people else []), row.text or "",
            long_day(row.due_on), row.state.label,
        ]
        for row in rows
    ]  # fmt: skip
    return table(head, body, (2, 3, 7, 4, 3) if people else (2, 8, 4, 3))


def attendance_sheet(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """For rooms without devices: the statement, and a line for each agency to sign."""
    access.require_holds(actor, P.ATTENDANCE_RECORD)
    places = attendance.list_places(session, actor, meeting)
    rows = [[place.agency, place.person_name, "", "", ""] for place in places] + [[""] * 5] * 6
    head = ("Agency", "Name", "I agree (signature)", "Time", "I know somebody in case number")
    blocks = (text(STATEMENT), table(head, rows, (5, 5, 5, 2, 4)))
    return Content(f"Attendance and confidentiality, {long_day(meeting.starts_at)}", blocks, size=9.5, flipped=True)


def research_sheet(session: Session, actor: Actor, meeting: Meeting, *, named: bool) -> Content:
    """The agency's own sheet to look up in its records; it is of no use without names, and holds no address."""
    access.require_holds(actor, P.RESEARCH_WRITE)
    if not named:
        raise NotAllowed
    asked = [one for one in research.get_sheet(session, actor, meeting).answers if not one.shrunk]
    kept = [one for one in asked if not one.research.item.case.restricted]
    rows = [
        [
            str(one.number), one.research.item.case.reference, _person(one.people.victim),
            "\n".join(_person(other) for other in one.people.perpetrators), str(one.people.children), "",
        ]
        for one in kept
    ]  # fmt: skip
    head = ("No.", "Reference", "Person", "Alleged perpetrator", "Children", "Known or not known, and notes")
    blocks = (
        text("Do not contact anyone on this list to find out more. Check your own records only."),
        table(head, rows, (1, 2, 5, 5, 2, 7)),
    )
    title = f"Research sheet, {long_day(meeting.starts_at)}"
    return Content(title, blocks, size=9.5, flipped=True, left_out=len(asked) - len(kept))


def _person(known: Mapping[str, Any]) -> str:
    born = known.get("born_on")
    also = ", ".join(known.get("aliases") or ())
    parts = (known.get("full_name") or "Not known", f"born {born}" if born else "", f"also {also}" if also else "")
    return ", ".join(filter(None, parts))


def blank(session: Session, actor: Actor, meeting: Meeting | None, *, named: bool) -> Content:
    """The referral and the risk checklist to fill in by hand, in the order of the screens; about nobody."""
    access.require_holds(actor, P.REFERRAL_CREATE)
    return blank_referral()


def _printed(lines: Sequence[Line]) -> tuple[list[Line], int]:
    kept = [line for line in lines if not line.item.case.restricted]
    return kept, len(lines) - len(kept)


def _marks(line: Line) -> str:
    known = (("Repeat", line.item.is_repeat), ("Transfer", line.item.is_transfer), ("Children", line.people.children))
    return ", ".join(word for word, holds in known if holds)


def _who(name: str, named: bool) -> str:
    return name if named else initials(name)


CONTENTS: dict[DocumentKind, Callable[..., Content]] = {
    DocumentKind.AGENDA: agenda, DocumentKind.BRIEF: brief, DocumentKind.MINUTES: minutes,
    DocumentKind.ACTIONS: actions, DocumentKind.ATTENDANCE: attendance_sheet, DocumentKind.RESEARCH: research_sheet,
    DocumentKind.REFERRAL: blank,
}  # fmt: skip
