"""Actions as they are agreed in the room, read from one line or from fields; live for the agency at once (DA-27).

Refuses an action without what, who, when and whom it protects, and an agency that is walled off from the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Action, Agency, AgendaItem, Meeting, Wall
from marac.services import local
from marac.services.casework.involvement import involve, involved_agencies
from marac.services.following import actions, library, owners
from marac.services.following.library import Entry
from marac.services.moving import flush
from marac.vocabulary import (
    LIVE_ACTIONS,
    ActionState,
    AgendaItemState,
    InvolvementBasis,
    MinutesState,
    Permission as P,
    Protects,
)
from marac.workflows.action import AGREE
from marac.workflows.action_line import REACHES, Choice, Parsed, choices, parse
from marac.workflows.deadlines import offset

CORRECTED = "Corrected at the meeting"
OPEN_TO_ACTIONS = (AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)


@dataclass(frozen=True, slots=True)
class Usual:
    """An action that is often agreed, from the library, with the date it would be due."""

    key: str
    agency: str
    text: str
    due_on: date
    protects: Protects
    contacts_victim: bool

    @property
    def line(self) -> str:
        """The same as one line to be checked and added; the agency is left out when any may take it."""
        who = f"{self.agency}: " if self.agency else ""
        return f"{who}{self.text} by {self.due_on:%-d/%-m/%Y}"


def list_owners(session: Session, actor: Actor) -> list[Agency]:
    """Agencies that can be given an action, by name."""
    agencies = session.scalars(access.visible(actor, P.AGENCY_READ, Agency).order_by(Agency.name))
    return [agency for agency in agencies if "action_owner" in agency.functions]


def read_line(session: Session, actor: Actor, item: AgendaItem, line: str) -> Parsed:
    """What one typed line means today; problems and choices instead of guesses."""
    agencies = [(agency.slug, agency.name, agency.aliases) for agency in list_owners(session, actor)]
    return parse(line, clock.today(), next_panel_on(session, item.meeting), agencies)


def list_choices(session: Session, actor: Actor, line: str, parsed: Parsed) -> tuple[Choice, ...]:
    """What a doubtful line could mean, each as a line of its own."""
    agencies = [(agency.slug, agency.name, agency.aliases) for agency in list_owners(session, actor)]
    return choices(line, parsed, agencies)


def reaches_victim(text: str) -> bool:
    """Whether an action says to call, write or visit: then the safe-contact rules stand beside it (DA-14)."""
    return bool(REACHES.search(text))


def next_panel_on(session: Session, meeting: Meeting) -> date | None:
    """The date of the panel after this one, when it is booked."""
    following = local.next_meeting(session, meeting.partnership_id, meeting.programme, after=meeting.starts_at)
    return clock.to_london(following.starts_at).date() if following else None


def assign_action(
    session: Session, actor: Actor, item: AgendaItem, *, agency: Agency | None, text: str, due_on: date | None,
    protects: Protects | None, risk: str = "", owner: UUID | None = None, contacts_victim: bool = False,
    library_key: str | None = None, joint_id: UUID | None = None,
) -> Action:  # fmt: skip
    """Give an agency an action on a case being heard. The agency sees the case, and the action, from this moment."""
    access.require_holds(actor, P.ACTION_CREATE)
    access.open_case(actor, item.case)
    _assignable(item)
    facts = {"text": text, "agency_id": agency.id if agency else None, "due_on": due_on, "protects": protects}
    for guard in AGREE:
        guard(None, facts)
    if agency is None or due_on is None or protects is None:
        raise NotAllowed
    if due_on < clock.today():
        raise RuleBroken("due_on", "The date must be today or later")
    _admit(session, item, agency)
    known = library.match(library.list_entries(session, item.partnership_id), text)
    action = Action(
        partnership_id=item.partnership_id, case_id=item.case_id, item_id=item.id, agency_id=agency.id,
        state=ActionState.OPEN, due_on=due_on, protects=protects, contacts_victim=contacts_victim,
        library_key=library_key or (known.key if known else None), agreed_at=clock.now(), text=text.strip(),
        risk=risk.strip() or (known.risks if known else "") or None, joint_id=joint_id,
    )  # fmt: skip
    owners.check_owner(session, action, owner)
    action.owner_id = owner or owners.named_owner(session, action, item)
    session.add(action)
    flush(session)
    audit.record(session, actor, "action:assigned", action, agency=agency.id)
    return action


def assign_line(
    session: Session, actor: Actor, item: AgendaItem, parsed: Parsed, *, protects: Protects
) -> list[Action]:
    """One action for each agency of a line that was read without a problem; RuleBroken beside `line` otherwise."""
    if parsed.problems:
        raise RuleBroken("line", parsed.problems[0].message)
    facts = {"text": parsed.text, "due_on": parsed.due_on, "contacts_victim": parsed.reaches_victim}
    return assign_jointly(session, actor, item, parsed.agencies, protects=protects, **facts)


def assign_jointly(
    session: Session, actor: Actor, item: AgendaItem, slugs: Sequence[str], **facts: Any
) -> list[Action]:
    """The same action for each of these agencies; two or more are linked, so that each sees with whom."""
    by_slug = {agency.slug: agency for agency in list_owners(session, actor)}
    joint_id = uuid4() if len(slugs) > 1 else None
    wanted = [by_slug.get(slug) for slug in slugs] or [None]
    return [assign_action(session, actor, item, agency=one, joint_id=joint_id, **facts) for one in wanted]


def get_agreed(session: Session, actor: Actor, item: AgendaItem, action_id: UUID) -> Action:
    """A live action of this case that may still be corrected, or NotFound."""
    mine = access.visible(actor, P.ACTION_WITHDRAW, Action)
    action = session.scalar(mine.where(Action.id == action_id, Action.item_id == item.id))
    if action is None or action.state not in LIVE_ACTIONS:
        raise NotFound
    return action


def take_back(session: Session, actor: Actor, item: AgendaItem, action: Action) -> None:
    """A line is corrected: what it said is withdrawn and kept, and the new line stands in its place."""
    _assignable(item)
    actions.withdraw_action(session, actor, action, note=CORRECTED)


def list_lines(session: Session, actor: Actor, agreed: Sequence[tuple[Action, str]]) -> dict[UUID, str]:
    """Each live agreed action as the line that would make it, to be corrected: action id -> line."""
    owners = {agency.id: (agency.aliases or [agency.slug])[0] for agency in list_owners(session, actor)}
    live = [action for action, _name in agreed if action.state in LIVE_ACTIONS and action.agency_id in owners]
    return {one.id: f"{owners[one.agency_id]}: {one.text} by {one.due_on:%-d/%-m/%Y}" for one in live}


def list_agreed(session: Session, actor: Actor, item: AgendaItem) -> list[tuple[Action, str]]:
    """What has been agreed on an item, with the agency's name, in the order it was agreed."""
    rows = session.execute(
        select(Action, Agency.name)
        .join(Agency, Agency.id == Action.agency_id)
        .where(access.rule(actor, P.ACTION_READ, Action), Action.item_id == item.id)
        .where(Action.state != ActionState.WITHDRAWN)
        .order_by(Action.agreed_at, Action.id)
    )
    return [(action, name) for action, name in rows]


