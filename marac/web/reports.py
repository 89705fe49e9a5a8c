"""Reports: what happened to the requests of a year, in a table. Numbers only; references to who may open them."""

from datetime import date

from flask import Blueprint, render_template, request

from marac import access, clock
from marac.reports import sanctuary
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work

bp = Blueprint("reports", __name__)

FIRST_YEAR = 2015


@bp.get("/reports")
def index() -> str:
    """The reports there are, as questions."""
    access.require_holds(signin.person(), P.REPORT_READ)
    return render_template("reports/index.html")


@bp.get("/reports/sanctuary")
def of_sanctuary() -> str:
    """How many asked, were surveyed, had the work done, and still live there."""
    session, actor = unit_of_work.session(), signin.person()
    this_year = sanctuary.year_of(clock.today())
    year = request.args.get("year", "")
    chosen = int(year) if year.isdecimal() and FIRST_YEAR <= int(year) <= this_year.year else this_year.year
    found = sanctuary.funnel(session, actor, first_on=date(chosen, 4, 1), today=clock.today())
    stage = next((one for one in found.stages if one.key == request.args.get("stage")), None)
    rows = [[one.label, one.number, _share(one.number, before.number), one.meaning]
            for one, before in zip(found.stages, (found.stages[0], *found.stages), strict=False)]  # fmt: skip
    return render_template(
        "reports/sanctuary.html", found=found, rows=rows, year=chosen, stage=stage,
        references=sanctuary.trace(session, actor, stage) if stage else [],
        earlier=chosen - 1 if chosen > FIRST_YEAR else None, later=chosen + 1 if chosen < this_year.year else None,
    )  # fmt: skip


def _share(number: int, of: int) -> str:
    return f"{number} of {of}" + (f" ({number * 100 / of:.0f}%)" if of else "")
