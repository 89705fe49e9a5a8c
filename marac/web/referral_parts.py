"""The parts of the referral form: one page each, saved as typed, by button or as one goes. Refuses to send anything."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Referral
from marac.services import people, referral_tasks
from marac.vocabulary import ContactChannel, PersonRole
from marac.web import referral_layout, widgets
from marac.web.errors import conflict_page
from marac.web.forms import dash, referral_facts, referrals as forms
from marac.web.referrals import found
from marac.web.shell import time_of_day
from marac.workflows import checklists

bp = Blueprint("referral_parts", __name__)

FORMS: dict[str, Any] = {
    "person": forms.PersonForm,
    "safe-contact": forms.SafeContactForm,
    "other-person": forms.OtherPersonForm,
    "children": forms.ChildForm,
    "reason": forms.ReasonForm,
    "sharing": forms.SharingForm,
    "equality": forms.EqualityForm,
}
ROLES = {"other-person": (PersonRole.PERPETRATOR,), "children": referral_tasks.OTHERS}
CHECKLIST = "dash_ric"
PARTS = ",".join(f'"{key}"' for key in referral_tasks.BY_KEY)
NOT_TYPED = ("version", "csrf_token")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one referral as it is asked for, and the person in it when it holds several."""

    session: Any
    actor: Actor
    referral: Referral
    task: str
    person_id: UUID | None

    def saved(self) -> dict[str, Any]:
        """What it holds now."""
        return referral_tasks.saved(self.session, self.referral, self.task, self.person_id)

    def address(self) -> str:
        """Where it is shown and sent."""
        return url_for(".part", reference=self.referral.reference, task=self.task, person=self.person_id)


@bp.route(f"/referrals/<reference>/<any({PARTS}):task>", methods=["GET", "POST"])
def part(reference: str, task: str) -> Any:
    """One part: shown, saved and left, or saved for later."""
    session, actor, referral = found(reference)
    referral_tasks.open_form(session, actor, referral)
    asked = Part(session, actor, referral, task, _person_asked(session, referral, task))
    form = _form(asked)
    if request.method == "GET":
        return _page(asked, form)
    unreadable = _check(task, form)
    if form.errors and not _by_itself():
        return _page(asked, form), 422
    try:
        _save(asked, form, unreadable)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(asked, form), 422
    except StaleEdit:
        return _stale(asked, form)
    return _kept(asked, form) if _by_itself() else _onward(asked)


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


def _form(asked: Part) -> Any:
    saved = asked.saved()
    edition = referral_tasks.edition_of(saved)
    if asked.task == "risk":
        checklist = checklists.current(CHECKLIST)
        kind = dash.form_class(checklist.id, checklist.version)
        return kind(data={**dash.from_facts(checklist, saved), "version": edition})
    return FORMS[asked.task](data={**referral_facts.from_facts(saved), "version": edition})


def _check(task: str, form: Any) -> frozenset[str]:
    """Validate; answers with the boxes whose text cannot be read. For later, only those are errors."""
    form.validate()
    wrong = [field for field in form if field.errors]
    unreadable = frozenset(field.name for field in wrong if any(str(one).strip() for one in field.raw_data or ()))
    if _then() == "later" or _by_itself():
        for field in wrong:
            field.errors = field.errors if field.name in unreadable else ()
    elif task == "risk" and _then() != "none":
        checklist = checklists.current(CHECKLIST)
        dash.complain(form, checklists.score(checklist, dash.to_facts(form, checklist)["answers"]))
    return unreadable


def _save(asked: Part, form: Any, unreadable: frozenset[str]) -> None:
    """What was typed, into its place. A new person is added by a button only, never again and again as one types."""
    if _by_itself() and asked.task in ROLES and asked.person_id is None:
        return
    typed: dict[str, Any] = {"no_checklist": True}
    if asked.task != "risk":
        typed = referral_facts.to_facts(form, unreadable) | ({"person_id": asked.person_id} if asked.person_id else {})
    elif _then() != "none":
        typed = dash.to_facts(form, checklists.current(CHECKLIST))
    done = not _by_itself() and _then() != "later"
    edition = form.version.data or None
    referral_tasks.save_task(
        asked.session, asked.actor, asked.referral, asked.task, typed, edition=edition, done=done
    )  # fmt: skip


def _then() -> str:
    """Which button was pressed: on to the list, `another` of the same, `later`, or `none` (no checklist was used)."""
    return request.form.get("then", "")


def _by_itself() -> bool:
    """Whether the page saved itself while somebody was typing."""
    return request.headers.get("X-Requested-With") == "autosave"


def _kept(asked: Part, form: Any) -> Any:
    adding = asked.task in ROLES and asked.person_id is None
    version = form.version.data if adding else referral_tasks.edition_of(asked.saved())
    return jsonify(saved=time_of_day(clock.now()), version=version)


def _onward(asked: Part) -> Any:
    if _then() == "another":
        flash("Added. You can add another.", "success")
        return redirect(url_for(".part", reference=asked.referral.reference, task=asked.task), code=303)
    return redirect(url_for("referrals.hub", reference=asked.referral.reference), code=303)


def _page(asked: Part, form: Any) -> str:
    facts: dict[str, Any] = {"referral": asked.referral, "form": form, "person_id": asked.person_id}
    facts |= {"task": referral_tasks.BY_KEY[asked.task], "action": asked.address()}
    if asked.task in ROLES:
        facts["listed"] = people.people_of(asked.session, asked.referral.case_id, ROLES[asked.task])
    if asked.task == "safe-contact":
        facts["channels"] = list(ContactChannel)
    if asked.task == "risk":
        facts |= _questions(form)
    return render_template(f"referrals/{asked.task.replace('-', '_')}.html", **facts)


def _questions(form: Any) -> dict[str, Any]:
    """The checklist by group, and its count so far."""
    checklist = checklists.current(CHECKLIST)
    answers = [form[f"q{question.number}"].data for question in checklist.questions]
    return {
        "checklist": checklist,
        "groups": list(dash.grouped(form, checklist)),
        "professional": dash.professional_fields(checklist),
        "yes": answers.count("yes"),
        "answered": sum(map(bool, answers)),
    }


def _stale(asked: Part, form: Any) -> Any:
    """Somebody else saved first: both versions side by side, nothing of either lost."""
    if _by_itself():
        return jsonify(message="Someone else changed this.", url=asked.address()), 409
    saved = asked.saved().items()
    theirs = [(referral_layout.LABELS.get(name, name), _plain(name, value)) for name, value in saved if value]
    typed = [field for field in form if field.data and field.name not in NOT_TYPED]
    yours = [(field.label.text, _plain(field.name, field.data)) for field in typed]
    return conflict_page(yours=yours, theirs=theirs, back=asked.address())


def _plain(name: str, value: Any) -> str:
    shown = referral_layout.words(name, value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)
