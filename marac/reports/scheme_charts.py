"""The board of the Sanctuary Scheme: how far the requests of a year came, and how long each stage took (REP-49).

Totals alone: no request can be told from them.
"""

from datetime import date
from statistics import median

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.reports import of_sanctuary, sanctuary, trends
from marac.reports.charts import BarList, bar_list
from marac.reports.figures import ninetieth
from marac.reports.of_sanctuary import SchemeYear
from marac.reports.suppressing import SMALLEST, shown
from marac.vocabulary import Permission as P
from marac.workflows.financial_year import Year

DAYS_MEANING = (
    "What ended in the last twelve whole months. The days of a single stage are without time on hold. A stage that "
    "fewer than 5 homes ended is left out."
)


def charts(session: Session, actor: Actor, today: date) -> list[BarList]:
    """The Sanctuary Scheme: how far the requests of a year came, and how long each stage took (REP-49)."""
    access.require_holds(actor, P.REPORT_READ)
    made = (_funnel(session, actor, today), _days(session, actor, today))
    return [one for one in made if one is not None]


def _funnel(session: Session, actor: Actor, today: date) -> BarList | None:
    year = sanctuary.year_of(today)
    stages = sanctuary.funnel(session, actor, first_on=year, today=today).stages
    asked = stages[0].number
    if not asked:
        return None
    share = {one.key: f"{one.number * 100 / asked:.0f}%" if one.number >= SMALLEST else "" for one in stages}
    bars = [
        (one.label, float(one.number if one.number >= SMALLEST else 0), shown(one.number), share[one.key])
        for one in stages
    ]
    says = f"Still at home: {shown(stages[-1].number)} of {shown(asked)} households that asked this year"
    meaning = ". ".join(f"{one.label}: {one.meaning[:1].lower()}{one.meaning[1:]}" for one in stages)
    return bar_list(says, bars, head=("Stage", "Homes"), about=f"{meaning}.")


def _days(session: Session, actor: Actor, today: date) -> BarList | None:
    scheme = SchemeYear(session, actor, Year(trends.months_to(today)[0], to_date=True), today)
    both = {**of_sanctuary.days_between(scheme), **of_sanctuary.days_by_stage(scheme)}
    spent = {name: held for name, held in both.items() if len(held) >= SMALLEST}
    if not spent:
        return None
    rows = [
        (name, median(held), f"{median(held):g} days", f"nine in ten within {ninetieth(held):g}, {len(held)} homes")
        for name, held in spent.items()
    ]  # fmt: skip
    slowest = max(rows, key=lambda row: row[1])
    says = f"{slowest[0]} took the longest: {slowest[2]} in the middle"
    return bar_list(says, rows, head=("Stage", "Middle, and nine in ten"), about=DAYS_MEANING)
