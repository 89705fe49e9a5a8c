"""Who looked at a case, what I looked at, and the auditor's pages: samples, alerts. Shows no case."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.casework import cases
from marac.services.trail import answering, checking, looking
from marac.services.trail.looking import Look
from marac.vocabulary import Permission as P, RevealReason, SampleReason
from marac.web import signin, unit_of_work, widgets
from marac.web.case_layout import HAPPENED
from marac.web.forms.trail import AlertForm, SampleForm
from marac.web.shell import date_and_time

bp = Blueprint("trail", __name__)

WORDS = {
    **HAPPENED, "values:opened": "In a list", "document:made": "Made a document", "minutes:read": "Read the minutes",
    "sanctuary:read": "Looked at the request", "glass:read": "Looked by emergency access",
    "research:printed": "Printed research", "transfer:fetched": "Fetched a transfer",
}  # fmt: skip
REASONS = {one.value: one.label for one in RevealReason}


@bp.get("/cases/<reference>/looked")
def who_looked(reference: str) -> Any:
    """Everybody who looked, when, at which parts and why. To the chair also what to do about a damaged row."""
    actor, session = signin.person(), unit_of_work.session()
    case = cases.get_case(session, actor, reference)
    looks = looking.who_looked(session, actor, case)
    damaged = checking.is_marked(session, case)
    opens = damaged and access.may(actor, P.CASE_RESTRICT, case)
    return render_template("trail/looked.html", case=case, rows=[_row(one) for one in looks], opens=opens)


@bp.post("/cases/<reference>/open-again")
def open_again(reference: str) -> Any:
    """The chair has looked: the case is opened again to those who may see it."""
    actor, session = signin.person(), unit_of_work.session()
    case = cases.get_case(session, actor, reference)
    checking.open_again(session, actor, case)
    flash("The case is open again to those who may see it.", "success")
    return redirect(url_for(".who_looked", reference=case.reference), code=303)


@bp.get("/account/looked")
def own_looks() -> Any:
    """What the person themself looked at, among the cases they may see now."""
    found = looking.own_looks(unit_of_work.session(), signin.person())
    rows = [[date_and_time(one.at), reference, _what(one), _reason(one)] for reference, one in found]
    return render_template("trail/own.html", rows=rows)


@bp.route("/admin/audit/looked", methods=["GET", "POST"])
def sample() -> Any:
    """Who looked at a case or a person's cases, for a reason that is kept (information governance)."""
    actor, session = signin.person(), unit_of_work.session()
    access.require_holds(actor, P.AUDIT_READ)
    form, found = SampleForm(), None
    if form.validate_on_submit():
        try:
            found = looking.sample(
                session, actor, reference=form.reference.data or "", name=form.name.data or "",
                reason=SampleReason(form.reason.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
    told = [(one.reference, [_row(look) for look in one.looks]) for one in found or ()]
    facts = {"form": form, "asked": found is not None, "told": told}
    return render_template("trail/sample.html", **facts), 422 if form.errors else 200


@bp.get("/admin/audit/alerts")
def alerts() -> Any:
    """The queue of alerts."""
    found = answering.list_alerts(unit_of_work.session(), signin.person())
    return render_template("trail/alerts.html", alerts=found)


@bp.route("/admin/audit/alerts/<uuid:alert_id>", methods=["GET", "POST"])
def alert(alert_id: UUID) -> Any:
    """One alert: what was found."""
    actor, session = signin.person(), unit_of_work.session()
    one, form = answering.get_alert(session, actor, alert_id), AlertForm()
    if form.validate_on_submit():
        answering.look_into(session, actor, one, note=form.note.data)
        flash("The alert is looked into.", "success")
        return redirect(url_for(".alerts"), code=303)
    return render_template("trail/alert.html", alert=one, form=form), 422 if form.errors else 200


def _row(one: Look) -> list[str]:
    who = one.who or "Somebody whose account is gone"
    return [date_and_time(one.at), who, ", ".join(part for part in (one.role, one.agency) if part), _what(one),
            ", ".join(one.parts), _reason(one)]  # fmt: skip


def _what(one: Look) -> str:
    page = f" ({one.page.replace('_', ' ')})" if one.page else ""
    return f"{WORDS.get(one.tag, one.tag.replace(':', ' ').replace('_', ' '))}{page}"


def _reason(one: Look) -> str:
    return REASONS.get(one.reason, one.reason.replace("_", " "))
