"""Which homes the demo made secure, and how each request went: a pure plan, the same for a seed and a day.

The year of the plan is 2022-23: of all that asked, some were surveyed, of those some fitted, of those some stayed. The
present has a request at every stage. Knows no names.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from marac.services.demo.planning import Plan
from marac.services.demo.tables import source, working_day
from marac.vocabulary import AtHome, FollowUpState, SanctuaryOutcome as O, SanctuaryPriority, SanctuaryState as S
from marac.workflows import follow_up

YES, NO = AtHome.YES, AtHome.NO
DONE, GONE, DROPPED = FollowUpState.DONE, FollowUpState.UNREACHABLE, FollowUpState.NOT_NEEDED
Said = tuple[tuple[FollowUpState, AtHome | None], ...]


@dataclass(frozen=True, slots=True)
class Fate:
    """How requests of a kind went: how far they came, how they ended, and what was said at each follow-up."""

    name: str
    state: S
    outcome: O
    surveyed: bool = False
    fitted: bool = False
    said: Said = ()


FATES: tuple[Fate, ...] = (
    Fate("stayed", S.CLOSED, O.STAYED, True, True, ((DONE, YES), (DONE, YES), (DONE, YES))),
    Fate("moved later", S.REMOVED_ENDED, O.MOVED, True, True, ((DONE, YES), (DONE, NO), (DROPPED, None))),
    Fate("not reached", S.CLOSED, O.UNREACHABLE, True, True, ((DONE, YES), (DONE, YES), (GONE, None))),
    Fate("changed their mind after the survey", S.CLOSED, O.WITHDREW, True),
    Fate("landlord refused", S.CLOSED, O.NOT_SUITABLE, True),
    Fate("stopped", S.CLOSED, O.STOPPED, True),
    Fate("moved before the work", S.REMOVED_ENDED, O.MOVED, True),
    Fate("not suitable", S.CLOSED, O.NOT_SUITABLE),
    Fate("changed their mind", S.CLOSED, O.WITHDREW),
    Fate("refuge", S.CLOSED, O.REFUGE),
)
HOW_MANY = {"year": (70, 9, 9, 8, 6, 4, 2, 8, 8, 6), "month": (7, 1, 1, 1, 1, 0, 0, 1, 1, 0)}
PRIORITIES = (SanctuaryPriority.STANDARD,) * 6 + (SanctuaryPriority.URGENT,) * 3 + (SanctuaryPriority.EMERGENCY,)

# The present: a stage, and how many working days ago the request was sent. Every state there is, the busy ones twice.
NOW: tuple[tuple[S, int], ...] = (
    (S.DRAFT, 1), (S.SUBMITTED, 1), (S.SUBMITTED, 2), (S.IN_TRIAGE, 2), (S.AWAITING_INFORMATION, 6),
    (S.LANDLORD_PERMISSION, 8), (S.SURVEY_BOOKED, 5), (S.SURVEY_BOOKED, 7), (S.SURVEY_DONE, 8), (S.FIRE_CONSULT, 10),
    (S.SPECIFICATION, 11), (S.APPROVAL, 13), (S.WORKS_ORDERED, 15), (S.WORKS_ORDERED, 16), (S.INSTALLED, 18),
    (S.SIGN_OFF, 20), (S.SAFETY_PLAN_AND_MARKERS, 22), (S.FOLLOW_UP, 45), (S.FOLLOW_UP, 90), (S.ON_HOLD, 12),
    (S.FROZEN, 17), (S.WITHDRAWN, 14), (S.MOVED, 40), (S.REFUGE, 9), (S.INELIGIBLE, 6), (S.DUPLICATE, 3), (S.DIED, 30),
    (S.CLOSED, 120), (S.REMOVED_ENDED, 130),
)  # fmt: skip
NEVER_SURVEYED = (
    S.DRAFT, S.SUBMITTED, S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION, S.SURVEY_BOOKED, S.WITHDRAWN,
    S.REFUGE, S.INELIGIBLE, S.DUPLICATE, S.ON_HOLD,
)  # fmt: skip
SIGNED_OFF = (S.SAFETY_PLAN_AND_MARKERS, S.FOLLOW_UP, S.MOVED, S.DIED, S.CLOSED, S.REMOVED_ENDED)
OUTCOMES = {
    S.CLOSED: O.STAYED, S.REMOVED_ENDED: O.MOVED, S.INELIGIBLE: O.NOT_SUITABLE, S.DUPLICATE: O.DUPLICATE,
    S.DIED: O.DIED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """One request of the plan. Dates are working days; what has not happened is None."""

    number: int
    state: S
    sent_on: date
    priority: SanctuaryPriority
    surveyed_on: date | None = None
    fitted_on: date | None = None
    outcome: O | None = None
    said: Said = ()
    present: bool = False

    @property
    def due(self) -> dict[int, date]:
        """When its follow-ups are due."""
        return follow_up.due_dates(self.fitted_on) if self.fitted_on else {}


def plan_homes(plan: Plan) -> tuple[Home, ...]:
    """Every request: those of the year, then those of the present. Their numbers follow the cases of the plan."""
    draw, homes = source(f"sanctuary/{plan.scale}/{plan.seed}"), []
    fates = [fate for fate, many in zip(FATES, HOW_MANY[plan.scale], strict=True) for _ in range(many)]
    draw.shuffle(fates)
    first = plan.cases + 80  # room for the other panel's, so that no two have a phone number
    for place, fate in enumerate(fates):
        sent = working_day(date(2022, 4, 1) + timedelta(days=2 + place * 330 // len(fates)), "D+1")
        if fate.fitted:  # signed off within the year
            sent = min(sent, date(2022, 12, 20))
        surveyed = working_day(sent, f"D+{draw.randrange(3, 8)}") if fate.surveyed else None
        fitted = working_day(surveyed, f"D+{draw.randrange(6, 19)}") if surveyed and fate.fitted else None
        priority = PRIORITIES[draw.randrange(len(PRIORITIES))]
        homes.append(Home(first + place, fate.state, sent, priority, surveyed, fitted, fate.outcome, fate.said))
    return (*homes, *_present(plan.today, first + len(fates)))


def _present(today: date, first: int) -> list[Home]:
    found = []
    for place, (state, days) in enumerate(NOW):
        sent = working_day(today, f"D-{days}")
        surveyed = None if state in NEVER_SURVEYED else working_day(sent, "D+4")
        fitted = working_day(sent, "D+19") if state in SIGNED_OFF else None
        surveyed = min(surveyed, working_day(today, "D-1")) if surveyed else None
        fitted = min(fitted, working_day(today, "D-1")) if fitted else None
        priority = PRIORITIES[place * 3 % len(PRIORITIES)]
        home = Home(first + place, state, sent, priority, surveyed, fitted, OUTCOMES.get(state), (), present=True)
        found.append(home)
    return found
