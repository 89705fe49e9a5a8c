"""The decision on a referral: the referral on one side; matches, conflicts, clock and decision on the other."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access, clock
from marac.errors import RuleBroken, StaleEdit, WrongState
from marac.models import Referral
from marac.services import conflicts, listing, matching, moving, referrals, triage
from marac.vocabulary import Permission as P, ReferralState, TriageOutcome
from marac.web import referral_layout, widgets
from marac.web.errors import conflict_page, typed_text
from marac.web.forms import triage as forms
from marac.web.referrals import found
from marac.web.shell import date_and_time

bp = Blueprint("triage", __name__)


@bp.route("/referrals/<reference>/decide", methods=["GET", "POST"])
def decide(reference: str) -> Any:
    """One page, one decision."""
    session, actor, referral = found(reference)
    access.require(actor, P.REFERRAL_DECIDE, referral)
    opened = referrals.open_referral(session, actor, referral)
    if referral.state not in (ReferralState.SUBMITTED, ReferralState.RETURNED):
        return _decided_already(session, actor, referral)
    sections = referral_layout.sections(session, referral, opened)
    matches = matching.find_matches(session, actor, referral.case)
    possible = conflicts.possible_conflicts(session, actor, referral.case)
    meetings = listing.meeting_choices(session, actor, referral.programme)
    form = forms.decide_form(matches, meetings, triage.approvers(session, actor), possible, referral.version_id)
    if form.validate_on_submit():
        try:
            moving.same_version(referral, _whole(form.version.data))
            triage.decide(session, actor, referral, forms.ruling(form, matches))
        except RuleBroken as problem:
            _place(form, matches, problem)
        except (StaleEdit, WrongState):
            return conflict_page(yours=typed_text(), theirs=[("Status", referral.state.label)], back=request.path)
        else:
            flash(DONE[TriageOutcome(form.outcome.data)], "success")
            return redirect(url_for("referrals.list_referrals"), code=303)
    return render_template(
        "referrals/decide.html", form=form, referral=referral, sections=sections, possible=possible,
        links=forms.link_fields(form, matches), hours=_hours(referral), outcomes=TriageOutcome,
    ), 422 if form.errors else 200  # fmt: skip


@bp.post("/referrals/<reference>/review")
def review(reference: str) -> Any:
    """Look again at a decision not to list."""
    session, actor, referral = found(reference)
    form = forms.ReviewForm()
    if not form.validate():
        raise RuleBroken("reason", "Enter a reason")
    triage.review(session, actor, referral, form.reason.data)
    flash("It is waiting for a decision again.", "success")
    return redirect(url_for(".decide", reference=referral.reference), code=303)


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
    words = f"{who}, {date_and_time(referral.decided_at)}" if referral.decided_at else ""
    yours = typed_text() if request.method == "POST" else []
    theirs = [("Decision", referral.outcome.label if referral.outcome else referral.state.label)]
    return conflict_page(yours=yours, theirs=theirs, back=f"/referrals/{referral.reference}", who_and_when=words)


def _place(form: Any, matches: list[matching.Match], problem: RuleBroken) -> None:
    """A rule about matches belongs beside the first one that nobody has decided."""
    field = forms.FIELD_OF.get(problem.field, problem.field)
    if field == "matches":
        undecided = [radios for _match, radios in forms.link_fields(form, matches) if not radios.data]
        field = undecided[0].name if undecided else field
    if field == "emergency_at":
        field = "emergency_time" if form.emergency_on.data else "emergency_on"
    widgets.place(form, RuleBroken(field, problem.message))


def _hours(referral: Referral) -> int:
    since = referral.submitted_at or referral.started_at
    return int((clock.now() - since).total_seconds() // 3600)


def _whole(text: str) -> int | None:
    return int(text) if text and text.isdecimal() else None
