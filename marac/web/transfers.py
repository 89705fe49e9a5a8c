"""Cases that go to another area and come from one: areas and keys, sending, receipts, taking in. Decides nothing.

No new address is ever shown again by these pages: it leaves in the sealed file alone.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.transfers import areas, listing, receiving, sending
from marac.vocabulary import Permission as P, TransferDirection
from marac.web import signin, unit_of_work, widgets
from marac.web.actions import an_id
from marac.web.cases import found_case
from marac.web.forms.actions import PressForm
from marac.web.forms.after_meeting import (
    AreaForm,
    ArrivedForm,
    CheckAreaForm,
    HandOverForm,
    ReceiptForm,
    SendForm,
    TakeInForm,
)

bp = Blueprint("transfers", __name__)


@bp.get("/transfers")
def list_transfers() -> Any:
    """In and out, the newest first."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.TRANSFER_READ)
    sends = access.holds(actor, P.TRANSFER_SEND)
    waiting = receiving.list_waiting(session, actor) if sends else []
    rows = listing.list_transfers(session, actor)
    return render_template("transfers/list.html", rows=rows, waiting=waiting, sends=sends)


@bp.route("/transfers/areas", methods=["GET", "POST"])
def areas_page() -> Any:
    """The areas we know, and our own key to give to them."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.AREA_KEEP)
    form = AreaForm()
    if form.validate_on_submit():
        try:
            area = areas.add_area(session, actor, name=form.name.data, public_key=form.public_key.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(url_for(".check_area", area_id=area.id), code=303)
    known = areas.list_areas(session, actor)
    checked = areas.who_checked(session, actor, known)
    own = areas.own_key(session, actor)
    return render_template(
        "transfers/areas.html", form=form, known=known, checked=checked, own=own
    ), 422 if form.errors else 200


@bp.route("/transfers/areas/<uuid:area_id>", methods=["GET", "POST"])
def check_area(area_id: UUID) -> Any:
    """One area: its fingerprint to compare by phone, or to use no longer."""
    session, actor = unit_of_work.session(), signin.person()
    area = areas.get_area(session, actor, area_id)
    form = CheckAreaForm()
    if form.validate_on_submit():
        try:
            if request.form.get("retire"):
                areas.retire_area(session, actor, area)
            else:
                areas.check_area(session, actor, area, by_phone=form.by_phone.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".areas_page"), code=303)
    print_ = areas.fingerprint_of(area)
    return render_template("transfers/area.html", form=form, area=area, fingerprint=print_), 422 if form.errors else 200


@bp.route("/cases/<reference>/transfer", methods=["GET", "POST"])
def send(reference: str) -> Any:
    """Make the sealed file of a case for another area."""
    session, (actor, case) = unit_of_work.session(), found_case(reference)
    access.require(actor, P.TRANSFER_SEND, case)
    form = SendForm(data={"stays": True})
    known = [one for one in areas.list_areas(session, actor) if one.checked_at]
    form.area.choices = [("", "Choose"), *((str(one.id), one.name) for one in known)]
    if form.validate_on_submit():
        try:
            made = sending.send(
                session, actor, case, areas.get_area(session, actor, an_id(form.area.data)), _move(form)
            )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The sealed file is ready. Send it by the secure route.", "success")
            return redirect(url_for(".show", transfer_id=made.id), code=303)
    last = sending.last_meeting(session, case)
    rows = listing.list_of_case(session, actor, case)
    facts = {"form": form, "case": case, "known": known, "last": last, "rows": rows}
    return render_template("transfers/send.html", **facts), 422 if form.errors else 200


def _move(form: SendForm) -> sending.Move:
    return sending.Move(
        reason=form.reason.data, contact=form.contact.data, new_address=form.new_address.data,
        new_contact=form.new_contact.data, perpetrator_stays=form.stays.data,
    )  # fmt: skip


@bp.get("/transfers/<uuid:transfer_id>")
def show(transfer_id: UUID) -> Any:
    """One transfer and what is still to do on it."""
    return _page(transfer_id)


@bp.get("/transfers/<uuid:transfer_id>/file")
def fetch(transfer_id: UUID) -> Response:
    """The sealed file to send, or the receipt to send back."""
    session, actor = unit_of_work.session(), signin.person()
    transfer = listing.get_transfer(session, actor, transfer_id)
    out = transfer.direction == TransferDirection.OUT
    content = sending.fetch(session, actor, transfer) if out else receiving.receipt(session, actor, transfer)
    answer = Response(content, mimetype="application/octet-stream" if out else "application/json")
    name = f"casework-{transfer.packet_id.hex[:8]}.{'age' if out else 'json'}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/transfers/<uuid:transfer_id>/receipt")
def receipt(transfer_id: UUID) -> Any:
    """They have it."""
    form = ReceiptForm()
    upload = request.files.get("file")
    content = upload.read(receiving.MOST_BYTES + 1) if upload else b""

    def step(session: Any, actor: Any, transfer: Any) -> None:
        if content:
            sending.take_receipt(session, actor, transfer, content)
        else:
            sending.record_receipt(session, actor, transfer, who=form.who.data or "")

    return _step(transfer_id, form, step)


@bp.post("/transfers/<uuid:transfer_id>/hand-over")
def hand_over(transfer_id: UUID) -> Any:
    """IDVA to IDVA."""
    form = HandOverForm()
    return _step(
        transfer_id, form, lambda *found: sending.record_hand_over(*found, text=form.hand_over.data or "")
    )  # fmt: skip


@bp.post("/transfers/<uuid:transfer_id>/<any(check, left):step>")
def press(transfer_id: UUID, step: str) -> Any:
    """The chair has checked; or the alleged perpetrator has moved away too."""
    return _step(transfer_id, PressForm(), {"check": sending.check, "left": sending.has_left}[step])


def _step(transfer_id: UUID, form: Any, step: Callable[..., Any]) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    transfer = listing.get_transfer(session, actor, transfer_id)
    if form.validate_on_submit():
        try:
            step(session, actor, transfer)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".show", transfer_id=transfer_id), code=303)
    return _page(transfer_id, form)


def _page(transfer_id: UUID, form: Any = None) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    shown = listing.view_transfer(session, actor, listing.get_transfer(session, actor, transfer_id))
    forms = {"receipt": ReceiptForm(formdata=None), "hand_over": HandOverForm(formdata=None)}
    for name, kind in (("receipt", ReceiptForm), ("hand_over", HandOverForm)):
        if isinstance(form, kind):
            forms[name] = form
    shown_form = form if form is not None else PressForm(formdata=None)
    facts = {"shown": shown, "forms": forms, "form": shown_form, "direction": TransferDirection}
    return render_template("transfers/show.html", **facts), 422 if shown_form.errors else 200


@bp.route("/transfers/in", methods=["GET", "POST"])
def arrive() -> Any:
    """A sealed file from another area: opened, read strictly, and shown before anything is made of it."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.TRANSFER_RECEIVE)
    form = ArrivedForm()
    if form.validate_on_submit():
        upload = request.files.get("file")
        try:
            content = upload.read(receiving.MOST_BYTES + 1) if upload else b""
            file_id = receiving.upload(session, actor, content)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(url_for(".look", file_id=file_id), code=303)
    waiting = receiving.list_waiting(session, actor)
    return render_template("transfers/arrive.html", form=form, waiting=waiting), 422 if form.errors else 200


@bp.route("/transfers/in/<uuid:file_id>", methods=["GET", "POST"])
def look(file_id: UUID) -> Any:
    """What came; take it in, or refuse it."""
    session, actor = unit_of_work.session(), signin.person()
    form = TakeInForm()
    if request.method == "POST" and request.form.get("refuse") and form.validate_on_submit():
        receiving.refuse(session, actor, file_id)
        flash("The file was refused and removed.", "success")
        return redirect(url_for(".list_transfers"), code=303)
    if form.validate_on_submit():
        keyring = unit_of_work.deployment().keyring
        try:
            made = receiving.take_in(session, keyring, actor, file_id, sure=form.sure.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("A referral was made. Send the receipt back.", "success")
            return redirect(url_for(".show", transfer_id=made.id), code=303)
    came = receiving.look(session, actor, file_id)
    return render_template("transfers/look.html", form=form, came=came, told=came.packet), 422 if form.errors else 200
