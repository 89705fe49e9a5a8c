"""The office's further steps of a request: information, landlord, cost, and the ways out; one small form each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request as asked, url_for

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.services.casework import naming
from marac.services.sanctuary import approvals, closing, landlord, requests, stopping, triage
from marac.vocabulary import ApprovalDecision, LandlordState, Permission as P, SanctuaryPriority
from marac.web import field_layout, widgets
from marac.web.field_layout import Found
from marac.web.forms import sanctuary as forms
from marac.web.shell import long_date

bp = Blueprint("sanctuary_steps", __name__)

Do = Callable[[Found, Any], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One small page: its heading, form, what it does, what it says after, and what stands above the boxes."""

    title: str
    form: Any
    do: Do
    said: str
    permission: P = P.SANCTUARY_DECIDE
    button: str = "Save"
    above: str = ""
    warning: str = ""


def _stop(how: str) -> Do:
    def do(found: Found, form: Any) -> Any:
        return stopping.stop(*found, how, {name: form[name].data for name in stopping.FIELDS[how]})

    return do


def _ask(found: Found, form: Any) -> Any:
    return triage.ask_information(*found, words=form.missing_words.data, asked_of=form.asked_of.data)


def _decline(found: Found, form: Any) -> Any:
    labels = dict(forms.ALTERNATIVES)
    chosen = [labels[key] for key in form.alternatives.data]
    return triage.decline(*found, reason=form.reason.data, alternatives=chosen, notice=form.notice.data)


def _answer(found: Found, form: Any) -> Any:
    return requests.answer_question(*found, form.answer.data)


def _write(found: Found, form: Any) -> Any:
    session, actor, request = found
    held = approvals.get_to_write(session, actor, request)
    return approvals.write_down(session, actor, held, funder=form.funder.data, order_number=form.order_number.data)


def _plan(found: Found, form: Any) -> Any:
    return closing.begin_follow_up(
        *found, plan=form.plan.data, flags=form.flags.data, no_flag_reason=form.no_flag_reason.data or ""
    )


STAYS_SAFE = "Never write where a refuge is."
STEPS: dict[str, Step] = {
    "ask": Step("Ask for what is not known", forms.AskForm, _ask, "Asked. The clock of triage has stopped.",
                above="What is not known is asked for. It is never a reason to refuse.", button="Ask"),
    "do/answer": Step("Answer the question", forms.AnswerForm, _answer, "Your answer was sent.", P.SANCTUARY_EDIT,
                      button="Send answer"),
    "decline": Step("Not suitable", forms.DeclineForm, _decline, "Whoever asked will be told in writing.",
                    above="Say why, and what else was offered. The notice is what whoever asked can read."),
    "write-down": Step("Write down what you approved", forms.WriteForm, _write, "Saved.", P.SANCTUARY_APPROVE),
    "freeze": Step("Stop the works", forms.FreezeForm, _stop("freeze"),
                   "Works are stopped. The IDVA and the coordinator were told.", P.SANCTUARY_STOP, "Stop the works",
                   "For when the person causing harm lives there, has a key, or has a right to enter.",
                   "Every job is taken back at once, and the IDVA and the coordinator are told."),
    "safety-plan": Step("Safety plan and flags", forms.PlanForm, _plan, "Saved. The follow-ups are open.",
                        P.SANCTUARY_SUPPORT, above="The same day as the sign-off."),
    "withdraw": Step("They no longer want this", forms.WithdrawForm, _stop("withdraw"), "Saved.", P.SANCTUARY_STOP,
                     above="They may come back at any time."),
    "moved": Step("They have moved", forms.DayForm, _stop("report_moved"), "Saved.", P.SANCTUARY_STOP,
                  above="Do not write where they moved to."),
    "refuge": Step("They went to refuge", forms.DayForm, _stop("report_refuge"), "Saved.", P.SANCTUARY_STOP,
                   warning=STAYS_SAFE),
    "died": Step("They have died", forms.DayForm, _stop("report_died"), "Saved. The record is kept.",
                 P.SANCTUARY_STOP, above="Works stop, and the record is put on hold so that nothing is deleted."),
    "hold": Step("Put on hold", forms.HoldForm, _stop("hold"), "On hold. The clock has stopped."),
    "duplicate": Step("Same as another request", forms.DuplicateForm, _stop("mark_duplicate"), "Saved."),
}  # fmt: skip
WORDS = ",".join(f'"{name}"' for name in STEPS if "/" not in name)
PRESSES: dict[str, tuple[Callable[..., Any], str]] = {
    "begin": (triage.begin, "It is yours now."),
    "take-up": (triage.take_up, "Back in triage."),
    "resume": (stopping.resume, "It goes on where it stopped. Order again what was taken back."),
    "close-stopped": (stopping.close_stopped, "Closed."),
    "close-unsuitable": (stopping.close_unsuitable, "Closed."),
    "close": (closing.close, "Closed."),
    "chase": (landlord.chase, "Noted that the landlord was asked again."),
    "not-needed": (landlord.not_needed, "Saved."),
}
PRESSED = ",".join(f'"{name}"' for name in PRESSES)


