"""The annual partnership report: a year at a glance, each figure with what it means and the cases behind it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request

from marac import access, clock
from marac.errors import NotFound, RuleBroken
from marac.reports import partnership, reconciling, tracing
from marac.reports.figures import Part
from marac.reports.partnership import Line, Report
from marac.services.reporting import annual
from marac.vocabulary import Permission as P
from marac.web import shell, signin, unit_of_work, widgets
from marac.web.forms.annual import FigureForm, PublishForm
from marac.workflows.annual_figures import priorities
from marac.workflows.financial_year import FIRST, Year, year_named, year_of

bp = Blueprint("annual", __name__, url_prefix="/reports/partnership")
OTHERS = "Beside the headlines"


@bp.get("")
def this_year() -> Any:
    """The year that ended last."""
    access.require_holds(signin.person(), P.REPORT_READ)
    ended = year_of(clock.today(), clock.today()).before()
    return redirect(f"/reports/partnership/{ended.label}", code=303)


@bp.get("/<year>")
def show(year: str) -> str:
    """Every figure by priority, this year beside last."""
    chosen, report = _report(year)
    return render_template(
        "reports/partnership.html", report=report, year=chosen, groups=groups_of(report),
        checks=reconciling.checked(report), changed_rows=_changed(report),
        may_publish=access.holds(signin.person(), P.REPORT_PUBLISH) and not chosen.to_date,
        earlier=chosen.before().label if chosen.first_on.year > FIRST else None,
        later=_later(chosen),
    )  # fmt: skip


@bp.route("/<year>/<key>", methods=["GET", "POST"])
def figure(year: str, key: str) -> Any:
    """One figure: its meaning, what it was counted from, the cases that its reader may open; or its box."""
    chosen, report = _report(year)
    line = report.lines.get(key)
    if line is None:
        raise NotFound
    form, actor = FigureForm(data={"period": chosen.label}), signin.person()
    may_enter = line.of.is_typed and access.holds(actor, P.REPORT_ENTER)
    if request.method == "POST":
        access.require_holds(actor, P.REPORT_ENTER)
    if may_enter and form.validate_on_submit() and _entered(chosen, key, form):
        flash("The figure was saved.", "success")
        return redirect(f"/reports/partnership/{chosen.label}/{key}", code=303)
    traced = tracing.trace(unit_of_work.session(), actor, line.found) if line.found else None
    page = render_template(
        "reports/figure.html",
        line=line,
        year=chosen,
        form=form if may_enter else None,
        traced=traced,
        facts=_facts(line, chosen),
        parts=[_part(part) for part in line.found.parts] if line.found else [],
    )
    return page, 422 if form.errors else 200


@bp.post("/<year>/publish")
def publish(year: str) -> Any:
    """Keep the figures as they are now."""
    chosen, report = _report(year)
    if not PublishForm().validate_on_submit():
        abort(400)
    disagreeing = [one.says_rule for one in reconciling.checked(report) if one.holds is False]
    try:
        kept = annual.publish_year(
            unit_of_work.session(), signin.person(), chosen, partnership.kept(report), disagreeing=disagreeing
        )
    except RuleBroken as problem:
        flash(problem.message, "error")
    else:
        flash(f"Published as version {kept.number}. Later differences will be listed here.", "success")
    return redirect(f"/reports/partnership/{chosen.label}", code=303)


def _report(year: str) -> tuple[Year, Report]:
    actor = signin.person()
    access.require_holds(actor, P.REPORT_READ)
    try:
        chosen = year_named(year, clock.today())
    except RuleBroken:
        raise NotFound from None
    return chosen, partnership.partnership_report(unit_of_work.session(), actor, chosen, clock.today())


def _later(year: Year) -> str | None:
    after = year_of(year.last_on + timedelta(days=1), clock.today())
    return after.label if after.first_on <= clock.today() else None


def _entered(year: Year, key: str, form: FigureForm) -> bool:
    try:
        annual.enter_figure(
            unit_of_work.session(), signin.person(), year, key, value=form.value.data, source=form.source.data,
            period=form.period.data, given_on=form.given_on.data,
            facts={"of": form.of.data} if form.of.data else {},
        )  # fmt: skip
    except RuleBroken as problem:
        widgets.place(form, problem)
        return False
    return True


def groups_of(report: Report) -> list[tuple[str, list[list[Any]]]]:
    """The table of each priority, then of what stands beside the headlines."""
    names = priorities()
    groups: dict[str, list[list[Any]]] = {name: [] for name in (*(names[one] for one in sorted(names)), OTHERS)}
    for line in report.lines.values():
        where = names[line.of.priority] if line.of.priority in names and not line.of.supporting else OTHERS
        groups[where].append(_row(report, line))
    return [(name, rows) for name, rows in groups.items() if rows]


def _changed(report: Report) -> list[list[str]]:
    return [
        [line.of.label, number_shown(line.published, line.of.unit), _shown(line)]
        for line in report.lines.values() if line.changed
    ]  # fmt: skip


def _facts(line: Line, year: Year) -> list[dict[str, Any]]:
    """The summary of one figure."""
    rows = [(year.label, _shown(line)), ("What it means", line.of.meaning)]
    if line.found and line.found.of:
        rows.append(("Worked out from", f"{line.found.of[0]:,} of {line.found.of[1]:,}"))
    if line.typed:
        rows += [
            ("Source", line.typed.source),
            ("Period", line.typed.period),
            ("Given on", shell.long_date(line.typed.given_on)),
        ]
        rows += [("Out of", line.typed.facts["of"])] if line.typed.facts.get("of") else []
    elif line.source == "computed":
        rows.append(("Source", "Counted from the records here each time this page is opened"))
    rows.append((year.before().label, number_shown(line.last_year, line.of.unit)))
    rows += [("Note", line.of.note)] if line.of.note else []
    return [{"key": key, "value": value} for key, value in rows]


def _part(part: Part) -> list[str]:
    return [part.label, number_shown(part.value, part.unit), f"{part.of[0]:,} of {part.of[1]:,}" if part.of else ""]


def _row(report: Report, line: Line) -> list[Any]:
    link = {"text": line.of.label, "href": f"/reports/partnership/{report.year.label}/{line.of.key}"}
    source = (
        "Counted here"
        if line.source == "computed"
        else f"Typed: {line.typed.source}"
        if line.typed
        else "Not given yet"
    )
    return [link, _shown(line), number_shown(line.last_year, line.of.unit), source]


def _shown(line: Line) -> str:
    return number_shown(line.value, line.of.unit)


def number_shown(value: float | None, unit: str) -> str:
    """A figure as people read it; nothing collected is a dash with words, never 0."""
    if value is None:
        return "Not collected"
    bare = f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
    return f"£{bare}" if unit == "GBP" else f"{bare}%" if unit == "percent" else bare
