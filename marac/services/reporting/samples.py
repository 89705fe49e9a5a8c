"""Auditing the work on a sample of cases against the ten principles: drawn, answered case by case, closed (DA-53).

Refuses to sample a case that its auditor may not open, to close with a case unanswered, and any change after closing.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import AgendaItem, Case, Meeting, SampleAudit, SampledCase
from marac.services import moving
from marac.vocabulary import (
    AgendaItemState,
    CaseState,
    Outcome,
    Permission as P,
    ProgrammeSlug,
    SampleAnswer,
    SampleState,
)
from marac.workflows import principles
from marac.workflows.deadlines import london

MOST = 50
HEARD = (Outcome.HEARD, Outcome.BRING_BACK)


@dataclass(frozen=True, slots=True)
class Asked:
    """From what a sample is drawn: both days are in it; without a seed one is made."""

    programme: ProgrammeSlug
    first_on: date
    last_on: date
    size: int
    seed: str = ""


def draw_sample(session: Session, actor: Actor, asked: Asked) -> SampleAudit:
    """Begin an audit. Its cases are drawn from those heard in the period that the actor may open, and no others."""
    access.require_holds(actor, P.QUALITY_REVIEW)
    if asked.last_on < asked.first_on or asked.last_on > clock.today():
        raise RuleBroken("last_on", "The last day must be after the first, and not in the future")
    if not 1 <= asked.size <= MOST or asked.programme not in actor.programmes:
        raise RuleBroken("size", f"Choose from 1 to {MOST} cases")
    heard = _heard(session, actor, asked)
    if not heard:
        raise RuleBroken("first_on", "No case that you may open was heard in these days")
    access.open_staff(actor, seal=True)
    seed = asked.seed.strip() or secrets.token_hex(8)
    made = SampleAudit(
        partnership_id=actor.partnership_id, programme=asked.programme, state=SampleState.OPEN, size=asked.size,
        first_on=asked.first_on, last_on=asked.last_on, seed=seed, drawn_by_id=actor.user_id, drawn_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    chosen = principles.draw(seed, heard, asked.size)
    access.open_stages(session, actor, {case_id: heard[case_id] for case_id in chosen})
    for position, case_id in enumerate(chosen, start=1):
        session.add(SampledCase(
            partnership_id=actor.partnership_id, audit_id=made.id, case_id=case_id, position=position,
        ))  # fmt: skip
    audit.record(session, actor, "sample:drawn", made, cases=len(chosen))
    moving.flush(session)
    return made


def _heard(session: Session, actor: Actor, asked: Asked) -> dict[UUID, CaseState]:
    """The cases heard in the period that may be audited, with their stage. What is kept from change is left out."""
    start, end = london(asked.first_on, time(0)), london(asked.last_on + timedelta(days=1), time(0))
    query = (
        select(Case.id, Case.state)
        .join(AgendaItem, AgendaItem.case_id == Case.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            access.rule(actor, P.QUALITY_REVIEW, Case), Case.state != CaseState.MERGED,
            Meeting.programme == asked.programme, Meeting.starts_at >= start, Meeting.starts_at < end,
            AgendaItem.state == AgendaItemState.HEARD, AgendaItem.outcome.in_(HEARD),
        )
    )  # fmt: skip
    return dict(session.execute(query.distinct()).all())


def get_sample(session: Session, actor: Actor, sample_id: UUID) -> SampleAudit:
    """An audit of the actor's panel; while it is open, for who audits. NotFound otherwise."""
    access.require_holds(actor, P.REPORT_READ)
    found = session.get(SampleAudit, sample_id)
    if found is None or found.partnership_id != actor.partnership_id or found.programme not in actor.programmes:
        raise NotFound
    if found.state is SampleState.OPEN and not access.holds(actor, P.QUALITY_REVIEW):
        raise NotFound
    return found


