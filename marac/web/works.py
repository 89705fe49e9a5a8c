"""Works of one request: what is to be fitted and what it costs, the fire review, orders to contractors."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.moving import advance, available
from marac.services.sanctuary import consequences, lines as fitted, signing_off, specifying, works_orders
from marac.services.sanctuary.works_orders import Job
from marac.vocabulary import Funder, Permission as P
from marac.web import field_layout, unit_of_work, widgets
from marac.web.actions import an_id
from marac.web.field_layout import Found
from marac.web.forms.actions import PressForm
from marac.web.forms.works import CostForm, FireForm, OrderForm

bp = Blueprint("works", __name__)

PRESSES = {
    "ask-fire-review": (specifying.ask_fire_review, "The fire review was asked for."),
    "specify": (specifying.specify, "Enter prices and funders now."),
    "approval": (specifying.send_for_approval, "Sent for approval."),
    "installed": (signing_off.mark_installed, "Everything is fitted."),
}


@bp.route("/sanctuary/<reference>/works", methods=["GET", "POST"])
def show(reference: str) -> Any:
    """The lines with prices and funders, what it all costs, and what can be done next."""
    found, form = field_layout.with_works(reference), CostForm()
    if form.validate_on_submit():
        try:
            specifying.save_costs(*found, _typed(found, form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".show", reference=reference), code=303)
    return _page(found, form)


@bp.post("/sanctuary/<reference>/works/<any('ask-fire-review', specify, approval, installed):press>")
def next_step(reference: str, press: str) -> Any:
    """On to the next stage."""
    found, form = field_layout.with_works(reference), PressForm()
    do, words = PRESSES[press]
    try:
        do(*found)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(found, CostForm(formdata=None), problem=form)
    flash(words, "success")
    return redirect(url_for(".show", reference=reference), code=303)


@bp.route("/sanctuary/<reference>/fire-review", methods=["GET", "POST"])
def fire_review(reference: str) -> Any:
    """What the fire brigade said (SAN-26)."""
    found, form = field_layout.with_works(reference), FireForm()
    access.require(found[1], P.SANCTUARY_SURVEY, found[2])
    if form.validate_on_submit():
        try:
            specifying.record_fire_review(
                *found, advice=form.advice.data, adviser=form.adviser.data, advised_on=form.advised_on.data,
                visit_on=form.visit_on.data, alarms=form.alarms.data or "",
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The fire review is recorded.", "success")
            return redirect(url_for(".show", reference=reference), code=303)
    review = [line for line in fitted.list_lines(*found) if line.fire_review]
    return field_layout.page("works/fire.html", found, form=form, lines=review)


@bp.route("/sanctuary/<reference>/order", methods=["GET", "POST"])
def order(reference: str) -> Any:
    """Offer a job to a contractor."""
    found = field_layout.with_works(reference)
    session, actor, of = found
    access.require(actor, P.SANCTUARY_DECIDE, of)
    lines = [line for line in fitted.list_lines(*found) if works_orders.may_order(line.row)]
    area = works_orders.area_of(works_orders.home_of(session, of))
    form = OrderForm(data={"area": area, "items": [str(line.id) for line in lines]})
    form.contractor.choices = [
        ("", "Choose"),
        *((str(a.id), a.name) for a in works_orders.list_contractors(session, of)),
    ]
    form.items.choices = [(str(line.id), line.words) for line in lines]
    if form.validate_on_submit():
        try:
            keyring = unit_of_work.deployment().keyring
            works_orders.order_works(session, actor, keyring, of, _job(form))
        except RuleBroken as problem:
            renamed = {"contractor_id": "contractor", "lines": "items", "window": "first"}
            widgets.place(form, RuleBroken(renamed.get(problem.field, problem.field), problem.message))
        else:
            flash("The job was offered. The contractor will be told.", "success")
            return redirect(url_for(".show", reference=reference), code=303)
    return field_layout.page("works/order.html", found, form=form, lines=lines)


@bp.post("/sanctuary/<reference>/orders/<uuid:order_id>/withdraw")
def withdraw(reference: str, order_id: UUID) -> Any:
    """Take a job back before it is finished."""
    session, actor, of = field_layout.with_works(reference)
    access.require(actor, P.SANCTUARY_DECIDE, of)
    consequences.withdraw(session, works_orders.get_order(session, actor, of, order_id), advance)
    flash("The job was withdrawn. The contractor will be told.", "success")
    return redirect(url_for(".show", reference=reference), code=303)


def _page(found: Found, form: Any, *, problem: Any = None) -> Any:
    _, actor, of = found
    if not form.is_submitted():
        form = CostForm(
            formdata=None, data={"vat": of.vat or "0", "quotes": _quotes(of), "no_quote_why": of.no_quote_why}
        )
    lines = fitted.list_lines(*found)
    names = {step.name for step in available(actor, of)}
    return field_layout.page(
        "works/show.html", found, form=problem or form, costs=form, cost=specifying.cost_of(*found),
        prices=_prices(lines), funders=list(Funder), names=names, review=dict(of.fire_review or {}),
        needs_review=fitted.needs_fire_review(lines), orders=works_orders.list_orders(*found),
        agencies={one.id: one.agency.name for one in works_orders.list_orders(*found)},
        may_cost=of.state in specifying.COSTED and access.may(actor, P.SANCTUARY_DECIDE, of),
        may_order=bool(lines) and access.may(actor, P.SANCTUARY_DECIDE, of) and of.state == "works_ordered",
        emergency=any(line.emergency for line in lines) and of.state in works_orders.BEFORE_APPROVAL,
        when=field_layout.when, ended=[line for line in lines if line.row.result], lines=lines,
    )  # fmt: skip


def _prices(lines: list[fitted.LineShown]) -> list[dict[str, Any]]:
    return [
        {
            "mark": line.id.hex, "words": line.words, "band": line.works.band.label, "fire": line.fire_review,
            "each": request.form.get(f"each-{line.id.hex}", "" if line.row.each is None else str(line.row.each)),
            "funder": request.form.get(f"funder-{line.id.hex}", line.row.funder or ""),
        }
        for line in lines
    ]  # fmt: skip


def _quotes(of: Any) -> str:
    return "\n".join(f"{one['from']}, {one['pounds']}" for one in of.quotes or ())


def _typed(found: Found, form: CostForm) -> dict[str, Any]:
    lines = {}
    for row in fitted.list_rows(found[0], found[2]):
        mark = row.id.hex
        lines[mark] = (request.form.get(f"each-{mark}", ""), request.form.get(f"funder-{mark}", ""))
    quotes = [line.rpartition(",")[::2] for line in (form.quotes.data or "").splitlines() if line.strip()]
    return {"lines": lines, "vat": form.vat.data, "quotes": quotes, "no_quote_why": form.no_quote_why.data}


def _job(form: OrderForm) -> Job:
    chosen = [found for text in form.items.data or () if (found := an_id(text))]
    return Job(
        agency_id=an_id(form.contractor.data or ""), window_from=field_layout.moment(form, "on", "first"),
        window_until=field_layout.moment(form, "on", "last"), area=form.area.data or "", access=form.access.data or "",
        what_to_say=form.what_to_say.data or "", who_to_ring=form.who_to_ring.data or "", line_ids=chosen,
    )  # fmt: skip
