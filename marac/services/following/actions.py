"""Actions: an agency's list, and reporting on one. Keeps apart could not be done and was not done (DA-28).

Refuses to assign: that is the meeting's. The text of an action opens with the stage of its case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Action, Agency, Case
from marac.services import moving
from marac.services.casework import naming, safe_contact
from marac.services.casework.safe_contact import SafeContact
from marac.services.following import owners
from marac.services.referring import papers
from marac.services.referring.papers import Attached
from marac.vocabulary import LIVE_ACTIONS, ActionState, CaseState, PaperKind, Permission as P, Protects, Template
from marac.workflows.hearing import record_of

MOST_LIVE, MOST_DONE = 200, 50
WEEK = timedelta(days=7)
GROUPS = ("Overdue", "Today", "This week", "Later")


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One line of a list of actions; text and name are empty where they are not open to the reader."""

    id: UUID
    reference: str
    name: str
    text: str
    agency_id: UUID
    agency: str
    due_on: date
    state: ActionState
    closed_at: datetime | None
    contact: SafeContact | None  # where the action reaches the person: how, and how not
    note: str = ""  # what the agency said when it ended, or was last asked
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ActionPage:
    """One action with the rules for contact above it, and what this reader can report."""

    id: UUID
    reference: str
    name: str
    text: str
    risk: str
    note: str
    instead: str
    agency_id: UUID
    agency: str
    owner: str
    due_on: date
    state: ActionState
    protects: Protects
    contacts_victim: bool
    contact: SafeContact
    offers: tuple[str, ...]
    version: int
    closed_at: datetime | None
    news: tuple[Mapping[str, Any], ...] = ()
    handed: str = ""  # why another agency handed it on
    other_id: UUID | None = None  # the action it came from, or went on as
    evidence_id: UUID | None = None
    asks_update: bool = False
    victim_updated: str = ""


def get_action(session: Session, actor: Actor, action_id: UUID) -> Action:
    """The action, if the actor may see it, or NotFound."""
    action = session.scalar(access.visible(actor, P.ACTION_READ, Action).where(Action.id == action_id))
    if action is None:
        raise NotFound
    return action


def list_actions(
    session: Session, actor: Actor, *, agency_id: UUID | None = None, done: bool = False
) -> tuple[ActionRow, ...]:
    """Live actions by due date, or the last fifty that ended: of one's own agency, or of all for who runs the panel."""
    query = columns(actor)
    if not sees_all(actor):
        query = query.where(Action.agency_id == actor.agency_id)
    elif agency_id is not None:
        query = query.where(Action.agency_id == agency_id)
    if done:
        ended = query.where(Action.state.not_in(LIVE_ACTIONS)).order_by(Action.closed_at.desc(), Action.id)
        return rows_of(session, actor, ended.limit(MOST_DONE))
    live = query.where(Action.state.in_(LIVE_ACTIONS)).order_by(Action.due_on, Action.agreed_at)
    return rows_of(session, actor, live.limit(MOST_LIVE))


def sees_all(actor: Actor) -> bool:
    """Whether the list is everybody's: for those who assign actions, and so follow them up."""
    return access.holds(actor, P.ACTION_CREATE)


def group_of(due_on: date) -> str:
    """Overdue, Today, This week or Later."""
    today = clock.today()
    if due_on <= today:
        return "Overdue" if due_on < today else "Today"
    return "This week" if due_on <= today + WEEK else "Later"


def view_action(session: Session, actor: Actor, action: Action) -> ActionPage:
    """What the page of one action shows: contact rules first, then the task, then what can be reported."""
    opened = access.open_stage(session, actor, action.case_id, action.case.state)
    told = action if "actions" in opened else None
    case = action.case
    return ActionPage(
        id=action.id,
        reference=case.reference,
        name=naming.victims(session, actor, {case.id: case.state}).get(case.id, ""),
        text=(told.text or "") if told else "",
        risk=(told.risk or "") if told else "",
        note=(told.note or "") if told else "",
        instead=(told.instead or "") if told else "",
        agency_id=action.agency_id,
        agency=action.agency.name,
        owner=naming.colleagues(session, actor, [action.owner_id]).get(action.owner_id, "") if action.owner_id else "",
        due_on=action.due_on,
        state=action.state,
        protects=action.protects,
        contacts_victim=action.contacts_victim,
        contact=safe_contact.rules_of(safe_contact.contact_of(session, case), opened, case.programme),
        offers=tuple(step.name for step in moving.available(actor, action)),
        version=action.version_id,
        closed_at=action.closed_at,
        asks_update=asks_update(case),
        victim_updated=(told.victim_updated or "") if told else "",
        **(_behind(session, actor, action) if told else {}),
    )


