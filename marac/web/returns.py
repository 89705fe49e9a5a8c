"""The SafeLives return: the rows of a quarter, what is doubtful and which cases to put right, and the files."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from marac import access, audit, clock
from marac.errors import NotFound
from marac.reports import safelives, tracing
from marac.reports.figures import Found
from marac.reports.safelives import SafeLivesReturn
from marac.services.reporting import sheets
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work
from marac.workflows.deadlines import add_months
from marac.workflows.safelives import columns, comparators

bp = Blueprint("returns", __name__, url_prefix="/reports/safelives")
FILES = {
    "csv": ("text/csv; charset=utf-8", "return.csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "return.xlsx"),
}


@bp.get("")
def show() -> str:
    """One quarter: by default the one that ended last."""
    first_on, found = _quarter()
    session, actor = unit_of_work.session(), signin.person()
    doubts = [
        (doubt, next(row for row in found.rows if row.meeting_id == doubt.meeting_id),
         tracing.trace(session, actor, Found(len(doubt.cases), "cases", behind=doubt.cases)))
        for doubt in found.doubts
    ]  # fmt: skip
    later = add_months(first_on, 3)
    return render_template(
        "reports/safelives.html", found=found, first_on=first_on, doubts=doubts, head=_head(), rows=_rows(found),
        band=safelives.BAND, country=comparators(), earlier=add_months(first_on, -3).isoformat(),
        later=later.isoformat() if later <= clock.today() else None,
    )  # fmt: skip


@bp.post("/<kind>")
def download(kind: str) -> Response:
    """The file in the order of the template. Totals only; noted in the trail."""
    if kind not in FILES:
        raise NotFound
    _, found = _quarter()
    head, rows = [column.label for column in columns()], [list(row.values.values()) for row in found.rows]
    content = sheets.as_csv(head, rows) if kind == "csv" else sheets.as_workbook("Return", head, rows)
    audit.record(unit_of_work.session(), signin.person(), "report:exported", kind=kind, count=len(rows))
    media, name = FILES[kind]
    return Response(content, mimetype=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _quarter() -> tuple[date, SafeLivesReturn]:
    """The quarter that the address names by its first day."""
    actor = signin.person()
    access.require_holds(actor, P.REPORT_READ)
    this = clock.today().replace(day=1, month=(clock.today().month - 1) // 3 * 3 + 1)
    try:
        first_on = (
            date.fromisoformat(request.args.get("from", "")) if request.args.get("from") else add_months(this, -3)
        )
    except ValueError:
        raise NotFound from None
    if first_on.day != 1 or first_on.month not in (1, 4, 7, 10) or not date(2015, 1, 1) <= first_on <= clock.today():
        raise NotFound
    last_on = add_months(first_on, 3) - timedelta(days=1)
    return first_on, safelives.safelives_return(unit_of_work.session(), actor, first_on, last_on)


def _head() -> list[str]:
    return [f"{column.letter}: {column.label}" for column in columns()]


def _rows(found: SafeLivesReturn) -> list[list[Any]]:
    return [
        ["Not collected" if value is None else value.isoformat() if isinstance(value, date) else str(value)
         for value in row.values.values()]
        for row in found.rows
    ]  # fmt: skip
