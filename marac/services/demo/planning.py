"""Which cases the demo hears when: a pure plan of sittings and hearings, the same for a seed and a day. Knows no names.

The year of the plan is the financial year 2022-23; the present is the last four weeks up to `today`, and the next two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from marac.errors import RuleBroken
from marac.services.demo.series import Sitting, sittings_of_present, sittings_of_year, working
from marac.services.demo.tables import source
from marac.vocabulary import MeetingKind, Outcome, ReferralState

YEAR = (date(2022, 4, 1), date(2023, 3, 31))
HELD = 7  # sittings of the present that are over


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to load. In the year: `victims` heard at `hearings`, of which those heard before (`carried`) and those
    heard again are repeats, less the ones that were only brought back. In the present: cases at each sitting.
    """

    victims: int
    hearings: int
    carried: int
    brought_back: int
    first_on: date
    weeks: int
    emergencies: int
    declined: int
    past: int
    coming: int
    later: int
    today: int


SCALES = {
    "year": Scale(583, 845, 24, 24, date(2022, 4, 6), 52, 3, 24, past=12, coming=12, later=3, today=6),
    "month": Scale(36, 42, 8, 1, date(2022, 4, 6), 5, 0, 5, past=3, coming=6, later=1, today=2),
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """One case at one sitting. `outcome` is None while it is still to be heard."""

    case: int
    sitting: int
    is_repeat: bool = False
    is_transfer: bool = False
    outcome: Outcome | None = Outcome.HEARD
    back_on: date | None = None
    fresh: bool = True
    """Whether a new referral brought it (a case brought back or moved on has its earlier one)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A referral that no meeting has: turned down, waiting for triage, or a draft. `like` is the case it repeats."""

    case: int
    state: ReferralState
    on: date
    urgent: bool = False
    like: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be loaded, by number."""

    scale: str
    seed: int
    today: date
    sittings: tuple[Sitting, ...]
    hearings: tuple[Hearing, ...]
    waiting: tuple[Waiting, ...]

    @property
    def cases(self) -> int:
        """How many cases there are, heard or not."""
        return 1 + max(*(one.case for one in self.hearings), *(one.case for one in self.waiting))

    def of_year(self) -> tuple[Hearing, ...]:
        """The hearings of the financial year 2022-23."""
        return tuple(one for one in self.hearings if YEAR[0] <= self.sittings[one.sitting].on <= YEAR[1])

    def referred_on(self, hearing: Hearing) -> date:
        """The day of the referral that brought a case to a sitting: one to two weeks before, a day for an emergency."""
        sitting = self.sittings[hearing.sitting]
        days = 1 if sitting.kind is MeetingKind.EMERGENCY else 7 + hearing.case % 6
        return working(min(sitting.on - timedelta(days=days), self.today - timedelta(days=6)))

    def by_case(self) -> dict[int, list[Hearing]]:
        """The hearings of each case, the earliest first."""
        found: dict[int, list[Hearing]] = defaultdict(list)
        for one in sorted(self.hearings, key=lambda one: self.sittings[one.sitting].on):
            found[one.case].append(one)
        return found


def plan(*, scale: str = "year", seed: int = 1, today: date) -> Plan:
    """The plan for a scale, a seed and a day. RuleBroken for a scale that this version does not have."""
    if scale not in SCALES:
        raise RuleBroken("scale", f"The scale {scale} is not in this version. Choose {' or '.join(SCALES)}")
    size, draw = SCALES[scale], source(f"plan/{scale}/{seed}")
    sittings = [*sittings_of_year(size.first_on, size.weeks, size.emergencies), *sittings_of_present(today)]
    hearings = _hear_the_year(size, sittings, draw)
    hearings += _hear_the_present(size, sittings, draw, first_case=size.victims)
    newest = 1 + max(one.case for one in hearings)
    return Plan(scale, seed, today, tuple(sittings), tuple(hearings), _wait(size, sittings, hearings, today, newest))


# -- hearings ----------------------------------------------------------------------------------------------------------


def _hear_the_year(size: Scale, sittings: list[Sitting], draw: Random) -> list[Hearing]:
    """Exactly the victims and hearings of the scale; who is heard again is placed first, the rest fill the gaps."""
    inside = [n for n, one in enumerate(sittings) if not one.present and one.on >= size.first_on]
    before = [n for n, one in enumerate(sittings) if not one.present and one.on < size.first_on]
    room = _room(size, [(n, sittings[n].kind) for n in inside], draw)
    times = _times_heard(size, draw)
    placed: dict[int, list[int]] = {}
    for case in sorted(times, key=lambda case: (-times[case], case)):
        placed[case] = _places(room, times[case], draw, latest=len(inside) - 4 if case < size.carried else len(inside))
    back = set(draw.sample([case for case in placed if len(placed[case]) > 1], size.brought_back))
    hearings = [Hearing(case, before[case % len(before)]) for case in range(size.carried)]
    for case, at in placed.items():
        hearings += _hearings_of(case, at, sittings, case < size.carried, case in back)
    return _with_transfers(hearings, draw)


def _room(size: Scale, inside: list[tuple[int, MeetingKind]], draw: Random) -> dict[int, int]:
    """How many cases each sitting takes: one at an emergency meeting, the rest shared with a little give and take."""
    routine = [n for n, kind in inside if kind is MeetingKind.ROUTINE]
    room = {n: 1 for n, kind in inside if kind is not MeetingKind.ROUTINE}
    left = size.hearings - len(room)
    for place, n in enumerate(routine):
        room[n] = left // len(routine) + (place < left % len(routine))
    for one, other in zip(routine[::2], routine[1::2], strict=False):
        give = draw.choice((-1, 0, 0, 1))
        room[one], room[other] = room[one] + give, room[other] - give
    return dict(sorted(room.items(), key=lambda pair: routine.index(pair[0]) if pair[0] in routine else 999))


def _times_heard(size: Scale, draw: Random) -> dict[int, int]:
    """How often each case is heard in the year: once, but for those drawn to come again, at most four times."""
    times = dict.fromkeys(range(size.victims), 1)
    for _ in range(size.hearings - size.victims):
        few = [case for case in draw.choices(range(size.victims), k=12) if times[case] < 4]
        case = max(few, key=lambda case: times[case]) if draw.random() < 0.05 else few[0]
        times[case] += 1
    return times


def _places(room: dict[int, int], times: int, draw: Random, *, latest: int) -> list[int]:
    """Places at different sittings with room, apart from each other when that can be; takes them."""
    order = list(room)
    free = [at for at, n in enumerate(order[:latest]) if room[n]] or [at for at, n in enumerate(order) if room[n]]
    chosen: list[int] = []
    while len(chosen) < times:
        apart = max(2, len(order) // 10)
        fits = [at for at in free if all(abs(at - one) >= apart for one in chosen)]
        fits = fits or [at for at in free if at not in chosen]
        fits = fits or [at for at, n in enumerate(order) if room[n] and at not in chosen]
        chosen.append(draw.choices(fits, weights=[room[order[at]] for at in fits])[0])
    for at in chosen:
        room[order[at]] -= 1
    return [order[at] for at in chosen]


def _hearings_of(case: int, at: list[int], sittings: list[Sitting], carried: bool, back: bool) -> list[Hearing]:
    """A case's hearings in order. The second may be one it was only brought back to: then it is not a repeat."""
    ordered = sorted(at, key=lambda n: sittings[n].on)
    found = [Hearing(case, n, is_repeat=carried or place > 0) for place, n in enumerate(ordered)]
    if back:
        found[0] = replace(found[0], outcome=Outcome.BRING_BACK, back_on=sittings[ordered[1]].on)
        found[1] = replace(found[1], is_repeat=False, fresh=False)
    return found


def _with_transfers(hearings: list[Hearing], draw: Random) -> list[Hearing]:
    """About one new case in a hundred came from another area."""
    firsts = Counter(one.case for one in hearings)
    return [
        replace(one, is_transfer=True) if firsts[one.case] == 1 and not one.is_repeat and draw.random() < 0.012 else one
        for one in hearings
    ]


def _hear_the_present(size: Scale, sittings: list[Sitting], draw: Random, *, first_case: int) -> list[Hearing]:
    """The sittings of the present. Some at the next were heard earlier this year; one was deferred, one transferred."""
    at = [n for n, one in enumerate(sittings) if one.present]
    hearings: list[Hearing] = []
    case = first_case
    for place, n in enumerate(at):
        kept = (size.past,) * HELD + (size.coming, size.later, size.today, size.later)
        outcome = Outcome.HEARD if place < HELD else None
        earlier = _within_a_year(sittings, at[:3], n) if place > 3 else []
        again = _heard_earlier(hearings, earlier, draw, kept[place] // 3)
        known = draw.sample(range(size.victims), 1) if place in (1, 4) else []
        fresh = list(range(case, case + kept[place] - len(again) - len(known)))
        case += len(fresh)
        hearings += [Hearing(one, n, is_repeat=one in again, outcome=outcome) for one in (*again, *known, *fresh)]
    return _with_loose_ends(hearings, at, sittings)


def _within_a_year(sittings: list[Sitting], earlier: list[int], n: int) -> list[int]:
    return [one for one in earlier if sittings[n].on - sittings[one].on <= timedelta(days=365)]


def _heard_earlier(hearings: Iterable[Hearing], at: list[int], draw: Random, count: int) -> list[int]:
    times = Counter(one.case for one in hearings)
    early = [one.case for one in hearings if one.sitting in at and times[one.case] == 1]
    return draw.sample(early, min(count, len(early)))


def _with_loose_ends(hearings: list[Hearing], at: list[int], sittings: list[Sitting]) -> list[Hearing]:
    """One case deferred to the next week, one moved out of the area, one to be brought back after the next."""
    last_of = {n: [place for place, one in enumerate(hearings) if one.sitting == n][-1] for n in at}
    deferred, moved, back = last_of[at[4]], last_of[at[3]], last_of[at[5]]
    hearings[deferred] = replace(hearings[deferred], outcome=Outcome.DEFERRED)
    hearings[moved] = replace(hearings[moved], outcome=Outcome.TRANSFERRED)
    hearings[back] = replace(hearings[back], outcome=Outcome.BRING_BACK, back_on=sittings[at[8]].on)
    hearings.append(Hearing(hearings[deferred].case, at[6], is_repeat=hearings[deferred].is_repeat, fresh=False))
    return hearings


# -- referrals without a hearing ---------------------------------------------------------------------------------------

TURNED_DOWN = (
    ReferralState.NOT_ACCEPTED, ReferralState.REFERRED_ELSEWHERE, ReferralState.TRANSFERRED_OUT,
    ReferralState.ALERT_ONLY, ReferralState.WITHDRAWN,
)  # fmt: skip
AT_TRIAGE = (ReferralState.SUBMITTED,) * 4 + (ReferralState.RETURNED,)
ACCEPTED = (ReferralState.ACCEPTED,) * 5
DRAFTS = (ReferralState.DRAFT,) * 2


def _wait(size: Scale, sittings: list[Sitting], hearings: list[Hearing], today: date, case: int) -> tuple[Waiting, ...]:
    """What was turned down in the year; five at triage, one urgent, one a repeat; two drafts; accepted ones."""
    found = []
    for number in range(size.declined):
        on = size.first_on + timedelta(days=3) + timedelta(days=number * (size.weeks * 7 - 8) // size.declined)
        found.append(Waiting(case + number, TURNED_DOWN[number % len(TURNED_DOWN)], on))
    earlier = [n for n, one in enumerate(sittings) if one.present][:3]
    times = Counter(one.case for one in hearings)
    known = next(one.case for one in hearings if one.sitting in earlier and times[one.case] == 1)
    for place, state in enumerate((*AT_TRIAGE, *DRAFTS, *ACCEPTED)):
        on = today - timedelta(days=(1, 2, 1, 3, 4, 1, 3, 8, 9, 9, 10, 11)[place])
        like = known if place == 1 else None
        found.append(Waiting(case + size.declined + place, state, on, urgent=place == 0, like=like))
    return tuple(found)
