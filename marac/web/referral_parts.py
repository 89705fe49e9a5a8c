"""The parts of the referral form: one page each, saved as typed, by button or as one goes. Refuses to send anything."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from marac import clock
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Referral
from marac.services import people, referral_tasks
from marac.vocabulary import ContactChannel, PersonRole
from marac.web import referral_layout, widgets
from marac.web.errors import conflict_page
from marac.web.forms import dash
from marac.web.forms import referrals as forms
from marac.web.referrals import found
from marac.web.shell import time_of_day
from marac.workflows import checklists

bp = Blueprint("referral_parts", __name__)

FORMS: dict[str, Any] = {
    "person": forms.PersonForm, "safe-contact": forms.SafeContactForm, "other-person": forms.OtherPersonForm,
    "children": forms.ChildForm, "reason": forms.ReasonForm, "sharing": forms.SharingForm, "equality": forms.EqualityForm,
}  # fmt: skip
ROLES = {"other-person": (PersonRole.PERPETRATOR,), "children": referral_tasks.OTHERS}
CHECKLIST = "dash_ric"
PARTS = "person,safe-contact,other-person,children,risk,reason,sharing,equality"


@bp.route(f"/referrals/<reference>/<any({PARTS}):task>", methods=["GET", "POST"])
def part(reference: str, task: str) -> Any:
    """One part: shown, saved and left, or saved for later."""
    session, actor, referral = found(reference)
    referral_tasks.open_form(session, actor, referral)
    person_id = _person_asked(session, referral, task)
    saved = referral_tasks.saved(session, referral, task, person_id)
    form = _form(task, saved, person_id)
    if request.method == "GET":
        return _page(referral, session, task, form, person_id)
    unreadable = _check(task, form)
    by_itself = request.headers.get("X-Requested-With") == "autosave"
    if form.errors and not by_itself:
        return _page(referral, session, task, form, person_id), 422
    try:
        typed = _typed(task, form, unreadable) | ({"person_id": person_id} if person_id else {})
        edition, done = form.version.data or None, not by_itself and _then() != "later"
        if _adds_by_itself(task, person_id, by_itself):
            return jsonify(saved=time_of_day(clock.now()), version=form.version.data)
        referral_tasks.save_task(session, actor, referral, task, typed, edition=edition, done=done)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(referral, session, task, form, person_id), 422
    except StaleEdit:
        return _stale(referral, session, task, form, person_id, by_itself)
    if by_itself:
        now = referral_tasks.edition_of(referral_tasks.saved(session, referral, task, person_id))
        return jsonify(saved=time_of_day(clock.now()), version=now)
    return _onward(referral, task)


@bp.post("/referrals/<reference>/people/<uuid:person_id>/remove")
def remove(reference: str, person_id: UUID) -> Any:
    """Take out somebody entered by mistake."""
    session, actor, referral = found(reference)
    role = referral_tasks.remove(session, actor, referral, person_id)
    task = "other-person" if role == PersonRole.PERPETRATOR else "children"
    flash("Removed.", "success")
    return redirect(url_for(".part", reference=referral.reference, task=task), code=303)


def _person_asked(session: Any, referral: Referral, task: str) -> UUID | None:
    """The person that `?person=` names, on the two parts that hold several."""
    asked = request.args.get("person", "")
    if task not in ROLES or not asked:
        return None
    try:
        return referral_tasks.person_in(session, referral, UUID(asked)).id
    except ValueError:
        raise NotFound from None


def _form(task: str, saved: Mapping[str, Any], person_id: UUID | None) -> Any:
    edition = referral_tasks.edition_of(saved)
    if task == "risk":
        checklist = checklists.current(CHECKLIST)
        kind = dash.form_class(checklist.id, checklist.version)
        return kind(data={**dash.from_facts(checklist, saved), "version": edition})
    return FORMS[task](data={**forms.from_facts(saved), "version": edition})


def _check(task: str, form: Any) -> frozenset[str]:
    """Validate; answers with the boxes whose text cannot be read. For later, only those are errors."""
    form.validate()
    unreadable = {field.name for field in form if field.errors and any(str(one).strip() for one in field.raw_data or ())}
    if _then() == "later" or request.headers.get("X-Requested-With") == "autosave":
        for field in form:
            field.errors = field.errors if field.name in unreadable else ()
    elif task == "risk" and _then() != "none":
        checklist = checklists.current(CHECKLIST)
        dash.complain(form, checklists.score(checklist, dash.to_facts(form, checklist)["answers"]))
    return frozenset(unreadable)


def _typed(task: str, form: Any, unreadable: frozenset[str]) -> dict[str, Any]:
    if task == "risk":
        return {"no_checklist": True} if _then() == "none" else dash.to_facts(form, checklists.current(CHECKLIST))
    return forms.to_facts(form, unreadable)


def _then() -> str:
    """Which button was pressed: on to the list, `another` of the same, `later`, or `none` (no checklist was used)."""
    return request.form.get("then", "")


def _adds_by_itself(task: str, person_id: UUID | None, by_itself: bool) -> bool:
    """A new person is added by a button only: saving as one goes would add the same one again and again."""
    return by_itself and task in ROLES and person_id is None


def _onward(referral: Referral, task: str) -> Any:
    if _then() == "another":
        flash("Added. You can add another.", "success")
        return redirect(url_for(".part", reference=referral.reference, task=task), code=303)
    return redirect(url_for("referrals.hub", reference=referral.reference), code=303)


def _page(referral: Referral, session: Any, task: str, form: Any, person_id: UUID | None) -> str:
    action = url_for(".part", reference=referral.reference, task=task, person=person_id)
    facts: dict[str, Any] = {"referral": referral, "task": referral_tasks.BY_KEY[task], "form": form,
                             "person_id": person_id, "action": action}  # fmt: skip
    if task in ROLES:
        facts["listed"] = people.people_of(session, referral.case_id, ROLES[task])
    if task == "safe-contact":
        facts["channels"] = list(ContactChannel)
    if task == "risk":
        checklist = checklists.current(CHECKLIST)
        answered = [form[f"q{question.number}"].data for question in checklist.questions]
        facts |= {"checklist": checklist, "groups": list(dash.grouped(form, checklist)), "yes": answered.count("yes"),
                  "answered": sum(map(bool, answered)), "professional": dash.professional_fields(checklist)}  # fmt: skip
    return render_template(f"referrals/{task.replace('-', '_')}.html", **facts)


def _stale(referral: Referral, session: Any, task: str, form: Any, person_id: UUID | None, by_itself: bool) -> Any:
    """Somebody else saved first: both versions side by side, nothing of either lost."""
    if by_itself:
        return jsonify(message="Someone else changed this.", url=request.url), 409
    saved = referral_tasks.saved(session, referral, task, person_id)
    theirs = [(referral_layout.LABELS.get(name, name), _plain(name, value)) for name, value in saved.items() if value]
    yours = [(field.label.text, _plain(field.name, field.data)) for field in form if field.data and field.name != "version"]
    return conflict_page(yours=[pair for pair in yours if pair[0] != "CSRF Token"], theirs=theirs, back=request.url)


def _plain(name: str, value: Any) -> str:
    shown = referral_layout.words(name, value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)
