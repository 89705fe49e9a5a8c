"""Writes the demo's meetings: who was invited and came, and the state of the minutes. Writes no case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from uuid import UUID, uuid4

from marac.models import Attendance, Deadline, Meeting, Minutes
from marac.services.demo.borough import DA, Borough, Worker
from marac.services.demo.names import draw_name, heritage
from marac.services.demo.planning import Plan
from marac.services.demo.series import Sitting
from marac.services.demo.tables import at, chance, days_after, pick, source, weighted, working_day
from marac.vocabulary import AttendanceState, MeetingKind, MeetingPlace, MeetingState, MinutesState, Role

HOURS = {MeetingKind.EMERGENCY: 14, MeetingKind.ASYNCHRONOUS: 17}
PLACES = (MeetingPlace.HYBRID, MeetingPlace.ONLINE)
CAME = {
    AttendanceState.PRESENT: 84.0, AttendanceState.DEPUTY: 7.0, AttendanceState.APOLOGIES: 6.0,
    AttendanceState.ABSENT: 3.0,
}  # fmt: skip
HERE = (AttendanceState.PRESENT, AttendanceState.DEPUTY)
ALWAYS = ("met_police_da", "solace", "vawg_team")


@dataclass(frozen=True, slots=True)
class Written:
    """A meeting as written, with what the writers of cases need of it."""

    id: UUID
    sitting: Sitting
    today: date
    starts_at: datetime
    asked_at: datetime
    answers_due_at: datetime
    chair: Worker
    coordinator: Worker


def write_sittings(borough: Borough, plan: Plan) -> tuple[list[Written], list[object]]:
    """Every meeting of the plan in order, and the rows to add."""
    written: list[Written] = []
    rows: list[object] = []
    for number, sitting in enumerate(plan.sittings):
        draw = source(f"sitting/{plan.seed}/{number}")
        one = _describe(borough, sitting, plan.today, draw)
        written.append(one)
        rows += [_meeting(borough, one, draw), *_attendance(borough, one, draw), *_minutes(borough, one)]
    return written, rows


def _describe(borough: Borough, sitting: Sitting, today: date, draw: Random) -> Written:
    hour = HOURS.get(sitting.kind, 9)
    chairs, coordinators = borough.of_role(Role.CHAIR), borough.of_role(Role.COORDINATOR)
    asked_on = min(working_day(sitting.on, "D-4"), days_after(today, -2))
    return Written(
        uuid4(), sitting, today, at(sitting.on, hour, 30), at(asked_on, 16),
        at(working_day(sitting.on, "D-1"), 12), chairs[0] if chance(draw, 0.85) else chairs[1],
        coordinators[0] if chance(draw, 0.8) else coordinators[1],
    )  # fmt: skip


def _meeting(borough: Borough, one: Written, draw: Random) -> Meeting:
    held = one.sitting.state is MeetingState.HELD
    emergency = one.sitting.kind is MeetingKind.EMERGENCY
    return Meeting(
        id=one.id, partnership_id=borough.id, programme=DA, reference=borough.new_reference(), kind=one.sitting.kind,
        state=one.sitting.state, starts_at=one.starts_at, minutes_per_case=15 if emergency else 10,
        place=MeetingPlace.ONLINE if one.sitting.kind in HOURS else pick(draw, PLACES),
        chair_id=one.chair.id, statement_read_at=one.starts_at if held else None,
        published_at=one.asked_at if one.sitting.state is not MeetingState.SCHEDULED else None,
        opened_at=one.starts_at if held else None, held_at=at(one.sitting.on, 13, 10) if held else None,
    )  # fmt: skip


def _attendance(borough: Borough, one: Written, draw: Random) -> Iterator[Attendance]:
    """A place for each core agency; those who came agreed to confidentiality before the first case."""
    if one.sitting.state is MeetingState.SCHEDULED:
        return
    for place, slug in enumerate(borough.core):
        worker = borough.staffed(slug)
        state = weighted(draw, CAME) if slug not in ALWAYS else AttendanceState.PRESENT
        if one.sitting.state is MeetingState.PUBLISHED:
            state = AttendanceState.APOLOGIES if place == 5 else AttendanceState.INVITED
        here = state in HERE
        named = worker if here or state is AttendanceState.APOLOGIES else None
        stand_in = _deputy(borough, slug) if state is AttendanceState.DEPUTY else named
        name = stand_in.full_name if stand_in else _name(draw) if state is AttendanceState.DEPUTY else None
        yield Attendance(
            partnership_id=borough.id, meeting_id=one.id, agency_id=borough.agencies[slug], state=state,
            user_id=stand_in.id if stand_in else None, person_name=name, agreed_at=one.starts_at if here else None,
            agreed_in_room=here and chance(draw, 0.5),
        )  # fmt: skip


def _name(draw: Random) -> str:
    """Somebody who came for an agency and has no account."""
    return draw_name(draw, heritage(draw), female=chance(draw, 0.6)).full


def _deputy(borough: Borough, slug: str) -> Worker | None:
    return next((one for one in borough.of_role(Role.DEPUTY) if one.agency_id == borough.agencies[slug]), None)


def _minutes(borough: Borough, one: Written) -> Iterator[Minutes | Deadline]:
    """The minutes of a meeting that was held, and the clocks of those not issued or not yet asked for."""
    state, on = one.sitting.minutes, one.sitting.on
    if state is None:
        if one.sitting.state is MeetingState.PUBLISHED:
            yield _deadline(borough, one.id, "research_due", one.answers_due_at)
        return
    issued = state is MinutesState.ISSUED
    due_at = at(working_day(on, "D+2"), 17)
    yield Minutes(
        partnership_id=borough.id, meeting_id=one.id, programme=DA, state=state, due_at=due_at,
        approved_at=at(_next(on, 1), 15) if issued else None, approved_by_id=one.chair.id if issued else None,
        issued_at=at(_next(on, 1), 16) if issued else None, issued_number=1 if issued else None, number=1,
        submitted_by_id=one.coordinator.id if state is not MinutesState.DRAFT else None,
    )  # fmt: skip
    if not issued:
        yield _deadline(borough, one.id, "minutes_issued", due_at)


def _deadline(borough: Borough, subject_id: UUID, rule: str, due_at: datetime) -> Deadline:
    return Deadline(partnership_id=borough.id, subject_id=subject_id, rule=rule, due_at=due_at)


def _next(on: date, days: int) -> date:
    return working_day(on, f"D+{days}")
