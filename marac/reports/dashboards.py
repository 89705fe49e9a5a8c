"""The dashboards: which charts a role sees, each with the sentence it says (DA-39, ux 6). Aggregates only, no case.

Small numbers are hidden for everybody, since a page can be printed. The scheme's board is
scheme_charts.py, an agency's own own_agency.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.reports import of_agencies, of_risks, profile, risk_change, trends
from marac.reports.charts import BarList, Columns, Grid, Line, bar_list, columns, line
from marac.reports.figures import Found
from marac.reports.hearings import Hearing
from marac.reports.of_agencies import AgencyYear
from marac.reports.safelives import BAND
from marac.reports.suppressing import SMALLEST, shown, shown_together
from marac.vocabulary import Permission as P, ProgrammeSlug, Role
from marac.workflows.financial_year import Year
from marac.workflows.safelives import comparators

Chart = BarList | Columns | Line | Grid
NATIONAL_CASES, ON_TIME, LATEST_MEETINGS, PANELS_SHOWN = 16, 85, 6, 26


@dataclass(frozen=True, slots=True)
class View:
    """What the charts of one page are made from; each table is read when a chart first asks for it."""

    session: Session
    actor: Actor
    today: date
    programme: ProgrammeSlug
    hearings: tuple[Hearing, ...]

    @property
    def months(self) -> list[date]:
        """The last twelve whole months."""
        return trends.months_to(self.today)

    @property
    def year(self) -> Year:
        """The twelve months before today, as a period."""
        return Year(trends.months_to(self.today)[0], to_date=True)

    @property
    def lately(self) -> list[Hearing]:
        """Hearings of the last twelve whole months and since."""
        return [one for one in self.hearings if one.held_on >= self.months[0]]


def view(session: Session, actor: Actor, today: date, programme: ProgrammeSlug) -> View:
    """The facts of a dashboard. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    first = trends.months_to(today, 24)[0]
    return View(session, actor, today, programme, tuple(trends.hearings_since(session, actor, programme, first, today)))


def charts(found: View, role: Role | None = None) -> list[Chart]:
    """Every chart of a role (without one, of who reads) that there is something to show in, in reading order."""
    made = (CHARTS[name](found) for name in SEEN.get(role or found.actor.role, ()))
    return [one for one in made if one is not None]


def sees_panels(actor: Actor) -> bool:
    """Whether who reads has a board for each panel, beside the one of the scheme."""
    return bool(SEEN.get(actor.role))


def plans_ahead(actor: Actor) -> bool:
    """Whether who reads is told what is to come: who books panels, and who pays for them."""
    return actor.role in (Role.COORDINATOR, Role.CHAIR, Role.SERVICE_MANAGER)


def _per_panel(found: View) -> Chart | None:
    room = trends.capacities(found.session, found.actor, {one.meeting_id for one in found.lately})
    held = trends.sittings(found.lately, room)[-PANELS_SHOWN:]
    if not held:
        return None
    capacity = max((one.capacity or 0 for one in held), default=0)
    over = sum(one.cases > (one.capacity or one.cases) for one in held)
    rows = [
        (f"{one.on:%-d %b}", _drawn(one.cases), _drawn(one.repeats), f"{shown(one.repeats)} repeats", shown(one.cases))
        for one in held
    ]  # fmt: skip
    national = found.programme is ProgrammeSlug.DA_MARAC
    marks = [(NATIONAL_CASES, f"National average {NATIONAL_CASES}")] if national else []
    if capacity == NATIONAL_CASES and national:
        marks = [(capacity, f"Room for {capacity}, the national average")]
    elif capacity:
        marks.append((capacity, f"Room for {capacity}"))
    says = f"{over} of the last {len(held)} panels heard more cases than they had room for" if over else (
        f"The last {len(held)} panels heard {shown(min(one.cases for one in held))} to "
        f"{shown(max(one.cases for one in held))} cases"
    )  # fmt: skip
    about = "Repeats are the hatched part. Fewer than 5 are not drawn."
    return columns(says, rows, marks=marks, about=about, head=("Panel", "Cases", "Of these"))


