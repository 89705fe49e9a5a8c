"""Every assessment of a case: listed, compared with another of the same version, and when the next one is due.

Different tools, and different versions of one, are never compared and never put on one line (rule 6.5.5).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Assessment, Case, Referral
from marac.services.casework import assessments, naming, risk_tools
from marac.services.casework.case_page import Head
from marac.vocabulary import Grade, Permission as P, ReferralKind
from marac.workflows.definitions import Checklist, Question


@dataclass(frozen=True, slots=True)
class Made:
    """One assessment as it was made: its version, and the snapshot of what it came to. `tool` None: not held here."""

    id: UUID
    tool: Checklist | None
    tool_id: str
    version: str
    made_on: date
    made_where: str
    by: str
    score: int | None
    unknown: int
    tool_grade: Grade | None
    professional_grade: Grade | None
    grade_reason: str
    red_flags: tuple[str, ...]
    answers: Mapping[str, Any]
    professional: Mapping[str, Any]

    @property
    def alike(self) -> tuple[str, str]:
        """What two assessments must share to be compared: tool and version."""
        return (self.tool_id, self.version)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two assessments of one version, the earlier first, and each question with both answers."""

    earlier: Made
    later: Made
    rows: tuple[tuple[Question, Any, Any], ...]

    @property
    def changed(self) -> tuple[tuple[Question, Any, Any], ...]:
        """The questions whose answer is another one now."""
        return tuple(row for row in self.rows if _word(row[1]) != _word(row[2]))


@dataclass(frozen=True, slots=True)
class Due:
    """The risk is to be assessed again: since when, and whether because of a further incident."""

    since_on: date
    after_incident: bool
    weeks: int


def list_assessments(session: Session, actor: Actor, case: Case, head: Head) -> tuple[Made, ...]:
    """Every assessment of a case that was sent or added, the newest first; none where risk is not open."""
    if "risk" not in head.opened:
        return ()
    mine = access.visible(actor, P.CASE_READ, Assessment).where(Assessment.case_id == case.id)
    read = select(Referral.id).where(access.rule(actor, P.CASE_READ, Referral), Referral.submitted_at.is_not(None))
    shown = mine.where(Assessment.referral_id.is_(None) | Assessment.referral_id.in_(read))
    found = session.scalars(shown.order_by(Assessment.made_at.desc(), Assessment.id)).all()
    who = naming.colleagues(session, actor, [one.made_by_id for one in found])
    return tuple(_made(session, one, who) for one in found)


def compare(found: Iterable[Made], picked: Iterable[str]) -> Compared:
    """Two of a case's assessments side by side. RuleBroken unless they are two of the same tool and version."""
    chosen = [one for one in found if one.id.hex in set(picked)]
    if len(chosen) != 2:
        raise RuleBroken("pick", "Select two assessments")
    later, earlier = chosen
    if later.alike != earlier.alike or later.tool is None:
        raise RuleBroken("pick", "Select two of the same tool and version. Different tools are not compared")
    questions = later.tool.questions
    if not questions:
        raise RuleBroken("pick", "The answers of these were not supplied, so there is nothing to set side by side")
    rows = ((one, earlier.answers.get(str(one.number)), later.answers.get(str(one.number))) for one in questions)
    return Compared(earlier, later, tuple(rows))


def lines_of(found: Iterable[Made]) -> tuple[tuple[Made, ...], ...]:
    """What may be put on one line over time: the assessments of each version, the earliest first, two or more."""
    alike: dict[tuple[str, str], list[Made]] = defaultdict(list)
    for one in reversed(list(found)):
        if one.tool is not None and one.tool.questions and one.score is not None:
            alike[one.alike].append(one)
    return tuple(tuple(line) for line in alike.values() if len(line) > 1)


def due_again(session: Session, case: Case, found: Iterable[Made]) -> Due | None:
    """Whether the risk is to be assessed again: after a further incident, or some weeks after the last time (DA-7)."""
    done = [one.made_on for one in found if one.tool is None or not one.tool.is_screen]
    if not done or case.state in assessments.OVER:
        return None
    today, last = clock.today(), max(done)
    weeks, after = (
        risk_tools.value_of(session, case.partnership_id, case.programme, f"risk_tools.{name}", today)
        for name in ("reassess_weeks", "reassess_after_incident")
    )
    incidents = _incidents(session, case) if after else []
    since = [day for day in incidents if day > last]
    if since:
        return Due(min(since), after_incident=True, weeks=weeks)
    if not weeks:
        return None
    due_on = last + timedelta(weeks=weeks)
    return Due(due_on, after_incident=False, weeks=weeks) if due_on <= today else None


def _incidents(session: Session, case: Case) -> list[date]:
    told = select(Referral.submitted_at).where(Referral.case_id == case.id, Referral.kind == ReferralKind.REPEAT)
    return [clock.to_london(at).date() for at in session.scalars(told) if at is not None]


def _made(session: Session, one: Assessment, who: Mapping[UUID, str]) -> Made:
    return Made(
        id=one.id, tool=risk_tools.version_of(session, one), tool_id=one.checklist, version=one.checklist_version,
        made_on=one.made_on or clock.to_london(one.made_at).date(), made_where=one.made_where or "",
        by=who.get(one.made_by_id, "") if one.made_by_id else "", score=one.score, unknown=one.unknown or 0,
        tool_grade=one.tool_grade, professional_grade=one.professional_grade, grade_reason=one.grade_reason or "",
        red_flags=tuple(str(flag) for flag in one.red_flags or ()), answers=one.answers or {},
        professional=one.professional or {},
    )  # fmt: skip


def _word(entry: Any) -> Any:
    """An answer alone, for telling whether it changed."""
    said = entry.get("answer") if isinstance(entry, Mapping) else entry
    return tuple(said) if isinstance(said, list) else said or None
