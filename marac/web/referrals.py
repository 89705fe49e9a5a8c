"""Referrals: the list, a new one, its task list, check and send, urgent, questions. Its parts are in referral_parts."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, WrongState
from marac.models import Referral
from marac.services import inbox, moving, referral_tasks, referrals, triage
from marac.services.triage import Ruling
from marac.vocabulary import ProgrammeSlug, ReferralState, TriageOutcome
from marac.web import referral_layout, signin, unit_of_work, widgets
from marac.web.forms import referral_facts, referrals as forms
from marac.workflows.referral_rules import URGENT_FIELDS

bp = Blueprint("referrals", __name__)


@bp.get("/referrals")
def list_referrals() -> Any:
    """What waits for a decision (those who decide), one's drafts, and how what was sent stands."""
    session, actor = unit_of_work.session(), signin.person()
    waiting = inbox.list_referrals(session, actor, "waiting")
    decided = inbox.list_referrals(session, actor, "decided", most=20)
    lists = {name: inbox.list_referrals(session, actor, name) for name in ("drafts", "sent")}
    rows = {name: _rows(lines) for name, lines in {"waiting": waiting, "decided": decided, **lists}.items()}
    return render_template(
        "referrals/list.html", rows=rows, decides=triage.may_decide(actor), starts=referrals.may_start(actor),
        last_decided_at=inbox.last_decided_at(session, actor),
    )  # fmt: skip


@bp.route("/referrals/new", methods=["GET", "POST"])
def new() -> Any:
    """What it is about; then the draft exists and its parts can be filled in any order."""
    actor, form = signin.person(), forms.StartForm()
    if not referrals.may_start(actor):
        raise NotAllowed
    form.programme.choices = [(slug.value, forms.ABOUT[slug]) for slug in referrals.programmes(actor)]
    if form.validate_on_submit():
        keyring = unit_of_work.deployment().keyring
        programme = ProgrammeSlug(form.programme.data)
        referral = referrals.start_referral(unit_of_work.session(), keyring, actor, programme)
        return _to(".hub", referral)
    return render_template("referrals/new.html", form=form), 422 if form.errors else 200


@bp.get("/referrals/<reference>")
def hub(reference: str) -> Any:
    """The task list for whoever fills it in; for others how it stands and what of it they may read."""
    session, actor, referral = found(reference)
    if not may_fill(session, actor, referral):
        return _standing_page(session, actor, referral)
    broken = {referral_tasks.TASK_OF.get(one.field, one.field) for one in referrals.problems(session, actor, referral)}
    return render_template(
        "referrals/hub.html", referral=referral, tasks=_task_rows(referral, broken), draft=_is_draft(referral),
        unfinished=referral_tasks.unfinished(referral) and not _is_draft(referral),
        asked=referral.question if referral.state == ReferralState.RETURNED else "",
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
    if form.validate_on_submit():
        age = referral_facts.age_or_date(form.victim_age.data)
        if age is None or (isinstance(age, date) and age >= clock.today()):
            form.victim_age.errors = ["Enter an age such as 34, or a date of birth such as 27 3 1991"]
        else:
            typed = {name: form[name].data for name in URGENT_FIELDS} | {"victim_age": age}
            return _to(".sent", referrals.send_urgent(session, actor, referral, typed))
    return render_template("referrals/urgent.html", form=form, referral=referral), 422 if form.errors else 200


@bp.route("/referrals/<reference>/questions", methods=["GET", "POST"])
def questions(reference: str) -> Any:
    """Question and answer, kept with the referral: the coordinator asks, the referrer answers."""
    session, actor, referral = found(reference)
    answers = referral.state == ReferralState.RETURNED and may_fill(session, actor, referral)
    asks = referral.state == ReferralState.SUBMITTED and triage.may_decide(actor)
    opened = referrals.open_referral(session, actor, referral)
    form: Any = forms.AnswerForm() if answers else forms.QuestionForm()
    if (answers or asks) and form.validate_on_submit():
        try:
            if answers:
                referrals.answer(session, actor, referral, form.answer.data)
            else:
                triage.decide(session, actor, referral, Ruling(TriageOutcome.RETURN, questions=form.questions.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Sent.", "success")
            return _to(".hub", referral)
    return render_template(
        "referrals/questions.html", form=form, referral=referral, answers=answers, asks=asks,
        exchange=(referral.exchange or ()) if opened else (),
    ), 422 if form.errors else 200  # fmt: skip


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


def _standing_page(session: Any, actor: Actor, referral: Referral) -> Any:
    opened = referrals.open_referral(session, actor, referral)
    steps = {step.name for step in moving.available(actor, referral)}
    declined = referral.state == ReferralState.NOT_ACCEPTED
    return render_template(
        "referrals/standing.html", referral=referral, standing=referral_layout.standing(referral),
        sections=referral_layout.sections(session, referral, opened) if "risk" in opened else [],
        advice=referrals.advice_of(session, actor, referral) if declined else "",
        decides="accept" in steps, reviews="review" in steps,
        case=referral.case if opened else None,
    )  # fmt: skip


def _task_rows(referral: Referral, broken: set[str]) -> list[dict[str, str]]:
    done = set(referral.done_tasks or ())
    rows = []
    for task in referral_tasks.TASKS:
        row = {"text": task.label, "hint": task.hint, "status": "Optional" if task.optional else "Not started yet",
               "href": url_for("referral_parts.part", reference=referral.reference, task=task.key)}  # fmt: skip
        if task.key in done and task.key in broken:
            row |= {"status": "Needs checking", "tag": "care"}
        elif task.key in done:
            row |= {"status": "Done"}
        rows.append(row)
    return rows


def _with_links(referral: Referral, problems: tuple[RuleBroken, ...]) -> list[dict[str, str]]:
    links = []
    for problem in problems:
        task = referral_tasks.TASK_OF.get(problem.field, problem.field)
        known = task in referral_tasks.BY_KEY
        href = url_for("referral_parts.part", reference=referral.reference, task=task) if known else ""
        links.append({"text": problem.message, "href": href})
    return links


def _rows(lines: list[inbox.ReferralLine]) -> list[list[Any]]:
    return [referral_layout.line(one, clock.now()) for one in lines]


def _is_draft(referral: Referral) -> bool:
    return referral.state == ReferralState.DRAFT


def _to(endpoint: str, referral: Referral) -> Any:
    return redirect(url_for(endpoint, reference=referral.reference), code=303)
