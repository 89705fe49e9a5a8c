"""The chair's brief: one page a case to read beforehand (ux.md 1.2): why, what changed, what they want, what to ask.

A handful of queries for a whole agenda. Refuses to hold an address, a phone, a school, or where anybody is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Action, Agency, AgendaItem, Assessment, Case, Meeting, Research
from marac.services.casework import naming, safe_contact
from marac.services.casework.safe_contact import SafeContact
from marac.services.meetings.agenda import Line, view_agenda
from marac.vocabulary import (
    LIVE_ACTIONS,
    UNANSWERED,
    ActionState,
    AgendaItemState,
    Outcome,
    Permission as P,
    said,
)
from marac.workflows.prompts import Known, prompts

CHILDRENS = ("childrens_social_care", "mash")
IDVA = "The IDVA has not made contact"
REFERRER = "No referrer attending"


@dataclass(frozen=True, slots=True)
class Overdue:
    """An action from before that is late: what, whose, since when."""

    text: str
    agency: str
    due_on: date


@dataclass(frozen=True, slots=True)
class BriefCase:
    """One case as the chair reads it beforehand."""

    number: int
    reference: str
    restricted: bool
    name: str
    born_on: date | None
    about: str
    marks: tuple[str, ...]
    starts_at: datetime
    minutes: int
    why_high_risk: str
    changed: tuple[str, ...]
    wishes: str
    wishes_from: str
    flags: tuple[tuple[str, str], ...]
    contact: str
    overdue: tuple[Overdue, ...]
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was read for the whole agenda at once, by case."""

    summaries: Mapping[UUID, Mapping[str, Any]]
    contacts: Mapping[UUID, SafeContact]
    actions: Mapping[UUID, Sequence[Any]]
    scores: Mapping[UUID, Sequence[str]]
    before: Mapping[UUID, Any]
    silent: Mapping[UUID, Sequence[tuple[str, str]]]


def view_brief(session: Session, actor: Actor, meeting: Meeting) -> tuple[BriefCase, ...]:
    """Every case of an agenda that the reader may see, in order; for those who run the meeting. Reading is recorded."""
    access.require(actor, P.MEETING_RUN, meeting)
    lines = view_agenda(session, actor, meeting).lines
    facts = _facts(session, actor, meeting, lines)
    for line in lines:
        audit.record(session, actor, "case:read", line.item.case, page="brief")
    return tuple(_case(line, facts) for line in lines)


def brief_facts(session: Session, actor: Actor, meeting: Meeting) -> dict[str, Any]:
    """The same as plain data for a printed document: text, numbers and dates alone, nothing that could be markup."""
    cases = view_brief(session, actor, meeting)
    return {
        "starts_at": meeting.starts_at,
        "programme": meeting.programme.label,
        "cases": [
            {
                "number": one.number, "reference": one.reference, "restricted": one.restricted,
                "name": one.name, "born_on": one.born_on,
                "about": one.about, "marks": list(one.marks), "starts_at": one.starts_at, "minutes": one.minutes,
                "why_high_risk": one.why_high_risk, "changed": list(one.changed), "wishes": one.wishes,
                "wishes_from": one.wishes_from, "flags": [text for _kind, text in one.flags], "contact": one.contact,
                "overdue": [{"text": due.text, "agency": due.agency, "due_on": due.due_on} for due in one.overdue],
                "prompts": list(one.prompts),
            }
            for one in cases
        ],
    }  # fmt: skip