@bp.route(f"/sanctuary/<reference>/<any({WORDS}):name>", methods=["GET", "POST"])
def step(reference: str, name: str) -> Any:
    """One step with a small form."""
    return _step(field_layout.opened(reference), STEPS[name])


@bp.route("/sanctuary/<reference>/do/answer", methods=["GET", "POST"])
def answer(reference: str) -> Any:
    """Answer what the scheme asked."""
    return _step(field_layout.opened(reference), STEPS["do/answer"])


@bp.post(f"/sanctuary/<reference>/do/<any({PRESSED}):name>")
def press(reference: str, name: str) -> Any:
    """One step without a form."""
    found = field_layout.opened(reference)
    do, said = PRESSES[name]
    try:
        do(*found)
    except RuleBroken as problem:
        flash(problem.message, "error")
    else:
        flash(said, "success")
    back = url_for(".landlord_page" if name in ("chase", "not-needed") else "sanctuary.show", reference=reference)
    return redirect(back, code=303)


def _step(found: Found, row: Step) -> Any:
    access.require(found[1], row.permission, found[2])
    form = row.form()
    if form.validate_on_submit():
        try:
            row.do(found, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        except NotFound:
            form.form_errors = ["There is no request with that reference"]
        else:
            flash(row.said, "success")
            return redirect(url_for("sanctuary.show", reference=found[2].reference), code=303)
    return field_layout.page(
        "sanctuary/step.html", found, form=form, title=row.title, above=row.above, warn=row.warning,
        submit=row.button, action=asked.path,
    )  # fmt: skip


@bp.route("/sanctuary/<reference>/landlord", methods=["GET", "POST"])
def landlord_page(reference: str) -> Any:
    """Ask, chase, escalate, answer: whichever comes next (SAN-25)."""
    found = field_layout.with_works(reference)
    _, actor, request = found
    held, decides = request.landlord, access.may(actor, P.SANCTUARY_DECIDE, request)
    asking = held is None or held.state == LandlordState.NOT_ASKED
    waiting = held is not None and held.state in landlord.WAITING
    escalates = asked.form.get("escalated_to") is not None
    form = forms.LandlordAskForm() if asking else forms.EscalateForm() if escalates else forms.LandlordForm()
    if asked.method == "POST":
        access.require(actor, P.SANCTUARY_DECIDE, request)
    if form.validate_on_submit():
        try:
            _landlord(found, form, asking=asking, escalates=escalates)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".landlord_page", reference=reference), code=303)
    return field_layout.page(
        "sanctuary/landlord.html", found, form=form, asking=asking, waiting=waiting, decides=decides,
        escalate=forms.EscalateForm(formdata=None), rows=_landlord_rows(held), action=asked.path,
    )  # fmt: skip


