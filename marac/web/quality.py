"""How good the work is: risks and what meets them, actions that were not done, what is missing. Numbers for who reads
reports; the cases behind them for who may open each.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.reports import missing, of_endings, of_risks
from marac.reports.missing import Gap, Lacking
from marac.reports.of_endings import EndingLine
from marac.reports.suppressing import shown
from marac.vocabulary import ActionState, Permission as P, ProgrammeSlug
from marac.web import signin, unit_of_work
from marac.web.dashboards import PANELS
from marac.web.shell import long_date, short_date
from marac.workflows.financial_year import FIRST, Year, year_named, year_of

bp = Blueprint("quality", __name__, url_prefix="/reports/quality")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which panel and year a page is about, and whether its reader sees every number."""

    actor: Actor
    programme: ProgrammeSlug
    panel: str
    year: Year
    exact: bool

    def frame(self, endpoint_path: str) -> dict[str, Any]:
        """What every page shows around its figures: panels, the years beside, and who sees what."""
        here, after = f"/reports/quality/{endpoint_path}", self.year.last_on + timedelta(days=1)
        later = year_of(after, clock.today()) if after <= clock.today() else None
        earlier = self.year.before() if self.year.first_on.year > FIRST else None
        return {
            "year": self.year, "exact": self.exact, "panel": self.panel,
            "places": [{"text": slug.label, "href": f"{here}?panel={key}&year={self.year.label}",
                        "current": slug is self.programme} for key, slug in PANELS.items()],
            "earlier": f"{here}?panel={self.panel}&year={earlier.label}" if earlier else "",
            "later": f"{here}?panel={self.panel}&year={later.label}" if later else "",
        }  # fmt: skip


def asked() -> Asked:
    """The panel and financial year of this address, the present one unless told. NotFound for one to come."""
    actor = signin.person()
    access.require_holds(actor, P.REPORT_READ)
    panel = request.args.get("panel", "da")
    try:
        year = year_named(request.args.get("year") or year_of(clock.today(), clock.today()).label, clock.today())
    except RuleBroken:
        raise NotFound from None
    if panel not in PANELS:
        raise NotFound
    return Asked(actor, PANELS[panel], panel, year, access.holds(actor, P.CASE_READ))


@bp.get("")
def index() -> str:
    """The questions."""
    access.require_holds(signin.person(), P.REPORT_READ)
    return render_template("quality/index.html")


@bp.get("/risks")
def risks() -> str:
    """Of the risks raised in a year, how many are met, and the hearings with one that is not (DA-25, DA-27)."""
    what, session = asked(), unit_of_work.session()
    found = of_risks.coverage(session, what.actor, what.programme, what.year.start, what.year.end)
    lines, hidden = of_risks.list_unmet(session, what.actor, found) if what.exact else ([], 0)
    meetings: dict[str, list[list[Any]]] = {}
    for one in lines:
        link = {"text": one.case, "href": f"/panels/{one.meeting}/risks/{one.item_id}"}
        meetings.setdefault(f"Panel of {long_date(one.held_at)}", []).append([link, "; ".join(one.risks)])
    return render_template(
        "quality/risks.html", found=found, meetings=meetings, hidden=hidden, share=found.share(exact=what.exact),
        rows=[list(row) for row in found.words(exact=what.exact)], **what.frame("risks"),
    )  # fmt: skip


@bp.get("/actions")
def actions() -> str:
    """Actions that ended without being done: not done apart from circumstances that changed, by agency (DA-28)."""
    what, session = asked(), unit_of_work.session()
    found = of_endings.endings(session, what.actor, what.programme, what.year.start, what.year.end)
    groups: list[tuple[str, list[list[Any]], int]] = []
    for state, label in of_endings.ENDED.items() if what.exact else ():
        lines, hidden = of_endings.list_behind(session, what.actor, found, [state])
        groups.append((label, [_ending(one) for one in lines], hidden))
    rows = found.by_agency(exact=what.exact)
    done, missed = found.number(ActionState.COMPLETE), found.number(ActionState.NOT_DONE)
    return render_template(
        "quality/actions.html", rows=[*rows, found.totals()] if rows and what.exact else rows, groups=groups,
        head=["Agency", *of_endings.ENDED.values(), "Done"], done=done, missed=missed, **what.frame("actions"),
    )  # fmt: skip


def _ending(one: EndingLine) -> list[Any]:
    link = {"text": one.case, "href": f"/actions/{one.action_id}"}
    return [link, one.agency, short_date(one.due_on), short_date(one.closed_at)]


@bp.get("/missing")
def lacking() -> str:
    """What the return, the equality profile and the report lack, and the cases behind each (DA-38, DA-40)."""
    what, session = asked(), unit_of_work.session()
    found = missing.missing(session, what.actor, what.programme, what.year.start, what.year.end)
    say = str if what.exact else shown
    here = f"/reports/quality/missing?panel={what.panel}&year={what.year.label}&field="
    rows = [
        [{"text": one.label, "href": f"{here}{one.key}#behind"} if what.exact and one.behind else one.label,
         say(len(one.behind)), say(one.declined), say(one.of), one.used_for]
        for one in found if one.of
    ]  # fmt: skip
    chosen = next((one for one in found if what.exact and one.key == request.args.get("field")), None)
    lines, hidden = missing.list_behind(session, what.actor, chosen) if chosen else ([], 0)
    return render_template(
        "quality/missing.html", rows=rows, chosen=chosen, hidden=hidden,
        lines=[{"text": one.case, "href": _filled_at(what.actor, chosen, one)} for one in lines if chosen],
        **what.frame("missing"),
    )  # fmt: skip


def _filled_at(actor: Actor, chosen: Lacking | None, gap: Gap) -> str:
    """The page on which a gap is filled, or the case for who does not keep it up to date."""
    case = f"/cases/{gap.case}"
    if chosen is not None and chosen.key == missing.ASSESSMENT and access.holds(actor, P.ASSESSMENT_CREATE):
        return f"{case}/risk/new"
    if chosen is not None and chosen.key == missing.OUTCOME:
        return f"{case}/panels"
    if gap.person_id is not None and access.holds(actor, P.CASE_UPDATE):
        return f"{case}/people/{gap.person_id}/not-known"
    return case
