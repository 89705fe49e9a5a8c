"""Triage on one screen: each rule with its evidence, priority, interim plan, then what follows (SAN-21, SAN-23)."""

from typing import Any

from flask import Blueprint, flash, redirect, request as asked, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.sanctuary import stopping, triage
from marac.vocabulary import Permission as P, SanctuaryPriority, SanctuaryState as S
from marac.web import field_layout, widgets
from marac.web.field_layout import Found
from marac.web.forms import sanctuary as forms
from marac.workflows.sanctuary_triage import Triage

bp = Blueprint("sanctuary_triage", __name__)

ONWARD = {"landlord": "landlord", "survey": "visit", "information": "ask", "decline": "decline"}


@bp.route("/sanctuary/<reference>/triage", methods=["GET", "POST"])
def show(reference: str) -> Any:
    """Every rule, pass, fail or not known; saved together with priority and interim plan."""
    found = field_layout.opened(reference)
    session, actor, request = found
    access.require(actor, P.SANCTUARY_DECIDE, request)
    if request.state == S.SUBMITTED:
        return redirect(url_for("sanctuary.show", reference=reference))  # somebody takes it up first
    state = triage.triage_of(session, request)
    form = forms.triage_form(state)(data=_held(state, found))
    if form.validate_on_submit():
        try:
            _save(found, form, state)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return _onward(found)
    return field_layout.page(
        "sanctuary/triage.html", found, form=form, lines=state.lines, result=triage.triage_of(session, request),
        raised=state.priority.label, raised_by=state.raised_by, not_known=state.not_known,
        decided=request.state not in (S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION),
    )  # fmt: skip


def _held(state: Triage, found: Found) -> dict[str, Any]:
    request = found[2]
    held: dict[str, Any] = {f"gate_{line.key}": line.answer for line in state.lines}
    held |= {f"evidence_{line.key}": line.evidence for line in state.lines}
    return held | {
        "priority": request.priority, "priority_why": request.priority_why or "",
        "priority_second": request.priority_second or "", "interim": list(request.interim or ()),
        "interim_plan": request.interim_plan or "",
    }  # fmt: skip


def _save(found: Found, form: Any, state: Triage) -> None:
    session, actor, request = found
    said = {
        line.key: {"answer": form[f"gate_{line.key}"].data, "evidence": form[f"evidence_{line.key}"].data}
        for line in state.lines
    }
    triage.keep_interim(session, actor, request, form.interim.data, form.interim_plan.data or "")
    if form.priority.data:
        triage.set_priority(
            session, actor, request, SanctuaryPriority(form.priority.data), why=form.priority_why.data or "",
            second=form.priority_second.data or "",
        )  # fmt: skip
    triage.answer_gates(session, actor, request, said, {})


def _onward(found: Found) -> Any:
    """Where the chosen button leads; the answers are saved in any case."""
    session, actor, request = found
    then = asked.form.get("then", "")
    if request.state == S.FROZEN:
        flash("Works are stopped. The IDVA and the coordinator were told.", "warning")
        return redirect(url_for("sanctuary.show", reference=request.reference), code=303)
    if then == "resume":
        try:
            stopping.resume(session, actor, request)
        except RuleBroken as problem:
            flash(problem.message, "error")
    flash("Saved.", "success")
    where = ONWARD.get(then)
    here = url_for("sanctuary.show", reference=request.reference)
    return redirect(f"{here}/{where}" if where else url_for(".show", reference=request.reference), code=303)
