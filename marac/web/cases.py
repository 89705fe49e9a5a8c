"""Cases: the list, the search box, a case and its tabs, and what is recorded there.

What a page shows was decided by the compartments that opened; this door only lays it out.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, StaleEdit
from marac.models import Case
from marac.services.casework import case_page, case_tabs, cases, places, revealing
from marac.services.casework.case_page import Head
from marac.services.deciding import repeats
from marac.services.referring import incidents
from marac.vocabulary import CaseState, Permission as P, RevealReason
from marac.web import case_layout, drafts, place_map, signin, triage_layout, unit_of_work, warned, widgets
from marac.web.errors import conflict_page
from marac.web.forms.cases import RevealForm, WishesForm

bp = Blueprint("cases", __name__)

TABS = {
    "people": case_page.people_of, "research": case_tabs.research, "actions": case_tabs.actions,
    "panels": case_tabs.panels, "history": case_tabs.history,
}  # fmt: skip
ROWS: dict[str, Any] = {"actions": case_layout.plan_row, "history": case_layout.happened_row}


@bp.get("/cases")
def list_cases() -> Any:
    """The cases one may see, filtered by stage and flag. Names may be hidden, for a shared screen."""
    state = next((one for one in CaseState if one.value == request.args.get("state")), None)
    flagged, after = request.args.get("flagged") == "yes", request.args.get("after", "")
    actor = signin.person()
    found = cases.list_cases(unit_of_work.session(), actor, state=state, flagged=flagged, after=after)
    facets: dict[str, Any] = {"state": state.value if state else None, "flagged": "yes" if flagged else None}
    hidden = request.args.get("names") == "hidden"
    shown: dict[str, Any] = {**facets, "names": "hidden" if hidden else None}
    return render_template(
        "cases/list.html", found=found, rows=[case_layout.list_row(row, hidden) for row in found.rows],
        states=list(CaseState), state=state, flagged=flagged, hidden=hidden,
        toggle=url_for(".list_cases", **facets, names=None if hidden else "hidden"),
        next_page=url_for(".list_cases", **shown, after=found.next_after) if found.next_after else "",
        first_page=url_for(".list_cases", **shown) if after else "", urgent=access.holds(actor, P.GLASS_BREAK),
        may_export=access.holds(actor, P.CASE_EXPORT),
    )  # fmt: skip


@bp.get("/cases/<reference>")
def summary(reference: str) -> Any:
    """The first tab."""
    actor, case, head = opened(reference, "summary")
    told = case_page.summary(unit_of_work.session(), actor, case, head)
    session = unit_of_work.session()
    return page(
        head, "summary", told=told, steps=[case_layout.step_row(step) for step in told.next_steps[:5]],
        clocks=[triage_layout.clock_line(one) for one in repeats.clocks(session, case)],
        counts=triage_layout.counts_words(session, case),
        live_incidents="reviews" in head.offers and case.state not in incidents.OVER,
        map=place_map.drawn(places.who_knows(session, actor, case)),
    )  # fmt: skip


@bp.get("/cases/<reference>/<any(people, research, actions, panels, history):tab>")
def tab(reference: str, tab: str) -> Any:
    """One of the other tabs."""
    actor, case, head = opened(reference, tab)
    rows = TABS[tab](unit_of_work.session(), actor, case, head)
    known = places.who_knows(unit_of_work.session(), actor, case) if tab == "people" else None
    facts = {"known": known, "map": place_map.drawn(known)}
    return page(head, tab, **facts, rows=[ROWS[tab](row) for row in rows] if tab in ROWS else rows)


@bp.route("/cases/<reference>/reveal/<asked_as>", methods=["GET", "POST"])
def reveal(reference: str, asked_as: str) -> Any:
    """Why, and then one value with the contact rules above it. Works without script."""
    actor, case = found_case(reference)
    session = unit_of_work.session()
    label = revealing.showable(session, actor, case, asked_as)[0]
    form = RevealForm(reason=revealing.last_reason(session, actor, case))
    shown = None
    if form.validate_on_submit():
        reason = RevealReason(form.reason.data)
        try:
            shown = revealing.reveal(session, actor, case, asked_as, reason, because=form.because.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
    facts = {"case": case, "label": label, "asked_as": asked_as, "form": form, "shown": shown}
    rules = case_layout.rules(shown.rules) if shown and shown.rules else None
    return render_template("cases/reveal.html", **facts, rules=rules), 422 if form.errors else 200


@bp.route("/cases/<reference>/wishes", methods=["GET", "POST"])
def wishes(reference: str) -> Any:
    """What they want, in their words."""
    actor, case, head = opened(reference, "wishes")
    if "wishes" not in head.offers:
        raise NotAllowed
    held = case.wishes or ""
    form = WishesForm(data={"wishes": held, "version": str(case.version_id)})
    answer = drafts.meet(form, case)
    if answer is not None:
        return answer
    if form.validate_on_submit():
        try:
            cases.record_wishes(
                unit_of_work.session(), actor, case, wishes=form.wishes.data, version=widgets.whole(form.version.data)
            )
        except StaleEdit:
            return conflict_page(
                yours=[("What they want", form.wishes.data)], theirs=[("What they want", held)], back=request.path
            )
        flash("What they want is recorded.", "success")
        warned.about(case, form)
        return redirect(url_for(".summary", reference=case.reference), code=303)
    return render_template("cases/wishes.html", form=form, case=case), 422 if form.errors else 200


def found_case(reference: str) -> tuple[Actor, Case]:
    """Who asks, and the case if it is theirs to see."""
    actor = signin.person()
    return actor, cases.get_case(unit_of_work.session(), actor, reference)


def opened(reference: str, name: str) -> tuple[Actor, Case, Head]:
    """The same with the head of the page; the reading is recorded under the page's name."""
    actor, case = found_case(reference)
    return actor, case, case_page.case_page(unit_of_work.session(), actor, case, page=name)


def page(head: Head, tab: str, **facts: Any) -> str:
    """A tab inside the frame that all pages of a case share."""
    return render_template(f"cases/{tab}.html", head=head, tab=tab, **case_layout.frame(head, tab), **facts)
