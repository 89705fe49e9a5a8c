"""The search box. What is typed is posted, and stands in no address, title or log."""

from typing import Any

from flask import Blueprint, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.casework import safe_contact
from marac.services.knowing import finding
from marac.vocabulary import Permission as P
from marac.web import case_layout, signin, unit_of_work, widgets
from marac.web.forms.finding import FindForm
from marac.web.shell import long_date

bp = Blueprint("finding", __name__)

BOXES = ("name", "born_on", "reference")
PLACES = ("phone", "house_number", "postcode")


@bp.route("/find", methods=["GET", "POST"])
def find() -> Any:
    """Find a person or a case; the first result says all that is asked by phone, without opening the case."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.CASE_READ)
    form, found = FindForm(), None
    places = finding.may_ask_places(actor)
    if form.validate_on_submit():
        typed = {name: form[name].data for name in (*BOXES, *(PLACES if places else ()))}
        try:
            found = finding.find(session, actor, **typed, wider=form.wider.data == "yes")
        except RuleBroken as problem:
            widgets.place(form, problem)
    references = [one.reference for one in found or ()]
    rules = safe_contact.rules_by_reference(session, actor, references)
    rows = None if found is None else [case_layout.found_row(one, rules.get(one.reference)) for one in found]
    return render_template(
        "cases/find.html", form=form, rows=rows, first=found[0] if found else None, places=places,
        typed=_typed(form), again=_again(form), was_wider=form.wider.data == "yes",
    ), 422 if form.errors else 200  # fmt: skip


def _typed(form: FindForm) -> str:
    """What was asked, in the page's words."""
    born = long_date(form.born_on.data) if form.born_on.data else ""
    parts = (form.name.data, born, form.reference.data, form.phone.data, form.house_number.data, form.postcode.data)
    return ", ".join(part for part in parts if part)


def _again(form: FindForm) -> dict[str, str]:
    """The same boxes, to be sent again for a wider search."""
    born = form.born_on.data
    day = {"born_on": f"{born.day} {born.month} {born.year}"} if born else {}
    texts = {name: form[name].data or "" for name in ("name", "reference", *PLACES)}
    return {**{name: text for name, text in texts.items() if text}, **day, "wider": "yes"}
