"""The parts of the referral form: one page each, saved as typed, by button or as one goes. Refuses to send anything."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Agency, Referral
from marac.services.accounts import users
from marac.services.casework import people, risk_tools
from marac.services.community import community_sharing, happenings
from marac.services.referring import referral_answers, referral_tasks
from marac.services.referring.task_lists import task_in
from marac.vocabulary import ContactChannel, PersonRole, ProgrammeSlug, StepTried
from marac.web import drafts, referral_words, rewording, warned, widgets
from marac.web.errors import conflict_page
from marac.web.forms import community_referral, referral_facts, referrals as forms
from marac.web.referrals import found
from marac.web.shell import time_of_day

bp = Blueprint("referral_parts", __name__)

FORMS: dict[str, Any] = {
    "person": forms.PersonForm,
    "safe-contact": forms.SafeContactForm,
    "other-person": forms.OtherPersonForm,
    "children": forms.ChildForm,
    "reason": forms.ReasonForm,
    "sharing": forms.SharingForm,
    "referrer": forms.ReferrerForm,
    "equality": forms.EqualityForm,
}
COMMUNITY_FORMS: dict[str, Any] = {
    **FORMS,
    "about": community_referral.AboutForm,
    "person": community_referral.SomebodyAtRiskForm,
    "incidents": community_referral.IncidentForm,
    "tried": community_referral.TriedForm,
    "reason": community_referral.WhyForm,
    "sharing": community_referral.TellingForm,
}
PAGES = {"reason": "community_reason", "sharing": "community_sharing"}  # where the pages of the programmes differ
ROLES = {"other-person": (PersonRole.PERPETRATOR,), "children": referral_answers.OTHERS}
# risk has its address here too, and is answered by web/referral_risk.py
PARTS = ",".join(f'"{key}"' for key in referral_tasks.BY_KEY)
NOT_TYPED = ("version", "csrf_token")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one referral as it is asked for, and the person (or incident) in it when it holds several."""

    session: Any
    actor: Actor
    referral: Referral
    task: str
    person_id: UUID | None

    def saved(self) -> dict[str, Any]:
        """What it holds now."""
        return referral_tasks.saved(self.session, self.referral, self.task, self.person_id)

    @property
    def in_community(self) -> bool:
        """Whether the Community MARAC's own questions are asked."""
        return self.referral.programme == ProgrammeSlug.COMMUNITY_MARAC

    def address(self) -> str:
        """Where it is shown and sent."""
        return url_for(".part", reference=self.referral.reference, task=self.task, person=self.person_id)


@bp.route(f"/referrals/<reference>/<any({PARTS}):task>", methods=["GET", "POST"])
def part(reference: str, task: str) -> Any:
    """One part: shown, saved and left, or saved for later."""
    session, actor, referral = found(reference)
    referral_tasks.open_form(session, actor, referral)
    if task not in {one.key for one in referral_tasks.tasks_of(referral)}:
        raise NotFound
    asked = Part(session, actor, referral, task, _person_asked(session, referral, task))
    form = _form(asked)
    answer = drafts.meet(form, referral.case, saves=True)
    if answer is not None or request.method == "GET":
        return answer or _page(asked, form)
    unreadable = _check(form)
    if drafts.by_itself():
        return _save_by_itself(asked, form, unreadable)
    if form.errors:
        return _page(asked, form), 422
    try:
        _save(asked, form, unreadable)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(asked, form), 422
    except StaleEdit:
        return _stale(asked, form)
    warned.about(referral.case, form)
    return _onward(asked)


@bp.post("/referrals/<reference>/people/<uuid:person_id>/remove")
def remove(reference: str, person_id: UUID) -> Any:
    """Take out somebody entered by mistake."""
    session, actor, referral = found(reference)
    role = referral_tasks.remove(session, actor, referral, person_id)
    task = "other-person" if role == PersonRole.PERPETRATOR else "children"
    flash("Removed.", "success")
    return redirect(url_for(".part", reference=referral.reference, task=task), code=303)


@bp.post("/referrals/<reference>/incidents/<uuid:incident_id>/remove")
def remove_incident(reference: str, incident_id: UUID) -> Any:
    """Take out an incident entered by mistake."""
    session, actor, referral = found(reference)
    referral_tasks.remove_incident(session, actor, referral, incident_id)
    flash("Removed.", "success")
    return redirect(url_for(".part", reference=referral.reference, task="incidents"), code=303)


def _person_asked(session: Any, referral: Referral, task: str) -> UUID | None:
    """The person or incident that `?person=` names, on parts that hold several; for consent, the next to ask."""
    asked = request.args.get("person", "")
    each = referral.programme == ProgrammeSlug.COMMUNITY_MARAC and task in ("sharing", "incidents")
    try:
        if asked and task in ROLES:
            return referral_answers.person_in(session, referral, UUID(asked)).id
        if asked and each:
            of = community_sharing.person_in if task == "sharing" else happenings.incident_in
            return of(session, referral, UUID(asked)).id
    except ValueError:
        raise NotFound from None
    first = community_sharing.asked_first(session, referral) if each and task == "sharing" else None
    return first.id if first else None


def _form(asked: Part) -> Any:
    saved = asked.saved()
    edition = referral_tasks.edition_of(saved)
    kind = (COMMUNITY_FORMS if asked.in_community else FORMS)[asked.task]
    if asked.task == "children":
        feared = _feared(asked)
        kind = (community_referral.everybody_form if asked.in_community else forms.child_form)(feared)
        saved = _tied(saved, feared)
    form = kind(data={**referral_facts.from_facts(saved), "version": edition})
    if asked.task == "reason":
        form.criteria.choices = widgets.offered(risk_tools.ways_in(asked.session, asked.referral))
    return form