def list_samples(session: Session, actor: Actor) -> list[SampleAudit]:
    """The audits that the actor may look at, newest period first."""
    access.require_holds(actor, P.REPORT_READ)
    query = select(SampleAudit).where(
        SampleAudit.partnership_id == actor.partnership_id, SampleAudit.programme.in_(actor.programmes)
    )
    if not access.holds(actor, P.QUALITY_REVIEW):
        query = query.where(SampleAudit.state == SampleState.CLOSED)
    return list(session.scalars(query.order_by(SampleAudit.last_on.desc(), SampleAudit.drawn_at.desc())))


def list_cases(session: Session, actor: Actor, sample: SampleAudit) -> list[SampledCase]:
    """The cases of an audit that the actor may open; nobody is told that there are others."""
    if not access.holds(actor, P.QUALITY_REVIEW):
        return []
    mine = access.visible(actor, P.CASE_READ, SampledCase).join(Case, Case.id == SampledCase.case_id)
    query = mine.where(SampledCase.audit_id == sample.id, Case.state != CaseState.MERGED)
    return list(session.scalars(query.order_by(SampledCase.position)))


def get_case(session: Session, actor: Actor, sample: SampleAudit, sampled_id: UUID) -> SampledCase:
    """One case of an audit, opened to the actor at its stage; NotFound for one they may not see."""
    access.require_holds(actor, P.QUALITY_REVIEW)
    found = next((one for one in list_cases(session, actor, sample) if one.id == sampled_id), None)
    if found is None:
        raise NotFound
    access.open_case(actor, found.case)
    return found


def answer_case(
    session: Session, actor: Actor, one: SampledCase, *, answers: Mapping[str, SampleAnswer | None],
    notes: Mapping[str, str], version: int | None = None,
) -> None:  # fmt: skip
    """Keep the answers on one case, each with its note. WrongState once the audit was closed."""
    access.require(actor, P.QUALITY_REVIEW, one.case)
    if one.audit.state is not SampleState.OPEN:
        raise WrongState(f"{one.audit_id} is closed")
    access.open_case(actor, one.case)
    moving.same_version(one, version)
    principles.check(answers, notes)
    one.answers = {key: answer.value for key, answer in answers.items() if answer is not None}
    one.notes = {key: note.strip() for key, note in notes.items() if note.strip()}
    one.reviewed_by_id, one.reviewed_at = actor.user_id, clock.now()
    audit.record(session, actor, "sample:answered", one)
    moving.flush(session)


def close_sample(session: Session, actor: Actor, sample: SampleAudit, *, changes: str) -> SampleAudit:
    """Close an audit: its figures are kept and nothing changes any more. RuleBroken while a case is unanswered."""
    access.require_holds(actor, P.QUALITY_REVIEW)
    if sample.state is not SampleState.OPEN:
        raise WrongState(f"{sample.id} is closed")
    mine = list_cases(session, actor, sample)
    waiting = [one for one in mine if one.reviewed_at is None and access.may(actor, P.QUALITY_REVIEW, one.case)]
    if waiting or not any(one.reviewed_at for one in mine):
        raise RuleBroken("changes", f"Answer the questions on every case first. {len(waiting)} are left")
    if len(changes.strip()) < 3:
        raise RuleBroken("changes", "Say what will be done about what was found")
    answered = select(SampledCase.answers).where(
        SampledCase.audit_id == sample.id, SampledCase.reviewed_at.is_not(None)
    )
    access.open_staff(actor, seal=True)
    sample.figures = principles.tally(session.scalars(answered))
    sample.changes, sample.state = changes.strip(), SampleState.CLOSED
    sample.closed_by_id, sample.closed_at = actor.user_id, clock.now()
    audit.record(session, actor, "sample:closed", sample)
    moving.flush(session)
    return sample


def changes_of(actor: Actor, sample: SampleAudit) -> str:
    """What will be done about what was found."""
    access.open_staff(actor)
    return sample.changes or ""
