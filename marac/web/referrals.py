"""Referrals: the list, a new one, its task list, check and send, urgent, questions. Its parts are in referral_parts."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, WrongState
from marac.models import Referral
from marac.services.reading import referral_forms
from marac.services.referring import questions as asked_parts, referral_hints, referral_tasks, referrals
from marac.services.sanctuary import requests
from marac.vocabulary import ProgrammeSlug, ReferralState, said
from marac.web import asking, drafts, inbox_page, referral_layout, rewording, signin, standing, unit_of_work, widgets
from marac.web.forms import referral_facts, referrals as forms
from marac.workflows.referral_rules import URGENT_FIELDS

bp = Blueprint("referrals", __name__)


@bp.get("/referrals")
def list_referrals() -> Any:
    """What waits for a decision (those who decide), one's drafts, and how what was sent stands."""
    return inbox_page.page(unit_of_work.session(), signin.person())


@bp.route("/referrals/new", methods=["GET", "POST"])
def new() -> Any:
    """What it is about; then the draft exists and its parts can be filled in any order."""
    actor, form = signin.person(), forms.StartForm()
    if not referrals.may_start(actor):
        raise NotAllowed
    session, send_to = unit_of_work.session(), ""
    if form.validate_on_submit():
        programme = ProgrammeSlug(form.programme.data)
        if programme == ProgrammeSlug.SANCTUARY and requests.may_start(actor):
            return redirect(url_for("sanctuary.new"), code=303)
        send_to = referrals.where_to_send(session, actor, programme)
        if not send_to:
            keyring = unit_of_work.deployment().keyring
            return _to(".hub", referrals.start_referral(session, keyring, actor, programme))
    facts = {"form": form, "send_to": send_to, "reads": referral_forms.may_read(actor)}
    return render_template("referrals/new.html", **facts), 422 if form.errors else 200


@bp.get("/referrals/<reference>")
def hub(reference: str) -> Any:
    """The task list for whoever fills it in; for others how it stands and what of it they may read."""
    session, actor, referral = found(reference)
    if not may_fill(session, actor, referral):
        return standing.page(session, actor, referral)
    broken = {referral_tasks.TASK_OF.get(one.field, one.field) for one in referrals.problems(session, actor, referral)}
    return render_template(
        "referrals/hub.html", referral=referral, tasks=_task_rows(referral, broken, aside=False),
        aside=_task_rows(referral, broken, aside=True), draft=_is_draft(referral),
        unfinished=referral_tasks.unfinished(referral) and not _is_draft(referral),
        asked=referral.question if referral.state == ReferralState.RETURNED else "",
        accepted=referral.state == ReferralState.ACCEPTED, to_add=_link(referral, *_to_add(session, referral)),
    )  # fmt: skip


@bp.route("/referrals/<reference>/check", methods=["GET", "POST"])
def check(reference: str) -> Any:
    """Everything that was typed, what is still in the way, and sending it."""
    session, actor, referral = found(reference)
    referral_tasks.open_form(session, actor, referral)
    form = widgets.PageForm()
    if form.validate_on_submit():
        try:
            send = referrals.submit if _is_draft(referral) else referrals.finish
            return _to(".sent", send(session, actor, referral))
        except RuleBroken as problem:
            form.form_errors = [problem.message]
    problems = referrals.problems(session, actor, referral)
    opened = referral_tasks.open_form(session, actor, referral)
    return render_template(
        "referrals/check.html", form=form, referral=referral, problems=_with_links(referral, problems),
        sections=referral_layout.sections(session, referral, opened), returned=referral.state == ReferralState.RETURNED,
        hints=[_link(referral, one.task, one.text) for one in referral_hints.quality_hints(session, referral)],
    ), 422 if form.errors else 200  # fmt: skip


@bp.get("/referrals/<reference>/sent")
def sent(reference: str) -> Any:
    """What happens next, by when."""
    session, _actor, referral = found(reference)
    return render_template(
        "referrals/sent.html", referral=referral, contact_by=referrals.contact_due(session, referral)
    )


