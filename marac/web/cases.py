"""Cases: the list, the search box, a case and its tabs, and what is recorded there.

What a page shows was decided by the compartments that opened; this door only lays it out.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit
from marac.models import Case
from marac.services import case_page, case_tabs, cases, finding, safe_contact
from marac.services.case_page import Head
from marac.vocabulary import CaseState, ContactChannel, Permission as P, RevealReason
from marac.web import case_layout, signin, unit_of_work, widgets
from marac.web.errors import conflict_page
from marac.web.forms.cases import FindForm, IncidentForm, RevealForm, SafeContactForm, WishesForm
from marac.web.shell import long_date

bp = Blueprint("cases", __name__)

TABS = {
    "people": case_page.people_of, "research": case_tabs.research, "actions": case_tabs.actions,
    "panels": case_tabs.panels, "history": case_tabs.history,
}  # fmt: skip
ROWS: dict[str, Any] = {"actions": case_layout.plan_row, "history": case_layout.happened_row}


@bp.get("/cases")
def list_cases() -> Any:
    """The cases one may see, filtered by stage and flag. Names may be hidden, for a shared screen."""
    state = next((one for one in CaseState if one.value == request.args.get("state")), None)
    flagged, after = request.args.get("flagged") == "yes", request.args.get("after", "")
    found = cases.list_cases(unit_of_work.session(), signin.person(), state=state, flagged=flagged, after=after)
    facets: dict[str, Any] = {"state": state.value if state else None, "flagged": "yes" if flagged else None}
    hidden = request.args.get("names") == "hidden"
    shown: dict[str, Any] = {**facets, "names": "hidden" if hidden else None}
    return render_template(
        "cases/list.html", found=found, rows=[case_layout.list_row(row, hidden) for row in found.rows],
        states=list(CaseState), state=state, flagged=flagged, hidden=hidden,
        toggle=url_for(".list_cases", **facets, names=None if hidden else "hidden"),
        next_page=url_for(".list_cases", **shown, after=found.next_after) if found.next_after else "",
        first_page=url_for(".list_cases", **shown) if after else "",
    )  # fmt: skip


@bp.route("/find", methods=["GET", "POST"])
def find() -> Any:
    """Find a person or a case. What is typed is posted, and stands in no address."""
    form, found = FindForm(), None
    access.require_holds(signin.person(), P.CASE_READ)
    if form.validate_on_submit():
        asked = {"name": form.name.data, "born_on": form.born_on.data, "reference": form.reference.data}
        try:
            found = finding.find(unit_of_work.session(), signin.person(), **asked)
        except RuleBroken as problem:
            widgets.place(form, problem)
    rows = None if found is None else [case_layout.found_row(one) for one in found]
    return render_template("cases/find.html", form=form, rows=rows), 422 if form.errors else 200


@bp.get("/cases/<reference>")
def summary(reference: str) -> Any:
    """The first tab."""
    actor, case, head = opened(reference, "summary")
    told = case_page.summary(unit_of_work.session(), actor, case, head)
    return page(head, "summary", told=told, steps=[case_layout.step_row(step) for step in told.next_steps[:5]])


@bp.get("/cases/<reference>/risk")
def risk(reference: str) -> Any:
    """Every completed checklist, and what each referral said."""
    actor, case, head = opened(reference, "risk")
    session = unit_of_work.session()
    answered = case_tabs.risk(session, actor, case, head)
    tables = [(one, [case_layout.answer_row(line) for line in one.answers]) for one in answered]
    return page(head, "risk", tables=tables, accounts=case_tabs.accounts(session, actor, case, head))


@bp.get("/cases/<reference>/<any(people, research, actions, panels, history):tab>")
def tab(reference: str, tab: str) -> Any:
    """One of the other tabs."""
    actor, case, head = opened(reference, tab)
    rows = TABS[tab](unit_of_work.session(), actor, case, head)
    return page(head, tab, rows=[ROWS[tab](row) for row in rows] if tab in ROWS else rows)


@bp.route("/cases/<reference>/reveal/<asked_as>", methods=["GET", "POST"])
def reveal(reference: str, asked_as: str) -> Any:
    """Why, and then one value with the contact rules above it. Works without script."""
    actor, case = found_case(reference)
    session = unit_of_work.session()
    label = safe_contact.showable(session, actor, case, asked_as)[0]
    access.require_step_up(actor)
    form = RevealForm(reason=safe_contact.last_reason(session, actor, case))
    shown = None
    if form.validate_on_submit():
        reason = RevealReason(form.reason.data)
        try:
            shown = safe_contact.reveal(session, actor, case, asked_as, reason, because=form.because.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
    facts = {"case": case, "label": label, "asked_as": asked_as, "form": form, "shown": shown}
    rules = case_layout.rules(shown.rules) if shown and shown.rules else None
    return render_template("cases/reveal.html", **facts, rules=rules), 422 if form.errors else 200


@bp.route("/cases/<reference>/safe-contact", methods=["GET", "POST"])
def update_safe_contact(reference: str) -> Any:
    """How to contact safely, asked again today."""
    actor, case, head = opened(reference, "safe-contact")
    contact = safe_contact.contact_of(unit_of_work.session(), case)
    if "safe-contact" not in head.offers or contact is None:
        raise NotAllowed
    form = SafeContactForm(data=contact_facts(head, contact))
    if form.validate_on_submit():
        try:
            safe_contact.update_safe_contact(unit_of_work.session(), actor, case, **typed_contact(form))
        except StaleEdit:
            return conflict_page(yours=typed_lines(form), theirs=held_lines(head), back=request.path)
        flash("How to contact safely is up to date.", "success")
        return redirect(url_for(".summary", reference=case.reference), code=303)
    return render_template(
        "cases/safe_contact.html", form=form, case=case, channels=ContactChannel
    ), 422 if form.errors else 200


@bp.route("/cases/<reference>/wishes", methods=["GET", "POST"])
def wishes(reference: str) -> Any:
    """What they want, in their words."""
    actor, case, head = opened(reference, "wishes")
    if "wishes" not in head.offers:
        raise NotAllowed
    held = case.wishes or ""
    form = WishesForm(data={"wishes": held, "version": str(case.version_id)})
    if form.validate_on_submit():
        try:
            cases.record_wishes(
                unit_of_work.session(), actor, case, wishes=form.wishes.data, version=whole(form.version.data)
            )
        except StaleEdit:
            return conflict_page(
                yours=[("What they want", form.wishes.data)], theirs=[("What they want", held)], back=request.path
            )
        flash("What they want is recorded.", "success")
        return redirect(url_for(".summary", reference=case.reference), code=303)
    return render_template("cases/wishes.html", form=form, case=case), 422 if form.errors else 200


@bp.route("/cases/<reference>/incident", methods=["GET", "POST"])
def incident(reference: str) -> Any:
    """Tell of a further incident, in under two minutes."""
    actor, case, head = opened(reference, "incident")
    if "incident" not in head.offers:
        raise NotFound
    form = IncidentForm()
    if form.validate_on_submit():
        told = {"what_happened": form.what_happened.data, "happened_on": form.happened_on.data}
        changed = {"contact_changed": form.contact_changed.data == "yes", "contact_note": form.contact_note.data}
        try:
            cases.report_incident(unit_of_work.session(), actor, case, **told, **changed)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Sent. The coordinator and the IDVA service will see it today.", "success")
            return redirect(url_for(".summary", reference=case.reference), code=303)
    return render_template(
        "cases/incident.html", form=form, case=case, rules=case_layout.rules(head.contact)
    ), 422 if form.errors else 200


def found_case(reference: str) -> tuple[Actor, Case]:
    """Who asks, and the case if it is theirs to see."""
    actor = signin.person()
    return actor, cases.get_case(unit_of_work.session(), actor, reference)


def opened(reference: str, name: str) -> tuple[Actor, Case, Head]:
    """The same with the head of the page; the reading is recorded under the page's name."""
    actor, case = found_case(reference)
    return actor, case, case_page.case_page(unit_of_work.session(), actor, case, page=name)