def _behind(session: Session, actor: Actor, action: Action) -> dict[str, Any]:
    """What was reported before, where it came from or went, and the paper that shows it was done."""
    handed = action.handed or {}
    news = tuple({**one, "on": date.fromisoformat(one["on"])} for one in action.news or ())
    other = UUID(one) if (one := handed.get("from") or handed.get("to")) else None
    seen = access.visible(actor, P.ACTION_READ, Action).where(Action.id == other)
    return {
        "news": news, "handed": str(handed.get("because") or ""),
        "other_id": other if other and session.scalar(seen) is not None else None,
        "evidence_id": UUID(action.evidence) if action.evidence else None,
    }  # fmt: skip


def accept_action(session: Session, actor: Actor, action: Action, *, owner_id: UUID | None) -> Action:
    """The agency takes the action on and says who will do it (DA-27). RuleBroken for somebody of another agency."""
    owners.check_owner(session, action, owner_id)
    moving.advance(session, actor, action, "accept", owner_id=owner_id)
    action.owner_id = owner_id
    moving.flush(session)
    return action


def name_owner(session: Session, actor: Actor, action: Action, *, owner_id: UUID | None) -> Action:
    """Somebody else of the agency will do it; accepted by being given to them. WrongState once it has ended."""
    access.require(actor, P.ACTION_UPDATE, action)
    if action.state not in LIVE_ACTIONS:
        raise WrongState(f"{action.id} has ended")
    if action.state == ActionState.OPEN:
        accept_action(session, actor, action, owner_id=owner_id)
    elif owner_id is None:
        raise RuleBroken("owner_id", "Select who will do this")
    else:
        owners.check_owner(session, action, owner_id)
        action.owner_id = owner_id
        audit.record(session, actor, "action:owned", action, owner=owner_id)
        moving.flush(session)
    if owner_id not in (None, actor.user_id):
        key = f"owner:{action.id.hex}:{action.version_id}"
        notifications.enqueue(
            session, action.partnership_id, [owner_id] if owner_id else [], Template.ACTIONS_ASSIGNED,
            subject_key=key, path=f"/actions/{action.id}",
        )  # fmt: skip
    return action


def start_action(
    session: Session, actor: Actor, action: Action, *, note: str = "", version: int | None = None
) -> Action:
    """In progress, with a word on how far it is if anybody likes; said again, it only adds the word."""
    moving.same_version(action, version)
    access.require(actor, P.ACTION_UPDATE, action)
    access.open_stage(session, actor, action.case_id, action.case.state)
    if action.state != ActionState.IN_PROGRESS:
        moving.advance(session, actor, action, "start")
    _report(session, actor, action, note)
    moving.flush(session)
    return action


def complete_action(
    session: Session, actor: Actor, action: Action, *, note: str = "", safe_contact_met: bool = False,
    evidence: bytes = b"", version: int | None = None, victim_updated: str = "", not_updated_because: str = "",
) -> Action:  # fmt: skip
    """Done. What reaches the victim-survivor is done only as the safe-contact rules allow (DA-14).

    `evidence`: a paper that shows it, kept with the case; RuleBroken beside `file` when it cannot be kept.
    """
    facts: dict[str, Any] = {
        "contact_with_victim": action.contacts_victim,
        "safe_contact_met": safe_contact_met or None,
    }
    updated = _updated(action, victim_updated, not_updated_because)
    if evidence:
        moving.same_version(action, version)
        paper = papers.add_to_action(session, actor, action, Attached(evidence, PaperKind.EVIDENCE))
        access.open_stage(session, actor, action.case_id, action.case.state)
        action.evidence = paper.id.hex
        version = None
    _end(session, actor, action, "complete", version, note=note, **facts)
    if updated:
        action.victim_updated = updated
        moving.flush(session)
    return action


def asks_update(case: Case) -> bool:
    """Whether each action of this case asks if the person was told of it (CM-16)."""
    return record_of(case.programme).reviews


def _updated(action: Action, said: str, because: str) -> str:
    """What is kept of it: `yes`, or why not. RuleBroken where the panel asks and nobody answered."""
    if not asks_update(action.case):
        return ""
    if said not in ("yes", "no"):
        raise RuleBroken("victim_updated", "Say whether the person was updated")
    if said == "no" and not because.strip():
        raise RuleBroken("not_updated_because", "Say why the person was not updated")
    return "yes" if said == "yes" else because.strip()


def report_not_possible(
    session: Session, actor: Actor, action: Action, *, note: str, instead: str = "", version: int | None = None
) -> Action:
    """It cannot be done because circumstances changed (DA-28)."""
    return _end(session, actor, action, "report_not_possible", version, note=note, instead=instead)


