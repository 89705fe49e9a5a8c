"""What follows a move: one handler per effect of the workflow tables. A handler may run twice and works once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import (
    Action,
    AgendaItem,
    Case,
    Deadline,
    Flag,
    Meeting,
    Minutes,
    Research,
    Transfer,
)
from marac.services import local
from marac.services.casework.involvement import ask_agencies, involve, involved_agencies, latest_item, shrink
from marac.services.clockwork.recipients import recipients
from marac.services.community import review_days
from marac.services.following import owners
from marac.services.following.telling_asked import open_telling
from marac.services.minuting import freezing
from marac.services.referring import drafts
from marac.services.retaining import clocks, holds, ledger
from marac.services.sanctuary import clocks as stage_clocks, consequences
from marac.vocabulary import (
    AGENDA_IS_OUT,
    ActionState,
    FlagState,
    InvolvementBasis,
    MeetingKind,
    MinutesState,
    ResearchState,
    Template,
    TransferDirection,
)
from marac.workflows import engine
from marac.workflows.deadlines import END_OF_DAY, add_months, london

FLAG_MONTHS = "repeat_window.months"
LIFT_WITHIN = timedelta(days=7)
LIVE_FLAGS = (FlagState.ADD_REQUESTED, FlagState.ADDED)
PATHS = {
    "Referral": "/referrals/{reference}",
    "Action": "/actions/{id}",
    "Meeting": "/panels/{reference}",
    "Case": "/actions",
    "Minutes": "/panels/{reference}/minutes",
    "Telling": "/telling/{id}",
    "SanctuaryRequest": "/sanctuary/{reference}",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A transition that has just happened, and the one effect of it to carry out. `advance` moves what follows."""

    session: Session
    actor: Actor
    subject: Any
    effect: Any
    facts: Mapping[str, Any]
    advance: Callable[..., Any]


def carry_out(move: Move) -> None:
    """Run the one handler of an effect."""
    HANDLERS[type(move.effect)](move)


def notify(move: Move) -> None:
    """Queue a prompt to whoever the effect names, except the person who did it."""
    thing = move.subject
    path = PATHS.get(type(thing).__name__, "/today").format(reference=_reference(thing), id=thing.id)
    key = f"{type(thing).__name__}:{thing.id.hex}:{getattr(thing, 'version_id', 0)}"
    who = set(recipients(move.session, thing, move.effect.to)) - {move.actor.user_id}
    notifications.enqueue(
        move.session, thing.partnership_id, who, move.effect.template, subject_key=key, path=path,
        due_at=move.facts.get("prompt_at"),
    )  # fmt: skip


def _reference(thing: Any) -> str:
    """How a page names the thing, or the meeting it belongs to."""
    named = thing.meeting if isinstance(thing, Minutes) else thing
    return str(getattr(named, "reference", ""))


def open_deadline(move: Move) -> None:
    """Start (or move) the clock of a rule for this subject, when the rule gives a date."""
    thing, rule = move.subject, move.effect.rule
    due_at = move.facts.get("due", {}).get(rule) or _due(move.session, thing, rule)
    if due_at is None:
        return
    held = move.session.scalar(select(Deadline).where(Deadline.subject_id == thing.id, Deadline.rule == rule))
    if held is None:
        held = Deadline(partnership_id=thing.partnership_id, subject_id=thing.id, rule=rule, due_at=due_at)
        move.session.add(held)
    held.due_at, held.met_at = due_at, None


def _due(session: Session, thing: Any, rule: str) -> datetime | None:
    """The date that a meeting gives a rule: the meeting itself, or the newest one of a case."""
    item = latest_item(session, thing.id) if isinstance(thing, Case) else None
    meeting = thing if isinstance(thing, Meeting) else item.meeting if item else None
    return local.deadlines_of(session, meeting)[rule].at if meeting is not None else None


def ask_research(move: Move) -> None:
    """For a case added after the agenda went out; the others are asked when it is published."""
    item = latest_item(move.session, move.subject.id)
    if item is not None and item.meeting.state in AGENDA_IS_OUT:
        ask_agencies(move.session, move.actor, item)


