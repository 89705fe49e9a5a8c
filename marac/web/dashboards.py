"""How the work is going: charts by panel for those who read reports. No case, no person; small numbers hidden."""

from flask import Blueprint, render_template, request

from marac import clock
from marac.reports import dashboards, trends
from marac.vocabulary import ProgrammeSlug
from marac.web import signin, unit_of_work

bp = Blueprint("dashboards", __name__, url_prefix="/reports/dashboard")
PANELS = {"da": ProgrammeSlug.DA_MARAC, "community": ProgrammeSlug.COMMUNITY_MARAC}


@bp.get("")
def show() -> str:
    """The charts of one panel."""
    session, actor = unit_of_work.session(), signin.person()
    chosen = request.args.get("panel", "da")
    programme = PANELS.get(chosen, ProgrammeSlug.DA_MARAC)
    found = dashboards.view(session, actor, clock.today(), programme)
    return render_template(
        "reports/dashboard.html", charts=dashboards.charts(found), programme=programme,
        ahead=trends.load_ahead(session, actor, programme, clock.today()),
        places=[{"text": slug.label, "href": f"/reports/dashboard?panel={key}", "current": slug is programme}
                for key, slug in PANELS.items()],
    )  # fmt: skip
