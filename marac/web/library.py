"""The library of usual actions: read, added to, changed from a day, retired. The shipped file stays as it is."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.services.following import library
from marac.services.keeping import administration
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.library import LibraryForm, RetireForm

bp = Blueprint("library", __name__, url_prefix="/admin/library")


@bp.get("")
def list_entries() -> Any:
    """By agency, with what is the partnership's own."""
    actor, session = signin.person(), unit_of_work.session()
    access.require_holds(actor, P.LIBRARY_EDIT)
    names = _agencies(actor)
    groups: dict[str, list[library.Entry]] = {}
    for entry in library.list_entries(session, actor.partnership_id):
        groups.setdefault(names.get(entry.agency, entry.agency), []).append(entry)
    return render_template("admin/library.html", groups=sorted(groups.items()), due=library.DUE)


@bp.route("/add", methods=["GET", "POST"])
def add() -> Any:
    """A new entry."""
    return _edit(None, LibraryForm(data={"panels": [one.value for one in library.PANELS]}), "Add a usual action")


@bp.route("/<mark>", methods=["GET", "POST"])
def change(mark: str) -> Any:
    """New words for an entry, from a day."""
    entry = library.get_entry(unit_of_work.session(), signin.person(), mark)
    shown = {
        "text": entry.text, "agency": entry.agency, "default_due": entry.default_due, "protects": entry.protects,
        "addresses": entry.addresses, "contact_with_victim": entry.contact_with_victim, "panels": entry.panels,
        "usual": bool(entry.usual),
    }  # fmt: skip
    return _edit(entry.key, LibraryForm(data=shown), "Change a usual action")


@bp.route("/<mark>/retire", methods=["GET", "POST"])
def retire(mark: str) -> Any:
    """Offered no longer, from a day."""
    session, actor = unit_of_work.session(), signin.person()
    entry, form = library.get_entry(session, actor, mark), RetireForm()
    if form.validate_on_submit():
        try:
            library.retire_entry(session, actor, entry.key, from_on=form.from_on.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("It will no longer be offered.", "success")
            return redirect("/admin/library", code=303)
    return render_template("admin/library_retire.html", form=form, entry=entry), 422 if form.errors else 200


def _edit(key: str | None, form: LibraryForm, title: str) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.LIBRARY_EDIT)
    form.agency.choices = [("", "Choose"), *sorted(_agencies(actor).items(), key=lambda pair: pair[1])]
    if form.validate_on_submit():
        try:
            library.save_entry(
                session, actor, key=key, agency=form.agency.data, text=form.text.data,
                default_due=form.default_due.data, protects=form.protects.data or [],
                addresses=form.addresses.data or [], contact_with_victim=form.contact_with_victim.data,
                panels=form.panels.data or [], usual=form.usual.data, from_on=form.from_on.data,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect("/admin/library", code=303)
    return render_template("admin/library_entry.html", form=form, key=key, title=title), 422 if form.errors else 200


def _agencies(actor: Actor) -> dict[str, str]:
    known = administration.list_agencies(unit_of_work.session(), actor)
    return {library.ANY_AGENCY: "Any agency", **{one.slug: one.name for one in known}}