def release_research(move: Move) -> None:
    """Open each returned answer of the item being heard."""
    item = latest_item(move.session, move.subject.id)
    returned = select(Research).where(Research.state == ResearchState.RETURNED)
    for research in move.session.scalars(returned.where(Research.item_id == item.id)).all() if item else ():
        research.released_at = clock.now()
        move.advance(move.session, move.actor, research, "release", case_state=move.subject.state)


def shrink_research(move: Move) -> None:
    """An agency that does not know the people no longer sees the case (data minimisation)."""
    shrink(move.session, move.subject.case_id, move.subject.agency_id)


def flag_and_tag(move: Move) -> None:
    """Ask every agency that may see the case to mark its own file until twelve months after the hearing (DA-32)."""
    session, heard = move.session, isinstance(move.subject, Case)
    case = move.subject if heard else move.subject.case
    item = latest_item(session, case.id) if heard else None
    heard_on = clock.to_london(item.meeting.starts_at).date() if item else clock.today()
    months = local.rules_of(session, case.partnership_id, case.programme).value(FLAG_MONTHS, heard_on)
    case.flag_until_on = add_months(heard_on, months)
    if heard:
        case.last_heard_on = heard_on
    live = {flag.agency_id: flag for flag in _live_flags(session, case)}
    for agency_id in involved_agencies(session, case.id, but=InvolvementBasis.PERPETRATOR_SIDE):
        if agency_id in live:
            live[agency_id].lift_on = case.flag_until_on
        else:
            session.add(_flag(session, case, agency_id, item))


def _flag(session: Session, case: Case, agency_id: Any, item: AgendaItem | None) -> Flag:
    by_rule = local.deadlines_of(session, item.meeting)["flag_and_tag_confirmed"].at if item else None
    return Flag(
        partnership_id=case.partnership_id, case_id=case.id, agency_id=agency_id, state=FlagState.ADD_REQUESTED,
        asked_at=clock.now(), due_at=by_rule or clock.now() + timedelta(days=1), lift_on=case.flag_until_on,
    )  # fmt: skip


def ask_telling(move: Move) -> None:
    """The task of this hearing: who tells the person, or that it is not safe."""
    item = latest_item(move.session, move.subject.id)
    if item is not None:
        words = {name: str(move.facts.get(name) or "") for name in ("tells_victim", "not_told_reason")}
        who, why = words["tells_victim"], words["not_told_reason"]
        open_telling(move.session, move.actor, item, who=who, not_told_because=why)


def lift_flags(move: Move) -> None:
    """Ask each agency to lift its mark, unless the case moved away and the alleged perpetrator still lives here."""
    if kept_here(move.session, move.subject.id):
        return
    for flag in _live_flags(move.session, move.subject):
        flag.asked_at, flag.due_at = clock.now(), clock.now() + LIFT_WITHIN
        move.advance(move.session, access.system(move.subject.partnership_id), flag, "ask_removal")


def kept_here(session: Session, case_id: Any) -> bool:
    """Whether the case was sent to another area and the alleged perpetrator lives here: our flag stays (DA-34)."""
    out = (Transfer.direction == TransferDirection.OUT, Transfer.keeps_flag.is_(True))
    return session.scalar(select(Transfer.id).where(Transfer.case_id == case_id, *out).limit(1)) is not None


def _live_flags(session: Session, case: Case) -> list[Flag]:
    return list(session.scalars(select(Flag).where(Flag.case_id == case.id, Flag.state.in_(LIVE_FLAGS))))


def compile_minutes(move: Move) -> None:
    """Open the minutes of the meeting: their words are the notes already taken item by item (DA-30)."""
    meeting = move.subject
    if move.session.scalar(select(Minutes.id).where(Minutes.meeting_id == meeting.id)) is None:
        minutes = Minutes(
            partnership_id=meeting.partnership_id, meeting_id=meeting.id, programme=meeting.programme,
            state=MinutesState.DRAFT, due_at=_minutes_due(move.session, meeting), number=1,
        )  # fmt: skip
        move.session.add(minutes)
        move.session.flush()
        freezing.freeze(move.session, minutes, freezing.AS_HEARD)


