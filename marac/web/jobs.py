"""A contractor's two pages: the list of jobs and one card. Accept in 1 tap, finish in 3. Nothing else (SAN-28)."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.sanctuary import job_cards
from marac.services.sanctuary.job_cards import Finished
from marac.vocabulary import LineResult, Permission as P, WorksOrderState
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.jobs import AcceptForm, FinishJobForm

bp = Blueprint("jobs", __name__)

ALL = "all"


@bp.get("/jobs")
def list_jobs() -> Any:
    """The jobs of the firm, the first due first."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.ORDER_WORK)
    return render_template("jobs/list.html", jobs=job_cards.list_jobs(session, actor))


@bp.get("/jobs/<token>")
def card(token: str) -> Any:
    """One job; withdrawn or finished, it says only that."""
    session, actor, order = _found(token)
    return _page(session, actor, order, FinishJobForm(formdata=None))


@bp.post("/jobs/<token>/accept")
def accept(token: str) -> Any:
    """One tap."""
    session, actor, order = _found(token)
    if order.state == WorksOrderState.OFFERED:
        job_cards.accept_job(session, actor, order)
        flash("You have accepted this job.", "success")
    return redirect(url_for(".card", token=token), code=303)


@bp.post("/jobs/<token>/finish")
def finish(token: str) -> Any:
    """Everything is fitted, or what is not; with one photo."""
    session, actor, order = _found(token)
    form, upload = FinishJobForm(), request.files.get("photo")
    if order.state != WorksOrderState.ACCEPTED:
        return redirect(url_for(".card", token=token), code=303)
    try:
        shown = job_cards.read_card(session, actor, order)
        lines = [line.id for line in shown.lines] if shown else []
        job_cards.finish_job(session, actor, order, _said(lines, upload.read() if upload else b""))
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(session, actor, order, form)
    flash("Thank you. The job is finished.", "success")
    return redirect(url_for(".list_jobs"), code=303)


def _said(lines: list[str], photo: bytes) -> Finished:
    if request.form.get("everything") == "fitted":
        return Finished(dict.fromkeys(lines, LineResult.FITTED), {}, photo)
    results = {line: request.form.get(f"result-{line}", "") for line in lines}
    return Finished(results, {line: request.form.get(f"note-{line}", "") for line in lines}, photo)


def _found(token: str) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    return session, actor, job_cards.get_order(session, actor, token)


def _page(session: Any, actor: Any, order: Any, form: Any) -> Any:
    shown = job_cards.read_card(session, actor, order)
    if shown is None:
        withdrawn = order.state == WorksOrderState.WITHDRAWN
        return render_template("jobs/ended.html", withdrawn=withdrawn), 410 if withdrawn else 200
    typed = {key: text for key, text in request.form.items() if key.startswith(("result-", "note-"))}
    facts = {"results": list(LineResult), "typed": typed, "accepting": AcceptForm(formdata=None)}
    return render_template("jobs/card.html", job=shown, form=form, **facts), 422 if form.errors else 200