def _drawn(number: int) -> int:
    """How high a small number stands: not at all."""
    return number if number >= SMALLEST else 0


def _repeats(found: View) -> Chart | None:
    rolling = trends.rolling_repeats(list(found.hearings), found.months)
    rows = [
        (f"{month:%b %Y}", round(100 * part / of, 1) if of >= SMALLEST else None, f"{shown(part)} of {of}")
        for month, part, of in rolling
    ]
    known = [value for _, value, _ in rows if value is not None]
    if not known:
        return None
    inside = sum(BAND[0] <= value <= BAND[1] for value in known)
    national = comparators()["repeat"]
    return line(
        f"Repeat cases were in the expected band in {inside} of {len(known)} months", rows, band=BAND,
        marks=[(national, f"National {national}%")], head=("Twelve months to", "Repeats, %"),
        about=f"Percent of cases that were repeats over twelve months. Band {BAND[0]} to {BAND[1]}%. "
        "Below it, repeats may not be noticed.",
    )  # fmt: skip


def _waiting(found: View) -> Chart | None:
    rows = trends.days_to_panel(list(found.lately), found.months)
    known = [days for _, days, number in rows if days is not None]
    if not known:
        return None
    bars = [
        (f"{month:%b %Y}", days, f"{days:g} days", f"{shown(number)} cases")
        for month, days, number in rows if days is not None
    ]  # fmt: skip
    return bar_list(f"Half of all cases were heard within {known[-1]:g} days of referral last month", bars,
                    head=("Month heard", "Median days"))  # fmt: skip


def _sources(found: View) -> Chart | None:
    counted = dict(trends.sources(found.session, found.actor, found.lately))
    total = sum(counted.values())
    if not total:
        return None
    words = shown_together(counted)
    partner, national = round(100 * (total - counted.get("police", 0)) / total), comparators()["partner"]
    bars = [(name.replace("_", " ").capitalize(), _drawn(number), words[name], "") for name, number in counted.items()]
    return bar_list(f"{partner}% of cases came from others than the police (national {national}%)", bars,
                    head=("Who referred", "Cases"))  # fmt: skip


def _by_agency(found: View, of: Callable[[AgencyYear], Found], says: str, what: str) -> Chart | None:
    counted = of(AgencyYear(found.session, found.actor, found.year))
    rows = [
        (part.label, part.value or 0.0, f"{part.value:.0f}%", f"of {part.of[1]:,}")
        for part in counted.parts if part.of and part.of[1] >= SMALLEST and part.value is not None
    ]  # fmt: skip
    if not rows:
        return None
    behind = sum(value < ON_TIME for _, value, _, _ in rows)
    return bar_list(
        says.format(behind=behind, all=len(rows), target=ON_TIME), sorted(rows, key=lambda row: -row[1]), most=100,
        target=ON_TIME, head=("Agency", what), about="Filled bars meet the target, outlined bars do not.",
    )  # fmt: skip


def _actions(found: View) -> Chart | None:
    says = "{behind} of {all} agencies finished fewer than {target}% of actions on time"
    return _by_agency(found, of_agencies.actions_on_time, says, "Actions on time")


def _risks(found: View) -> Chart | None:
    counted = of_risks.of_hearings(found.session, found.actor, found.programme, found.lately)
    if counted.raised < SMALLEST:
        return None
    unmet = {label: number for label, _, number in counted.words(exact=False)}
    bars = [
        (one.label, float(one.unmet if one.unmet >= SMALLEST else 0), unmet[one.label], f"of {shown(one.raised)}")
        for one in counted.kinds()
    ]  # fmt: skip
    says = f"{counted.share(exact=False)} of the risks raised were met by an action or a reason"
    return bar_list(says, bars, head=("Risk", "Neither an action nor a reason"))


