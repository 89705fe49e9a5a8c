"""The words of a meeting on their way out, case by case, and what the address check says of them (DA-4, DA-31).

Every case is checked, also one that the person who sends may not see; what is shown of the finds is theirs to see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import AgendaItem, Case, Meeting, Minutes, MinutesPage
from marac.services.leaving import checking, overriding
from marac.services.leaving.checking import Finding, Outgoing, Texts
from marac.services.leaving.overriding import Overridden
from marac.services.live import room
from marac.services.meetings.agenda import view_agenda
from marac.services.minuting import freezing
from marac.vocabulary import AgendaItemState, CaseState, LeavingAs, MinuteHeading, MinutesState, Permission as P
from marac.workflows.hearing import record_of

BEING_WRITTEN = (MinutesState.DRAFT, MinutesState.SUBMITTED)
LEAVES = (LeavingAs.MINUTES, LeavingAs.ACTIONS)


@dataclass(frozen=True, slots=True)
class Stopped:
    """One case of the meeting whose words do not leave, as far as the viewer may see it."""

    number: int
    item: AgendaItem
    findings: tuple[Finding, ...]
    may_override: bool


def outgoing(meeting: Meeting, leaving_as: LeavingAs) -> Outgoing:
    """Which version leaves: of the minutes; of the actions, which go ahead of them, there is one."""
    minutes = meeting.minutes
    if leaving_as == LeavingAs.ACTIONS or minutes is None:
        return Outgoing(leaving_as, meeting.id)
    return Outgoing(leaving_as, minutes.id, minutes.number)


def words_of(session: Session, meeting: Meeting, leaving_as: LeavingAs) -> dict[UUID, Texts]:
    """Per case what would leave: as typed while it is a draft, as frozen once it was approved."""
    minutes = meeting.minutes
    if leaving_as == LeavingAs.ACTIONS:
        return {case_id: _actions(plan) for case_id, _words, plan, _more in _typed(session, meeting)}
    if minutes is not None and minutes.state not in BEING_WRITTEN:
        return _frozen(session, minutes)
    return {
        case_id: {**_headed(meeting.programme, words), **_actions(plan), **more}
        for case_id, words, plan, more in _typed(session, meeting)
    }


def require_clean(
    session: Session, actor: Actor, meeting: Meeting, leaving_as: LeavingAs, *, only: UUID | None = None
) -> None:
    """AddressSaid while words of any case (of one, with `only`) hold what says where somebody is, and the chair did not
    override them.
    """
    texts = words_of(session, meeting, leaving_as)
    leaving = {case_id: words for case_id, words in texts.items() if only in (None, case_id)}
    leaves, field = outgoing(meeting, leaving_as), "words" if only is None else "line"
    checking.require_all_clean(session, actor, meeting.partnership_id, leaving, outgoing=leaves, field=field)


def list_stopped(session: Session, actor: Actor, meeting: Meeting, leaving_as: LeavingAs) -> list[Stopped]:
    """The cases that are stopped, with where and which kind; those that the viewer may not see are not there."""
    access.require(actor, P.MEETING_RUN, meeting)
    room.require_agreed(session, actor, meeting)
    texts = words_of(session, meeting, leaving_as)
    stopping = checking.left_to_stop(session, meeting.partnership_id, outgoing(meeting, leaving_as), texts)
    return [
        Stopped(line.number, line.item, _once(stopping[line.item.case_id]),
                access.may(actor, P.ADDRESS_OVERRIDE, line.item.case))
        for line in view_agenda(session, actor, meeting).lines
        if line.item.case_id in stopping
    ]  # fmt: skip


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each kind once for each place."""
    return tuple({(one.where, one.kind): one for one in findings}.values())


def override(
    session: Session, actor: Actor, meeting: Meeting, leaving_as: LeavingAs, *, case_id: UUID, reason: str
) -> None:
    """The chair lets the words of one case leave as they stand now."""
    case = session.scalar(access.visible(actor, P.CASE_READ, Case).where(Case.id == case_id))
    texts = words_of(session, meeting, leaving_as)
    if case is None or case.id not in texts:
        raise NotFound
    overriding.override(session, actor, case, outgoing(meeting, leaving_as), texts[case.id], reason=reason)


def list_overrides(session: Session, actor: Actor, meeting: Meeting) -> list[Overridden]:
    """What was overridden in any version of the minutes and actions, for who runs the panel: stands in the register."""
    if not access.holds(actor, P.MEETING_RUN):
        return []
    return overriding.list_overrides(session, actor, [meeting.id, *([meeting.minutes.id] if meeting.minutes else ())])


def _typed(session: Session, meeting: Meeting) -> list[tuple[UUID, dict[str, str], list[list[str]], Texts]]:
    kept = select(AgendaItem).join(Case).where(AgendaItem.meeting_id == meeting.id)
    kept = kept.where(AgendaItem.state != AgendaItemState.REMOVED, Case.state != CaseState.ERASED)
    items = session.scalars(kept.order_by(AgendaItem.position)).all()
    with access.apart():
        access.open_for("lint", meeting.partnership_id, [item.case_id for item in items])
        words, plans = freezing.words_of(session, items), freezing.plans_of(session, items)
        return [
            (item.case_id, words[item.id], plans[item.id],
             _more(freezing.outcome_note(item), item.who_tells, item.amended_because))
            for item in items
        ]  # fmt: skip


def _frozen(session: Session, minutes: Minutes) -> dict[UUID, Texts]:
    pages = select(MinutesPage).join(Case, Case.id == MinutesPage.case_id)
    pages = pages.where(MinutesPage.minutes_id == minutes.id, MinutesPage.number == minutes.number)
    rows, programme = session.scalars(pages.where(Case.state != CaseState.ERASED)).all(), minutes.meeting.programme
    with access.apart():
        access.open_for("lint", minutes.partnership_id, [page.case_id for page in rows])
        return {
            page.case_id: {
                **_headed(programme, page.words or {}), **_actions(page.plan or ()),
                **_more(page.outcome_note, page.who_tells, page.amended_because),
            }
            for page in rows
        }  # fmt: skip


def _headed(programme: Any, words: Mapping[str, str]) -> dict[str, str]:
    record = record_of(programme)
    return {record.label(MinuteHeading(heading)): text for heading, text in words.items()}


def _actions(plan: Any) -> dict[str, str]:
    return {f"Action {place}, {row[0]}": row[1] for place, row in enumerate(plan, 1)}


def _more(note: str | None, who_tells: str | None, amended: str | None) -> dict[str, str]:
    return {
        "Beside the outcome": note or "", "Who tells the person": who_tells or "", "What was put right": amended or "",
    }  # fmt: skip
