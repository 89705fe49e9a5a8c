"""The door after signing in: what is closed says why and whom to ring; confidentiality is agreed once a year.

Refuses every page and form while something stands in the way, whatever was open in the browser.
"""

from typing import Any, Final

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from marac import access
from marac.errors import NotAllowed
from marac.services.accounts import admission
from marac.services.accounts.sessions import SignedIn
from marac.vocabulary import Hold, Permission as P
from marac.web import errors, unit_of_work
from marac.web.forms.signin import PressForm

bp = Blueprint("admission", __name__)

AGREE: Final = "/account/confidentiality"
ALWAYS: Final = frozenset({
    "admission.confidentiality", "account.switch", "account.step_up", "account.keep", "passkeys.confirm_options",
    "passkeys.confirm",
})  # fmt: skip
# who can mend it may go on to where it is mended
MENDS: Final = {
    Hold.AGREEMENT: ("agreements", P.AGREEMENT_KEEP), Hold.ATTESTATION: ("attesting", P.USER_ATTEST),
}  # fmt: skip
LEADS_TO: Final = {"agreements": "/admin/agreements", "attesting": "/admin/attestations"}


def stop(found: SignedIn) -> Any:
    """None when the person may go on, or the page that is answered in place of every other."""
    if found.hold is None or request.endpoint in ALWAYS:
        return None
    access.asked()
    if found.hold is Hold.CONFIDENTIALITY:
        return _ask_first()
    blueprint, permission = MENDS[found.hold]
    mends = access.holds(found.actor, permission)
    if mends and request.blueprint == blueprint:
        access.forget_asking()
        return None
    return _closed(found, LEADS_TO[blueprint] if mends else "")


@bp.route(AGREE, methods=["GET", "POST"])
def confidentiality() -> Any:
    """What everybody agrees once a year before they see anything."""
    actor, form = unit_of_work.actor(), PressForm()
    if actor is None:
        return redirect("/sign-in", code=303)
    access.require_holds(actor, P.HOME_READ)
    if form.validate_on_submit():
        admission.agree(unit_of_work.session(), actor)
        flash("Thank you. You will be asked again in a year.", "success")
        return redirect("/", code=303)
    return render_template("account/confidentiality.html", form=form)


def _ask_first() -> Any:
    if request.method in unit_of_work.READS and request.accept_mimetypes.best != "application/json":
        return redirect(AGREE, code=303)
    g.refused = NotAllowed()
    message = "Agree to keep what you see confidential first. Nothing was saved."
    return errors.page(403, message=message, back=AGREE)


def _closed(found: SignedIn, mended_at: str) -> tuple[str | Response, int]:
    g.refused = NotAllowed()
    if request.accept_mimetypes.best == "application/json":
        return errors.page(403)
    people = admission.whom_to_ring(unit_of_work.session(), found.actor)
    shown = {"agency": found.agency, "people": people, "mended_at": mended_at, "number": errors.request_number()}
    page = "admission/agreement.html" if found.hold is Hold.AGREEMENT else "admission/attestation.html"
    return render_template(page, yours=errors.typed_text(), **shown), 403