def _case(line: Line, facts: _Facts) -> BriefCase:
    case_id, told = line.item.case_id, facts.summaries.get(line.item.case_id, {})
    contact, late = facts.contacts[case_id], _overdue(facts.actions[case_id])
    flags = [(kind, text) for kind in ("stop", "care") for text in told.get(f"{kind}_flags") or ()]
    flags += [("need", text) for text in told.get("needs") or ()]
    asked = prompts(_known(line, facts, told, contact, len(late)))
    return BriefCase(
        number=line.number, reference=line.item.case.reference, restricted=line.item.case.restricted, name=line.name,
        born_on=line.people.victim.get("born_on"), about=_about(line), marks=line.marks, starts_at=line.starts_at,
        minutes=line.item.minutes_planned, why_high_risk=told.get("why_high_risk") or "",
        changed=_changed(line, facts), wishes=told.get("wishes") or "", wishes_from=_from(told), flags=tuple(flags),
        contact=contact.short, overdue=late,
        prompts=tuple(said(line.item.case.programme, one) for one in asked),
    )  # fmt: skip


def _about(line: Line) -> str:
    """The alleged perpetrators, and what each is to the person."""
    told = (
        " ".join(filter(None, [one.get("full_name"), f"({tie})" if (tie := one.get("relationship_to_victim")) else ""]))
        for one in line.people.perpetrators
    )
    return "; ".join(text for text in told if text)


def _from(told: Mapping[str, Any]) -> str:
    """Whom the wishes come from, and when: `Ruth Lowe, Solace, 3 November 2025`."""
    day: date | None = told.get("wishes_on")
    return ", ".join(filter(None, [told.get("wishes_by"), f"{day.day} {day:%B %Y}" if day else ""]))


def _overdue(actions: Sequence[Any]) -> tuple[Overdue, ...]:
    today = clock.today()
    return tuple(
        Overdue(one.text, one.agency, one.due_on) for one in actions if one.state in LIVE_ACTIONS and one.due_on < today
    )


def _changed(line: Line, facts: _Facts) -> tuple[str, ...]:
    """What is different since the panel last heard the case; nothing for a case that is new to it."""
    case, before = line.item.case, facts.before.get(line.item.case_id)
    if before is None:
        return ()
    heard_on = clock.to_london(before.starts_at).date()
    words = [f"Last heard {heard_on.day} {heard_on:%B %Y}: {_outcome(before.outcome)}"]
    if case.last_referral_on is not None and case.last_referral_on > heard_on:
        sent_on = case.last_referral_on
        words.append(f"Referred again {sent_on.day} {sent_on:%B %Y}")
    scores = facts.scores.get(line.item.case_id, ())
    if len(scores) > 1 and scores[0] != scores[1]:
        words.append(f"Risk checklist: {scores[1]} then, {scores[0]} now")
    plan = [one for one in facts.actions[case.id] if one.item_id == before.id]
    if plan:
        words.append(_plan(plan))
    return tuple(words)


def _outcome(outcome: Outcome | None) -> str:
    return outcome.label[:1].lower() + outcome.label[1:] if outcome else "no outcome recorded"


def _plan(plan: Sequence[Any]) -> str:
    done = sum(one.state == ActionState.COMPLETE for one in plan)
    live = sum(one.state in LIVE_ACTIONS for one in plan)
    return f"Last plan: {done} of {len(plan)} actions done, {live} still open, {len(plan) - done - live} not done"


def _known(
    line: Line, facts: _Facts, told: Mapping[str, Any], contact: SafeContact, overdue: int
) -> Known:  # fmt: skip
    item, feared = line.item, line.people.perpetrators
    silent, before = facts.silent.get(item.id, ()), facts.before.get(item.case_id)
    plan = [one for one in facts.actions[item.case_id] if before is not None and one.item_id == before.id]
    return Known(
        whereabouts_known=any(one.get("whereabouts") for one in feared),
        perpetrator_named=any(one.get("full_name") for one in feared),
        wishes_recorded=bool(told.get("wishes")),
        idva_in_contact=said(item.case.programme, IDVA) not in line.warnings,
        contact_checked=not contact.stale,
        why_high_risk=bool(told.get("why_high_risk")),
        children=line.people.children,
        childrens_answered=not any(heading in CHILDRENS for _name, heading in silent),
        is_repeat=item.is_repeat,
        overdue_actions=overdue,
        last_plan_reported=all(one.state == ActionState.COMPLETE for one in plan),
        moved_from_elsewhere=item.is_transfer,
        handed_over=False,
        not_answered=tuple(name for name, _heading in silent),
        interpreter_needed=line.people.victim.get("interpreter_needed") == "yes",
        interpreter_booked=bool(line.people.victim.get("interpreter")),
        referrer_coming=not any(text.startswith(REFERRER) for text in line.warnings),
    )


