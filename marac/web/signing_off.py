"""Sign-off by the resident, the follow-ups after it, and the end of the measures. Decides nothing."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.moving import available
from marac.services.sanctuary import follow_ups, lines as fitted, signing_off
from marac.services.sanctuary.signing_off import Ending
from marac.vocabulary import FollowUpState, Permission as P
from marac.web import field_layout, widgets
from marac.web.actions import an_id
from marac.web.forms.actions import PressForm
from marac.web.forms.follow_up import FollowUpForm
from marac.web.forms.works import EndForm, SignOffForm
from marac.workflows.follow_up import OUTCOME_SET

bp = Blueprint("signing_off", __name__)

NO_ANSWER = "no_answer"
PRESSES = {
    "ready": (signing_off.ready_for_sign_off, "Ready for sign-off."),
    "order-again": (signing_off.order_again, "Order what is missing."),
}


@bp.route("/sanctuary/<reference>/sign-off", methods=["GET", "POST"])
def sign_off(reference: str) -> Any:
    """What the resident says, and the keys (SAN-30)."""
    found, form = field_layout.with_works(reference), SignOffForm()
    access.require(found[1], P.SANCTUARY_SURVEY, found[2])
    if form.validate_on_submit():
        try:
            signing_off.sign_off(*found, form.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Signed off.", "success")
            return redirect(f"/sanctuary/{reference}", code=303)
    return _sign_off_page(found, form)


@bp.post("/sanctuary/<reference>/<any(ready, 'order-again'):press>")
def next_step(reference: str, press: str) -> Any:
    """All lines have ended well, or something is ordered again (SAN-29)."""
    found, form = field_layout.with_works(reference), PressForm()
    do, words = PRESSES[press]
    try:
        do(*found)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _sign_off_page(found, SignOffForm(formdata=None), problem=form)
    flash(words, "success")
    again = url_for("works.show", reference=reference)
    return redirect(again if press == "order-again" else url_for(".sign_off", reference=reference), code=303)


def _sign_off_page(found: Any, form: Any, *, problem: Any = None) -> Any:
    names = {step.name for step in available(found[1], found[2])}
    lines = [(line, line.row.result, line.row.result_note or "") for line in fitted.list_lines(*found)]
    return field_layout.page("works/sign_off.html", found, form=problem or form, said=form, names=names, lines=lines)


@bp.get("/sanctuary/<reference>/follow-ups")
def list_follow_ups(reference: str) -> Any:
    """One, three and six months."""
    found = field_layout.with_works(reference)
    rows = follow_ups.list_of(found[0], found[1], found[2])
    support = access.may(found[1], P.SANCTUARY_SUPPORT, found[2])
    return field_layout.page("works/follow_ups.html", found, rows=rows, support=support, due=FollowUpState.DUE)


@bp.route("/sanctuary/<reference>/follow-ups/<int:months>", methods=["GET", "POST"])
def follow_up(reference: str, months: int) -> Any:
    """One contact: what they said, or that nobody answered (SAN-32, SAN-33)."""
    found, form = field_layout.with_works(reference), FollowUpForm()
    session, actor, of = found
    one = follow_ups.get_follow_up(session, actor, of, months)
    ways = follow_ups.list_ways(session, actor, of)
    form.way.choices = [(name, label) for name, label, refused in ways if not refused]
    if form.validate_on_submit():
        try:
            _record(found, one, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".list_follow_ups", reference=reference), code=303)
    refused = [(label, why) for _, label, why in ways if why]
    questions = [form[asked.key] for asked in OUTCOME_SET]
    return field_layout.page("works/follow_up.html", found, form=form, one=one, refused=refused, questions=questions)


def _record(found: Any, one: Any, form: FollowUpForm) -> None:
    session, actor, of = found
    if request.form.get("do") == NO_ANSWER:
        follow_ups.record_attempt(session, actor, of, one, way=form.way.data)
    else:
        follow_ups.record_contact(session, actor, of, one, way=form.way.data, answers=form.data)


@bp.route("/sanctuary/<reference>/end", methods=["GET", "POST"])
def end(reference: str) -> Any:
    """Somebody moved out: what comes back, flags, landlord, keys (SAN-31)."""
    found, form = field_layout.with_works(reference), EndForm()
    access.require(found[1], P.SANCTUARY_DECIDE, found[2])
    out = signing_off.portable_out(*found)
    form.back.choices = [(str(line.id), line.words) for line in out]
    if form.validate_on_submit():
        back = tuple(one for text in form.back.data or () if (one := an_id(text)))
        said = Ending(
            form.moved_out_on.data, back, form.not_back_because.data or "", form.landlord_told.data or "",
            form.keys_ended.data or "",
        )  # fmt: skip
        try:
            signing_off.end_measures(*found, said)
        except RuleBroken as problem:
            widgets.place(
                form, RuleBroken({"portable_back": "back"}.get(problem.field, problem.field), problem.message)
            )
        else:
            flash("The measures have ended. The flags on the address are to be lifted.", "success")
            return redirect(f"/sanctuary/{reference}", code=303)
    return field_layout.page("works/end.html", found, form=form, out=out)
