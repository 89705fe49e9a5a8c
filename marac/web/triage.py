"""The decision on a referral: the referral on one side; matches, conflicts, clock and decision on the other."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import RuleBroken, StaleEdit, WrongState
from marac.models import Referral
from marac.services import moving
from marac.services.casework import safe_contact
from marac.services.community import elsewhere, same_day
from marac.services.deciding import conflicts, handing_over, listing, triage
from marac.services.knowing import matching
from marac.services.referring import outside_referrers, referrals
from marac.vocabulary import Permission as P, ReferralState, TriageOutcome
from marac.web import drafts, triage_layout, widgets
from marac.web.errors import conflict_page, typed_text
from marac.web.forms import triage as forms
from marac.web.referrals import found
from marac.web.shell import long_date, time_of_day

bp = Blueprint("triage", __name__)


@bp.route("/referrals/<reference>/decide", methods=["GET", "POST"])
def decide(reference: str) -> Any:
    """One page, one decision."""
    session, actor, referral = found(reference)
    access.require(actor, P.REFERRAL_DECIDE, referral)
    opened = referrals.open_referral(session, actor, referral)
    if referral.state not in (ReferralState.SUBMITTED, ReferralState.RETURNED):
        return _decided_already(session, actor, referral)
    beside = _beside(session, actor, referral)
    form = forms.decide_form(referral, beside)
    answer = drafts.meet(form, referral.case)
    if answer is not None:
        return answer
    if form.validate_on_submit():
        try:
            moving.same_version(referral, widgets.whole(form.version.data))
            triage.decide(session, actor, referral, forms.ruling(form, beside))
        except RuleBroken as problem:
            _place(form, beside, problem)
        except (StaleEdit, WrongState):
            return conflict_page(yours=typed_text(), theirs=[("Status", referral.state.label)], back=request.path)
        else:
            flash(DONE[TriageOutcome(form.outcome.data)], "success")
            return redirect(url_for("referrals.list_referrals"), code=303)
    return render_template(
        "referrals/decide.html", form=form, referral=referral,
        contact=safe_contact.contact_rules(session, actor, referral.case),
        sender=outside_referrers.sender_of(session, actor, referral),
        told=triage_layout.told(session, referral, opened), clock_words=triage_layout.clock_words(session, referral),
        links=triage_layout.links(session, form, beside.matches), asked=forms.conflict_fields(form, beside.possible),
        others=beside.others, present=elsewhere.present(session, actor, referral.case),
        today_by=same_day.waiting(session, referral),
        counts=triage_layout.counts_words(session, referral.case), late=triage_layout.late(beside.meetings),
        usual=[one.value for one in forms.USUAL], order=forms.ORDER, needed_by=forms.needed_by,
    ), 422 if form.errors else 200  # fmt: skip


@bp.post("/referrals/<reference>/conflict")
def conflict(reference: str) -> Any:
    """I have a conflict: the case is gone for me, and somebody else decides it."""
    session, actor, referral = found(reference)
    told = conflicts.declare_conflict(session, actor, referral)
    words = "It is with another coordinator now." if told else "Nobody else here decides referrals. Tell the chair now."
    flash(words, "success" if told else "warning")
    return redirect(url_for("referrals.list_referrals"), code=303)


@bp.post("/referrals/<reference>/review")
def review(reference: str) -> Any:
    """A decision not to list: look again, or, as somebody else than who decided, confirm it."""
    session, actor, referral = found(reference)
    form = forms.ReviewForm()
    if not form.validate():
        raise RuleBroken("reason", "Enter a reason")
    if request.form.get("then") == "uphold":
        handing_over.uphold(session, actor, referral, form.reason.data)
        flash("Confirmed. It stays as decided.", "success")
        return redirect(url_for("referrals.hub", reference=referral.reference), code=303)
    handing_over.review(session, actor, referral, form.reason.data)
    flash("It is waiting for a decision again.", "success")
    return redirect(url_for(".decide", reference=referral.reference), code=303)


@bp.route("/referrals/<reference>/received", methods=["GET", "POST"])
def received(reference: str) -> Any:
    """The other area or forum has the person now."""
    session, actor, referral = found(reference)
    access.require(actor, P.REFERRAL_DECIDE, referral)
    awaited = handing_over.awaited(session, referral)
    if awaited is None or awaited.rule == handing_over.REVIEWED:
        raise WrongState
    referrals.open_referral(session, actor, referral)
    form = forms.AcknowledgedForm()
    if form.validate_on_submit():
        who, on = form.acknowledged_by.data, form.acknowledged_on.data
        try:
            handing_over.acknowledge(session, actor, referral, who=who, on=on)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Recorded. Nothing more is awaited.", "success")
            return redirect(url_for("referrals.hub", reference=referral.reference), code=303)
    return render_template(
        "referrals/received.html", form=form, referral=referral, due_at=awaited.due_at
    ), 422 if form.errors else 200


DONE = {
    TriageOutcome.ACCEPT: "Listed.",
    TriageOutcome.ACCEPT_EMERGENCY: "Listed. The emergency meeting is booked.",
    TriageOutcome.ACCEPT_REPEAT: "Joined to the earlier case and listed.",
    TriageOutcome.ACCEPT_TRANSFER_IN: "Listed as a transfer.",
    TriageOutcome.RETURN: "The question was sent to the referrer.",
    TriageOutcome.ALERT_ONLY: "Agencies are asked to mark their files.",
    TriageOutcome.TRANSFER_OUT: "Recorded as transferred.",
    TriageOutcome.REFER_ELSEWHERE: "Recorded as passed on.",
    TriageOutcome.NOT_ACCEPTED: "Not listed. The referrer is told what to do instead.",
    TriageOutcome.MERGE: "Joined to the case that is already here.",
}


def _decided_already(session: Any, actor: Any, referral: Referral) -> Any:
    """Who decided it and when; on a POST with what was typed, so that nothing is lost."""
    who = next((one.full_name for one in conflicts.colleagues(session, actor) if one.id == referral.decided_by_id), "")
    by = f"decided by {who}" if who else "decided"
    words = (
        f"{by} at {time_of_day(referral.decided_at)} on {long_date(referral.decided_at)}" if referral.decided_at else ""
    )
    yours = typed_text() if request.method == "POST" else []
    theirs = [("Decision", referral.outcome.label if referral.outcome else referral.state.label)]
    return conflict_page(yours=yours, theirs=theirs, back=f"/referrals/{referral.reference}", who_and_when=words)


def _beside(session: Any, actor: Any, referral: Referral) -> forms.Beside:
    screening = matching.screen(session, actor, referral.case)
    return forms.Beside(
        screening.matches,
        listing.meeting_choices(session, actor, referral.programme, referral),
        triage.approvers(session, actor),
        conflicts.possible_conflicts(session, actor, referral),
        screening.others,
    )


def _place(form: Any, beside: forms.Beside, problem: RuleBroken) -> None:
    """A rule about matches or conflicts belongs beside the first one that nobody has decided."""
    field = forms.FIELD_OF.get(problem.field, problem.field)
    asked: Any = {
        "matches": forms.link_fields(form, beside.matches),
        "conflicts": forms.conflict_fields(form, beside.possible),
    }
    if field in asked:
        field = next((radios.name for _one, radios in asked[field] if not radios.data), field)
    if field == "emergency_at":
        field = "emergency_time" if form.emergency_on.data else "emergency_on"
    widgets.place(form, RuleBroken(field, problem.message))