def _minutes_due(session: Session, meeting: Meeting) -> datetime:
    """By the rule of the panel; of an emergency meeting the same day, where the partnership says so (1.11)."""
    day = clock.to_london(meeting.starts_at).date()
    rules = local.rules_of(session, meeting.partnership_id, meeting.programme).at(day)
    rule = rules.get("emergency.minutes_and_actions")
    if meeting.kind == MeetingKind.EMERGENCY and rule is not None and rule.value == "same_day":
        return london(day, END_OF_DAY)
    return local.deadlines_of(session, meeting)["minutes_issued"].at


def plan_review(move: Move) -> None:
    """The day of the next review, by the band that counts now."""
    review_days.plan_review(move.session, move.actor, move.subject)


def assign_onward(move: Move) -> None:
    """The same action for the receiving agency, which now needs to know the case."""
    action, to_agency = move.subject, move.facts["to_agency_id"]
    involve(move.session, action.case_id, action.partnership_id, [to_agency], InvolvementBasis.CONSULTED)
    onward = Action(
        partnership_id=action.partnership_id, case_id=action.case_id, item_id=action.item_id, agency_id=to_agency,
        state=ActionState.OPEN, due_on=action.due_on, protects=action.protects, library_key=action.library_key,
        contacts_victim=action.contacts_victim, agreed_at=clock.now(), text=action.text, risk=action.risk,
        handed={"from": action.id.hex, "because": move.facts.get("note") or ""},
    )  # fmt: skip
    move.session.add(onward)
    onward.owner_id = owners.named_owner(move.session, onward, action.item)
    action.handed = {"to": onward.id.hex}
    move.session.flush()
    audit.record(move.session, move.actor, "action:assigned", onward, agency=to_agency)
    told = engine.Notify(Template.ACTIONS_ASSIGNED, "owner")
    notify(Move(move.session, move.actor, onward, told, move.facts, move.advance))


def enter_stage(move: Move) -> None:
    """The clock of the stage that was left stops or stands still; the next one starts (SAN-24). So does the date."""
    stage_clocks.enter_stage(move.session, move.subject)
    clocks.refresh(move.session, move.subject.case, move.advance)


def freeze_works(move: Move) -> None:
    """Every job that is not finished is taken back, so that nobody goes to the home (SAN-22)."""
    consequences.withdraw_all(move.session, move.actor, move.subject, move.advance)


def begin_follow_ups(move: Move) -> None:
    """Three contacts, counted from the sign-off (SAN-32)."""
    consequences.begin_follow_ups(move.session, move.actor, move.subject)


def hold_by_law(move: Move) -> None:
    """No disposal until somebody lifts the hold."""
    move.subject.legal_hold = True
    holds.place_by_law(move.session, move.actor, move.subject.case)


def count_retention(move: Move) -> None:
    """The case has ended, or is in use again: so its date."""
    clocks.refresh(move.session, move.subject, move.advance)


def erase_keys(move: Move) -> None:
    """Enter every key of the case in the ledger; the job deletes them. What was typed and never saved goes at once."""
    case = move.subject
    drafts.drop_of_case(move.session, case.id)
    ledger.enter(move.session, case)


HANDLERS: dict[type, Callable[[Move], None]] = {
    engine.Notify: notify,
    engine.OpenDeadline: open_deadline,
    engine.AskResearch: ask_research,
    engine.ReleaseResearch: release_research,
    engine.ShrinkResearch: shrink_research,
    engine.FlagAndTag: flag_and_tag,
    engine.AskTelling: ask_telling,
    engine.LiftFlags: lift_flags,
    engine.CompileMinutes: compile_minutes,
    engine.PlanReview: plan_review,
    engine.AssignOnward: assign_onward,
    engine.EnterStage: enter_stage,
    engine.FreezeWorks: freeze_works,
    engine.BeginFollowUps: begin_follow_ups,
    engine.HoldByLaw: hold_by_law,
    engine.CountRetention: count_retention,
    engine.EraseKeys: erase_keys,
}