def _research(found: View) -> Chart | None:
    says = "{behind} of {all} agencies answered less than {target}% of research in time"
    return _by_agency(found, of_agencies.research_on_time, says, "Research on time")


def _attendance(found: View) -> Chart | None:
    says = "{behind} of {all} core agencies came to fewer than {target}% of panels"
    return _by_agency(found, of_agencies.attendance_core, says, "Panels attended")


def _replies(found: View) -> Chart | None:
    held = trends.sittings(found.lately, {})[-LATEST_MEETINGS:]
    if not held:
        return None
    counted = trends.replies(found.session, found.actor, [one.meeting_id for one in held])
    names = AgencyYear(found.session, found.actor, found.year).names
    rows = []
    for agency_id in sorted({key[0] for key in counted}, key=lambda one: names[one].casefold()):
        cells = [counted.get((agency_id, one.meeting_id)) for one in held]
        rows.append((names[agency_id], tuple("not asked" if cell is None else _reply(*cell) for cell in cells)))
    whole = sum(all(word in ("full", "not asked") for word in words) for _, words in rows)
    return Grid(
        f"{whole} of {len(rows)} agencies answered everything in time for the last {len(held)} panels",
        tuple(f"{one.on:%-d %b}" for one in held), tuple(rows),
        shapes={"full": "●", "late": "◐", "part": "◔", "none": "○", "not asked": "–"},
    )  # fmt: skip


def _reply(in_time: int, late: int, missing: int) -> str:
    if not late and not missing:
        return "full"
    if not in_time and not late:
        return "none"
    return "part" if missing else "late"


def _risk(found: View) -> Chart | None:
    counted = risk_change.changes(found.session, found.actor, found.lately)
    total = sum(counted.values())
    if not total:
        return None
    words = shown_together(counted)
    bars = [(name, float(_drawn(number)), words[name], "") for name, number in counted.items()]
    most = max(counted, key=lambda name: counted[name] if words[name][0].isdigit() else 0)  # never what is hidden
    says = f"Risk since the first hearing: {most.lower()} for {words[most]} of {shown(total)} cases"
    return bar_list(says, bars, head=("Score since the first hearing", "Cases"), about=risk_change.MEANING)


def _equality(number: int, found: View) -> Chart | None:
    cases = {one.case_id for one in found.lately}
    asked = profile.profiles(found.session, found.actor, cases)[number] if cases else None
    if asked is None:
        return None
    words = shown_together({one.label: one.number for one in asked.groups})
    bars = [(one.label, float(_drawn(one.number)), words[one.label], _beside(one)) for one in asked.groups]
    unknown, total = asked.groups[0].number, sum(one.number for one in asked.groups)
    return bar_list(f"{asked.question} is not known for {shown(unknown)} of {shown(total)} people", bars,
                    head=(asked.question, "People"), about=asked.source)  # fmt: skip


def _beside(one: profile.Group) -> str:
    if one.of_borough is None:
        return ""
    own = f"{one.share:.0f}% of those known, " if one.share is not None and one.number >= SMALLEST else ""
    return f"{own}{one.of_borough:.0f}% of the borough"


CHARTS: dict[str, Callable[[View], Chart | None]] = {
    "per_panel": _per_panel, "repeats": _repeats, "waiting": _waiting, "sources": _sources, "risk": _risk,
    "risks": _risks, "actions": _actions, "research": _research, "attendance": _attendance, "replies": _replies,
    **{f"equality_{number}": partial(_equality, number) for number in range(4)},
}  # fmt: skip
# what is for those who prepare meetings: how long each month waited, and which agency answered which meeting
_PREPARING = ("waiting", "replies")
_TOTALS = tuple(name for name in CHARTS if name not in _PREPARING)
SEEN: dict[Role, tuple[str, ...]] = {
    **dict.fromkeys((Role.COORDINATOR, Role.CHAIR, Role.SERVICE_MANAGER), tuple(CHARTS)),
    Role.STEERING_GROUP: _TOTALS,
}