# --- reading, once for the whole agenda ---


def _facts(session: Session, actor: Actor, meeting: Meeting, lines: Sequence[Line]) -> _Facts:
    stages = {line.item.case_id: line.item.case.state for line in lines}
    ids = list(stages)
    rows = session.execute(select(*sealed_columns(Case, "summary"), Case.id).where(Case.id.in_(ids))).all()
    told = {row.id: summary for row, summary in zip(rows, open_many(Case, "summary", rows), strict=True)}
    return _Facts(
        told, safe_contact.contact_rules_of(session, actor, stages), _actions(session, actor, ids),
        _scores(session, ids), _heard_before(session, meeting, ids), _silent(session, [line.item.id for line in lines]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Task:
    item_id: UUID | None
    state: ActionState
    due_on: date
    agency: str
    text: str


def _actions(session: Session, actor: Actor, case_ids: list[UUID]) -> dict[UUID, list[_Task]]:
    columns = (Action.case_id, Action.item_id, Action.state, Action.due_on, Action.agency_id)
    wanted = access.rule(actor, P.ACTION_READ, Action), Action.case_id.in_(case_ids)
    query = select(*sealed_columns(Action, "actions"), *columns).where(*wanted, Action.state != ActionState.WITHDRAWN)
    rows = session.execute(query.order_by(Action.due_on, Action.id)).all()
    names = naming.agency_names(session, actor.partnership_id)
    found: dict[UUID, list[_Task]] = defaultdict(list)
    for row, told in zip(rows, open_many(Action, "actions", rows), strict=True):
        text = told.get("text") or ""
        found[row.case_id].append(_Task(row.item_id, row.state, row.due_on, names.get(row.agency_id, ""), text))
    return found


def _scores(session: Session, case_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Counts of each case's checklists, newest first: `16 yes`; never a verdict."""
    query = select(*sealed_columns(Assessment, "risk"), Assessment.case_id).where(Assessment.case_id.in_(case_ids))
    rows = session.execute(query.order_by(Assessment.made_at.desc(), Assessment.id)).all()
    found: dict[UUID, list[str]] = defaultdict(list)
    for row, told in zip(rows, open_many(Assessment, "risk", rows), strict=True):
        if told.get("score") is not None:
            found[row.case_id].append(f"{told['score']} yes")
    return found


def _heard_before(session: Session, meeting: Meeting, case_ids: list[UUID]) -> dict[UUID, Any]:
    """The last hearing of each case before this meeting."""
    query = (
        select(AgendaItem.id, AgendaItem.case_id, AgendaItem.outcome, Meeting.starts_at)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id.in_(case_ids), AgendaItem.state == AgendaItemState.HEARD)
        .where(Meeting.starts_at < meeting.starts_at)
        .order_by(Meeting.starts_at)
    )
    return {row.case_id: row for row in session.execute(query)}


def _silent(session: Session, item_ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Agencies that have not answered, by item: short name, and the heading they are counted under."""
    query = (
        select(Research.item_id, Agency.name, Agency.return_heading)
        .join(Agency, Agency.id == Research.agency_id)
        .where(Research.item_id.in_(item_ids), Research.state.in_(UNANSWERED))
        .order_by(Agency.name)
    )
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in session.execute(query):
        found[row.item_id].append((naming.short(row.name), row.return_heading or ""))
    return found
