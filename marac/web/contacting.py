"""How to contact safely, asked again, and the places of a case: one page each, by those who keep them.

No number and no address that is held stands on these pages: what is typed is added, or replaces.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac.errors import NotAllowed, RuleBroken, StaleEdit
from marac.services.casework import moving_in, safe_contact
from marac.services.casework.case_page import Head
from marac.services.casework.phones import Number
from marac.vocabulary import ContactChannel, PhoneKind, SafeToUse
from marac.web import drafts, unit_of_work, widgets
from marac.web.cases import found_case, opened
from marac.web.errors import conflict_page
from marac.web.forms.addresses import PlaceForm
from marac.web.forms.contact import SafeContactForm
from marac.web.shell import long_date

bp = Blueprint("contacting", __name__)


@bp.route("/cases/<reference>/safe-contact", methods=["GET", "POST"])
def update_safe_contact(reference: str) -> Any:
    """Is it still safe? One page, checked today."""
    actor, case, head = opened(reference, "safe-contact")
    session = unit_of_work.session()
    contact = safe_contact.contact_of(session, case)
    if "safe-contact" not in head.offers or contact is None:
        raise NotAllowed
    held = safe_contact.held_phones(actor, case, contact, head.opened)
    form = SafeContactForm(data=_contact_facts(head, contact, held))
    answer = drafts.meet(form, case)
    if answer is not None:
        return answer
    if form.validate_on_submit():
        try:
            safe_contact.update_safe_contact(session, actor, case, **_typed_contact(form, held))
        except RuleBroken as problem:
            widgets.place(form, problem)
        except StaleEdit:
            return conflict_page(yours=_typed_lines(form), theirs=_held_lines(head), back=request.path)
        else:
            flash("How to contact safely is up to date.", "success")
            return redirect(url_for("cases.summary", reference=case.reference), code=303)
    phones = [(form[f"held_{place}"], one.ending) for place, one in enumerate(held)]
    return render_template(
        "cases/safe_contact.html",
        form=form,
        case=case,
        channels=ContactChannel,
        phones=phones,
        stale=head.contact.stale,
    ), 422 if form.errors else 200


@bp.route("/cases/<reference>/people/<uuid:person_id>/place", methods=["GET", "POST"])
def add_place(reference: str, person_id: UUID) -> Any:
    """A further place of somebody: they moved, or where they work or learn."""
    return _place(reference, person_id=person_id)


@bp.route("/cases/<reference>/places/<uuid:place_id>", methods=["GET", "POST"])
def change_place(reference: str, place_id: UUID) -> Any:
    """What is said of one place: what it is, until when, who knows it."""
    return _place(reference, place_id=place_id)


def _place(reference: str, person_id: UUID | None = None, place_id: UUID | None = None) -> Any:
    actor, case = found_case(reference)
    session = unit_of_work.session()
    desk = moving_in.desk_of(session, actor, case, person_id=person_id, place_id=place_id)
    form = PlaceForm(data=desk.facts)
    feared = [(form[f"knows_{number}"], name) for number, (_id, name) in enumerate(desk.feared)]
    if form.validate_on_submit():
        typed: dict[str, Any] = {name: form[name].data for name in moving_in.TYPED}
        knows = {who: box.data for (who, _name), (box, _label) in zip(desk.feared, feared, strict=True) if box.data}
        try:
            moving_in.save_place(
                session, actor, case, person_id=person_id, place_id=place_id, knows=knows,
                version=widgets.whole(form.version.data), **typed,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        except StaleEdit:
            return conflict_page(yours=[], theirs=[], back=request.path)
        else:
            flash("The place is recorded.", "success")
            return redirect(url_for("cases.tab", reference=case.reference, tab="people"), code=303)
    return render_template(
        "cases/place.html", form=form, case=case, desk=desk, feared=feared, adding=place_id is None
    ), 422 if form.errors else 200


def _contact_facts(head: Head, contact: Any, held: tuple[Number, ...]) -> dict[str, Any]:
    """What the safe-contact form starts with: the rules, never a number."""
    facts = {name: getattr(contact, name) or "" for name in safe_contact.WORDS}
    for channel, (answer, detail) in head.contact.rules.ways.items():
        facts |= {f"way_{channel.value}": answer.value, f"detail_{channel.value}": detail}
    facts |= {f"held_{place}": (one.safe or SafeToUse.YES).value for place, one in enumerate(held)}
    return {**facts, "do_not_contact": head.contact.rules.do_not_contact, "version": str(contact.version_id)}


def _typed_contact(form: SafeContactForm, held: tuple[Number, ...]) -> dict[str, Any]:
    """The form as the service takes it."""
    typed: dict[str, Any] = {name: form[name].data for name in (*safe_contact.WORDS, *safe_contact.PRIVATE)}
    rules = {
        channel.value: {
            "answer": form[f"way_{channel.value}"].data or "not_asked",
            "detail": form.data.get(f"detail_{channel.value}", ""),
        }
        for channel in ContactChannel
    }
    said = {place: form[f"held_{place}"].data for place in range(len(held))}
    changed = {
        place: None if answer == "gone" else SafeToUse(answer)
        for place, answer in said.items()
        if answer and answer != (held[place].safe or SafeToUse.YES).value
    }
    number = None
    if form.phone.data:
        kind, safe = PhoneKind(form.phone_kind.data or "mobile"), SafeToUse(form.phone_safe.data or "not_asked")
        number = Number(form.phone.data, kind, safe)
    more = {"do_not_contact": form["do_not_contact"].data, "number": number, "held": changed}
    return {**typed, **more, "rules": rules, "version": widgets.whole(form.version.data)}


def _typed_lines(form: SafeContactForm) -> list[tuple[str, str]]:
    """What was typed, for the page that shows both versions."""
    return [
        (field.label.text, str(field.data))
        for field in form
        if field.data and field.type != "HiddenField" and field.name != "csrf_token"
    ]


def _held_lines(head: Head) -> list[tuple[str, str]]:
    """What is held now."""
    ways = [(way.channel.label, f"{way.answer.label} {way.detail}".strip()) for way in head.contact.ways]
    return [*ways, ("Checked", long_date(head.contact.checked_on)), *(("", line) for line in head.contact.lines)]
