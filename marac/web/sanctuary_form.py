"""The parts of a Sanctuary request before it is sent: one page each, saved by button; check and send (SAN-20)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request as asked, url_for

from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.services.casework import people
from marac.services.referring import referral_answers
from marac.services.referring.referral_tasks import edition_of
from marac.services.sanctuary import answers, requests
from marac.vocabulary import ContactChannel
from marac.web import field_layout, referral_words, widgets
from marac.web.errors import conflict_page
from marac.web.field_layout import Found
from marac.web.forms import referral_facts, referrals as referral_forms, sanctuary as forms
from marac.web.forms.actions import PressForm

bp = Blueprint("sanctuary_form", __name__)

FORMS: dict[str, Any] = {
    "person": referral_forms.PersonForm, "safe-contact": referral_forms.SafeContactForm, "reason": forms.ReasonForm,
    "other-person": forms.FearedForm, "home": forms.HomeForm, "children": forms.ChildForm,
    "equality": referral_forms.EqualityForm,
}  # fmt: skip
PARTS = ",".join(f'"{key}"' for key in answers.BY_KEY)
LEFT_OUT = ("whereabouts", "other_born_on", "nhs_number", "gp", "professionals", "mental_health", "substance_use")


def hub(found: Found) -> Any:
    """The task list of a draft."""
    session, actor, request = found
    broken = {answers.TASK_OF.get(one.field, "") for one in requests.problems(session, actor, request)}
    done = set(request.done_tasks or ())
    tasks = [_row(request.reference, task, done, broken) for task in answers.TASKS]
    return render_template("sanctuary/hub.html", reference=request.reference, tasks=tasks)


def _row(reference: str, task: answers.Task, done: set[str], broken: set[str]) -> dict[str, str]:
    row = {"text": task.label, "hint": task.hint, "status": "Optional" if task.optional else "Not started yet",
           "href": url_for("sanctuary_form.part", reference=reference, task=task.key)}  # fmt: skip
    if task.key in done:
        row |= {"status": "Needs checking", "tag": "care"} if task.key in broken else {"status": "Done"}
    return row


@bp.route(f"/sanctuary/<reference>/form/<any({PARTS}):task>", methods=["GET", "POST"])
def part(reference: str, task: str) -> Any:
    """One part: shown, saved and left, or saved for later."""
    found = field_layout.opened(reference)
    session, actor, request = found
    answers.open_form(actor, request)
    person_id = _person(found, task)
    saved = answers.saved(session, request, task, person_id)
    kind = FORMS.get(task) or forms.risk_form(requests.tool_of(session, request.partnership_id))
    form = kind(data={**referral_facts.from_facts(saved), "version": edition_of(saved)})
    if form.is_submitted():
        later = asked.form.get("then") == "later"
        if form.validate() or (later and not _unreadable(form)):
            try:
                _save(found, form, task, person_id, done=not later)
            except RuleBroken as problem:
                widgets.place(form, problem)
            except StaleEdit:
                return _stale(found, form, task, saved)
            else:
                return _onward(reference, task)
    return _page(found, form, task, person_id)


def _person(found: Found, task: str) -> UUID | None:
    wanted = asked.args.get("person", "")
    if task not in answers.ROLES or not wanted:
        return None
    try:
        return referral_answers.person_in(found[0], found[2], UUID(wanted)).id
    except ValueError:
        raise NotFound from None


def _unreadable(form: Any) -> bool:
    """Whether something typed cannot be read; what is only missing may wait."""
    return any(field.errors and any(str(one).strip() for one in field.raw_data or ()) for field in form)


def _save(found: Found, form: Any, task: str, person_id: UUID | None, *, done: bool) -> None:
    session, actor, request = found
    typed = referral_facts.to_facts(form) | ({"person_id": person_id} if person_id else {})
    typed = {name: value for name, value in typed.items() if name not in LEFT_OUT}
    answers.save_task(session, actor, request, task, typed, edition=form.version.data or None, done=done)


def _onward(reference: str, task: str) -> Any:
    if asked.form.get("then") == "another":
        flash("Added. You can add another.", "success")
        return redirect(url_for(".part", reference=reference, task=task), code=303)
    return redirect(url_for("sanctuary.show", reference=reference), code=303)


def _page(found: Found, form: Any, task: str, person_id: UUID | None) -> Any:
    session, _, request = found
    listed = people.people_of(session, request.case_id, [answers.ROLES[task][0]]) if task in answers.ROLES else []
    return render_template(
        "sanctuary/part.html", reference=request.reference, form=form, task=answers.BY_KEY[task], person_id=person_id,
        listed=[(one.id, one.full_name or "Not known") for one in listed], many=task in answers.ROLES,
        fields=[field for field in form if field.name not in ("csrf_token", "version", *LEFT_OUT)],
        channels=list(ContactChannel),
    ), 422 if form.errors else 200  # fmt: skip


def _stale(found: Found, form: Any, task: str, saved: dict[str, Any]) -> Any:
    """Somebody else saved first: both versions side by side, nothing of either lost."""
    theirs = [(referral_words.LABELS.get(name, name), str(value)) for name, value in saved.items() if value]
    yours = [(field.label.text, str(field.data)) for field in form if field.data and field.name not in
             ("version", "csrf_token")]  # fmt: skip
    back = url_for(".part", reference=found[2].reference, task=task)
    return conflict_page(yours=yours, theirs=theirs, back=back)


@bp.post("/sanctuary/<reference>/people/<uuid:person_id>/remove")
def remove(reference: str, person_id: UUID) -> Any:
    """Take out somebody entered by mistake."""
    found = field_layout.opened(reference)
    role = answers.remove(*found, person_id)
    task = next(task for task, (held, _) in answers.ROLES.items() if held == role)
    flash("Removed.", "success")
    return redirect(url_for(".part", reference=reference, task=task), code=303)


@bp.route("/sanctuary/<reference>/check", methods=["GET", "POST"])
def check(reference: str) -> Any:
    """What is still in the way, and sending it."""
    found, form = field_layout.opened(reference), PressForm()
    answers.open_form(found[1], found[2])
    if form.validate_on_submit():
        try:
            requests.submit(*found)
        except RuleBroken as problem:
            form.form_errors = [problem.message]
        else:
            flash("Sent. The Sanctuary team has your request.", "success")
            return redirect(url_for("sanctuary.show", reference=reference), code=303)
    problems = [
        {"text": one.message, "task": answers.TASK_OF.get(one.field, "person")} for one in requests.problems(*found)
    ]
    return render_template(
        "sanctuary/check.html", reference=reference, form=form, problems=problems
    ), 422 if form.errors else 200


@bp.post("/sanctuary/<reference>/discard")
def discard(reference: str) -> Any:
    """Give up a draft."""
    requests.discard(*field_layout.opened(reference))
    flash("The draft was withdrawn.", "success")
    return redirect(url_for("sanctuary.list_requests"), code=303)
