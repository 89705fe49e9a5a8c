"""Two panels and one household: which leads, asked and answered without opening the other case. And red flags today."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac.errors import NotFound, RuleBroken
from marac.services.casework import cases
from marac.services.community import elsewhere, same_day
from marac.vocabulary import ProgrammeSlug, RoutingAnswer
from marac.web import signin, unit_of_work, widgets

bp = Blueprint("routing", __name__)


class AnswerForm(widgets.PageForm):
    """Which of two panels leads."""

    answer = widgets.choice_field(
        "Which panel leads?", [(one.value, one.label) for one in RoutingAnswer], "Select which panel leads"
    )


class ActedForm(widgets.PageForm):
    """What was done on the day a red flag was raised."""

    what = widgets.long_text_field(
        "What was done today", "Say what was done today", "Who was rung, what was agreed, who acts next.", longest=4_000
    )


@bp.route("/cases/<reference>/routing", methods=["GET", "POST"])
def routing(reference: str) -> Any:
    """Which other panel holds this household, and the question which of the two leads."""
    session, actor = unit_of_work.session(), signin.person()
    case = cases.get_case(session, actor, reference)
    form = AnswerForm()
    if request.form.get("ask"):
        elsewhere.ask(session, actor, case, _programme(request.form["ask"]))
        flash("Asked. You are told when there is an answer.", "success")
        return redirect(url_for(".routing", reference=case.reference), code=303)
    if form.validate_on_submit():
        elsewhere.answer(session, actor, case, _id(request.form.get("question", "")), RoutingAnswer(form.answer.data))
        flash("Answered. The other coordinator is told.", "success")
        return redirect(url_for(".routing", reference=case.reference), code=303)
    asked = elsewhere.questions_of(session, actor, case)
    waiting = {one.other_programme for one in asked if one.answer is None}
    return render_template(
        "referrals/routing.html", case=case, form=form, asked=asked,
        present=[one for one in elsewhere.present(session, actor, case) if one not in waiting],
    ), 422 if form.errors else 200  # fmt: skip


@bp.route("/cases/<reference>/acted", methods=["GET", "POST"])
def acted(reference: str) -> Any:
    """A red flag was raised: what was done today."""
    session, actor = unit_of_work.session(), signin.person()
    case = cases.get_case(session, actor, reference)
    form = ActedForm()
    if form.validate_on_submit():
        try:
            same_day.acted_on(session, actor, case, form.what.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Recorded.", "success")
            return redirect(url_for("cases.summary", reference=case.reference), code=303)
    told = same_day.told(session, actor, case)
    return render_template(
        "referrals/acted.html", case=case, form=form, told=told, by=same_day.waiting(session, case)
    ), 422 if form.errors else 200  # fmt: skip


def _programme(text: str) -> ProgrammeSlug:
    if text not in tuple(ProgrammeSlug):
        raise NotFound
    return ProgrammeSlug(text)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
