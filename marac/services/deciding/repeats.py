"""Is new abuse a repeat (DA-11)? Both clocks with their last day, and what counts under the rule in force on a date.

Suggests and explains; refuses to hide anything: what is no repeat is still a referral.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marac import clock
from marac.models import Case
from marac.services import local
from marac.workflows.deadlines import is_repeat, repeat_window_end

MONTHS, BASIS, COUNTS = "repeat_window.months", "repeat_window.clock_basis_suggestion", "repeat_window.what_counts"
ANY_ABUSE, CRIME = "any_abuse", "would_be_criminal"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of "repeat": from when it runs, its last day, and the days left (negative when it is over)."""

    name: str
    since_on: date | None
    last_day: date | None
    days_left: int | None
    in_force: bool

    @property
    def running(self) -> bool:
        """Whether new abuse today would be a repeat by this clock: the last day counts."""
        return self.days_left is not None and self.days_left >= 0


NAMES = {"last_referral": "Last referral", "last_heard": "Last heard"}


def clocks(session: Session, case: Case, on: date | None = None) -> tuple[Clock, ...]:
    """Both clocks of a case as they stand on a day (today unless told): last referral, last heard."""
    day, rules = on or clock.today(), local.rules_of(session, case.partnership_id, case.programme)
    months, basis = rules.value(MONTHS, day), rules.value(BASIS, day)
    found = {"last_referral": case.last_referral_on, "last_heard": case.last_heard_on}
    return tuple(_clock(name, found[name], months, day, basis in (name, "either")) for name in NAMES)


def _clock(name: str, since_on: date | None, months: int, day: date, in_force: bool) -> Clock:
    if since_on is None:
        return Clock(NAMES[name], None, None, None, in_force)
    last_day = repeat_window_end(since_on, months)
    return Clock(NAMES[name], since_on, last_day, (last_day - day).days, in_force)


def counts_as_repeat(session: Session, case: Case, event_on: date, *, a_crime: bool | None = None) -> bool:
    """Whether abuse on that day repeats the case: inside a clock that counts here, and of the kind that counts.

    `a_crime` is read only where the older, narrow definition is in force; not known counts, so that nobody is missed.
    """
    if narrow(session, case) and a_crime is False:
        return False
    rules = local.rules_of(session, case.partnership_id, case.programme)
    months = rules.value(MONTHS, clock.today())
    bases = [one.since_on for one in clocks(session, case) if one.in_force and one.since_on]
    return any(is_repeat(base, event_on, months) for base in bases)


def narrow(session: Session, case: Case) -> bool:
    """Whether only what would be a crime counts here today (the superseded definition; a dated local rule)."""
    rules = local.rules_of(session, case.partnership_id, case.programme)
    return bool(rules.value(COUNTS, clock.today()) == CRIME)
