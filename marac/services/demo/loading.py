"""Loads the demo: a planned year and a present, written in batches, one unit of work each. Refuses to load twice."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.crypto.blind_index import BlindIndex, PersonTokens
from marac.db import Base
from marac.models import AuditEntry, Partnership, PersonToken
from marac.services.demo import annual, community_cases
from marac.services.demo.actions import Agreed, reminder
from marac.services.demo.belonging import write_belonging
from marac.services.demo.borough import Borough, found_borough
from marac.services.demo.casework import (
    Opened,
    Referred,
    open_case,
    token_rows,
    write_case,
    write_people,
    write_referral,
)
from marac.services.demo.declarations import declare_all
from marac.services.demo.hearings import Course, Occasion, write_flags, write_hearing, write_involvement
from marac.services.demo.household import household
from marac.services.demo.moves import write_moves
from marac.services.demo.panel import STEPS
from marac.services.demo.planning import Hearing, Plan, plan
from marac.services.demo.sanctuary import Scheme, write_audits, write_home
from marac.services.demo.sanctuary_plan import Home, plan_homes
from marac.services.demo.sittings import Written, write_sittings
from marac.services.demo.tables import days_after, source
from marac.services.demo.telling import Telling
from marac.services.demo.told import weigh_plan
from marac.services.demo.versions import write_versions
from marac.services.demo.waiting import write_waiting
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import ActionState, CaseState, MeetingKind, Outcome, ReferralKind
from marac.workflows.deadlines import add_months

LATE = (1, 2, 17, 3, 5, 9, 4)  # days overdue: one of them far enough for each rung of the ladder
Progress = Callable[[int, int], None]
BATCH = 40
STAGES = ("earlier", "earlier", "earlier", "recent", "recent", "recent", "last", "next", "later", "today", "next")
NOUNS = {
    "agenda_item": "hearings", "address": "addresses", "attendance": "attendances", "case_agency": "involvements",
    "case_file": "cases", "case_person": "people", "minutes": "minutes", "research": "research",
    "user_account": "users", "meeting_series": "series", "transfer": "transfers", "agency": "agencies",
    "guest_pass": "guest_passes",
}  # fmt: skip
UNCOUNTED = ("audit_entry", "audit_head", "partnership", "programme", "setting", "once_key", "job_run", "lease",
             "declaration")  # fmt: skip
STATE_AT = {
    "long ago": CaseState.LAPSED, "earlier": CaseState.ISSUED, "recent": CaseState.ISSUED, "last": CaseState.HEARD,
    "next": CaseState.LISTED, "later": CaseState.LISTED, "today": CaseState.LISTED,
}  # fmt: skip


@dataclass(slots=True)
class Desk:
    """What the writing of cases needs, for the whole load."""

    plan: Plan
    borough: Borough
    written: list[Written]
    stages: list[str]
    positions: dict[tuple[int, int], int]
    extra: dict[tuple[int, int], list[Agreed]]


def load(
    deployment: Deployment, *, scale: str = "year", seed: int = 1, progress: Progress | None = None
) -> dict[str, int]:
    """Found the demo partnership and fill it; returns how many of each noun. `progress(cases done, all)`.

    RuleBroken for a scale this version has not, or when the demo is already there. The same seed on the same day gives
    the same people, dates and counts; ids and references differ.
    """
    planned = plan(scale=scale, seed=seed, today=clock.today())
    with unit_of_work(deployment) as session:
        borough = found_borough(session, deployment.keyring, planned)
        written, rows = write_sittings(borough, planned)
        _add(session, rows)
        desk = _desk(planned, borough, written)
    homes = plan_homes(planned)
    everything = planned.cases + len(homes)
    for start in range(0, planned.cases, BATCH):
        _write_batch(deployment, desk, range(start, min(start + BATCH, planned.cases)))
        if progress:
            progress(min(start + BATCH, planned.cases), everything)
    for start in range(0, len(homes), BATCH):
        _write_homes(deployment, desk, homes[start : start + BATCH], last=start + BATCH >= len(homes))
        if progress:
            progress(planned.cases + min(start + BATCH, len(homes)), everything)
    with unit_of_work(deployment) as session:
        community_cases.write_community(session, deployment.keyring, borough, today=planned.today, seed=seed)
    with unit_of_work(deployment) as session:
        write_versions(session, borough)
    for step in STEPS:
        with unit_of_work(deployment) as session:
            step(session, borough, written)
    with unit_of_work(deployment) as session:
        write_belonging(session, borough)
    with unit_of_work(deployment) as session:
        write_moves(session, deployment.keyring, borough, seed)
        declare_all(session, borough)
        annual.write_figures(session, borough)
        audit.record(session, access.system(borough.id), "demo:loaded", count=everything)
    with deployment.reader() as session:
        return dict(sorted({**_counted(session), **_of_year(planned), **community_cases.figures(session)}.items()))


def _counted(session: Session) -> dict[str, int]:
    """How many rows of each noun there are now."""
    tables = [one for one in Base.metadata.sorted_tables if one.name not in UNCOUNTED]
    found = {one.name: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}
    return {NOUNS.get(name, f"{name}s"): rows for name, rows in found.items() if rows}


def _of_year(planned: Plan) -> dict[str, int]:
    """The figures of the financial year 2022-23: hearings, different people heard, repeats."""
    heard = planned.of_year()
    return {
        "hearings_2022_23": len(heard),
        "victims_heard_2022_23": len({hearing.case for hearing in heard}),
        "repeats_2022_23": sum(hearing.is_repeat for hearing in heard),
    }


def is_only_demo(deployment: Deployment) -> bool:
    """Whether a demo is loaded and nothing else: what may show sign-ins to a stranger on this machine."""
    with deployment.reader() as session:
        others = session.scalar(select(Partnership.id).where(~Partnership.is_demo).limit(1))
    return others is None and is_loaded(deployment)


def partnership_id(session: Session) -> UUID | None:
    """The demo partnership of a deployment; None where there is none."""
    return session.scalar(select(Partnership.id).where(Partnership.is_demo).limit(1))


def is_loaded(deployment: Deployment) -> bool:
    """Whether a demo was loaded here to its end. One that was broken off is not: it needs an empty data folder."""
    with deployment.reader() as session:
        return session.scalar(select(AuditEntry.id).where(AuditEntry.tag == "demo:loaded").limit(1)) is not None


def _desk(planned: Plan, borough: Borough, written: list[Written]) -> Desk:
    present = iter(STAGES)
    stages = [next(present) if one.present else "long ago" for one in planned.sittings]
    taken: Counter[int] = Counter()
    positions = {}
    for hearing in planned.hearings:
        taken[hearing.sitting] += 1
        positions[hearing.case, hearing.sitting] = taken[hearing.sitting]
    return Desk(planned, borough, written, stages, positions, _due_now(planned, borough, stages))


def _due_now(planned: Plan, borough: Borough, stages: list[str]) -> dict[tuple[int, int], list[Agreed]]:
    """For every core agency one action overdue and one due today, shared out over the cases heard lately."""
    heard = [one for one in planned.hearings if one.outcome in (Outcome.HEARD, Outcome.BRING_BACK)]
    recent = [(one.case, one.sitting) for one in heard if stages[one.sitting] == "recent"]
    last = [(one.case, one.sitting) for one in heard if stages[one.sitting] == "last"]
    states = (ActionState.OPEN, ActionState.ACCEPTED, ActionState.IN_PROGRESS)
    found: dict[tuple[int, int], list[Agreed]] = defaultdict(list)
    for place, slug in enumerate(borough.core):
        at = recent[place % len(recent)]
        due_on = max(days_after(planned.today, -LATE[place % len(LATE)]), days_after(planned.sittings[at[1]].on, 3))
        found[at].append(reminder(slug, "fill_gap", due_on, states[place % 3]))
        found[last[place % len(last)]].append(reminder(slug, "tell_front_line", planned.today, states[place % 2]))
    return found


def _write_batch(deployment: Deployment, desk: Desk, numbers: Sequence[int]) -> None:
    """Some cases with all that hangs on them, in one transaction. Their keys are committed first."""
    ids = {number: uuid4() for number in numbers}
    deployment.keyring.create_case_keys(desk.borough.id, list(ids.values()))
    hearings = desk.plan.by_case()
    waiting = {one.case: one for one in desk.plan.waiting}
    with unit_of_work(deployment) as session:
        access.open_for("load", desk.borough.id, ids.values())
        index = BlindIndex(deployment.keyring, desk.borough.id)
        written: list[object] = []
        people: list[PersonTokens] = []
        for number, case_id in ids.items():
            if number in waiting:
                rows, found = write_waiting(desk.borough, case_id, waiting[number], desk.plan)
            else:
                rows, found = _heard_case(desk, case_id, number, hearings[number])
            written += rows
            people += found
        _add(session, written)
        tokens = token_rows(index, desk.borough, people)
        session.execute(insert(PersonToken), tokens)


def _write_homes(deployment: Deployment, desk: Desk, homes: Sequence[Home], *, last: bool) -> None:
    """Some requests to make a home secure, in one transaction."""
    ids = {home.number: uuid4() for home in homes}
    borough = desk.borough
    deployment.keyring.create_case_keys(borough.id, list(ids.values()))
    with unit_of_work(deployment) as session:
        access.open_for("load", borough.id, ids.values())
        access.open_staff_for("load", borough.id)
        scheme = Scheme(
            borough, desk.plan.seed, desk.plan.today, deployment.keyring, access.open_orders_for(borough.id)
        )
        index = BlindIndex(deployment.keyring, borough.id)
        written: list[Any] = write_audits(scheme) if last else []
        people: list[PersonTokens] = []
        for home in homes:
            rows, found = write_home(scheme, session, ids[home.number], home)
            written += rows
            people += found
        _add(session, written)
        tokens = token_rows(index, borough, people)
        session.execute(insert(PersonToken), tokens)


def _heard_case(
    desk: Desk, case_id: UUID, number: int, hearings: Sequence[Hearing]
) -> tuple[list[object], list[PersonTokens]]:
    """One case with its hearings in order, as it stands after the last of them."""
    planned, borough = desk.plan, desk.borough
    draw = source(f"case/{planned.seed}/{number}")
    first_on = planned.referred_on(hearings[0])
    stage = desk.stages[hearings[-1].sitting]
    stale = 28 if number % 3 == 0 else 0  # some contact rules of the coming meetings are to be asked about again
    checked = days_after(planned.today, -draw.randrange(3, 40) - stale) if stage != "long ago" else first_on
    people = household(planned.seed, number, first_on, checked_on=checked)
    case, telling, course = open_case(borough, case_id, number, people, planned.seed), Telling(people, draw), Course()
    rows: list[object] = []
    referred: Referred | None = None
    plan_before: list[object] = []
    for hearing in hearings:
        if hearing.fresh or referred is None:
            referred, made = _refer(desk, case, hearing, telling)
            rows += made
        at, words = (number, hearing.sitting), source(f"hearing/{planned.seed}/{number}/{hearing.sitting}")
        occasion = Occasion(
            borough, case, hearing, desk.written[hearing.sitting], desk.positions[at], desk.stages[hearing.sitting],
            referred, Telling(people, words),
        )  # fmt: skip
        made = write_hearing(occasion, course, desk.extra.get(at, ()))
        if hearing.is_repeat and occasion.over and occasion.stage != "long ago":
            weigh_plan(occasion, plan_before)
        rows, plan_before = [*rows, *made], made
    row = write_case(
        borough, case, telling, state=_state(stage, draw), opened_on=first_on, last_heard_on=course.heard_on,
        last_referral_on=referred.on if referred else None,
        flag_until_on=add_months(course.heard_on, 12) if course.heard_on else None,
    )  # fmt: skip
    found = []
    for person_row, tokens in write_people(borough, case, telling):
        rows.append(person_row)
        found += [tokens] if tokens else []
    rows += [row, *write_involvement(borough, case, course, first_on), *write_flags(borough, case, course, draw)]
    return rows, found


def _refer(desk: Desk, case: Opened, hearing: Hearing, telling: Telling) -> tuple[Referred, list[object]]:
    """The referral that brought a case to a sitting."""
    one = desk.written[hearing.sitting]
    kind = ReferralKind.REPEAT if hearing.is_repeat else ReferralKind.NEW
    more: dict[str, Any] = {}
    if hearing.is_transfer:
        kind = ReferralKind.TRANSFER_IN
        more = {"other_area": "another London borough", "earlier_papers": "Minutes of one hearing came with it."}
    if one.sitting.kind is MeetingKind.EMERGENCY:
        kind, more = ReferralKind.EMERGENCY, {"emergency_need": telling.story("urgent_need"), "urgent": True}
    on = desk.plan.referred_on(hearing)
    return write_referral(desk.borough, case, telling, on=on, kind=kind, meeting_id=one.id, **more)


def _state(stage: str, draw: Random) -> CaseState:
    if stage == "long ago" and draw.random() < 0.12:
        return CaseState.CLOSED
    return STATE_AT[stage]


def _add(session: Session, rows: Sequence[Any]) -> None:
    """Add and flush table by table, a table after those it points to."""
    by_table: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        by_table[row.__table__].append(row)
    for one in Base.metadata.sorted_tables:
        if by_table[one]:
            session.add_all(by_table[one])
            session.flush()
