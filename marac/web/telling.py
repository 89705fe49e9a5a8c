"""Telling the person what was agreed: one page for each task, the rules for safe contact above the box (DA-33)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac.errors import NotAllowed, RuleBroken, StaleEdit
from marac.models import Telling
from marac.services.following import actions, telling
from marac.services.following.telling import TellingPage
from marac.web import case_layout, signin, unit_of_work, widgets
from marac.web.actions import an_id, version_of
from marac.web.errors import conflict_page
from marac.web.forms.after_meeting import STANDING, TOLD, AgainForm, GiveForm, TellingForm

bp = Blueprint("telling", __name__)

STEPS = {"told": "report_told", "not_reached": "report_not_reached", "unsafe": "report_unsafe"}


@bp.get("/telling")
def list_tellings() -> Any:
    """Who is still to be told: of the own agency, or of everybody for who runs the panel."""
    rows = telling.list_tellings(unit_of_work.session(), signin.person())
    return render_template("telling/list.html", rows=rows)


@bp.route("/telling/<uuid:telling_id>", methods=["GET", "POST"])
def report(telling_id: UUID) -> Any:
    """One task: told, not reached, or not safe."""
    task, shown = found(telling_id)
    form = TellingForm(data={"version": str(task.version_id)})
    form.standing.choices = [pair for pair in STANDING if STEPS[pair[0]] in shown.offers]
    if form.validate_on_submit():
        try:
            _send(task, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        except StaleEdit:
            return conflict_page(yours=[("Next step", form.next_step.data)], theirs=[("Now", task.state.label)],
                                 back=request.path)  # fmt: skip
        else:
            flash("Saved. Thank you.", "success")
            return redirect(url_for(".report", telling_id=telling_id), code=303)
    rules = case_layout.rules(shown.contact)
    return render_template("telling/report.html", form=form, shown=shown, rules=rules), 422 if form.errors else 200


@bp.route("/telling/<uuid:telling_id>/give", methods=["GET", "POST"])
def give(telling_id: UUID) -> Any:
    """Another agency tells the person."""
    task, shown = found(telling_id, "give_to")
    form, session = GiveForm(), unit_of_work.session()
    others = actions.agencies_to_hand_to(session, signin.person())
    form.to_agency_id.choices = [("", "Choose"), *((str(one.id), one.name) for one in others)]
    if form.validate_on_submit():
        telling.give_to(session, signin.person(), task, to_agency_id=an_id(form.to_agency_id.data))
        flash("The agency was asked.", "success")
        return redirect(url_for(".report", telling_id=telling_id), code=303)
    return _step("Give to another agency", form, form.to_agency_id, shown)


@bp.route("/telling/<uuid:telling_id>/again", methods=["GET", "POST"])
def again(telling_id: UUID) -> Any:
    """It may be safe now."""
    task, shown = found(telling_id, "ask_again")
    form = AgainForm()
    if form.validate_on_submit():
        telling.ask_again(unit_of_work.session(), signin.person(), task, reason=form.reason.data)
        flash("The agency was asked again.", "success")
        return redirect(url_for(".report", telling_id=telling_id), code=303)
    return _step("Ask again", form, form.reason, shown)


def found(telling_id: UUID, step: str = "") -> tuple[Telling, TellingPage]:
    """The task and its page; NotAllowed when the step is not this person's to do now."""
    session, actor = unit_of_work.session(), signin.person()
    task = telling.get_telling(session, actor, telling_id)
    shown = telling.view_telling(session, actor, task)
    if step and step not in shown.offers:
        raise NotAllowed
    return task, shown


def _send(task: Telling, form: TellingForm) -> None:
    session, actor, version = unit_of_work.session(), signin.person(), version_of(form)
    if form.standing.data == TOLD:
        met = form.safe_contact_met.data
        telling.report_told(session, actor, task, how=form.how.data, safe_contact_met=met, version=version)
        return
    tell = telling.report_unsafe if form.standing.data == "unsafe" else telling.report_not_reached
    tell(session, actor, task, next_step=form.next_step.data, version=version)


def _step(title: str, form: Any, box: Any, shown: TellingPage) -> Any:
    facts = {"title": title, "form": form, "box": box, "shown": shown, "action": request.path}
    return render_template("telling/step.html", **facts), 422 if form.errors else 200
