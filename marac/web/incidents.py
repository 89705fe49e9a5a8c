"""A further incident on a live case, on one page in two minutes (DA-12): by who sees the case, or has it marked."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case
from marac.services.casework import case_page
from marac.services.deciding import repeats
from marac.services.referring import incidents
from marac.vocabulary import Permission as P, ReferralKind
from marac.web import case_layout, drafts, signin, triage_layout, unit_of_work, warned, widgets
from marac.web.forms import incidents as forms

bp = Blueprint("incidents", __name__)

AGAIN = "Sent. The coordinator and the IDVA service will see it today."
NEW = "Sent as a new referral: it is no repeat by the rules here. The coordinator and the IDVA service see it today."


@bp.route("/cases/<reference>/incident", methods=["GET", "POST"])
def incident(reference: str) -> Any:
    """What happened, when, who says so, and whether anyone is in danger now."""
    session, actor = unit_of_work.session(), signin.person()
    case = incidents.get_case(session, actor, reference)
    head = _head(session, actor, case)
    form = forms.incident_form(narrow=repeats.narrow(session, case))
    answer = drafts.meet(form, case) if head else None
    if answer is not None:
        return answer
    if form.validate_on_submit():
        try:
            referral = incidents.report_incident(session, actor, case, forms.told(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(AGAIN if referral.kind == ReferralKind.REPEAT else NEW, "success")
            if head:
                warned.about(case, form, "what_happened", "contact_note")
            return redirect(url_for("cases.summary", reference=case.reference), code=303)
    return render_template(
        "cases/incident.html", form=form, case=case, rules=case_layout.rules(head.contact) if head else None,
        clocks=[triage_layout.clock_line(one) for one in repeats.clocks(session, case)] if head else [],
        counts=triage_layout.counts_words(session, case),
    ), 422 if form.errors else 200  # fmt: skip


def _head(session: Any, actor: Actor, case: Case) -> Any:
    """The rules for safe contact for who may see the case; whoever only has it marked is shown nothing of it."""
    if not access.may(actor, P.CASE_READ, case):
        return None
    return case_page.case_page(session, actor, case, page="incident")
