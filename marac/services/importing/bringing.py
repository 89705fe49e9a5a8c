"""Writes the cases of a spreadsheet: rows of one person and one alleged perpetrator make one case. All, or nothing.

The operator imports as the System; each referral stands under the coordinator who will answer for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.clock import LONDON
from marac.errors import ConfigurationError, RuleBroken
from marac.models import Agency, Assessment, Case, CasePerson, Membership, Referral, User
from marac.services import local
from marac.services.casework import people
from marac.services.casework.involvement import involve
from marac.services.casework.references import new_reference
from marac.services.importing import sheet
from marac.services.importing.understanding import Line, Reader, by_any_name
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.knowing import indexing
from marac.services.referring import referral_tasks
from marac.services.referring.referrals import OPEN_PROGRAMMES, due_dates, reach_idva
from marac.vocabulary import (
    CaseState,
    Criterion,
    InvolvementBasis,
    Permission,
    PersonRole,
    ProgrammeSlug,
    ReferralKind,
    ReferralState,
    Role,
    TriageOutcome,
    UserState,
)
from marac.workflows.deadlines import repeat_window_end

GIVEN_SCORE = "police_dash"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where and for whom cases are written: the operator acts, the coordinator answers for them."""

    session: Session
    house: Deployment
    actor: Actor
    writer: Membership
    programme: ProgrammeSlug


@dataclass(slots=True)
class Report:
    """What came in and what did not; a problem names the row and the column, never the person."""

    rows: int = 0
    imported: int = 0
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def skip(self, row: int, problem: RuleBroken) -> None:
        """Leave a row out and say why."""
        self.skipped.append({"row": row, "field": problem.field, "problem": problem.message})


def bring_in(
    house: Deployment, path: Path, programme: str, *, slug: str | None = None, dry_run: bool = False
) -> Report:
    """Read a workbook and write its cases in one transaction; with `dry_run` only say what would happen.

    RuleBroken when the file or the programme cannot be used at all. A row that is here already is left out.
    """
    chosen = _programme(programme)
    rows, report = sheet.read(path), Report()
    report.rows = len(rows)
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        desk = Desk(session, house, actor, _coordinator(session, actor, chosen), chosen)
        fresh = _not_here_yet(session, actor, _understood(desk, rows, report), report)
        report.imported = len(fresh)
        if fresh and not dry_run:
            _write(desk, fresh)
            audit.record(session, actor, "cases:imported", rows=report.rows, count=report.imported)
    report.skipped.sort(key=lambda skipped: skipped["row"])
    return report


def _programme(slug: str) -> ProgrammeSlug:
    if slug not in tuple(OPEN_PROGRAMMES):
        raise RuleBroken("programme", f"Cases can be imported for: {', '.join(OPEN_PROGRAMMES)}.")
    return ProgrammeSlug(slug)


def _coordinator(session: Session, actor: Actor, programme: ProgrammeSlug) -> Membership:
    """Who answers for what is imported: the coordinator who has been here longest."""
    access.require_holds(actor, Permission.USER_READ)
    query = select(Membership).join(User).where(
        Membership.partnership_id == actor.partnership_id, Membership.role == Role.COORDINATOR,
        Membership.programme == programme, User.state != UserState.SUSPENDED,
    )  # fmt: skip
    found = session.scalar(query.order_by(Membership.from_on, User.created_at, Membership.id).limit(1))
    if found is None:
        raise ConfigurationError("Invite a coordinator first: `marac users invite --role coordinator …`.")
    return found


def _understood(desk: Desk, rows: Sequence[sheet.Row], report: Report) -> list[Line]:
    agencies = desk.session.scalars(access.visible(desk.actor, Permission.AGENCY_READ, Agency))
    reader, lines = Reader(by_any_name(agencies), desk.writer.agency_id), []
    for row in rows:
        try:
            lines.append(reader.line(row))
        except RuleBroken as problem:
            report.skip(row.number, problem)
    return lines


def _not_here_yet(session: Session, actor: Actor, lines: list[Line], report: Report) -> list[Line]:
    """Without the rows of cases that are here: the same file brought in twice doubles nothing."""
    held = _held(session, actor) if lines else set()
    fresh = [line for line in lines if line.same not in held]
    for line in lines:
        if line.same in held:
            report.skip(line.number, RuleBroken("victim_name", "This person's case is here already."))
    return fresh


def _held(session: Session, actor: Actor) -> set[tuple[str, str, str]]:
    """Who is in a case here, as `Line.same` says it, with each name, home and alleged perpetrator of theirs."""
    within = CasePerson.partnership_id == actor.partnership_id
    with access.apart():
        cases = session.scalars(select(Case.id).where(Case.partnership_id == actor.partnership_id,
                                                      Case.state.not_in((CaseState.ERASED,))))  # fmt: skip
        access.open_for("index", actor.partnership_id, list(cases))
        known = [one for one in indexing.known_people(session, within & _in_cases(actor)) if one.names]
    found: set[tuple[str, str, str]] = set()
    for one in known:
        if one.role != PersonRole.VICTIM:
            continue
        postcodes = [postcode for _number, postcode in one.homes] or [""]
        for feared in one.feared or ("",):
            for postcode in postcodes:
                for name in one.names:
                    found.add(_same(name, one.born_on, postcode, feared))
    return found