def page(head: Head, tab: str, **facts: Any) -> str:
    """A tab inside the frame that all pages of a case share."""
    return render_template(f"cases/{tab}.html", head=head, tab=tab, **case_layout.frame(head, tab), **facts)


def whole(text: str) -> int | None:
    """A version as typed in a hidden field."""
    return int(text) if text.isdigit() else None


def contact_facts(head: Head, contact: Any) -> dict[str, Any]:
    """What the safe-contact form starts with: the rules, never a number."""
    facts = {name: getattr(contact, name) or "" for name in safe_contact.WORDS}
    for way in head.contact.ways:
        facts |= {f"way_{way.channel.value}": way.answer.value, f"detail_{way.channel.value}": way.detail}
    return {**facts, "version": str(contact.version_id)}


def typed_contact(form: SafeContactForm) -> dict[str, Any]:
    """The form as the service takes it."""
    typed: dict[str, Any] = {name: form[name].data for name in (*safe_contact.WORDS, "phone", "email", "code_word")}
    rules = {
        channel.value: {
            "answer": form[f"way_{channel.value}"].data or "not_asked",
            "detail": form.data.get(f"detail_{channel.value}", ""),
        }
        for channel in ContactChannel
    }
    return {**typed, "rules": rules, "version": whole(form.version.data)}


def typed_lines(form: SafeContactForm) -> list[tuple[str, str]]:
    """What was typed, for the page that shows both versions."""
    return [
        (field.label.text, str(field.data))
        for field in form
        if field.data and field.type != "HiddenField" and field.name != "csrf_token"
    ]


def held_lines(head: Head) -> list[tuple[str, str]]:
    """What is held now."""
    ways = [(way.channel.label, f"{way.answer.label} {way.detail}".strip()) for way in head.contact.ways]
    return [*ways, ("Checked", long_date(head.contact.checked_on)), *(("", line) for line in head.contact.lines)]
