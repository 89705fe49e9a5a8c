"""Possible matches that nobody has looked at, and decisions to look at again. Lays out what the service may show."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.services.knowing import missed
from marac.vocabulary import LinkDecision, LinkReason, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.matches import OPEN, ChangeForm, PairForm

bp = Blueprint("matches", __name__)


@bp.route("/referrals/matches", methods=["GET", "POST"])
def possible_matches() -> Any:
    """The pairs of the nightly comparison, oldest first, and the latest decisions."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.PERSON_LINK)
    form = PairForm()
    if form.validate_on_submit():
        missed.decide(session, actor, _id(form.pair.data), LinkDecision(form.decision.data))
        flash("Your decision is recorded.", "success")
        return redirect(url_for(".possible_matches"), code=303)
    waiting, decided = missed.list_waiting(session, actor), missed.list_decided(session, actor)
    more = missed.waiting(session, actor) - len(waiting)
    return render_template(
        "referrals/matches.html", waiting=waiting, more=more, decided=decided, decisions=LinkDecision
    ), 422 if form.errors else 200


@bp.route("/referrals/matches/change", methods=["GET", "POST"])
def change_decision() -> Any:
    """One decision, changed or taken back, with the reason that the trail keeps."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.PERSON_LINK)
    link_id = _id(request.args.get("of", ""))
    pair, form = missed.get_decided(session, actor, link_id), ChangeForm()
    if form.validate_on_submit():
        chosen = None if form.decision.data == OPEN else LinkDecision(form.decision.data)
        try:
            missed.revise(session, actor, link_id, chosen, LinkReason(form.reason.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The decision is changed. What it was before stays in the audit trail.", "success")
            return redirect(url_for(".possible_matches"), code=303)
    return render_template("referrals/change_match.html", pair=pair, form=form), 422 if form.errors else 200


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