def _in_cases(actor: Actor) -> Any:
    kept = select(Case.id).where(Case.partnership_id == actor.partnership_id, Case.state != CaseState.ERASED)
    return CasePerson.case_id.in_(kept)


def _same(name: str, born_on: date | None, postcode: str, feared: str) -> tuple[str, str, str]:
    person = {"full_name": name, "born_on": born_on, "postcode": postcode}
    other = {"full_name": feared} if feared else {}
    day = clock.today()
    return Line(0, person, other, (), day, None, UUID(int=0), "", None, "", closed=False).same


def _write(desk: Desk, lines: list[Line]) -> None:
    """Keys first, then cases: rows of one case by date, the later ones as repeats of it."""
    cases: dict[tuple[str, str, str], list[Line]] = {}
    for line in sorted(lines, key=lambda one: (one.referred_on, one.number)):
        cases.setdefault(line.same, []).append(line)
    for group in cases.values():
        case_id = uuid4()
        desk.house.keyring.create_case_key(desk.actor.partnership_id, case_id)
        with access.apart():
            access.open_for("load", desk.actor.partnership_id, [case_id])
            _write_case(desk, case_id, group)


def _write_case(desk: Desk, case_id: UUID, group: list[Line]) -> None:
    session, last = desk.session, group[-1]
    heard_on = max((line.heard_on for line in group if line.heard_on), default=None)
    rules = local.rules_of(session, desk.actor.partnership_id, desk.programme)
    until_on = repeat_window_end(heard_on, rules.value("repeat_window.months", clock.today())) if heard_on else None
    case = Case(
        id=case_id, partnership_id=desk.actor.partnership_id, programme=desk.programme,
        reference=new_reference(session), state=_state(last, until_on), opened_on=group[0].referred_on,
        last_referral_on=last.referred_on, last_heard_on=heard_on, flag_until_on=until_on,
        why_high_risk=last.concern or None,
    )  # fmt: skip
    session.add(case)
    session.flush()
    people.add_person(session, case, PersonRole.VICTIM, **last.person)
    people.add_person(session, case, PersonRole.PERPETRATOR, **last.perpetrator)
    for name in last.children:
        people.add_person(session, case, PersonRole.CHILD, full_name=name)
    threshold = rules.value("criteria.visible_high_risk", clock.today())["value"]
    for number, line in enumerate(group):
        involve(session, case_id, case.partnership_id, [line.agency_id], InvolvementBasis.REFERRED)
        _write_referral(desk, case, line, _criteria(line, threshold, repeat=number > 0))
    audit.record(session, desk.actor, "case:opened", case, kind=ReferralKind.NEW)


def _state(last: Line, until_on: date | None) -> CaseState:
    """Waiting for a decision, heard with its flag live, or past its twelve months; closed when the sheet says so."""
    if last.closed:
        return CaseState.CLOSED
    if last.heard_on is None:
        return CaseState.RECEIVED
    return CaseState.ISSUED if until_on and until_on >= clock.today() else CaseState.LAPSED


def _write_referral(desk: Desk, case: Case, line: Line, criteria: list[Criterion]) -> None:
    sent_at, heard = _noon(line.referred_on), line.heard_on is not None or line.closed
    repeat = Criterion.REPEAT in criteria
    by = {"partnership_id": case.partnership_id, "case_id": case.id}
    referral = Referral(
        **by, programme=case.programme, reference=new_reference(desk.session), agency_id=line.agency_id,
        kind=ReferralKind.REPEAT if repeat else ReferralKind.NEW, user_id=desk.writer.user_id,
        state=ReferralState.ACCEPTED if heard else ReferralState.SUBMITTED, started_at=sent_at, submitted_at=sent_at,
        decided_at=sent_at if heard else None, decided_by_id=desk.writer.user_id if heard else None,
        outcome=(TriageOutcome.ACCEPT_REPEAT if repeat else TriageOutcome.ACCEPT) if heard else None,
        what_happened=line.concern or None, criteria=[one.value for one in criteria],
        earlier_papers=f"Earlier number: {line.reference}" if line.reference else None,
        done_tasks=[task.key for task in referral_tasks.TASKS],
    )  # fmt: skip
    if not heard:
        referral.decide_by_at = due_dates(desk.session, referral)["triage_decided"]
    desk.session.add(referral)
    desk.session.flush()
    if not line.closed:
        reach_idva(desk.session, referral)
    if line.score is not None:
        made = {"made_at": sent_at, "made_by_id": desk.writer.user_id, "referral_id": referral.id}
        score = Assessment(**by, **made, checklist=GIVEN_SCORE, checklist_version="1.0", answers={}, score=line.score)
        desk.session.add(score)


def _criteria(line: Line, threshold: int, *, repeat: bool) -> list[Criterion]:
    """What the sheet shows and no more: a score at the local threshold, a repeat, else judgement."""
    found = [Criterion.VISIBLE_HIGH_RISK] if (line.score or 0) >= threshold else []
    found += [Criterion.REPEAT] if repeat else []
    return found or [Criterion.PROFESSIONAL_JUDGEMENT]


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), LONDON).astimezone(UTC)
