"""What stops the words of a meeting from leaving: where, and which kind; and the chair's word that lets them go."""

from typing import Any

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from marac.errors import NotAllowed, RuleBroken
from marac.models import Meeting
from marac.services.minuting import words_leaving
from marac.vocabulary import LeavingAs
from marac.web import widgets
from marac.web.forms.releasing import OverrideForm
from marac.web.meeting_layout import opened, page

bp = Blueprint("address_check", __name__)


@bp.route("/panels/<reference>/address-check/<any(minutes, actions):name>", methods=["GET", "POST"])
def stopped(reference: str, name: str) -> Any:
    """The cases that are stopped. The chair may let one go as it stands, with a reason."""
    session, actor, meeting = opened(reference)
    leaving_as = LeavingAs(name)
    rows = words_leaving.list_stopped(session, actor, meeting, leaving_as)
    form = OverrideForm()
    offered = [row for row in rows if row.may_override]
    if form.is_submitted() and not offered:
        raise NotAllowed
    references = {row.item.case.reference: row.number for row in offered}
    form.case.choices = [(name, f"Number {number}, {name}") for name, number in references.items()]
    if form.validate_on_submit():
        case_id = next(row.item.case_id for row in offered if row.item.case.reference == form.case.data)
        try:
            words_leaving.override(session, actor, meeting, leaving_as, case_id=case_id, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("These words may leave as they stand. Your reason is recorded.", "success")
            return _again(meeting, name)
    facts = {"stopped": rows, "form": form, "offered": bool(offered), "leaving_as": leaving_as}
    kept = words_leaving.list_overrides(session, actor, meeting)
    return page("minutes/address_check.html", actor, meeting, "Minutes", overridden=kept, **facts)


def _again(meeting: Meeting, name: str) -> Response:
    return redirect(f"/panels/{meeting.reference}/address-check/{name}", code=303)
