"""The register of disclosures and one request on it: what was asked, the answer, release, copies. Decides nothing."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import access
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, WrongState
from marac.models import Disclosure
from marac.services import moving
from marac.services.disclosing import gathering, linking, owners, register, releasing, tagging
from marac.services.disclosing.register import Asked
from marac.vocabulary import (
    DisclosureAnswer,
    DisclosureKind,
    DisclosureProof,
    DisclosureStanding,
    DisclosureState,
    Permission as P,
    ProgrammeSlug,
)
from marac.web import signin, unit_of_work, widgets
from marac.web.documents import file_answer
from marac.web.forms import disclosures as forms
from marac.web.forms.actions import PressForm
from marac.web.shell import due_words, long_date

bp = Blueprint("disclosures", __name__)
AGREED_ONCE = "Recorded. A second person must release it."


@bp.get("/disclosures")
def list_disclosures() -> Any:
    """What is open, the first due first."""
    return _register(closed=False)


@bp.get("/disclosures/answered")
def answered() -> Any:
    """What was answered, refused or withdrawn."""
    return _register(closed=True)


def _register(*, closed: bool) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    lines = register.list_disclosures(session, actor, closed=closed)
    rows = [
        [
            {"text": one.requester, "href": url_for(".show", reference=one.reference), "note": one.reference},
            one.kind.label, long_date(one.received_on), long_date(one.due_on) if closed else due_words(one.due_on),
            one.state.label, one.prepared_by, one.released_by,
        ]
        for one in lines
    ]  # fmt: skip
    prepares = access.holds(actor, P.DISCLOSURE_PREPARE)
    return render_template("disclosures/list.html", rows=rows, closed=closed, prepares=prepares)


@bp.route("/disclosures/new", methods=["GET", "POST"])
def new() -> Any:
    """Record a request."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.DISCLOSURE_PREPARE)
    form = forms.RequestForm()
    panels = [one for one in ProgrammeSlug if one in actor.programmes and one != ProgrammeSlug.SANCTUARY]
    form.programme.choices = widgets.offered(panels)
    if form.validate_on_submit():
        try:
            made = register.record_request(session, actor, ProgrammeSlug(form.programme.data), _asked(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The request is on the register.", "success")
            return redirect(url_for(".show", reference=made.reference), code=303)
    return render_template("disclosures/new.html", form=form), 422 if form.errors else 200


def _asked(form: forms.RequestForm) -> Asked:
    return Asked(
        DisclosureKind(form.kind.data), DisclosureStanding(form.standing.data), DisclosureProof(form.proof.data),
        requester=form.requester.data or "", received_on=form.received_on.data, scope=form.scope.data or "",
        basis=form.basis.data or "", proof_note=form.proof_note.data or "", due_on=form.due_on.data,
    )  # fmt: skip


def found(reference: str, page: str = "") -> tuple[Any, Actor, Disclosure]:
    """The session, who asks, and the request if it is on their register."""
    session, actor = unit_of_work.session(), signin.person()
    return session, actor, register.get_disclosure(session, actor, reference, page=page)


@bp.get("/disclosures/<reference>")
def show(reference: str) -> Any:
    """One request and what is to do on it."""
    return _page(reference)


def _page(reference: str, form: Any = None) -> Any:
    session, actor, one = found(reference, "request")
    prepares = access.may(actor, P.DISCLOSURE_PREPARE, one)
    todo = releasing.unready(session, actor, one) if prepares else []
    linked = linking.list_linked(session, actor, one) if prepares else []
    facts = {
        "one": one, "prepares": prepares, "todo": todo, "linked": linked, "usual": register.usual_answer(one),
        "confirms": register.may_confirm(one), "warnings": [linking.WARNINGS[key] for key in one.warned or ()],
        "decides": access.may(actor, P.DISCLOSURE_DECIDE, one), "state": DisclosureState, "answer": DisclosureAnswer,
        "offered": {step.name for step in moving.available(actor, one)}, "restricted": releasing.restricted(one),
        "copies": releasing.list_copies(session, actor, one), "form": form, "kind": DisclosureKind,
        "standing": DisclosureStanding(one.standing or "not_known"), "proof": DisclosureProof(one.proof or "not_seen"),
    }  # fmt: skip
    return render_template("disclosures/show.html", **facts), 422 if form is not None and form.errors else 200


def _proof(session: Any, actor: Actor, one: Disclosure, form: Any) -> None:
    register.record_proof(session, actor, one, DisclosureProof(form.proof.data), form.proof_note.data or "")


Step = tuple[str, type[Any], Callable[..., Any], P, bool]
# what is done on a page of its own: title, form, service, whose it is, whether a second factor is asked for first
STEPS: dict[str, Step] = {
    "proof": ("Who asks", forms.ProofForm, _proof, P.DISCLOSURE_PREPARE, False),
    "answer": (
        "The answer", forms.AnswerForm,
        lambda s, a, d, form: register.choose_answer(s, a, d, DisclosureAnswer(form.answer.data)),
        P.DISCLOSURE_PREPARE, False,
    ),
    "extend": (
        "Two more months", forms.BecauseForm,
        lambda s, a, d, form: register.extend(s, a, d, because=form.because.data), P.DISCLOSURE_PREPARE, False,
    ),
    "decide": (
        "Decide that this request is answered", forms.BecauseForm,
        lambda s, a, d, form: register.decide(s, a, d, because=form.because.data), P.DISCLOSURE_DECIDE, True,
    ),
    "address": (
        "Let an address stand", forms.BecauseForm,
        lambda s, a, d, form: releasing.let_address_pass(s, a, d, because=form.because.data), P.DISCLOSURE_DECIDE, True,
    ),
    "without-owner": (
        "Hand over without an agency's agreement", forms.BecauseForm,
        lambda s, a, d, form: owners.override(s, a, d, because=form.because.data), P.DISCLOSURE_PREPARE, False,
    ),
    "refuse": (
        "Refuse the request", forms.BecauseForm,
        lambda s, a, d, form: register.finish_without(s, a, d, "refuse", reason=form.because.data),
        P.DISCLOSURE_RELEASE, False,
    ),
    "withdraw": (
        "The request was withdrawn", forms.BecauseForm,
        lambda s, a, d, form: register.finish_without(s, a, d, "withdraw", reason=form.because.data),
        P.DISCLOSURE_PREPARE, False,
    ),
}  # fmt: skip


ONE_OF = "/disclosures/<reference>/<any('{}'):{}>"


@bp.route(ONE_OF.format("', '".join(STEPS), "step"), methods=["GET", "POST"])
def step(reference: str, step: str) -> Any:
    """One decision about a request, on a page of its own."""
    session, actor, one = found(reference)
    title, kind, service, permission, second_factor = STEPS[step]
    access.require(actor, permission, one)
    if second_factor:
        access.require_step_up(actor)
    form = kind(data={"proof": one.proof, "proof_note": one.proof_note, "answer": one.answer})
    if form.validate_on_submit():
        try:
            service(session, actor, one, form)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".show", reference=one.reference), code=303)
    return render_template("disclosures/step.html", one=one, form=form, title=title), 422 if form.errors else 200