@bp.route("/referrals/<reference>/urgent", methods=["GET", "POST"])
def urgent(reference: str) -> Any:
    """Six answers, sent at once; the task list stays open."""
    session, actor, referral = found(reference)
    referral_tasks.open_form(session, actor, referral)
    if not _is_draft(referral):
        raise WrongState
    form = forms.UrgentForm(data=referrals.urgent_so_far(session, referral))
    answer = drafts.meet(form, referral.case)
    if answer is not None:
        return answer
    if form.validate_on_submit():
        age = referral_facts.age_or_date(form.victim_age.data)
        if age is None or (isinstance(age, date) and age >= clock.today()):
            form.victim_age.errors = ["Enter an age such as 34, or a date of birth such as 27 3 1991"]
        else:
            typed = {name: form[name].data for name in URGENT_FIELDS} | {"victim_age": age}
            return _to(".sent", referrals.send_urgent(session, actor, referral, typed))
    rewording.reword(form, referral.programme)
    return render_template("referrals/urgent.html", form=form, referral=referral), 422 if form.errors else 200


@bp.route("/referrals/<reference>/questions", methods=["GET", "POST"])
def questions(reference: str) -> Any:
    """Question and answer, kept with the referral: the coordinator asks, the referrer answers."""
    session, actor, referral = found(reference)
    return asking.page(session, actor, referral, fills=may_fill(session, actor, referral))


@bp.post("/referrals/<reference>/withdraw")
def withdraw(reference: str) -> Any:
    """Give up a draft."""
    session, actor, referral = found(reference)
    referrals.withdraw(session, actor, referral)
    flash("The draft was withdrawn.", "success")
    return redirect(url_for(".list_referrals"), code=303)


def found(reference: str) -> tuple[Any, Actor, Referral]:
    """Session, actor and the referral of an address, or the one 404."""
    session, actor = unit_of_work.session(), signin.person()
    return session, actor, referrals.get_referral(session, actor, reference)


def may_fill(session: Any, actor: Actor, referral: Referral) -> bool:
    """Whether this person fills the form in now; opens it if so."""
    try:
        referral_tasks.open_form(session, actor, referral)
    except (NotAllowed, WrongState):
        return False
    return True


def _task_rows(referral: Referral, broken: set[str], *, aside: bool) -> list[dict[str, str]]:
    done, again = set(referral.done_tasks or ()), asked_parts.asked_now(referral)
    rows = []
    for task in (task for task in referral_tasks.tasks_of(referral) if task.aside == aside):
        row = {"text": task.label, "hint": task.hint, "status": "Optional" if task.optional else "Not started yet",
               "href": url_for("referral_parts.part", reference=referral.reference, task=task.key)}  # fmt: skip
        if task.key in done and task.key in broken:
            row |= {"status": "Needs checking", "tag": "care"}
        elif task.key in done:
            row |= {"status": "Done"}
        elif task.key in again:
            row |= {"status": "Asked for", "tag": "care"}
        rows.append(row)
    return rows


def _with_links(referral: Referral, problems: tuple[RuleBroken, ...]) -> list[dict[str, str]]:
    return [
        _link(referral, referral_tasks.TASK_OF.get(one.field, one.field), said(referral.programme, one.message))
        for one in problems
    ]


def _to_add(session: Any, referral: Referral) -> tuple[str, str]:
    hint = referral_hints.person_to_add(session, referral)
    return (hint.task, hint.text) if hint else ("", "")


def _link(referral: Referral, task: str, text: str) -> dict[str, str]:
    """A sentence that leads to one part, when there is such a part."""
    known = task in {one.key for one in referral_tasks.tasks_of(referral)}
    href = url_for("referral_parts.part", reference=referral.reference, task=task) if known else ""
    return {"text": text, "href": href}


def _is_draft(referral: Referral) -> bool:
    return referral.state == ReferralState.DRAFT


def _to(endpoint: str, referral: Referral) -> Any:
    return redirect(url_for(endpoint, reference=referral.reference), code=303)
