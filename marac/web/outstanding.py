"""What earlier plans still owe, at the start of a meeting; and of a repeat's last plan, whether it worked."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from marac.services.following import last_plan, outstanding
from marac.services.following.actions import ActionRow
from marac.services.following.outstanding import Outstanding
from marac.services.meetings import agenda
from marac.web.forms.actions import PressForm
from marac.web.meeting_layout import opened, page, title_of
from marac.web.shell import due_kind, due_words, long_date

bp = Blueprint("outstanding", __name__)


@bp.get("/panels/<reference>/outstanding")
def list_outstanding(reference: str) -> Any:
    """Overdue, not done, overtaken, not due yet."""
    session, actor, meeting = opened(reference)
    found = outstanding.list_outstanding(session, actor, meeting)
    return page("panels/outstanding.html", actor, meeting, "Outstanding", owed=found, groups=lines(found))


@bp.route("/panels/<reference>/run/<int:number>/worked", methods=["GET", "POST"])
def worked(reference: str, number: int) -> Any:
    """Did the last plan work, action by action (DA-26)."""
    session, actor, meeting = opened(reference)
    item = agenda.get_item(session, actor, meeting, number)
    form = PressForm()
    if form.validate_on_submit():
        said = {
            one.id: (request.form.get(f"worked-{one.id.hex}", ""), request.form.get(f"note-{one.id.hex}", "")[:1000])
            for one in last_plan.list_planned(session, actor, item)
        }
        last_plan.weigh_plan(session, actor, item, _known(said))
        flash("Saved.", "success")
        return redirect(f"/panels/{reference}/run/{number}", code=303)
    return render_template(
        "running/worked.html", meeting=meeting, when=title_of(meeting), number=number, item=item,
        planned=last_plan.list_planned(session, actor, item), answers=last_plan.WORKED,
    )  # fmt: skip


def _known(said: dict[UUID, tuple[str, str]]) -> dict[UUID, tuple[str, str]]:
    return {one: (answer if answer in last_plan.WORKED else "", note) for one, (answer, note) in said.items()}


def lines(found: Outstanding) -> list[tuple[str, list[dict[str, Any]]]]:
    """The groups as the work list takes them."""
    return [(title, [_line(row) for row in rows]) for title, rows in found.groups]


def _line(row: ActionRow) -> dict[str, Any]:
    who = ", ".join(part for part in (row.name, row.reference, row.agency) if part)
    return {
        "due": long_date(row.closed_at) if row.closed_at else due_words(row.due_on),
        "kind": "" if row.closed_at else due_kind(row.due_on),
        "text": row.text or "An action", "href": f"/actions/{row.id}",
        "note": f"{who}. {row.note}" if row.note else who,
    }  # fmt: skip