def report_not_done(
    session: Session, actor: Actor, action: Action, *, note: str, instead: str = "", version: int | None = None
) -> Action:
    """The agency did not do it (DA-28)."""
    return _end(session, actor, action, "report_not_done", version, note=note, instead=instead)


def hand_over(
    session: Session, actor: Actor, action: Action, *, to_agency_id: UUID | None, note: str, version: int | None = None
) -> Action:
    """Another agency takes the action on; it gets one of its own with the same due date."""
    if "actions" not in access.open_stage(session, actor, action.case_id, action.case.state):
        raise NotAllowed
    known = {agency.id for agency in agencies_to_hand_to(session, actor)}
    to = to_agency_id if to_agency_id in known else None
    facts: dict[str, Any] = {"agency_id": action.agency_id, "to_agency_id": to}
    return _end(session, actor, action, "hand_over", version, note=note, **facts)


def withdraw_action(session: Session, actor: Actor, action: Action, *, note: str, version: int | None = None) -> Action:
    """The panel no longer asks for it."""
    return _end(session, actor, action, "withdraw", version, note=note)


def reopen_action(session: Session, actor: Actor, action: Action, *, note: str, version: int | None = None) -> Action:
    """Ask for it again: it was not what the panel meant, or has come undone."""
    _end(session, actor, action, "reopen", version, note=note)
    action.closed_at = action.closed_by_id = None
    moving.flush(session)
    return action


def agencies_to_hand_to(session: Session, actor: Actor) -> list[Agency]:
    """Agencies of the partnership that get cases, by name."""
    return list(session.scalars(access.visible(actor, P.AGENCY_READ, Agency).order_by(Agency.name)))


def _end(
    session: Session, actor: Actor, action: Action, name: str, version: int | None, *, note: str, instead: str = "",
    **facts: Any,
) -> Action:  # fmt: skip
    """Write what was said, and move; who ended it and when."""
    moving.same_version(action, version)
    access.require(actor, P.ACTION_READ, action)
    access.open_stage(session, actor, action.case_id, action.case.state)
    moving.advance(session, actor, action, name, note=note.strip() or None, **facts)
    if note.strip():
        action.note = note.strip()
    if instead.strip():
        action.instead = instead.strip()
    _report(session, actor, action, note)
    action.closed_at, action.closed_by_id = clock.now(), actor.user_id
    moving.flush(session)
    return action


def _report(session: Session, actor: Actor, action: Action, note: str) -> None:
    """Keep what was reported, when and by whom: the history of the action, sealed with it."""
    said = {
        "on": clock.today().isoformat(), "by": naming.signature(session, actor), "state": action.state.label,
        "note": note.strip(),
    }  # fmt: skip
    action.news = [*(action.news or []), said]


def columns(actor: Actor) -> Select[Any]:
    """A SELECT of the actions this person may read, to refine and give to `rows_of`."""
    plain = (
        Action.id, Action.case_id, Action.agency_id, Action.due_on, Action.state, Action.closed_at,
        Action.contacts_victim, Action.owner_id, Case.reference,
    )  # fmt: skip
    query: Any = select(*sealed_columns(Action, "actions"), *plain, Case.state.label("stage"))
    return query.join(Case, Case.id == Action.case_id).where(access.rule(actor, P.ACTION_READ, Action))  # type: ignore[no-any-return]


def rows_of(session: Session, actor: Actor, query: Select[Any]) -> tuple[ActionRow, ...]:
    """The lines of a list, with what the stage of each case opens to this person."""
    rows = session.execute(query).all()
    stages: dict[UUID, CaseState] = {row.case_id: row.stage for row in rows}
    opened = {case_id: access.open_stage(session, actor, case_id, stage) for case_id, stage in stages.items()}
    readable = [row for row in rows if "actions" in opened[row.case_id]]
    told = dict(zip([row.id for row in readable], open_many(Action, "actions", readable), strict=True))
    reaching = {row.case_id: row.stage for row in rows if row.contacts_victim}
    rules = safe_contact.contact_rules_of(session, actor, reaching)
    names, agencies = naming.victims(session, actor, stages), naming.agency_names(session, actor.partnership_id)
    return tuple(
        ActionRow(
            row.id, row.reference, names.get(row.case_id, ""), told.get(row.id, {}).get("text", ""), row.agency_id,
            agencies[row.agency_id], row.due_on, row.state, row.closed_at,
            rules[row.case_id] if row.contacts_victim else None, told.get(row.id, {}).get("note") or "", row.owner_id,
        )
        for row in rows
    )  # fmt: skip
