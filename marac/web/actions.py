"""Actions: the agency's list, and reporting on one in two clicks. Flag and tag is web/flags.py."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, StaleEdit
from marac.models import Action
from marac.services.following import actions, chasing_actions, escalating, flags as marks, owners
from marac.services.following.actions import ActionPage, ActionRow
from marac.vocabulary import Permission as P
from marac.web import case_layout, signin, unit_of_work, warned, widgets
from marac.web.errors import conflict_page
from marac.web.forms.actions import (
    CANNOT,
    CHANGED,
    DONE,
    STANDING,
    HandOverForm,
    NoteForm,
    OwnerForm,
    PressForm,
    ReportForm,
)
from marac.web.shell import count, due_kind, due_words, long_date

bp = Blueprint("actions", __name__)

BESIDE = (
    ("Marks on your own file", "flags.own", P.FLAG_CONFIRM),
    ("Agencies that have not confirmed marks", "flags.agencies", P.FLAG_FOLLOW),
    ("Who is to be told", "telling.list_tellings", P.TELLING_READ),
    ("How your agency keeps up", "dashboards.of_own_agency", P.RESEARCH_WRITE),
    ("Escalated", "actions.escalated", P.ACTION_OVERSEE),
    ("Usual actions that panels pick from", "library.list_entries", P.LIBRARY_EDIT),
)
REPORTS = {"complete": "done", "start": "in_progress", "report_not_possible": "cannot"}


@bp.get("/actions")
def list_actions() -> Any:
    """Overdue, today, this week, later; or done. Everybody's for who follows them up, with an agency to filter by."""
    return list_page(PressForm(formdata=None))


@bp.post("/actions/chase")
def chase() -> Any:
    """Remind the agencies of the chosen actions."""
    form = PressForm()
    ticked, late = (
        [found for text in request.form.getlist(name) if (found := an_id(text))] for name in ("action", "agency")
    )
    try:
        asked = chasing_actions.chase(unit_of_work.session(), signin.person(), ticked, agency_ids=late)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return list_page(form), 422
    flash(f"{asked} {'agency' if asked == 1 else 'agencies'} will be reminded.", "success")
    return redirect(url_for(".list_actions"), code=303)


