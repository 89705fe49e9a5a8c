"""Retention: what is due to be erased, holds, two-person erasure, the disposal log and its certificates.

Shows a reference, initials and dates; no page here opens a case.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.services.retaining import certificates, clocks, figures, holds, schedule
from marac.vocabulary import HoldKind, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.retention import HoldForm, KeepLongerForm, LiftForm
from marac.web.forms.signin import PressForm

bp = Blueprint("retention", __name__, url_prefix="/admin/retention")

SAID: Final = {
    "propose": "Erasure proposed. Somebody else must approve it.",
    "approve": "Erasure approved. Until the day shown either of you can cancel it.",
    "cancel": "Erasure cancelled. The record is kept.",
}
DECIDE: Final[dict[str, Callable[..., Any]]] = {
    "propose": schedule.propose, "approve": schedule.approve, "cancel": schedule.cancel,
}  # fmt: skip


@bp.get("")
def list_due() -> Any:
    """What is due now or soon; or every record that has a date."""
    session, actor = unit_of_work.session(), signin.person()
    every = request.args.get("show") == "all"
    found = schedule.list_due(session, actor, every=every, page=_page())
    return render_template("retention/list.html", found=found, every=every, tabs=_tabs("all" if every else "due"))


@bp.get("/log")
def list_disposed() -> Any:
    """The disposal log."""
    session, actor = unit_of_work.session(), signin.person()
    found = schedule.list_disposed(session, actor, page=_page())
    kept = figures.list_figures(session, actor.partnership_id)
    return render_template(
        "retention/log.html", found=found, figures=kept, shown=figures.shown, tabs=_tabs("log")
    )  # fmt: skip


@bp.get("/holds")
def list_holds() -> Any:
    """Every live hold, the next to be looked at first."""
    found = holds.list_live(unit_of_work.session(), signin.person())
    decides = access.holds(signin.person(), P.RETENTION_READ)
    return render_template("retention/holds.html", holds=found, tabs=_tabs("holds") if decides else [])


@bp.route("/holds/place", methods=["GET", "POST"])
def place_hold() -> Any:
    """Hold a case by its reference, whatever its stage."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.HOLD_PLACE)
    form = HoldForm(data={"reference": request.args.get("case", "")[:7]})
    if form.validate_on_submit():
        try:
            case = holds.case_for_hold(session, actor, form.reference.data)
            holds.place(
                session, actor, case, kind=HoldKind(form.kind.data), reason=form.reason.data,
                review_on=form.review_on.data,
            )  # fmt: skip
        except NotFound:
            widgets.place(form, RuleBroken("reference", "No case has this reference"))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The hold is on. Nothing of this case is disposed of until it is lifted.", "success")
            return redirect(url_for(".list_holds"), code=303)
    return render_template("retention/place.html", form=form), 422 if form.errors else 200


@bp.route("/holds/<uuid:hold_id>", methods=["GET", "POST"])
def lift_hold(hold_id: UUID) -> Any:
    """One hold with its reason, and the way to lift it."""
    session, actor = unit_of_work.session(), signin.person()
    hold = holds.get_hold(session, actor, hold_id)
    access.require_step_up(actor)
    access.open_retention(actor, hold.partnership_id, [hold.case_id])
    form = LiftForm()
    if form.validate_on_submit():
        try:
            holds.lift(session, actor, hold, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The hold is lifted.", "success")
            return redirect(url_for(".list_holds"), code=303)
    return render_template("retention/hold.html", form=form, hold=hold), 422 if form.errors else 200


@bp.get("/certificates/<number>")
def certificate(number: str) -> Any:
    """One certificate as a page."""
    found = certificates.get_certificate(unit_of_work.session(), signin.person(), number)
    return render_template("retention/certificate.html", certificate=found)


@bp.get("/certificates/<number>/pdf")
def certificate_paper(number: str) -> Response:
    """The same as a paper. Its name is its number."""
    found = certificates.get_certificate(unit_of_work.session(), signin.person(), number)
    answer = Response(certificates.draw(found), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="certificate-{found.number}.pdf"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.get("/<reference>")
def show(reference: str) -> Any:
    """One record: its dates, who has decided what, and what may be decided now."""
    session, actor = unit_of_work.session(), signin.person()
    row = schedule.get_record(session, actor, reference)
    return render_template(
        "retention/record.html", line=schedule.line_of(session, actor, row),
        offers=schedule.offered(session, actor, row), why=schedule.why_longer(session, actor, row),
        holds=holds.list_holds(session, actor, row.case) if row.case.state != "erased" else [],
        mine=row.proposed_by_id is not None and row.proposed_by_id == actor.user_id,
    )  # fmt: skip


@bp.route("/<reference>/keep", methods=["GET", "POST"])
def keep_longer(reference: str) -> Any:
    """A later day with a reason."""
    session, actor = unit_of_work.session(), signin.person()
    row = schedule.get_record(session, actor, reference)
    access.require(actor, P.RETENTION_DECIDE, row)
    access.require_step_up(actor)
    form = KeepLongerForm()
    if form.validate_on_submit():
        try:
            schedule.keep_longer(session, actor, row, until=form.kept_until.data, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The record is kept until the new day.", "success")
            return redirect(url_for(".show", reference=reference), code=303)
    line = schedule.line_of(session, actor, row)
    return render_template("retention/keep.html", form=form, line=line), 422 if form.errors else 200


@bp.route("/<reference>/<any(propose,approve,cancel):decision>", methods=["GET", "POST"])
def decide(reference: str, decision: str) -> Any:
    """One of the two people's decisions, on a page that says what it means."""
    session, actor = unit_of_work.session(), signin.person()
    row, form = schedule.get_record(session, actor, reference), PressForm()
    access.require(actor, P.RETENTION_DECIDE, row)
    access.require_step_up(actor)
    if form.validate_on_submit():
        try:
            DECIDE[decision](session, actor, row)
        except RuleBroken as problem:
            form.form_errors = [problem.message]
        else:
            flash(SAID[decision], "success")
            return redirect(url_for(".show", reference=reference), code=303)
    line, days = schedule.line_of(session, actor, row), clocks.cooling_off_days(session, row)
    page = render_template("retention/decide.html", form=form, line=line, decision=decision, days=days)
    return page, 422 if form.errors else 200


def _page() -> int:
    given = request.args.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 1


def _tabs(here: str) -> list[dict[str, Any]]:
    places = (
        ("due", "Due", "/admin/retention"), ("all", "All with a date", "/admin/retention?show=all"),
        ("holds", "Legal holds", "/admin/retention/holds"), ("log", "Disposal log", "/admin/retention/log"),
    )  # fmt: skip
    return [{"text": text, "href": href, "current": name == here} for name, text, href in places]
