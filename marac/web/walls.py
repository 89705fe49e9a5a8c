"""Who is kept out of a case and whom a restricted one is for: pages of those who run it. Decides nothing."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case
from marac.services.casework import cases, naming, people
from marac.services.deciding import conflicts
from marac.services.sanctuary import lines
from marac.services.walls import employers, keeping_out, restricting, seats
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.walls import EVERYWHERE, LiftForm, RestrictForm, WallForm

bp = Blueprint("walls", __name__)
Found = tuple[Actor, Case, frozenset[str]]
NOBODY = ("", "Choose")
DONE = {
    "confirm": "Confirmed. They stay out.", "clear": "Lifted.", "agree": "Lifted. They may see it from now on.",
    "ask": "Asked. A second person has to agree.", "refuse": "It stays as it is.",
}  # fmt: skip


@bp.route("/cases/<reference>/walls", methods=["GET", "POST"])
def of_case(reference: str) -> Any:
    """The walls round a case of a panel, and one more."""
    actor, case, opened = _of_panel(reference)
    return _walls(actor, case, opened, f"/cases/{case.reference}")


@bp.post("/cases/<reference>/walls/<uuid:wall_id>/<any(confirm, clear, ask, agree, refuse):step>")
def step_of_case(reference: str, wall_id: UUID, step: str) -> Any:
    """Decide about one of them."""
    actor, case, _opened = _of_panel(reference)
    return _step(actor, case, wall_id, step, f"/cases/{case.reference}")


@bp.route("/sanctuary/<reference>/walls", methods=["GET", "POST"])
def of_request(reference: str) -> Any:
    """The same round a Sanctuary request."""
    actor, case, opened = _of_scheme(reference)
    return _walls(actor, case, opened, f"/sanctuary/{reference.upper()}")


@bp.post("/sanctuary/<reference>/walls/<uuid:wall_id>/<any(confirm, clear, ask, agree, refuse):step>")
def step_of_request(reference: str, wall_id: UUID, step: str) -> Any:
    """Decide about one of them."""
    actor, case, _opened = _of_scheme(reference)
    return _step(actor, case, wall_id, step, f"/sanctuary/{reference.upper()}")


@bp.route("/cases/<reference>/restrict", methods=["GET", "POST"])
def restrict(reference: str) -> Any:
    """Who is named, until when, and why."""
    actor, session = signin.person(), unit_of_work.session()
    case = cases.get_case(session, actor, reference)
    held = restricting.view_restriction(session, actor, case)
    access.require_step_up(actor)
    named = [one.user_id.hex for one in held.readers if one.named]
    lifting = "lift_because" in request.form
    data = {"people": named, "review_on": held.review_on, "version": str(held.version)}
    form = RestrictForm(formdata=None, data=data) if lifting else RestrictForm(data=data)
    form.people.choices = widgets.offered(
        (one.user_id.hex, f"{one.full_name}, {one.agency} ({one.role.label.lower()})")
        for one in held.readers
        if one.user_id != actor.user_id
    )
    lift = LiftForm() if lifting or request.method == "GET" else LiftForm(formdata=None)
    sent = lift if lifting else form
    if sent.validate_on_submit():
        try:
            if lifting:
                restricting.lift_restriction(session, actor, case, lift.lift_because.data)
            else:
                restricting.restrict(
                    session, actor, case, [UUID(one) for one in form.people.data], review_on=form.review_on.data,
                    because=form.because.data, version=widgets.whole(form.version.data),
                )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(sent, problem)
        else:
            flash("The case is no longer restricted." if lifting else "The case is for these people only.", "success")
            return redirect(f"/cases/{case.reference}", code=303)
    return render_template("walls/restrict.html", form=sent, fields=form, lift=lift, case=case, held=held), (
        422 if sent.errors else 200
    )


def _of_panel(reference: str) -> Found:
    actor, session = signin.person(), unit_of_work.session()
    case = cases.get_case(session, actor, reference)
    keeping_out.require_decides(session, actor, case)
    return actor, case, access.open_case(actor, case)


def _of_scheme(reference: str) -> Found:
    actor, session = signin.person(), unit_of_work.session()
    found = lines.get_request(session, actor, reference)
    keeping_out.require_decides(session, actor, found.case)
    return actor, found.case, access.open_request(actor, found)


def _walls(actor: Actor, case: Case, opened: frozenset[str], base: str) -> Any:
    session = unit_of_work.session()
    access.require_step_up(actor)
    form = _form(session, actor, case, opened)
    if form.validate_on_submit():
        try:
            _build(session, actor, case, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("They are kept out from now on.", "success")
            return redirect(f"{base}/walls", code=303)
    names = naming.agency_names(session, actor.partnership_id)
    shown = render_template(
        "walls/walls.html", form=form, walls=keeping_out.list_walls(session, actor, case), base=base,
        reference=base.rpartition("/")[2], empty=[names[one] for one in seats.emptied_seats(session, case)],
        works_for=[names[one] for one in employers.not_kept_out(session, case)],
    )  # fmt: skip
    return shown, 422 if form.errors else 200


def _form(session: Any, actor: Actor, case: Case, opened: frozenset[str]) -> WallForm:
    form = WallForm(data={"reach": "here"})
    form.user_id.choices = widgets.offered(
        [NOBODY, *((one.id.hex, f"{one.full_name}, {one.agency}") for one in conflicts.colleagues(session, actor))]
    )
    form.agency.choices = widgets.offered(
        [NOBODY, *((one.slug, one.name) for one in keeping_out.list_agencies(session, actor, case))]
    )
    in_case = people.people_of(session, case.id)
    form.person_id.choices = widgets.offered([NOBODY, *((one.id.hex, _said(one, opened)) for one in in_case)])
    return form


def _said(person: Any, opened: frozenset[str]) -> str:
    """Who somebody in the case is, by name where that is open."""
    name = person.full_name if naming.compartment_of(person.role) in opened else ""
    return f"{name}, {person.role.label.lower()}" if name else f"{person.role.label} {person.position}"


def _build(session: Any, actor: Actor, case: Case, form: WallForm) -> None:
    agencies = {one.slug: one for one in keeping_out.list_agencies(session, actor, case)}
    keeping_out.keep_out(
        session, actor, case, user_id=UUID(form.user_id.data) if form.user_id.data else None,
        agency=agencies.get(form.agency.data), person_id=UUID(form.person_id.data) if form.person_id.data else None,
        everywhere=form.reach.data == EVERYWHERE, because=form.because.data,
    )  # fmt: skip


def _step(actor: Actor, case: Case, wall_id: UUID, step: str, base: str) -> Any:
    session, because = unit_of_work.session(), request.form.get("because", "")[:2_000]
    try:
        if step == "confirm":
            keeping_out.confirm(session, actor, case, wall_id)
        elif step == "clear":
            keeping_out.clear(session, actor, case, wall_id, because)
        elif step == "ask":
            keeping_out.ask_to_lift(session, actor, case, wall_id, because)
        elif step == "agree":
            keeping_out.agree_to_lift(session, actor, case, wall_id)
        else:
            keeping_out.refuse_to_lift(session, actor, case, wall_id)
    except RuleBroken as problem:
        flash(f"{problem.message}.", "error")
    else:
        flash(DONE[step], "success")
    return redirect(f"{base}/walls", code=303)