def list_usual(session: Session, item: AgendaItem) -> list[Usual]:
    """The library's usual actions for this panel; dates are counted from today with the library's own defaults."""
    programme = item.meeting.programme
    return [one for entry, one in _offered(session, item) if programme in entry.usual]


def list_library(session: Session, item: AgendaItem) -> list[Usual]:
    """Every action of the library that this panel can pick, what is usual first."""
    return [one for _entry, one in _offered(session, item)]


def _offered(session: Session, item: AgendaItem) -> list[tuple[Entry, Usual]]:
    entries = library.list_for(session, item.partnership_id, item.meeting.programme)
    due = {rule: _default_due(session, item.meeting, rule) for rule in {entry.default_due for entry in entries}}
    return [(entry, _usual(entry, due[entry.default_due])) for entry in entries]


def _usual(entry: Entry, due_on: date) -> Usual:
    agency = "" if entry.agency == library.ANY_AGENCY else entry.agency
    return Usual(entry.key, agency, entry.text, due_on, Protects(entry.protects[0]), entry.contact_with_victim)


def _default_due(session: Session, meeting: Meeting, rule: str) -> date:
    """`today`, `Nwd` working days from today, or `next_meeting`: two working days before the next panel."""
    today, closed = clock.today(), local.closures(session, meeting.partnership_id)
    if rule == "today":
        return today
    if rule == "next_meeting":
        following = next_panel_on(session, meeting)
        return offset(following, "D-2", closed) if following else today + timedelta(days=14)
    return offset(today, f"D+{rule.removesuffix('wd')}", closed)


def _assignable(item: AgendaItem) -> None:
    minutes = item.meeting.minutes
    if item.state not in OPEN_TO_ACTIONS or (minutes is not None and minutes.state != MinutesState.DRAFT):
        raise WrongState(f"{item.id} takes no more actions")


def _admit(session: Session, item: AgendaItem, agency: Agency) -> None:
    """An agency with an action needs to know the case; one that is walled off from it cannot be given any."""
    against = exists().where(Wall.case_id == item.case_id, Wall.agency_id == agency.id, access.in_force())
    if session.scalar(select(against)):
        raise RuleBroken("agency", "That agency cannot take part in this case. Select another")
    current: Sequence[UUID] = involved_agencies(session, item.case_id)
    if agency.id not in current:
        involve(session, item.case_id, item.partnership_id, [agency.id], InvolvementBasis.CONSULTED)
