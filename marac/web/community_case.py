"""A Community MARAC case between hearings: the tabs Reviews and Powers, and what is recorded from them.

What happened and how it ends is web/community_end.py. Holds no rules: each press is one service call.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Case
from marac.services.community import closing, powers, reviewing, sides
from marac.vocabulary import CareAct, ClosureOutcome, Permission as P
from marac.web import unit_of_work, widgets
from marac.web.cases import opened, page
from marac.web.forms.community_case import AdvocateForm, CareActForm, PowersForm
from marac.web.shell import long_date

bp = Blueprint("community_case", __name__)
ENDING = {
    "closing_outcome": "Outcome", "victim_view": "What the person says", "no_view_reason": "Not asked, because",
    "step_down": "Leads from here", "statutory_plan": "Statutory plan", "closing_word": "How the person was told",
    "reason": "Closed over what was open, because", "by": "Closed by",
}  # fmt: skip
CHANGED = "Someone changed this while you typed. What you typed is below. Check it against the case, then save again"


def of_panel(reference: str, tab: str) -> Any:
    """The case with its head; NotFound unless its panel keeps reviews."""
    actor, case, head = opened(reference, tab)
    if "reviews" not in head.offers:
        raise NotFound
    return actor, case, head


def kept(form: Any, case: Case, act: Callable[[], Any], words: str, there: str) -> Any:
    """Do what was typed and go on; None when it was refused, and why stands beside its field."""
    try:
        act()
    except RuleBroken as problem:
        widgets.place(form, problem)
    except StaleEdit:
        unit_of_work.session().rollback()
        widgets.place(form, RuleBroken("", CHANGED))
        form.version.data = str(unit_of_work.session().get_one(Case, case.id).version_id)
    else:
        flash(words, "success")
        return redirect(url_for(there, reference=request.view_args["reference"]), code=303)  # type: ignore[index]
    return None


@bp.get("/cases/<reference>/reviews")
def reviews(reference: str) -> Any:
    """When it is reviewed, how the scores move, who looks in between, the advocate, section 42, the two sides."""
    actor, case, head = of_panel(reference, "reviews")
    session = unit_of_work.session()
    told = reviewing.view_reviews(session, actor, case, head.opened)
    scores = [
        [long_date(one.on), "" if one.score is None else str(one.score), one.band.label if one.band else "Not graded"]
        for one in reversed(told.scores)
    ]
    return page(
        head, "reviews", told=told, scores=scores,
        looks=[[one.who, long_date(one.due_on)] for one in told.looks],
        sides=sides.list_sides(session, case) if told.may_change else (),
        closing=_ending(case) if "summary" in head.opened else None, ending_words=ENDING,
        section_42={"": "", **{one.value: one.label for one in CareAct}},
        may_close=case.state in closing.CLOSABLE and access.may(actor, P.CASE_CLOSE, case),
    )  # fmt: skip


def _ending(case: Case) -> dict[str, str]:
    """How it ended, with the coded outcome in words."""
    held = dict(case.closing or {})
    return {**held, "closing_outcome": ClosureOutcome(held["closing_outcome"]).label} if held else {}


@bp.route("/cases/<reference>/reviews/advocate", methods=["GET", "POST"])
def advocate(reference: str) -> Any:
    """Who speaks for the person."""
    actor, case, _head = of_panel(reference, "advocate")
    session = unit_of_work.session()
    reviewing.require_review(session, actor, case)
    form = AdvocateForm(data={"advocate": case.advocate or "", "version": str(case.version_id)})
    if form.validate_on_submit():
        done = kept(
            form, case,
            lambda: reviewing.name_advocate(
                session, actor, case, advocate=form.advocate.data, version=widgets.whole(form.version.data)
            ),
            "The advocate is recorded.", ".reviews",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/advocate.html", form=form, case=case), 422 if form.errors else 200


@bp.route("/cases/<reference>/reviews/section-42/<uuid:person_id>", methods=["GET", "POST"])
def care_act(reference: str, person_id: UUID) -> Any:
    """Was a safeguarding concern raised for this adult?"""
    actor, case, _head = of_panel(reference, "care_act")
    session = unit_of_work.session()
    reviewing.require_review(session, actor, case)
    adult = next((one for one in reviewing.adults_of(session, case) if one.id == person_id), None)
    if adult is None:
        raise NotFound
    form = CareActForm(data={"decision": adult.decision, "reason": adult.reason, "reference": adult.reference})
    if form.validate_on_submit():
        done = kept(
            form, case,
            lambda: reviewing.record_care_act(
                session, actor, case, person_id, decision=form.decision.data, reason=form.reason.data,
                reference=form.reference.data,
            ),
            "The decision is recorded.", ".reviews",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/care_act.html", form=form, case=case, adult=adult), 422 if form.errors else 200


@bp.post("/cases/<reference>/reviews/sides")
def mark_side(reference: str) -> Any:
    """An agency works only with the person said to be causing harm, or no longer only."""
    actor, case, _head = of_panel(reference, "sides")
    try:
        agency_id = UUID(request.form.get("agency", ""))
    except ValueError:
        raise NotFound from None
    other = request.form.get("side") == "other"
    try:
        sides.mark_side(unit_of_work.session(), actor, case, agency_id, other_side=other)
    except RuleBroken as problem:
        flash(problem.message, "error")
    else:
        flash("Saved. It holds from now on, on every page.", "success")
    return redirect(url_for(".reviews", reference=reference), code=303)


@bp.route("/cases/<reference>/powers", methods=["GET", "POST"])
def consider(reference: str) -> Any:
    """Each power with its statute: used, rejected with a reason, or not applicable."""
    actor, case, head = of_panel(reference, "powers")
    session = unit_of_work.session()
    told = powers.view_powers(actor, case, head.opened)
    shown = [one for _name, group in told.groups for one in group]
    held = {one.power.key: one.decision.value if one.decision else "" for one in shown}
    reasons = {f"reason_{one.power.key}": one.reason for one in shown}
    form = PowersForm(data={**held, **reasons, "version": str(case.version_id)})
    if form.validate_on_submit():
        decided = {one.power.key: (form[one.power.key].data, form[f"reason_{one.power.key}"].data) for one in shown}
        done = kept(
            form, case,
            lambda: powers.record_powers(session, actor, case, decided, version=widgets.whole(form.version.data)),
            "What was decided is recorded.", ".consider",
        )  # fmt: skip
        if done:
            return done
    return page(head, "powers", told=told, form=form), 422 if form.errors else 200
