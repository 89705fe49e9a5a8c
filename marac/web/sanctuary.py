"""Sanctuary requests: the list by stage, a new one, one request with its parts, the tab of a case, forgotten flags."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request as asked, url_for

from marac import access
from marac.errors import NotAllowed, RuleBroken
from marac.services.casework import cases
from marac.services.sanctuary import address_flags, board, page as pages, requests, visits
from marac.vocabulary import Permission as P, SanctuaryState as S
from marac.web import (
    case_layout,
    cases as case_pages,
    field_layout,
    sanctuary_form,
    sanctuary_layout,
    signin,
    unit_of_work,
    widgets,
)
from marac.web.forms.actions import PressForm
from marac.web.forms.sanctuary import FlagForm

bp = Blueprint("sanctuary", __name__)


@bp.get("/sanctuary")
def list_requests() -> Any:
    """Every request the person may see, past its target first."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.SANCTUARY_READ)
    over, stage = asked.args.get("show") == "over", asked.args.get("stage", "")
    lines = board.list_requests(session, actor, over=over)
    shown = [line for line in lines if stage in ("", line.state)]
    return render_template(
        "sanctuary/list.html", rows=[sanctuary_layout.row(line) for line in shown], over=over, stage=stage,
        counts=[(state.value, state.label, many, late) for state, many, late in board.counts(lines)],
        may_start=requests.may_start(actor), supports=access.holds(actor, P.SANCTUARY_SUPPORT),
        visits=visits.has_diary(actor), forgotten=len(address_flags.exceptions(session, actor)),
    )  # fmt: skip


@bp.route("/sanctuary/new", methods=["GET", "POST"])
def new() -> Any:
    """A request alone, or from a case (`?case=`)."""
    session, actor = unit_of_work.session(), signin.person()
    if not requests.may_start(actor):
        raise NotAllowed
    reference, form = asked.args.get("case", ""), PressForm()
    parent = cases.get_case(session, actor, reference) if reference else None
    if form.validate_on_submit():
        try:
            started = requests.start_request(session, unit_of_work.deployment().keyring, actor, parent)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(url_for(".show", reference=started.reference), code=303)
    return render_template("sanctuary/new.html", form=form, case=reference), 422 if form.errors else 200


@bp.get("/sanctuary/<reference>")
def show(reference: str) -> Any:
    """The task list of a draft for its writer; for everybody else one request as it stands."""
    found = field_layout.opened(reference)
    if found[2].state == S.DRAFT:
        return sanctuary_form.hub(found)
    shown = pages.view(*found)
    decides = access.may(found[1], P.SANCTUARY_DECIDE, found[2])
    return field_layout.page("sanctuary/show.html", found, decides=decides, **sanctuary_layout.page(found[0], shown))


@bp.get("/cases/<reference>/sanctuary")
def of_case(reference: str) -> Any:
    """Requests that came from a case, as far as the reader may see them."""
    actor, case, head = case_pages.opened(reference, "sanctuary")
    found = requests.requests_of(unit_of_work.session(), actor, case)
    return render_template(
        "cases/sanctuary.html", head=head, tab="home security", **case_layout.frame(head, "sanctuary"),
        rows=[sanctuary_layout.case_row(one) for one in found], may_start=requests.may_start(actor),
    )  # fmt: skip


@bp.get("/sanctuary/flags")
def flags() -> Any:
    """Marks on addresses where the person no longer is (SAN-31)."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.SANCTUARY_SUPPORT)
    rows = [sanctuary_layout.flag_row(session, flag) for flag in address_flags.exceptions(session, actor)]
    return render_template("sanctuary/flags.html", rows=rows)


@bp.get("/sanctuary/<reference>/flags")
def flags_of(reference: str) -> Any:
    """The marks of one request."""
    found = field_layout.with_works(reference)
    session, actor, request = found
    rows = [sanctuary_layout.flag_row(session, flag) for flag in request.flags]
    asks = access.may(actor, P.SANCTUARY_SUPPORT, request) and len(address_flags.live(session, request)) < 2
    return field_layout.page("sanctuary/flags_of.html", found, rows=rows, asks=asks)


@bp.post("/sanctuary/<reference>/flags/<any(police, fire):kind>")
def ask_flag(reference: str, kind: str) -> Any:
    """Ask for a mark."""
    address_flags.ask(*field_layout.opened(reference), kind)
    flash("They were asked to put a flag on the address.", "success")
    return redirect(url_for(".flags_of", reference=reference), code=303)


@bp.route("/sanctuary/<reference>/flags/<uuid:flag_id>", methods=["GET", "POST"])
def keep_flag(reference: str, flag_id: UUID) -> Any:
    """One mark goes on: placed, kept, no longer wanted, removed."""
    found, form = field_layout.opened(reference), FlagForm()
    flag = address_flags.get_flag(*found, flag_id)
    if form.validate_on_submit():
        try:
            _move(found, flag, asked.form.get("then", ""), form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".flags_of", reference=reference), code=303)
    row = sanctuary_layout.flag_row(found[0], flag)
    return field_layout.page("sanctuary/flag.html", found, form=form, row=row, action=asked.path)


def _move(found: Any, flag: Any, step: str, form: Any) -> None:
    session, actor, _ = found
    if step == "unwanted":
        address_flags.ask_removal_of(session, actor, flag)
    elif step == "remove":
        address_flags.remove(session, actor, flag)
    elif step == "review":
        if form.review_on.data is None:
            raise RuleBroken("review_on", "Enter the date to look at it again")
        address_flags.review(session, actor, flag, because=form.because.data, review_on=form.review_on.data)
    else:
        address_flags.place(
            session, actor, flag, their_reference=form.their_reference.data, review_on=form.review_on.data
        )