PRESSES: dict[str, tuple[Callable[..., Any], str]] = {
    "gather": (gathering.gather, "Everything was gathered. Nothing new is shown until somebody has looked at it."),
    "hide-rest": (tagging.hide_rest, "What was left is hidden as somebody else's data."),
    "ask": (owners.ask_owners, "The agencies whose information it is were asked."),
    "prepare": (releasing.prepare, "Somebody else can release it now."),
    "take-back": (releasing.take_back, "It can be changed again."),
}


@bp.post(ONE_OF.format("', '".join(PRESSES), "press"))
def press(reference: str, press: str) -> Any:
    """A button without anything to fill in."""
    session, actor, one = found(reference)
    form, (service, words) = PressForm(), PRESSES[press]
    if form.validate_on_submit():
        try:
            service(session, actor, one)
        except RuleBroken as problem:
            widgets.place(form, problem)
            return _page(reference, form)
        flash(words, "success")
    to = "disclosure_passages.sheet" if press in ("gather", "hide-rest") else ".show"
    return redirect(url_for(to, reference=one.reference), code=303)


@bp.get("/disclosures/<reference>/preview")
def preview(reference: str) -> Any:
    """What the reader gets, for who prepares it."""
    session, actor, one = found(reference, "preview")
    content = releasing.view(session, actor, one)
    return render_template(
        "disclosures/preview.html", one=one, content=content, form=None, second=False, releases=False
    )


@bp.route("/disclosures/<reference>/release", methods=["GET", "POST"])
def release(reference: str) -> Any:
    """The same, for a second person, with the button that releases it."""
    session, actor, one = found(reference, "release")
    access.require(actor, P.DISCLOSURE_RELEASE, one)
    access.require_step_up(actor)
    if one.state not in (DisclosureState.PREPARED, DisclosureState.AGREED):
        raise WrongState(f"{one.id} is {one.state}")
    form = forms.VersionForm(data={"version": str(one.passages_version)})
    second = releasing.restricted(one) and one.agreed_by_id is None
    if form.validate_on_submit():
        try:
            act = releasing.agree if second else releasing.release
            act(session, actor, one, version=widgets.whole(form.version.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(
                "Recorded. A second person must release it." if second else "Released. Make a copy to hand over.",
                "success",
            )
            return redirect(url_for(".show", reference=one.reference), code=303)
    content = releasing.view(session, actor, one) if one.answer == DisclosureAnswer.PASSAGES else None
    facts = {"one": one, "content": content, "form": form, "second": second, "releases": True}
    return render_template("disclosures/preview.html", **facts), 422 if form.errors else 200


@bp.route("/disclosures/<reference>/copy", methods=["GET", "POST"])
def copy(reference: str) -> Any:
    """One numbered copy of a released answer."""
    session, actor, one = found(reference)
    access.require(actor, P.DISCLOSURE_RELEASE, one)
    access.require_step_up(actor)
    if one.state != DisclosureState.RELEASED:
        raise NotAllowed
    form = forms.CopyForm()
    if form.validate_on_submit():
        try:
            return file_answer(releasing.make_copy(session, actor, one, in_word=bool(form.in_word.data)))
        except RuleBroken as problem:
            widgets.place(form, problem)
    return render_template("disclosures/copy.html", one=one, form=form), 422 if form.errors else 200
