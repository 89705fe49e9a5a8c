"""Reports to take along: the annual report, the pack for the steering group, the equality statement, as PDF or Word."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from marac import access, clock
from marac.errors import NotFound, RuleBroken
from marac.reports import dashboards, partnership, reconciling, scheme_charts
from marac.reports.charts import Grid
from marac.services.reporting import papers
from marac.services.reporting.papers import Section
from marac.vocabulary import Permission as P, ProgrammeSlug, Role
from marac.web import signin, unit_of_work
from marac.web.annual import groups_of
from marac.workflows.financial_year import Year, year_named, year_of

bp = Blueprint("report_papers", __name__, url_prefix="/reports/papers")
EQUALITY = ("Ethnic group", "Sex", "Disabled", "LGBT+")


@bp.post("/<kind>.<ending>")
def make(kind: str, ending: str) -> Response:
    """One file; nothing of it is kept."""
    actor = signin.person()
    access.require_holds(actor, P.REPORT_READ)
    if kind not in PAPERS or ending not in ("pdf", "docx"):
        raise NotFound
    title, sections = PAPERS[kind](_year())
    made = papers.make_paper(unit_of_work.session(), actor, title, sections, kind=kind, in_word=ending == "docx")
    sent = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.content, mimetype=made.media, headers=sent)


def _year() -> Year:
    """The year that the address names, or the one that ended last."""
    today = clock.today()
    try:
        return year_named(request.args["year"], today) if "year" in request.args else year_of(today, today).before()
    except RuleBroken:
        raise NotFound from None


def _annual(year: Year) -> tuple[str, list[Section]]:
    report = partnership.partnership_report(unit_of_work.session(), signin.person(), year, clock.today())
    head = ("Figure", year.label, year.before().label, "How it came about")
    sections = [
        Section(name, header=head, rows=tuple((row[0]["text"], *row[1:]) for row in rows), widths=(5, 2, 2, 3))
        for name, rows in groups_of(report)
    ]
    said = {True: "yes", False: "NO", None: "cannot be said"}
    checks = tuple((one.says_rule, said[one.holds], one.says) for one in reconciling.checked(report))
    sections.append(Section("Do the figures agree?", header=("What must hold", "", ""), rows=checks, widths=(6, 2, 3)))
    meanings = tuple((line.of.label, line.of.meaning) for line in report.lines.values())
    sections.append(Section("What each figure means", header=("Figure", "Meaning"), rows=meanings, widths=(2, 5)))
    shown = f"Version {report.published.number}." if report.published else "Not published yet."
    return f"Partnership report {year.label}", [Section("About", f"1 April to 31 March. {shown}"), *sections]


def _steering(_year: Year) -> tuple[str, list[Section]]:
    sections = []
    for programme in (ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC):
        sections += [_of_chart(chart, f"{programme.label}: ") for chart in _charts(programme)]
    scheme = scheme_charts.charts(unit_of_work.session(), signin.person(), clock.today())
    sections += [_of_chart(chart, f"{ProgrammeSlug.SANCTUARY.label}: ") for chart in scheme]
    return "Steering pack", sections or [Section("Nothing to show", "No case was heard in the last twelve months.")]


def _equality(_year: Year) -> tuple[str, list[Section]]:
    asked = [one for one in _charts(ProgrammeSlug.DA_MARAC) if getattr(one, "table_head", ("",))[0] in EQUALITY]
    says = "Who was heard in the last twelve months, as far as it is known. Fewer than five are not shown."
    return "Equality statement", [Section("About", says), *(_of_chart(chart, "") for chart in asked)]


def _charts(programme: ProgrammeSlug) -> list[dashboards.Chart]:
    """What the steering group is shown, whoever makes the paper."""
    found = dashboards.view(unit_of_work.session(), signin.person(), clock.today(), programme)
    return dashboards.charts(found, Role.STEERING_GROUP)


def _of_chart(chart: dashboards.Chart, before: str) -> Section:
    """A chart as its sentence and its table."""
    if isinstance(chart, Grid):
        return Section(before + chart.title, chart.about, ("Agency", *chart.columns), tuple(map(tuple, chart.cells)))
    return Section(before + chart.title, chart.about, chart.table_head, tuple(map(tuple, chart.table_rows)))


PAPERS: dict[str, Callable[[Year], tuple[str, list[Section]]]] = {
    "partnership": _annual, "steering": _steering, "equality": _equality,
}  # fmt: skip
