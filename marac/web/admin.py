"""Administration: accounts, agencies, local rules and the trail. No page here shows a case."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.accounts import joining, users
from marac.services.casework import risk_tools
from marac.services.clockwork import timetable
from marac.services.keeping import administration
from marac.vocabulary import Permission as P, ProgrammeSlug, Role
from marac.web import risk_layout, signin, unit_of_work, widgets
from marac.web.forms.admin import CHOOSE, InvitationForm
from marac.web.forms.signin import PressForm

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/users")
def list_users() -> Any:
    """Everybody whose account one may see, with what they are and when they last came."""
    actor = signin.person()
    access.require_holds(actor, P.USER_READ)
    return render_template(
        "admin/users.html", accounts=users.list_users(unit_of_work.session(), actor),
        may_invite=users.may_invite(actor), may_attest=access.holds(actor, P.USER_ATTEST),
        may_suspend=access.holds(actor, P.USER_SUSPEND), me=actor.user_id,
        may_ask=access.holds(actor, P.FACTOR_ASK), may_approve=access.holds(actor, P.FACTOR_APPROVE),
    )  # fmt: skip


@bp.route("/users/invite", methods=["GET", "POST"])
def invite() -> Any:
    """Invite a named person."""
    actor, session = signin.person(), unit_of_work.session()
    access.require_holds(actor, P.USER_INVITE)
    agencies = {agency.id.hex: agency for agency in users.list_agencies_to_invite(session, actor)}
    form = InvitationForm()
    form.agency.choices = [CHOOSE, *((mark, agency.name) for mark, agency in agencies.items())]
    form.role.choices = [CHOOSE, *sorted((role.value, role.label) for role in users.may_invite(actor))]
    form.programme.choices = [CHOOSE, *sorted((one.value, one.label) for one in actor.programmes)]
    if form.validate_on_submit():
        try:
            joining.ask_to_join(
                session, actor, full_name=form.full_name.data, email=form.email.data,
                agency=agencies[form.agency.data], role=Role(form.role.data),
                programme=ProgrammeSlug(form.programme.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Sent to a second person for approval. You will then tell them a code.", "success")
            return redirect("/admin/joiners", code=303)
    return render_template("admin/invite.html", form=form), 422 if form.errors else 200


@bp.post("/users/<uuid:user_id>/suspend")
def suspend(user_id: UUID) -> Any:
    """Out at once, in every browser."""
    actor, session = signin.person(), unit_of_work.session()
    users.suspend_user(session, actor, users.get_user(session, actor, user_id))
    flash("The account is suspended and signed out everywhere.", "success")
    return redirect("/admin/users", code=303)


@bp.post("/users/<uuid:user_id>/restore")
def restore(user_id: UUID) -> Any:
    """May sign in again."""
    actor, session = signin.person(), unit_of_work.session()
    users.restore_user(session, actor, users.get_user(session, actor, user_id))
    flash("The account can be used again.", "success")
    return redirect("/admin/users", code=303)


@bp.get("/agencies")
def list_agencies() -> Any:
    """Agencies, what they do on which panel, and whether the partnership has confirmed it."""
    agencies = administration.list_agencies(unit_of_work.session(), signin.person())
    shown = {"agencies": agencies, "panels": dict(_programmes())}
    return render_template("admin/agencies.html", **shown, agreed=access.holds(signin.person(), P.AGREEMENT_READ))


@bp.get("/settings")
def list_settings() -> Any:
    """Local rules by programme, with those not yet confirmed marked."""
    rules = administration.list_rules(unit_of_work.session(), signin.person())
    labels = (*_programmes(), (None, "All"))
    groups = [(label, [rule for rule in rules if rule.programme == one]) for one, label in labels]
    keeps = access.holds(signin.person(), P.LIBRARY_EDIT)
    shown = [group for group in groups if group[1]]
    return render_template("admin/settings.html", groups=shown, words=in_words, keeps_library=keeps)


@bp.get("/jobs")
def list_jobs() -> Any:
    """How the timed jobs run: last, next, failures. Kinds of errors only."""
    jobs = timetable.list_jobs(unit_of_work.session(), signin.person())
    return render_template("admin/jobs.html", jobs=jobs)


@bp.get("/checklists")
def list_checklists() -> Any:
    """Risk tools: every version, from when, whose wording, and where it is used. Loading one is a console command."""
    lines = risk_tools.list_tools(unit_of_work.session(), signin.person())
    rows = [risk_layout.tool_row(line, dict(_programmes())) for line in lines]
    return render_template("admin/checklists.html", rows=rows)


@bp.route("/audit", methods=["GET", "POST"])
def trail() -> Any:
    """The newest entries; the button reads the whole chain."""
    form, verdict = PressForm(), None
    session, actor = unit_of_work.session(), signin.person()
    if form.validate_on_submit():
        verdict = administration.check_trail(session, actor)
    entries = administration.list_newest_entries(session, actor)
    return render_template("admin/audit.html", entries=entries, verdict=verdict)


def in_words(value: Any) -> str:
    """A rule's value as a person reads it; nested ones on one line."""
    if isinstance(value, bool) or value is None:
        return {True: "Yes", False: "No", None: "None"}[value]
    if isinstance(value, dict):
        return "; ".join(f"{_spaced(key)}: {in_words(one)}" for key, one in value.items())
    return ", ".join(map(in_words, value)) if isinstance(value, list) else _spaced(value)


def _spaced(words: Any) -> str:
    return str(words).replace("_", " ")


def _programmes() -> list[tuple[ProgrammeSlug | None, str]]:
    return [(one, one.label) for one in ProgrammeSlug]
