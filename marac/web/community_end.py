"""A Community MARAC case: what happened, the ASB Case Review, an urgent meeting, and how the case ends.

Holds no rules: each press is one service call, refused where the service refuses.
"""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.errors import NotAllowed
from marac.services.community import case_reviews, closing, incidents, reviewing
from marac.services.community.closing import Ending
from marac.vocabulary import Permission as P
from marac.web import unit_of_work, widgets
from marac.web.cases import page
from marac.web.community_case import kept, of_panel
from marac.web.forms.community_case import ENDED, CaseReviewForm, EndingForm, IncidentForm, UrgentForm
from marac.web.forms.triage import clock_time
from marac.web.shell import long_date, short_date
from marac.workflows.deadlines import london

bp = Blueprint("community_end", __name__)


@bp.get("/cases/<reference>/incidents")
def list_incidents(reference: str) -> Any:
    """Everything that happened, each once; and the ASB Case Review."""
    actor, case, head = of_panel(reference, "incidents")
    session = unit_of_work.session()
    told = incidents.view_incidents(session, actor, case, head.opened)
    rows = [
        [
            short_date(one.on) if one.on else "Not known", one.kind.label if one.kind else "Not said",
            {"text": one.what, "note": "; ".join(one.references)}, ", ".join(one.told),
        ]
        for one in told.rows
    ]  # fmt: skip
    newest = max((one.on for one in told.rows if one.on), default=None)
    application = case_reviews.view_application(session, case, head.opened, newest)
    steps = [[one.label, long_date(one.due_on), "Done" if one.done else "Due"] for one in application.steps]
    return page(
        head, "incidents", told=told, rows=rows, application=application, steps=steps,
        may_change=reviewing.may_review(actor, case),
    )  # fmt: skip


@bp.route("/cases/<reference>/incidents/new", methods=["GET", "POST"])
def add_incident(reference: str) -> Any:
    """One more, or that another agency was told of one already here."""
    actor, case, head = of_panel(reference, "incident")
    session = unit_of_work.session()
    told = incidents.view_incidents(session, actor, case, head.opened)
    if not told.may_record:
        raise NotAllowed
    form = IncidentForm()
    form.same_as.choices = [
        *form.same_as.choices,
        *((one.id.hex, f"The same as {one.what[:60]}, {short_date(one.on)}") for one in told.rows[:12] if one.on),
    ]
    if form.validate_on_submit():
        done = kept(
            form, case,
            lambda: incidents.record_incident(
                session, actor, case, happened_on=form.happened_on.data, kind=form.kind.data, what=form.what.data,
                told_to=form.told_to.data, reference=form.reference.data, same_as=form.same_as.data,
            ),
            "The incident is recorded.", ".list_incidents",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/incident.html", form=form, case=case), 422 if form.errors else 200


@bp.post("/cases/<reference>/case-review/told")
def told_of_review(reference: str) -> Any:
    """The person was told of the case review."""
    actor, case, _head = of_panel(reference, "case_review")
    case_reviews.record_told(unit_of_work.session(), actor, case)
    flash("Recorded.", "success")
    return redirect(url_for(".list_incidents", reference=reference), code=303)


@bp.route("/cases/<reference>/case-review", methods=["GET", "POST"])
def case_review(reference: str) -> Any:
    """The application for a case review, and how it stands."""
    actor, case, head = of_panel(reference, "case_review")
    session = unit_of_work.session()
    reviewing.require_review(session, actor, case)
    held = case_reviews.view_application(session, case, head.opened, None)
    form = CaseReviewForm(
        data={
            "applied_on": held.applied_on, "outcome": held.outcome.value if held.outcome else "", "link": held.link,
            "note": held.note, "version": str(case.version_id),
        }
    )  # fmt: skip
    if form.validate_on_submit():
        done = kept(
            form, case,
            lambda: case_reviews.record_application(
                session, actor, case, applied_on=form.applied_on.data, outcome=form.outcome.data, link=form.link.data,
                note=form.note.data, version=widgets.whole(form.version.data),
            ),
            "The application is recorded.", ".list_incidents",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/case_review.html", form=form, case=case), 422 if form.errors else 200


@bp.route("/cases/<reference>/close", methods=["GET", "POST"])
def close(reference: str) -> Any:
    """What is still open, and the end of the case."""
    actor, case, _head = of_panel(reference, "close")
    session = unit_of_work.session()
    access.require(actor, P.CASE_CLOSE, case)
    ready = closing.readiness(session, actor, case)
    if not ready.may_close:
        raise NotAllowed
    form = EndingForm(data={"version": str(case.version_id)})
    if form.validate_on_submit():
        ending = Ending(**{name: form[name].data for name in ENDED})
        over = request.form.get("do") == "over"
        version = widgets.whole(form.version.data)
        done = kept(
            form, case, lambda: closing.close_case(session, actor, case, ending, over=over, version=version),
            "The case is closed.", "community_case.reviews",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/close.html", form=form, case=case, ready=ready), 422 if form.errors else 200


@bp.route("/cases/<reference>/urgent", methods=["GET", "POST"])
def urgent(reference: str) -> Any:
    """The chair calls a meeting for this case outside the cycle."""
    actor, case, head = of_panel(reference, "urgent")
    if "urgent" not in head.offers:
        raise NotAllowed
    session, form = unit_of_work.session(), UrgentForm()
    if form.validate_on_submit():
        done = kept(
            form, case,
            lambda: closing.call_urgently(
                session, actor, case, starts_at=_moment(form), reason=form.reason.data,
                conflict_checked=form.conflict_checked.data,
            ),
            "The urgent meeting is booked and the case is listed.", "cases.summary",
        )  # fmt: skip
        if done:
            return done
    return render_template("community/urgent.html", form=form, case=case), 422 if form.errors else 200


def _moment(form: UrgentForm) -> datetime | None:
    at = clock_time(form.hour.data)
    return london(form.day.data, at) if form.day.data and at else None
