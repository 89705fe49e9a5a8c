"""The partnership's own rules as stored, dated and marked confirmed or not; and the dates they give a meeting."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import Deadline as KeptDate, Meeting, Setting
from marac.vocabulary import MeetingState, ProgrammeSlug
from marac.workflows.deadlines import Deadline, meeting_deadlines
from marac.workflows.local_rules import LocalRule, LocalRules, shipped_rules

NOBODY = UUID(int=0)


def rules_of(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> LocalRules:
    """Every version of every local rule of a programme; read once in a unit of work.

    A rule that is newer than the database holds as it was shipped, until the partnership sets its own.
    """
    held = session.info.setdefault("local_rules", {})
    if (partnership_id, programme) not in held:
        rows = session.execute(
            select(Setting.key, Setting.value, Setting.confirmed, Setting.basis, Setting.note, Setting.effective_from)
            .where(Setting.partnership_id == partnership_id, Setting.programme == programme)
        )  # fmt: skip
        stored = [LocalRule(*row) for row in rows]
        known = {rule.name for rule in stored}
        newer = [rule for rule in shipped_rules(programme) if rule.name not in known]
        held[partnership_id, programme] = LocalRules([*newer, *stored])
    rules: LocalRules = held[partnership_id, programme]
    return rules


def closures(session: Session, partnership_id: UUID) -> frozenset[date]:
    """The partnership's own closure days, on top of weekends and bank holidays; read once in a unit of work."""
    held: dict[UUID, frozenset[date]] = session.info.setdefault("closure_days", {})
    if partnership_id not in held:
        of_days = (Setting.partnership_id == partnership_id, Setting.key == "closure_days")
        days = session.scalars(select(Setting.value).where(*of_days))
        held[partnership_id] = frozenset(date.fromisoformat(day) for listed in days for day in listed)
    return held[partnership_id]


def deadlines_of(
    session: Session, meeting: Meeting, *, starts_at: datetime | None = None, closed: frozenset[date] | None = None
) -> dict[str, Deadline]:
    """Every derived date of a meeting, by name, from the rules in force on its day (SCH-37).

    `starts_at` and `closed` ask what they would be. What was done before the meeting moved keeps its date (SCH-38).
    """
    starts_at = starts_at or meeting.starts_at
    held_on = clock.to_london(starts_at).date()
    block = rules_of(session, meeting.partnership_id, meeting.programme).block("deadlines", held_on)
    following = next_meeting(session, meeting.partnership_id, meeting.programme, after=starts_at, other_than=meeting.id)
    next_on = clock.to_london(following.starts_at).date() if following else None
    days = closures(session, meeting.partnership_id) if closed is None else closed
    kept = _kept(session, meeting)
    found = meeting_deadlines(block, held_on, days, next_on)
    return {name: replace(due, at=kept.get(name, due.at)) for name, due in found.items()}


def _kept(session: Session, meeting: Meeting) -> dict[str, datetime]:
    rows = session.execute(
        select(KeptDate.rule, KeptDate.due_at).where(KeptDate.subject_id == meeting.id, KeptDate.met_at.is_not(None))
    )
    return {rule: due_at for rule, due_at in rows}  # noqa: C416 - rows are not pairs to the type checker


def next_meeting(
    session: Session, partnership_id: UUID, programme: ProgrammeSlug, *, after: datetime, other_than: UUID | None = None
) -> Meeting | None:
    """The next sitting of a panel after a moment, whoever asks: a date, not a case."""
    return session.scalar(
        select(Meeting)
        .where(Meeting.partnership_id == partnership_id, Meeting.programme == programme)
        .where(Meeting.starts_at > after, Meeting.state != MeetingState.CANCELLED, Meeting.id != (other_than or NOBODY))
        .order_by(Meeting.starts_at)
        .limit(1)
    )