def _landlord(found: Found, form: Any, *, asking: bool, escalates: bool) -> None:
    if asking:
        landlord.ask(*found, form.asked_of.data)
    elif escalates:
        landlord.escalate(*found, form.escalated_to.data)
    else:
        landlord.answer(*found, LandlordState(form.answer.data), form.data)


def _landlord_rows(held: Any) -> list[dict[str, str]]:
    if held is None:
        return []
    lines = (
        ("How it stands", held.state.label), ("Asked", held.asked_of), ("Asked on", _day(held.asked_at)),
        ("Asked again", f"{held.chased} times" if held.chased else ""), ("Next chase", _day(held.chase_at)),
        ("Escalated", _day(held.escalated_at)), ("Escalated to", held.escalated_to),
        ("Answered by", held.answered_role), ("Conditions", held.conditions), ("Why refused", held.refused_because),
        ("What else was offered", held.alternative),
    )  # fmt: skip
    return [{"key": key, "value": value} for key, value in lines if value]


def _day(at: Any) -> str:
    return long_date(at) if at else ""


@bp.route("/sanctuary/<reference>/approval", methods=["GET", "POST"])
def approval(reference: str) -> Any:
    """The cost, this person's limit, and the decision (SAN-27)."""
    found = field_layout.with_works(reference)
    session, actor, request = found
    facts, form = approvals.facts_for(session, actor, request), forms.ApprovalForm()
    if asked.method == "POST":
        access.require(actor, P.SANCTUARY_APPROVE, request)
    if form.validate_on_submit():
        try:
            approvals.decide(session, actor, request, ApprovalDecision(form.decision.data), form.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for("sanctuary.show", reference=reference), code=303)
    return field_layout.page(
        "sanctuary/approval.html", found, form=form, amount=facts["amount_pence"] / 100, limit=_limit(facts),
        own=actor.user_id in (request.user_id, request.surveyor_id), rows=_decisions(found),
        decides=access.may(actor, P.SANCTUARY_APPROVE, request) and request.state == "approval",
        spoken=request.priority == SanctuaryPriority.EMERGENCY and request.state in approvals.BEFORE_WORKS,
        action=asked.path,
    )  # fmt: skip


@bp.route("/sanctuary/<reference>/spoken", methods=["GET", "POST"])
def spoken(reference: str) -> Any:
    """Note that a budget holder said yes to an emergency."""
    found, form = field_layout.opened(reference), forms.SpokenForm()
    session, actor, request = found
    access.require(actor, P.SANCTUARY_DECIDE, request)
    names = naming.colleagues(session, actor, approvals.list_approvers(session, request))
    form.approver.choices = [("", "Choose"), *((str(user_id), name) for user_id, name in names.items())]
    if form.validate_on_submit():
        chosen = UUID(form.approver.data) if form.approver.data else None
        try:
            approvals.note_spoken(
                session, actor, request, approver_id=chosen, amount_pence=(form.pounds.data or 0) * 100,
                because=form.because.data,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Noted. They write it down within a working day.", "success")
            return redirect(url_for("sanctuary.show", reference=reference), code=303)
    return field_layout.page(
        "sanctuary/step.html", found, form=form, title="Approved in words", submit="Save", action=asked.path, warn="",
        above="Only for an emergency lock change. The same person writes it down within a working day.",
    )  # fmt: skip


def _limit(facts: dict[str, Any]) -> str:
    limit = facts["limit_pence"]
    if limit is None:
        return "No limit is set for your role: you cannot approve."
    return "You may approve any amount." if limit < 0 else f"You may approve up to £{limit / 100:,.2f}."


def _decisions(found: Found) -> list[list[Any]]:
    session, actor, request = found
    names = naming.colleagues(session, actor, [one.decided_by_id for one in request.approvals])
    return [
        [long_date(one.decided_at), one.decision.label + (", in words" if one.spoken else ""),
         f"£{one.amount_pence / 100:,.2f}", names.get(one.decided_by_id, ""), one.because or one.funder or ""]
        for one in request.approvals
    ]  # fmt: skip
