"""The risks of one case heard at a meeting: what meets each, and a box for why one needs no action (DA-25)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect

from marac.errors import RuleBroken
from marac.models import AgendaItem
from marac.services.live import coverage
from marac.services.live.coverage import Risk
from marac.vocabulary import MinutesState
from marac.web import run_page, signin, unit_of_work, widgets
from marac.web.forms.quality import RisksForm
from marac.web.meeting_layout import opened, page
from marac.workflows.covering import MET_BY

bp = Blueprint("settling", __name__)
bp.register_error_handler(RuleBroken, run_page.agree_first)


@bp.route("/panels/<reference>/risks/<uuid:item_id>", methods=["GET", "POST"])
def risks(reference: str, item_id: UUID) -> Any:
    """Each risk that was raised; those without an action or a reason can be given one."""
    session, actor, meeting = opened(reference)
    item = coverage.get_item(session, actor, meeting, item_id)
    found = coverage.list_risks(session, actor, item)
    form = _form(found)
    if form.validate_on_submit() and _settled(item, found, form):
        flash("The reason was saved.", "success")
        return redirect(f"/panels/{reference}/risks/{item_id}", code=303)
    minutes = meeting.minutes
    return page(
        "quality/settle.html", actor, meeting, "Minutes", risks=found, item=item, form=form,
        takes_actions=minutes is None or minutes.state is MinutesState.DRAFT,
    )  # fmt: skip


def _form(found: list[Risk]) -> RisksForm:
    form = RisksForm()
    unmet = {one.heading: one.label for one in found if not one.met}
    for heading in MET_BY:
        if heading in unmet:
            form[heading.value].label.text = f"{unmet[heading]}: why no action"
        else:
            del form[heading.value]
    return form


def _settled(item: AgendaItem, found: list[Risk], form: RisksForm) -> bool:
    """Save each reason that was typed; none at all is a mistake, shown beside the first box."""
    session, actor = unit_of_work.session(), signin.person()
    unmet = [one.heading for one in found if not one.met]
    typed = {heading: form[heading.value].data.strip() for heading in unmet}
    wanted = {heading: reason for heading, reason in typed.items() if reason} or dict.fromkeys(unmet[:1], "")
    try:
        for heading, reason in wanted.items():
            coverage.settle_risk(session, actor, item, heading, reason=reason)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return False
    return True
