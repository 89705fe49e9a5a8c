"""How the work is going: charts by panel for those who read reports; for an agency, its own. No case, no person."""

from typing import Any

from flask import Blueprint, render_template, request

from marac import clock
from marac.reports import dashboards, own_agency, scheme_charts, trends
from marac.vocabulary import ProgrammeSlug
from marac.web import signin, unit_of_work

bp = Blueprint("dashboards", __name__, url_prefix="/reports")
SCHEME = "scheme"
PANELS = {"da": ProgrammeSlug.DA_MARAC, "community": ProgrammeSlug.COMMUNITY_MARAC}
BOARDS = {**{key: slug.label for key, slug in PANELS.items()}, SCHEME: ProgrammeSlug.SANCTUARY.label}


@bp.get("/dashboard")
def show() -> str:
    """The charts of one panel, or of the Sanctuary Scheme: those that are for the reader's role."""
    session, actor, today = unit_of_work.session(), signin.person(), clock.today()
    wanted = request.args.get("panel", "da")
    chosen = wanted if wanted in BOARDS and dashboards.sees_panels(actor) else SCHEME
    facts: dict[str, Any] = {"ahead": None}
    if chosen == SCHEME:
        facts["charts"] = scheme_charts.charts(session, actor, today)
    else:
        found = dashboards.view(session, actor, today, PANELS[chosen])
        facts["charts"] = dashboards.charts(found)
        if dashboards.plans_ahead(actor):
            facts["ahead"] = trends.load_ahead(session, actor, PANELS[chosen], today)
    places = [{"text": text, "href": f"/reports/dashboard?panel={key}", "current": key == chosen}
              for key, text in BOARDS.items()]  # fmt: skip
    return render_template("reports/dashboard.html", places=places if dashboards.sees_panels(actor) else (), **facts)


@bp.get("/your-agency")
def of_own_agency() -> str:
    """How the reader's own agency keeps up, and no other."""
    found = own_agency.charts(unit_of_work.session(), signin.person(), clock.today())
    return render_template("reports/own_agency.html", charts=found)
