"""The cases of a request and the passages found in them: tagging, cutting, joining; and an agency's own words."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.services.casework import cases
from marac.services.disclosing import linking, owners, tagging
from marac.services.disclosing.tagging import Sheet, Tagged
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.disclosures import found
from marac.web.errors import conflict_page
from marac.web.forms import disclosures as forms
from marac.web.forms.actions import PressForm
from marac.workflows.exemptions import exemptions

bp = Blueprint("disclosure_passages", __name__)


@bp.route("/disclosures/<reference>/cases", methods=["GET", "POST"])
def of_cases(reference: str) -> Any:
    """The cases that are looked through, and one more by its reference."""
    session, actor, one = found(reference)
    access.require(actor, P.DISCLOSURE_PREPARE, one)
    form = forms.CaseForm()
    if form.validate_on_submit():
        try:
            case = cases.get_case(session, actor, (form.reference.data or "").strip())
        except NotFound:
            widgets.place(form, RuleBroken("reference", "There is no case with this reference that you can open"))
        else:
            return redirect(url_for(".of_case", reference=reference, case_reference=case.reference), code=303)
    linked = linking.list_linked(session, actor, one)
    return render_template("disclosures/cases.html", one=one, form=form, linked=linked), 422 if form.errors else 200


@bp.route("/disclosures/<reference>/cases/<case_reference>", methods=["GET", "POST"])
def of_case(reference: str, case_reference: str) -> Any:
    """Whose data in one case is handed out; or leave the case out again."""
    session, actor, one = found(reference)
    access.require(actor, P.DISCLOSURE_PREPARE, one)
    case = cases.get_case(session, actor, case_reference)
    people = linking.people_of(session, case)
    chosen = [who for row in linking.list_linked(session, actor, one) if row.case.id == case.id for who in row.subjects]
    form = forms.PeopleForm(data={"people": chosen})
    form.people.choices = widgets.offered([(who.id.hex, f"{who.name} ({who.role.label.lower()})") for who in people])
    if request.method == "POST" and request.form.get("leave_out"):
        linking.unlink_case(session, actor, one, case.reference)
        return redirect(url_for(".of_cases", reference=reference), code=303)
    if form.validate_on_submit():
        try:
            linking.link_case(session, actor, one, case.reference, list(form.people.data or ()))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(url_for(".of_cases", reference=reference), code=303)
    facts = {"one": one, "case": case, "form": form, "linked": bool(chosen)}
    return render_template("disclosures/case.html", **facts), 422 if form.errors else 200


@bp.route("/disclosures/<reference>/passages", methods=["GET", "POST"])
def sheet(reference: str) -> Any:
    """Ten passages: whom each is about, shown or hidden, and why."""
    session, actor, one = found(reference, "passages")
    number = widgets.whole(request.args.get("page")) or 1
    form = forms.VersionForm(data={"version": str(one.passages_version)})
    typed, wrong = forms.typed_passages(request.form), ""
    here = url_for(".sheet", reference=reference)
    if form.validate_on_submit():
        try:
            decided = {_id(mark): Tagged(**facts) for mark, facts in typed.items()}
            tagging.save_tags(session, actor, one, decided, version=widgets.whole(form.version.data))
        except StaleEdit:
            return conflict_page(yours=[], theirs=[], back=f"{here}?page={number}")
        except RuleBroken as problem:
            wrong = problem.field
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(f"{here}?page={number + 1 if request.form.get('next') else number}", code=303)
    shown = _as_typed(tagging.view_sheet(session, actor, one, number), typed if form.errors else {})
    facts = {
        "one": one,
        "sheet": shown,
        "form": form,
        "here": here,
        "exemptions": exemptions().values(),
        "wrong": wrong,
    }
    return render_template("disclosures/passages.html", **facts), 422 if form.errors else 200


def _id(mark: str) -> UUID:
    try:
        return UUID(mark)
    except ValueError:
        raise NotFound from None


def _as_typed(shown: Sheet, typed: dict[str, dict[str, Any]]) -> Sheet:
    """After a mistake the page holds what was typed."""
    rows = tuple(replace(row, **typed.get(row.id.hex, {})) for row in shown.passages)
    return replace(shown, passages=rows)


@bp.route("/disclosures/<reference>/passages/<uuid:passage_id>/cut", methods=["GET", "POST"])
def cut(reference: str, passage_id: UUID) -> Any:
    """Cut some words out as a passage of their own."""
    session, actor, one = found(reference)
    access.require(actor, P.DISCLOSURE_PREPARE, one)
    row = tagging.get_passage(session, actor, one, passage_id)
    words = (row.text or "").split()
    form = forms.CutForm()
    form.first.choices = form.last.choices = widgets.offered(forms.numbered(words))
    if form.validate_on_submit():
        try:
            tagging.split(session, actor, one, passage_id, first=int(form.first.data), last=int(form.last.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(_back(reference), code=303)
    return render_template("disclosures/cut.html", one=one, row=row, form=form, back=_back(reference)), (
        422 if form.errors else 200
    )


def _back(reference: str) -> str:
    number = widgets.whole(request.args.get("page")) or 1
    return f"{url_for('.sheet', reference=reference)}?page={number}"


@bp.post("/disclosures/<reference>/passages/<uuid:passage_id>/join")
def join(reference: str, passage_id: UUID) -> Any:
    """Join a piece with the next."""
    session, actor, one = found(reference)
    if PressForm().validate_on_submit():
        tagging.join(session, actor, one, passage_id)
    return redirect(_back(reference), code=303)


@bp.route("/disclosures/asked/<uuid:disclosure_id>", methods=["GET", "POST"])
def asked(disclosure_id: UUID) -> Any:
    """An agency's own words: may they be handed out?"""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.DISCLOSURE_AGREE)
    rows, form = owners.list_own(session, actor, disclosure_id), PressForm()
    if form.validate_on_submit():
        marks = [mark for mark in request.form.getlist("passage") if request.form.get(f"agree-{mark}")]
        typed = {
            _id(mark): (request.form.get(f"agree-{mark}") == "yes", request.form.get(f"why-{mark}", "")[:2000])
            for mark in marks
        }
        try:
            owners.answer(session, actor, disclosure_id, typed)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Your answer is recorded.", "success")
            return redirect("/today", code=303)
    question = next(one for one in owners.list_questions(session, actor) if one.disclosure_id == disclosure_id)
    return render_template("disclosures/asked.html", rows=rows, form=form, question=question), (
        422 if form.errors else 200
    )
