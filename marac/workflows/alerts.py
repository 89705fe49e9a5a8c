"""When the trail is worth a second look: a table of rules over what people did, and nothing but ids, times and codes.

A rule says what it counts, in how long, and how much is too much. Refuses to know names, and to tell the same thing
twice: each finding has a slot. Numbers follow the house's security page; they are to wake somebody at most once in a
hundred working days without cause.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from marac.vocabulary import AlertRule

LONDON = ZoneInfo("Europe/London")
DAY_BEGINS, DAY_ENDS = 7, 20
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
READS = frozenset({"case:read"})
BREAKS = frozenset({"glass:broken"})
TAKES_OUT = frozenset({"trail:exported", "disclosure:release"})
WORTH_A_MEDIAN = 9  # below so many cases an hour, three times one's own median is still little


@dataclass(frozen=True, slots=True)
class Did:
    """One entry of the trail as the rules see it; `typical` is the person's own median of cases an hour."""

    seq: int
    at: datetime
    user: str
    tag: str
    agency: str = ""
    case: str = ""
    closed: bool = False
    codes: frozenset[str] = frozenset()
    new_device: bool = False
    own: bool = False
    list_page: bool = False
    typical: float = 0.0

    @property
    def reads(self) -> bool:
        """Whether one case was opened by itself (a brief of a meeting's cases is a list)."""
        return self.tag in READS and bool(self.case) and not self.list_page

    @property
    def reveals(self) -> bool:
        """Whether a hidden value was shown."""
        return self.tag == "location:revealed"


@dataclass(frozen=True, slots=True)
class Raised:
    """One finding: the rule, what makes it one and no other, the entry it was found at, and how many."""

    rule: AlertRule
    slot: str
    did: Did
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """`counted` of what one person did within `window` is too much above `most`; one finding for each `slot`."""

    name: AlertRule
    window: timedelta
    most: int
    concerns: Callable[[Did], bool]
    counted: Callable[[Sequence[Did], Did], int]
    slot: Callable[[Did], str]
    whose: Callable[[Did], str] = field(default=lambda did: did.user)


def by_night(at: datetime) -> bool:
    """Outside the working day of London."""
    return not DAY_BEGINS <= at.astimezone(LONDON).hour < DAY_ENDS


def _cases(done: Sequence[Did], _did: Did) -> int:
    return len({one.case for one in done})


def _many(done: Sequence[Did], did: Did) -> int:
    """Distinct cases; reckoned as too many from three times the person's own median on."""
    cases = _cases(done, did)
    unusual = cases >= WORTH_A_MEDIAN and did.typical > 0 and cases > 3 * did.typical
    return max(cases, MOST_CASES + 1) if unusual else cases


def _alike(done: Sequence[Did], did: Did) -> int:
    """How many searches share one and the same code of a word."""
    counts = Counter(code for one in done for code in one.codes)
    return max((counts[code] for code in did.codes), default=0)


def _people(done: Sequence[Did], _did: Did) -> int:
    return len({one.user for one in done})


def _each(_done: Sequence[Did], _did: Did) -> int:
    return 1


def _hour(did: Did) -> str:
    return f"{did.user}:{did.at:%Y%m%d%H}"


def _day(did: Did) -> str:
    return f"{did.user}:{did.at.astimezone(LONDON):%Y%m%d}"


def _night(did: Did) -> str:
    return f"{did.user}:{did.at.astimezone(LONDON) - timedelta(hours=DAY_BEGINS):%Y%m%d}"


MOST_CASES = 15
RULES: tuple[Rule, ...] = (
    Rule(AlertRule.OWN_NAME, HOUR, 0, lambda d: d.reads and d.own, _each, lambda d: f"{d.user}:{d.case}"),
    Rule(AlertRule.MANY_CASES, HOUR, MOST_CASES, lambda d: d.reads, _many, _hour),
    Rule(AlertRule.ODD_HOURS, HOUR, 0, lambda d: d.reads and by_night(d.at), _cases, _night),
    Rule(AlertRule.CLOSED_CASE, DAY, 3, lambda d: d.reads and d.closed, _cases, _day),
    Rule(AlertRule.MANY_REVEALS, HOUR, 5, lambda d: d.reveals, lambda done, _d: len(done), _hour),
    Rule(AlertRule.SAME_SEARCH, HOUR, 10, lambda d: d.tag == "case:searched", _alike, _hour),
    Rule(
        AlertRule.ONE_CASE, DAY, 4, lambda d: d.reads and bool(d.agency), _people,
        lambda d: f"{d.agency}:{d.case}:{d.at.astimezone(LONDON):%Y%m%d}", lambda d: f"{d.agency}:{d.case}",
    ),
    Rule(AlertRule.BREAK_GLASS, HOUR, 0, lambda d: d.tag in BREAKS, _each, lambda d: str(d.seq)),
    Rule(AlertRule.EXPORT, HOUR, 0, lambda d: d.tag in TAKES_OUT, _each, lambda d: str(d.seq)),
    Rule(AlertRule.NEW_DEVICE, HOUR, 0, lambda d: d.reveals and d.new_device, _each, _day),
)  # fmt: skip
LONGEST = max(rule.window for rule in RULES)


def look_through(done: Iterable[Did], *, after: int = 0) -> list[Raised]:
    """What the entries after a number give cause to look into, in their order; earlier ones count towards it."""
    found: dict[tuple[AlertRule, str], Raised] = {}
    kept: dict[tuple[AlertRule, str], list[Did]] = defaultdict(list)
    for did in done:
        for rule in RULES:
            if not did.user or not rule.concerns(did):
                continue
            held = kept[rule.name, rule.whose(did)]
            held.append(did)
            held[:] = [one for one in held if one.at > did.at - rule.window]
            count = rule.counted(held, did)
            if count > rule.most and did.seq > after:
                slot = rule.slot(did)
                found[rule.name, slot] = Raised(rule.name, slot, did, count)
    return sorted(found.values(), key=lambda one: one.did.seq)


def median_an_hour(reads: Mapping[str, int]) -> float:
    """A person's own median of distinct cases in an hour in which they opened any; 0 of nobody known."""
    return float(median(reads.values())) if reads else 0.0
