"""The page of questions between coordinator and referrer: every round so far, and the next word. Decides nothing."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Referral
from marac.services.deciding import triage
from marac.services.deciding.rulings import Ruling
from marac.services.referring import questions, referrals
from marac.services.referring.referral_tasks import tasks_of
from marac.vocabulary import Permission as P, ReferralState, TriageOutcome
from marac.web import drafts, widgets
from marac.web.forms.referrals import AnswerForm
from marac.web.forms.triage import QuestionForm


def page(session: Any, actor: Actor, referral: Referral, *, fills: bool) -> Any:
    """The thread, with a box for whoever's turn it is: the coordinator asks, the referrer answers."""
    opened = referrals.open_referral(session, actor, referral)
    own = access.may(actor, P.REFERRAL_SUBMIT, referral)
    is_form = questions.is_form(session, actor, referral)
    answers = referral.state == ReferralState.RETURNED and own and (fills or (bool(opened) and not is_form))
    asks = referral.state == ReferralState.SUBMITTED and triage.may_decide(actor, referral)
    form: Any = AnswerForm() if answers else _question_form(referral, opened)
    kept = drafts.meet(form, referral.case) if answers or asks else None
    if kept is not None:
        return kept
    if (answers or asks) and form.validate_on_submit():
        try:
            _send(session, actor, referral, form, answers=answers)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Sent.", "success")
            return redirect(url_for("referrals.hub", reference=referral.reference), code=303)
    return render_template(
        "referrals/questions.html", form=form, referral=referral, answers=answers, asks=asks,
        thread=questions.thread(referral) if opened else (),
        parts={one.key: one for one in tasks_of(referral)} if opened else {},
        done=set(referral.done_tasks or ()) if opened else set(),
        asked_now=questions.asked_now(referral) if opened else (), is_form=is_form,
    ), 422 if form.errors else 200  # fmt: skip


def _question_form(referral: Referral, opened: frozenset[str]) -> Any:
    form = QuestionForm()
    keys = questions.may_be_missing(referral) if opened else ()
    parts = [one for one in tasks_of(referral) if one.key in keys] if keys else []
    form.missing.choices = widgets.offered((one.key, one.label) for one in parts)
    return form


def _send(session: Any, actor: Actor, referral: Referral, form: Any, *, answers: bool) -> None:
    if answers:
        referrals.answer(session, actor, referral, form.answer.data)
        return
    missing = tuple(form.missing.data or ())
    triage.decide(
        session, actor, referral, Ruling(TriageOutcome.RETURN, questions=form.questions.data, missing=missing)
    )
