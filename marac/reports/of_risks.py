"""Of the risks that a panel raised in a period: how many are met by an action or a reason, and which hearings have one
that is not (DA-25, DA-27).

Opens minutes under the purpose `cover`, and keeps no word of them. What is walled off from who reads is not there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Action, AgendaItem, Case, Meeting, MinuteNote
from marac.reports.hearings import AT_ONCE, Hearing, heard
from marac.reports.suppressing import SMALLEST, shown, shown_together
from marac.vocabulary import ActionState, MinuteHeading as H, Permission as P, ProgrammeSlug, Protects
from marac.workflows import covering
from marac.workflows.hearing import record_of

READ = (*covering.MET_BY, H.NO_ACTION)


@dataclass(frozen=True, slots=True)
class Covered:
    """One hearing: the risks that were raised, and those of them that nothing meets."""

    hearing: Hearing
    raised: tuple[H, ...]
    unmet: tuple[H, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of risk: how often it was raised, and how often nothing met it."""

    label: str
    raised: int
    unmet: int


@dataclass(frozen=True, slots=True)
class Unmet:
    """A hearing with a risk that nothing meets, for who may open the case."""

    item_id: UUID
    case: str
    meeting: str
    held_at: datetime
    risks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The risks of a period by kind, and the hearings behind those that are unmet."""

    programme: ProgrammeSlug
    rows: tuple[Covered, ...]

    @property
    def raised(self) -> int:
        """How many risks were raised."""
        return sum(len(one.raised) for one in self.rows)

    @property
    def unmet(self) -> int:
        """How many have neither an action nor a reason."""
        return sum(len(one.unmet) for one in self.rows)

    @property
    def behind(self) -> dict[UUID, Covered]:
        """The hearings with a risk that is unmet, by item."""
        return {one.hearing.item_id: one for one in self.rows if one.unmet}

    def kinds(self) -> list[Kind]:
        """Each kind that was raised."""
        record = record_of(self.programme)
        raised = Counter(one for row in self.rows for one in row.raised)
        unmet = Counter(one for row in self.rows for one in row.unmet)
        found = [Kind(record.label(one), raised[one], unmet[one]) for one in covering.MET_BY]
        return [one for one in found if one.raised]

    def words(self, *, exact: bool) -> list[tuple[str, str, str]]:
        """(kind, raised, unmet) as they may be shown; for who sees totals only, small ones are hidden (REP-50)."""
        kinds = self.kinds()
        if exact:
            return [(one.label, f"{one.raised:,}", f"{one.unmet:,}") for one in kinds]
        unmet = shown_together({one.label: one.unmet for one in kinds})
        return [(one.label, shown(one.raised), unmet[one.label]) for one in kinds]

    def share(self, *, exact: bool) -> str:
        """What part of the risks is met; to who sees totals only, not where it gives a small number away."""
        if not self.raised:
            return "Nothing was raised"
        if not exact and (self.raised < SMALLEST or 0 < self.unmet < SMALLEST):
            return f"All but {shown(self.unmet)}" if self.raised >= SMALLEST else "Too few to show"
        return f"{(self.raised - self.unmet) * 100 / self.raised:.0f}%"


def coverage(session: Session, actor: Actor, programme: ProgrammeSlug, start: datetime, end: datetime) -> Coverage:
    """Every risk raised at the hearings of a period. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    return of_hearings(session, actor, programme, heard(session, actor, programme, start, end))


def of_hearings(session: Session, actor: Actor, programme: ProgrammeSlug, hearings: Iterable[Hearing]) -> Coverage:
    """The same for hearings that are already counted for this reader."""
    held = list(hearings)
    found: list[Covered] = []
    for start in range(0, len(held), AT_ONCE):
        found += _covered(session, actor, held[start : start + AT_ONCE])
    return Coverage(programme, tuple(found))


def _covered(session: Session, actor: Actor, held: list[Hearing]) -> Iterable[Covered]:
    items = [one.item_id for one in held]
    protected: dict[UUID, set[Protects]] = defaultdict(set)
    agreed = select(Action.item_id, Action.protects).where(
        Action.item_id.in_(items), Action.state != ActionState.WITHDRAWN
    )
    for item_id, whom in session.execute(agreed):
        if item_id is not None:
            protected[item_id].add(whom)
    with access.apart():
        access.open_for("cover", actor.partnership_id, {one.case_id for one in held})
        written, reasons = _written(session, items), _reasons(session, items)
    for one in held:
        words = written.get(one.item_id, {})
        unmet = covering.unmet(words, protected[one.item_id], reasons.get(one.item_id, ()))
        yield Covered(one, covering.raised(words), unmet)


def _written(session: Session, items: list[UUID]) -> Mapping[UUID, dict[H, str]]:
    asked = select(*sealed_columns(MinuteNote, "minutes"), MinuteNote.item_id, MinuteNote.heading)
    rows = session.execute(asked.where(MinuteNote.item_id.in_(items), MinuteNote.heading.in_(READ))).all()
    found: dict[UUID, dict[H, str]] = defaultdict(dict)
    for row, opened in zip(rows, open_many(MinuteNote, "minutes", rows), strict=True):
        found[row[-2]][row[-1]] = opened.get("text") or ""
    return found


def _reasons(session: Session, items: list[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    asked = select(*sealed_columns(AgendaItem, "minutes"), AgendaItem.id.label("item")).where(AgendaItem.id.in_(items))
    rows = session.execute(asked).all()
    opened = open_many(AgendaItem, "minutes", rows)
    return {row[-1]: one.get("no_action_for") or {} for row, one in zip(rows, opened, strict=True)}


def list_unmet(session: Session, actor: Actor, found: Coverage) -> tuple[list[Unmet], int]:
    """The hearings behind, newest first, of cases that the reader may open; and how many others there are."""
    behind, record = found.behind, record_of(found.programme)
    wanted = sorted(behind)
    rows: list[Unmet] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(AgendaItem.id, Case.reference, Meeting.reference, Meeting.starts_at)
            .join(Case, Case.id == AgendaItem.case_id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(access.rule(actor, P.CASE_READ, AgendaItem), AgendaItem.id.in_(wanted[start : start + AT_ONCE]))
        )
        rows += [
            Unmet(*row, tuple(record.label(one) for one in behind[row[0]].unmet)) for row in session.execute(query)
        ]
    rows.sort(key=lambda one: (one.held_at, one.case), reverse=True)
    return rows, len(wanted) - len(rows)
