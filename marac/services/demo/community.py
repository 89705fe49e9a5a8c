"""The demo's Community MARAC: 65 people heard in the year at twelve monthly meetings, and a case in every state now.

Decides nothing that matters: what is drawn comes from one source of chance, the same for a seed and a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid4

from marac.models import Meeting, Minutes
from marac.services.demo.borough import Borough, Worker
from marac.services.demo.tables import at, days_after, source, working_day
from marac.vocabulary import (
    CaseState,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    MinutesState,
    ProgrammeSlug,
    Role,
)

COMMUNITY = ProgrammeSlug.COMMUNITY_MARAC
PEOPLE_HEARD = 65
FIRST_NUMBER = 50_000  # of the households: apart from those of the other panel
S = CaseState
# where the cases of now stand: state -> how many
NOW: dict[CaseState, int] = {
    S.RECEIVED: 1, S.LISTED: 3, S.HEARD: 2, S.ACTIONS_OPEN: 4, S.REVIEW_DUE: 2, S.CLOSED: 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sat:
    """One monthly meeting of the demo."""

    id: UUID
    on: date
    state: MeetingState
    coordinator: Worker
    chair: Worker

    @property
    def held(self) -> bool:
        """Whether it is over."""
        return self.state is MeetingState.HELD


@dataclass(frozen=True, slots=True)
class Life:
    """One case as planned: its number, the state it ends in, and at which meetings it is heard or listed."""

    number: int
    state: CaseState
    at: tuple[int, ...]


@dataclass(slots=True)
class Calendar:
    """The meetings, oldest first: twelve of the year, then those around today."""

    sat: list[Sat] = field(default_factory=list)
    of_year: int = 12


def second_thursday(year: int, month: int) -> date:
    """The panel's day in a month."""
    first = date(year, month, 1)
    return days_after(first, (3 - first.weekday()) % 7 + 7)


def calendar_of(borough: Borough, today: date) -> Calendar:
    """Twelve meetings from April 2022, the last two months' and the next two."""
    days = [second_thursday(2022 + (month > 12), (month - 1) % 12 + 1) for month in range(4, 16)]
    near = [second_thursday(*_month(today, step)) for step in range(-4, 5)]
    past, coming = [day for day in near if day < today][-3:], [day for day in near if day > today][:2]
    found = Calendar()
    coordinator = _of(borough, Role.COORDINATOR)[0]
    chairs = _of(borough, Role.CHAIR)
    for place, day in enumerate([*days, *past, *coming]):
        state = MeetingState.HELD if day < today else MeetingState.SCHEDULED
        found.sat.append(Sat(uuid4(), day, state, coordinator, chairs[place % len(chairs)]))
    return found


def _month(today: date, step: int) -> tuple[int, int]:
    years, month = divmod(today.month - 1 + step, 12)
    return today.year + years, month + 1


def _of(borough: Borough, role: Role) -> list[Worker]:
    """Who works for this panel in a role."""
    slugs = {borough.agencies[slug] for slug in ("asb_team", "met_police_snt")}
    return [one for one in borough.of_role(role) if one.agency_id in slugs]


def plan_lives(calendar: Calendar, seed: int) -> list[Life]:
    """Who is heard when: 65 in the year, some of them twice or three times; then the cases of now."""
    draw = source(f"community/{seed}")
    lives = []
    for number in range(PEOPLE_HEARD):
        first = number % calendar.of_year
        more = draw.choices((0, 1, 2), weights=(5, 3, 2))[0]
        lives.append(Life(number, S.CLOSED, tuple(range(first, min(first + more + 1, calendar.of_year)))))
    last = max(n for n, one in enumerate(calendar.sat) if one.held)
    heard = {S.HEARD: (last,), S.ACTIONS_OPEN: (last - 1,), S.REVIEW_DUE: (last - 2,), S.CLOSED: (last - 2,)}
    number = PEOPLE_HEARD
    for state, count in NOW.items():
        for _ in range(count):
            at_meetings = (last + 1,) if state is S.LISTED else heard.get(state, ())
            lives.append(Life(number, state, at_meetings))
            number += 1
    return lives


def write_meetings(borough: Borough, calendar: Calendar) -> Iterator[Meeting | Minutes]:
    """Each meeting, and the minutes of those that were held: the last ones wait for the chair."""
    last = max(n for n, one in enumerate(calendar.sat) if one.held)
    for place, one in enumerate(calendar.sat):
        yield Meeting(
            id=one.id, partnership_id=borough.id, programme=COMMUNITY, reference=borough.new_reference(),
            kind=MeetingKind.ROUTINE, state=one.state, starts_at=at(one.on, 10), minutes_per_case=12,
            place=MeetingPlace.HYBRID, chair_id=one.chair.id, statement_read_at=at(one.on, 10) if one.held else None,
            published_at=at(working_day(one.on, "D-5"), 16) if one.held else None,
            opened_at=at(one.on, 10) if one.held else None, held_at=at(one.on, 12, 10) if one.held else None,
        )  # fmt: skip
        if one.held:
            issued = place != last
            yield Minutes(
                partnership_id=borough.id, meeting_id=one.id, programme=COMMUNITY, number=1,
                state=MinutesState.ISSUED if issued else MinutesState.DRAFT, due_at=at(working_day(one.on, "D+3"), 17),
                submitted_by_id=one.coordinator.id if issued else None,
                approved_at=at(working_day(one.on, "D+1"), 15) if issued else None,
                approved_by_id=one.chair.id if issued else None,
                issued_at=at(working_day(one.on, "D+2"), 16) if issued else None, issued_number=1 if issued else None,
            )  # fmt: skip


def dates_of(life: Life, calendar: Calendar, today: date, draw: Random) -> tuple[date, date | None]:
    """The day of the referral, and of the last hearing."""
    heard = [calendar.sat[place].on for place in life.at if calendar.sat[place].held]
    first = calendar.sat[life.at[0]].on if life.at else today
    referred = min(days_after(first, -10 - draw.randrange(6)), today - timedelta(days=6))
    return working_day(referred, "D/prev"), max(heard, default=None)
