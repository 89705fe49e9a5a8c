"""Referrers outside the membership (DA-42): asking them in, their way in, and the few pages their session reaches.

Default-deny of its own: whoever came by a link finds the one referral, and "Page not found" at every other address.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Flask, flash, redirect, render_template, request, session as cookie, url_for

from marac import access
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import OutsideReferrer, Referral
from marac.services.accounts.throttle import TooSoon
from marac.services.referring import outside_links, outside_referrers, referrals
from marac.vocabulary import OutsideStanding, Permission as P, ProgrammeSlug, ReferralState
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.outside_referrers import AgainForm, AskForm, CodeForm

bp = Blueprint("outside_referrers", __name__)

OWN_PAGE: Final = "/your-referral"
REFUSED: Final = (
    "This link and these digits do not open anything. A link works once and for a few days, and 5 wrong tries end the "
    "digits. Check them, ask for a new link, or ring whoever asked you."
)
SENT_AGAIN: Final = "If that address was given to us, a new link is on its way. It can take a few minutes."
# what a session that came by a link reaches, and while its referral is in which state; everything else is not there
WRITING: Final = (
    "referrals.hub", "referrals.check", "referrals.urgent", "referrals.withdraw", "referral_parts.part",
    "referral_parts.remove", "referral_risk.risk", "referral_risk.with_tool",
)  # fmt: skip
DRAFT, ANSWERING = frozenset({ReferralState.DRAFT}), frozenset({ReferralState.RETURNED})
AT: Final = dict.fromkeys(WRITING, DRAFT) | {
    "referrals.questions": ANSWERING,
    "referrals.sent": frozenset(ReferralState) - DRAFT - {ReferralState.WITHDRAWN},
}
OWN: Final = frozenset({"outside_referrers.standing", "account.keep"})
LEADS_HOME: Final = frozenset({"today.home", "today.today", "referrals.list_referrals", "referrals.hub"})


def set_up(app: Flask) -> None:
    """Whoever came by a link stays with their one referral."""
    app.before_request(keep_in)


def keep_in() -> Any:
    """The gate after `signin.admit`: nothing for members, one referral for who came by a link."""
    actor = unit_of_work.actor()
    if actor is None or actor.referral_id is None or request.endpoint in signin.PUBLIC | OWN:
        return None
    referral = outside_links.own_referral(unit_of_work.session(), actor)
    if _is_theirs(referral) and referral.state in AT.get(request.endpoint or "", ()):
        return None
    if request.endpoint in LEADS_HOME and request.method in unit_of_work.READS and _is_theirs(referral, default=True):
        return redirect(OWN_PAGE, code=303)
    raise NotFound


@bp.get("/start/<token>")
def link(token: str) -> Any:
    """Out of the address and into the cookie, so that it is in no history, log or referrer. Looks nothing up."""
    cookie["start"] = token[:64]
    return redirect(outside_referrers.START, code=303)


@bp.route("/start", methods=["GET", "POST"])
def start() -> Any:
    """The digits for the link that was opened; or a new link to the same address. Every answer looks alike."""
    code, again = CodeForm(), AgainForm()
    asks, status = request.form.get("then") == "again", 422
    if request.method == "POST":
        form: Any = again if asks else code
        try:
            if form.validate():
                return _ask_again(form.email.data) if asks else _begin(form.code.data)
        except TooSoon as problem:
            widgets.place(form, problem)
            status = problem.status
        except RuleBroken as problem:
            widgets.place(form, problem)
    failed = next((form for form in (code, again) if form.errors), None)
    page = render_template("outside/start.html", form=failed, code=code, again=again, opened="start" in cookie)
    return page, status if failed else 200


@bp.get("/your-referral")
def standing() -> Any:
    """For who came by a link: on with the draft, or how it stands."""
    session, actor = unit_of_work.session(), signin.person()
    shown = outside_links.read_standing(session, actor)
    if shown.word is OutsideStanding.NOT_SENT:
        return redirect(url_for("referrals.hub", reference=shown.reference), code=303)
    return render_template("outside/standing.html", standing=shown)


@bp.get("/referrals/invited")
def list_invited() -> Any:
    """Whom one asked to refer, and how far they are."""
    asked = outside_referrers.list_referrers(unit_of_work.session(), signin.person())
    return render_template("outside/list.html", asked=asked)


@bp.route("/referrals/invite", methods=["GET", "POST"])
def invite() -> Any:
    """Ask one person outside to make one referral."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.REFERRER_INVITE)
    form = AskForm()
    form.programme.choices = [(one.value, one.label) for one in referrals.programmes(actor)]
    if form.validate_on_submit():
        referrer = outside_referrers.invite(
            session, actor, unit_of_work.deployment().keyring, full_name=form.full_name.data, email=form.email.data,
            organisation=form.organisation.data, programme=ProgrammeSlug(form.programme.data),
        )  # fmt: skip
        return _to(referrer)
    return render_template("outside/invite.html", form=form), 422 if form.errors else 200


@bp.get("/referrals/invited/<uuid:referrer_id>")
def invited(referrer_id: UUID) -> Any:
    """One person who was asked: how far they are, their code, a fresh link, ending it."""
    session, actor, referrer = _found(referrer_id)
    return render_template("outside/asked.html", asked=outside_referrers.read_referrer(session, actor, referrer))


@bp.post("/referrals/invited/<uuid:referrer_id>/code")
def show_code(referrer_id: UUID) -> Any:
    """New digits, on this one answer and nowhere else."""
    session, actor, referrer = _found(referrer_id)
    code = outside_referrers.show_code(session, actor, unit_of_work.deployment().keyring, referrer)
    asked = outside_referrers.read_referrer(session, actor, referrer)
    return render_template("outside/code.html", asked=asked, code=f"{code[:3]} {code[3:]}")


@bp.post("/referrals/invited/<uuid:referrer_id>/again")
def send_again(referrer_id: UUID) -> Any:
    """A fresh link to the same address."""
    session, actor, referrer = _found(referrer_id)
    outside_referrers.send_again(session, actor, referrer)
    flash("A new link is on its way. Earlier ones stop working.", "success")
    return _to(referrer)


@bp.post("/referrals/invited/<uuid:referrer_id>/withdraw")
def withdraw(referrer_id: UUID) -> Any:
    """End their access now."""
    session, actor, referrer = _found(referrer_id)
    outside_referrers.withdraw(session, actor, referrer)
    flash("Their access has ended.", "success")
    return _to(referrer)


def _is_theirs(referral: Referral, *, default: bool = False) -> bool:
    named = (request.view_args or {}).get("reference")
    return default if named is None else str(named).upper() == referral.reference


def _begin(code: str) -> Any:
    begun = outside_links.begin(
        unit_of_work.deployment(), cookie.get("start", ""), code, address=request.remote_addr or "-"
    )
    if begun is None:
        raise RuleBroken("code", REFUSED)
    signin.enter(begun.token)
    cookie[signin.BY_LINK] = True
    return redirect(OWN_PAGE, code=303)


def _ask_again(email: str) -> Any:
    outside_links.ask_again(unit_of_work.deployment(), email, address=request.remote_addr or "-")
    flash(SENT_AGAIN)
    return redirect(outside_referrers.START, code=303)


def _found(referrer_id: UUID) -> tuple[Any, Actor, OutsideReferrer]:
    session, actor = unit_of_work.session(), signin.person()
    return session, actor, outside_referrers.get_referrer(session, actor, referrer_id)


def _to(referrer: OutsideReferrer) -> Any:
    return redirect(url_for(".invited", referrer_id=referrer.id), code=303)