def _feared(asked: Part) -> dict[str, str]:
    """The alleged perpetrators, to each of whom a child is something: {id in hex: name}."""
    feared = people.people_of(asked.session, asked.referral.case_id, [PersonRole.PERPETRATOR])
    return {one.id.hex: one.full_name or "" for one in feared}


def _tied(saved: dict[str, Any], feared: dict[str, str]) -> dict[str, Any]:
    """What was said of the only alleged perpetrator before they were added is said of them."""
    before = saved.get("relationship_to_perpetrator")
    if len(feared) == 1 and before and not saved.get("to_perpetrators"):
        return {**saved, "to_perpetrators": dict.fromkeys(feared, before)}
    return saved


def _check(form: Any) -> frozenset[str]:
    """Validate; answers with the boxes whose text cannot be read. For later, only those are errors."""
    form.validate()
    wrong = [field for field in form if field.errors]
    unreadable = frozenset(field.name for field in wrong if any(str(one).strip() for one in field.raw_data or ()))
    if _then() == "later" or drafts.by_itself():
        for field in wrong:
            field.errors = field.errors if field.name in unreadable else ()
    return unreadable


def _save_by_itself(asked: Part, form: Any, unreadable: frozenset[str]) -> Any:
    """Save what can be read; what cannot be yet, and a person not added yet, is kept for the writer as it was typed."""
    if asked.task in (*ROLES, "incidents") and asked.person_id is None:
        return drafts.keep()
    try:
        with asked.session.begin_nested():
            _save(asked, form, unreadable)
    except RuleBroken:
        return drafts.keep()
    except StaleEdit:
        return drafts.keep(message="Someone else changed this.", url=asked.address())
    version, moment = referral_tasks.edition_of(asked.saved()), time_of_day(clock.now())
    if unreadable:
        words = f"Saved {moment}, but for what cannot be read yet: that is kept for you"
        return drafts.keep(version=version, message=words)
    drafts.drop()
    return jsonify(saved=moment, version=version)


def _save(asked: Part, form: Any, unreadable: frozenset[str]) -> None:
    """What was typed, into its place."""
    typed = referral_facts.to_facts(form, unreadable) | ({"person_id": asked.person_id} if asked.person_id else {})
    done = not drafts.by_itself() and _then() != "later"
    edition = form.version.data or None
    referral_tasks.save_task(
        asked.session, asked.actor, asked.referral, asked.task, typed, edition=edition, done=done
    )  # fmt: skip


def _then() -> str:
    """Which button was pressed: on to the list, `another` of the same, or `later`."""
    return request.form.get("then", "")


def _onward(asked: Part) -> Any:
    here = url_for(".part", reference=asked.referral.reference, task=asked.task)
    if _then() == "another":
        flash("Added. You can add another.", "success")
        return redirect(here, code=303)
    if asked.in_community and asked.task == "sharing" and _then() != "later":
        following = community_sharing.unrecorded(asked.session, asked.referral)
        if following:
            flash("Saved. Now the next person.", "success")
            return redirect(here, code=303)
    return redirect(url_for("referrals.hub", reference=asked.referral.reference), code=303)


def _page(asked: Part, form: Any) -> str:
    facts: dict[str, Any] = {"referral": asked.referral, "form": form, "person_id": asked.person_id}
    facts |= {"task": task_in(asked.referral, asked.task), "action": asked.address()}
    if asked.task in ROLES:
        facts["listed"] = people.people_of(asked.session, asked.referral.case_id, ROLES[asked.task])
    if asked.task == "referrer":
        facts["mine"] = users.own_name(asked.session, asked.actor)
        facts["agency"] = asked.session.get_one(Agency, asked.referral.agency_id).name
    if asked.task == "safe-contact":
        facts["channels"] = list(ContactChannel)
    if asked.in_community:
        facts |= _community_facts(asked)
        rewording.reword(form, asked.referral.programme)
    page = PAGES.get(asked.task, "") if asked.in_community else ""
    return render_template(f"referrals/{page or asked.task.replace('-', '_')}.html", **facts)


def _community_facts(asked: Part) -> dict[str, Any]:
    """What the Community MARAC's own pages list beside the form."""
    if asked.task == "incidents":
        told = happenings.of_referral(asked.session, asked.referral)
        return {"told": told, "counted": len(happenings.once_each(told))}
    if asked.task == "sharing":
        everyone = community_sharing.everyone(asked.session, asked.referral)
        waiting = {one.id for one in community_sharing.unrecorded(asked.session, asked.referral)}
        return {"everyone": everyone, "waiting": waiting}
    return {"steps": list(StepTried)} if asked.task == "tried" else {}


def _stale(asked: Part, form: Any) -> Any:
    """Somebody else saved first: both versions side by side, nothing of either lost."""
    saved = asked.saved().items()
    theirs = [(referral_words.LABELS.get(name, name), _plain(name, value)) for name, value in saved if value]
    typed = [field for field in form if field.data and field.name not in NOT_TYPED]
    yours = [(field.label.text, _plain(field.name, field.data)) for field in typed]
    return conflict_page(yours=yours, theirs=theirs, back=asked.address())


def _plain(name: str, value: Any) -> str:
    shown = referral_words.words(name, value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)