@bp.route("/actions/<uuid:action_id>", methods=["GET", "POST"])
def report(action_id: UUID) -> Any:
    """One action: contact rules on top, three choices, one button."""
    actor, action = found_action(action_id)
    form = ReportForm(data={"version": str(action.version_id)})
    if form.validate_on_submit():
        try:
            send_report(actor, action, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        except StaleEdit:
            return conflict_page(yours=typed(form), theirs=[("Now", action.state.label)], back=request.path)
        else:
            flash("Saved. Thank you.", "success")
            warned.about(action.case, form)
            return redirect(url_for(".list_actions"), code=303)
    return action_page(actor, action, form)


@bp.post("/actions/<uuid:action_id>/accept")
def accept(action_id: UUID) -> Any:
    """I will do it."""
    actor, action = found_action(action_id)
    actions.accept_action(unit_of_work.session(), actor, action, owner_id=actor.user_id)
    flash("You have taken this on.", "success")
    return redirect(url_for(".report", action_id=action_id), code=303)


@bp.route("/actions/<uuid:action_id>/owner", methods=["GET", "POST"])
def owner(action_id: UUID) -> Any:
    """Somebody of the agency, by name, will do it."""
    actor, action = found_action(action_id)
    session, form = unit_of_work.session(), OwnerForm()
    form.owner_id.choices = [(str(one), name) for one, name in owners.list_colleagues(session, actor, action)]
    if form.validate_on_submit():
        try:
            actions.name_owner(session, actor, action, owner_id=an_id(form.owner_id.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved. They will be told.", "success")
            return redirect(url_for(".report", action_id=action_id), code=303)
    shown = actions.view_action(session, actor, action)
    return render_template("actions/owner.html", form=form, shown=shown), 422 if form.errors else 200


@bp.get("/escalated")
def escalated() -> Any:
    """What has come up the ladder to this person."""
    session, actor = unit_of_work.session(), signin.person()
    rows = [_climbed(row) for row in escalating.list_escalated(session, actor)]
    follow = url_for("flags.agencies") if access.holds(actor, P.FLAG_FOLLOW) else ""
    rows += [_marks(late, follow) for late in escalating.list_escalated_flags(session, actor)]
    return render_template("actions/escalated.html", rows=rows)


@bp.route("/actions/<uuid:action_id>/hand-over", methods=["GET", "POST"])
def hand_over(action_id: UUID) -> Any:
    """Another agency takes it on."""
    actor, action = found_action(action_id)
    session = unit_of_work.session()
    shown = offered(actor, action, "hand_over")
    form = HandOverForm(data={"version": str(action.version_id)})
    others = [one for one in actions.agencies_to_hand_to(session, actor) if one.id != action.agency_id]
    form.to_agency_id.choices = [("", "Choose"), *((str(one.id), one.name) for one in others)]
    if form.validate_on_submit():
        to = an_id(form.to_agency_id.data)
        try:
            actions.hand_over(session, actor, action, to_agency_id=to, note=form.note.data, version=version_of(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Handed over.", "success")
            warned.about(action.case, form, "note")
            return redirect(url_for(".list_actions"), code=303)
    return render_template("actions/hand_over.html", form=form, shown=shown), 422 if form.errors else 200


@bp.route("/actions/<uuid:action_id>/<any(withdraw, reopen):move>", methods=["GET", "POST"])
def withdraw_or_reopen(action_id: UUID, move: str) -> Any:
    """The panel no longer asks for it, or asks again."""
    actor, action = found_action(action_id)
    shown = offered(actor, action, move)
    form = NoteForm(data={"version": str(action.version_id)})
    steps = {"withdraw": actions.withdraw_action, "reopen": actions.reopen_action}
    if form.validate_on_submit():
        try:
            steps[move](unit_of_work.session(), actor, action, note=form.note.data, version=version_of(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".report", action_id=action_id), code=303)
    title = {"withdraw": "Withdraw this action", "reopen": "Re-open this action"}[move]
    return render_template("actions/note.html", form=form, shown=shown, title=title), 422 if form.errors else 200


def list_page(form: PressForm) -> str:
    """The list that the address asks for."""
    actor, session = signin.person(), unit_of_work.session()
    done, everyones = request.args.get("show") == "done", actions.sees_all(actor)
    agency_id = an_id(request.args.get("agency", "")) if everyones else None
    rows = actions.list_actions(session, actor, agency_id=agency_id, done=done)
    lines = [(actions.group_of(row.due_on), line(row)) for row in rows]
    groups = [(title, [one for group, one in lines if done or group == title]) for title in actions.GROUPS]
    return render_template(
        "actions/list.html", form=form, done=done, groups=groups[:1] if done else groups, everyones=everyones,
        links=[(text, page) for text, page, needed in BESIDE if access.holds(actor, needed)],
        late=chasing_actions.list_late(session, actor) if everyones and not done else (),
        agency_id=agency_id, agencies=actions.agencies_to_hand_to(session, actor) if everyones else [],
        flags=marks.list_flags(session, actor),
    )  # fmt: skip


def found_action(action_id: UUID) -> tuple[Actor, Action]:
    """Who asks, and the action if it is theirs to see."""
    actor = signin.person()
    return actor, actions.get_action(unit_of_work.session(), actor, action_id)


def action_page(actor: Actor, action: Action, form: ReportForm) -> Any:
    """The page of one action, with the choices that its state and the policy offer."""
    shown = actions.view_action(unit_of_work.session(), actor, action)
    can = {REPORTS[name] for name in shown.offers if name in REPORTS}
    form.standing.choices = [pair for pair in STANDING if pair[0] in can]
    rules = case_layout.rules(shown.contact)
    facts = {"shown": shown, "rules": rules, "can": can, "presses": PressForm(formdata=None)}
    return render_template("actions/report.html", form=form, **facts), 422 if form.errors else 200


def send_report(actor: Actor, action: Action, form: ReportForm) -> None:
    """To the service that the choice names."""
    session, version = unit_of_work.session(), version_of(form)
    if form.standing.data == DONE:
        upload = request.files.get("file")
        facts = {
            "note": form.done_note.data, "safe_contact_met": form.safe_contact_met.data,
            "evidence": upload.read() if upload else b"",
            "victim_updated": form.victim_updated.data, "not_updated_because": form.not_updated_because.data,
        }  # fmt: skip
        actions.complete_action(session, actor, action, version=version, **facts)
    elif form.standing.data != CANNOT:
        actions.start_action(session, actor, action, note=form.progress_note.data, version=version)
    elif not form.why.data:
        raise RuleBroken("why", "Select what happened")
    else:
        tell = actions.report_not_possible if form.why.data == CHANGED else actions.report_not_done
        tell(session, actor, action, note=form.note.data, version=version)


def offered(actor: Actor, action: Action, move: str) -> ActionPage:
    """The action, or NotAllowed when this cannot be done to it by this person now."""
    shown = actions.view_action(unit_of_work.session(), actor, action)
    if move not in shown.offers:
        raise NotAllowed
    return shown


def _climbed(row: escalating.Escalated) -> dict[str, Any]:
    who = row.owner or "nobody named yet"
    return {
        "due": due_words(row.due_on), "kind": due_kind(row.due_on), "text": f"{row.agency}, case {row.reference}",
        "href": url_for(".report", action_id=row.action_id) if row.readable else "",
        "note": f"Owner: {who}. {row.standing}",
    }  # fmt: skip


def _marks(late: escalating.LateMarks, href: str) -> dict[str, Any]:
    text = f"{late.agency}: {count(late.number, 'mark')} not confirmed"
    return {"due": due_words(late.oldest_on), "kind": due_kind(late.oldest_on), "text": text, "href": href, "note": ""}


def line(row: ActionRow) -> dict[str, Any]:
    """A line of a list, as the work list takes it."""
    ended = row.closed_at
    return {
        "id": row.id,
        "due": long_date(ended) if ended else due_words(row.due_on),
        "kind": "" if ended else due_kind(row.due_on),
        "text": row.text or "An action for your agency",
        "href": url_for(".report", action_id=row.id),
        "note": ", ".join(part for part in (row.name, row.reference, row.agency, row.state.label) if part)
        + case_layout.contact_note(row.contact),
    }


def typed(form: ReportForm) -> list[tuple[str, str]]:
    """What was typed, for the page that shows both versions."""
    return [("How it stands", form.standing.data), ("Note", form.done_note.data or form.note.data)]


def version_of(form: Any) -> int | None:
    """The version that the page was drawn from."""
    return widgets.whole(form.version.data)


def an_id(text: str) -> UUID | None:
    """An id from a form or an address, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
