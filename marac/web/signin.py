"""Who is asking: the sign-in pages, and the gate before every other page. The only place that knows `current_user`.

A page that is not in PUBLIC refuses whoever has not signed in. The cookie holds a random token, nothing about a person.
"""

from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, render_template, request, session
from flask_login import LoginManager, current_user, login_user
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as BaseResponse

from marac import access, clock
from marac.access import Actor
from marac.audit import checkpoints
from marac.errors import NotFound
from marac.services.accounts import agency_signin, devices, factor_resets, sessions, signin
from marac.services.accounts.sessions import SignedIn
from marac.services.accounts.signin import Begun
from marac.services.accounts.throttle import TooSoon
from marac.vocabulary import Permission
from marac.web import admission, errors, step_up, unit_of_work, widgets
from marac.web.forms.signin import PasswordForm, SecondStepForm

bp = Blueprint("signin", __name__)

# Every page that a stranger may ask for. All others want somebody signed in.
PUBLIC: Final = frozenset({
    "static", "signin.sign_in", "signin.code", "signin.sign_out", "signin.lock",
    "probes.healthz", "probes.alive", "probes.metrics",
    "joining.invitation", "joining.set_up_account",
    "passkeys.sign_in_options", "passkeys.sign_in", "passkeys.second_options", "passkeys.second",
    "forgotten.ask", "forgotten.link", "forgotten.new_password", "factor_resets.told", "factor_resets.set_up",
    "agency_signin.go", "agency_signin.back",
    "outside_referrers.link", "outside_referrers.start",
    "help.help_page", "help.privacy", "help.accessibility", "help.safety",
    "demo.accounts",
})  # fmt: skip
_OWN_ACCOUNT: Final = frozenset({"account", "signin", "admission", "passkeys", "factors", "agency_signin"})
JOBS_ONLY: Final = _OWN_ACCOUNT | {"jobs", "today"}  # all that a contractor ever reaches (SAN-28)
GUESTS_ONLY: Final = _OWN_ACCOUNT | {"guest_passes"}  # all that a guest ever reaches (DA-51)
VISIT: Final = "/visit"
# these commit beside the request, so that failed tries stay counted and challenges spent
APART: Final = frozenset({
    "account.step_up", "passkeys.confirm_options", "passkeys.confirm", "passkeys.add_options", "passkeys.add",
    "agency_signin.link",
})  # fmt: skip
FIRST_PASSKEY: Final = frozenset({  # all that opens to who must register a passkey first
    "passkeys.add", "passkeys.add_options", "factors.again", "account.keep", "admission.confidentiality",
})  # fmt: skip
ADD_PASSKEY: Final = "/account/passkeys/add"
HOME: Final = "/today"
START: Final = "/start"  # where those come back who came by a link and cannot sign in
BY_LINK: Final = "by_link"
HALF_LASTS: Final = 600  # seconds between the password and the code
REFUSED: Final = "We could not sign you in. Check your details or ask your agency lead."
CLEAR: Final = {"Clear-Site-Data": '"cache", "storage"'}


@dataclass(frozen=True, slots=True)
class Visitor:
    """What Flask-Login keeps: the token of the cookie, and whom the session table says it belongs to."""

    token: str
    signed_in: SignedIn | None = None
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """The token, which is all that the cookie holds."""
        return self.token


def set_up(app: Flask) -> None:
    """Every request of this application passes `admit` first."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_visitor)
    app.before_request(admit)


def admit() -> BaseResponse | tuple[str | BaseResponse, int] | None:
    """Refuse other sites, find out who is asking, refuse strangers, and answer a form that was sent twice."""
    if request.endpoint == "static":
        return None
    if isinstance(request.routing_exception, SecurityError):
        return Response("This is not the address of the service.\n", status=400, mimetype="text/plain")
    refuse_other_sites()
    found = signed_in()
    if found is not None:
        g.actor = found.actor
    access.forget_asking()
    if request.endpoint in PUBLIC:
        return None
    if found is None:
        access.asked()
        return _sign_in_first()
    elsewhere = admission.stop(found) or _kept_apart(found.actor)
    if elsewhere is not None:
        return cast("BaseResponse | tuple[str | BaseResponse, int]", elsewhere)
    if found.awaits_passkey and request.endpoint not in FIRST_PASSKEY:
        access.asked()
        return redirect(ADD_PASSKEY, code=303)
    step_up.ask(found.actor)
    access.forget_asking()  # that was the door's own question: the page asks again
    if request.endpoint in APART:
        return None
    again = unit_of_work.replayed()
    if again is not None:
        access.asked()
    return again


def _kept_apart(actor: Actor) -> BaseResponse | None:
    """NotFound for all but the few pages of a contractor or a guest; a guest's first page is their one page."""
    if request.blueprint not in JOBS_ONLY and access.holds(actor, Permission.ORDER_WORK):
        raise NotFound
    if request.blueprint not in GUESTS_ONLY and access.holds(actor, Permission.GUEST_VISIT):
        if request.blueprint == "today" and request.method in unit_of_work.READS:
            return redirect(VISIT, code=303)
        raise NotFound
    return None


def refuse_other_sites() -> None:
    """400 for a change that another site's page sent, whatever token it holds."""
    if request.method in unit_of_work.READS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site", "same-origin"), request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.host):
        abort(400)


def signed_in() -> SignedIn | None:
    """Who holds this browser's session, found once in a request; marks it as used."""
    if "signed_in" not in g:
        visitor = cast("Visitor | Any", current_user)
        g.signed_in = visitor.signed_in if visitor.is_authenticated else None
        by_itself = request.headers.get("X-Requested-With") == "poll"  # a screen that looks by itself is nobody
        if g.signed_in is not None and g.signed_in.needs_touch and not by_itself:
            with unit_of_work.deployment().writer() as own:
                sessions.touch(own, g.signed_in.actor.session_id)
                own.commit()
    return cast("SignedIn | None", g.signed_in)


def signed_in_so_far() -> SignedIn | None:
    """The same for the frame of a page, which asks the database for nothing."""
    return cast("SignedIn | None", g.get("signed_in"))


def person() -> Actor:
    """The actor of a page that strangers cannot reach."""
    found = unit_of_work.actor()
    if found is None:
        abort(404)
    return found


def enter(token: str) -> None:
    """Put a session's token in the cookie; everything the cookie held before goes."""
    _empty_cookie(keep_forms="half" in session and session.get("same_person", False))
    login_user(Visitor(token))


def renew(token: str) -> None:
    """The session goes on under a new token."""
    login_user(Visitor(token))


def came_by_link() -> bool:
    """Whether this browser holds, or held until it was idle too long, the session of somebody outside (DA-42)."""
    return bool(session.get(BY_LINK))


def service_name() -> str:
    """The neutral name that people know this service by."""
    return cast(str, current_app.config["SERVICE_NAME"])


def way_back(path: str) -> str:
    """A path of ours, signed, so that no link can lead anywhere else after signing in."""
    return str(_signer().dumps(path))


def sign_in_and_back() -> str:
    """The address of the sign-in page that leads back to the page of this request."""
    return f"/sign-in?next={way_back(request.full_path.removesuffix('?'))}"


def after_signing_in(given: str = "") -> str:
    """Where the signed `next` of this request leads; HOME when there is none or it is not ours."""
    given = given or request.values.get("next", "")
    try:
        path = str(_signer().loads(given)) if given else HOME
    except BadSignature:
        return HOME
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else HOME


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """E-mail address and password; the same answer for every account that may not go on."""
    if signed_in() is not None and request.method == "GET":
        return redirect(after_signing_in(), code=303)
    form, status = PasswordForm(), 422
    if form.validate_on_submit():
        try:
            user_id = signin.check_password(
                unit_of_work.deployment(), form.email.data, form.password.data, address=request.remote_addr or "-"
            )
        except TooSoon as problem:
            widgets.place(form, problem)
            status = problem.status
        else:
            if user_id is not None:
                return half_way(user_id)
            form.form_errors = [REFUSED]
    return sign_in_page(form=form), status if form.errors else 200


def sign_in_page(problem: str = "", form: PasswordForm | None = None) -> str:
    """The page with every way in; `problem` stands above them."""
    form = form or PasswordForm(formdata=None)
    if problem:
        form.form_errors = [problem]
    with unit_of_work.deployment().reader() as own:
        agencies = agency_signin.list_offered(own)
    facts = {"form": form, "next": request.values.get("next", ""), "agencies": agencies}
    return render_template("signin/sign_in.html", **facts)


@bp.route("/sign-in/code", methods=["GET", "POST"])
def code() -> Any:
    """The second factor; only within ten minutes of the password."""
    user_id = is_half_way()
    if user_id is None:
        return redirect("/sign-in", code=303)
    form = SecondStepForm()
    if form.validate_on_submit():
        try:
            begun = signin.check_any_code(unit_of_work.deployment(), user_id, form.code.data, device=device())
        except TooSoon as problem:
            return code_page(user_id, problem.message, form), problem.status
        if begun is not None:
            return welcome(begun)
        form.code.errors = ["This code is not right, or was used before. Wait for the next one"]
    return code_page(user_id, form=form), 422 if form.errors else 200


def code_page(user_id: UUID, problem: str = "", form: SecondStepForm | None = None) -> str:
    """The second step, with what this person has for it; only after their password was right."""
    form = form or SecondStepForm(formdata=None)
    if problem:
        form.form_errors = [problem]
    with unit_of_work.deployment().reader() as own:
        ways = signin.ways(own, user_id)
    return render_template("signin/code.html", form=form, ways=ways, next=request.values.get("next", ""))


@bp.post("/sign-out")
def sign_out() -> Any:
    """End the session here and on the server, and empty what the browser kept."""
    answer = redirect(START if came_by_link() else "/sign-in", code=303)
    _end("signed_out")
    answer.headers.update(CLEAR)
    return answer


@bp.post("/lock")
def lock() -> Any:
    """Hide screen: the session ends; signing in leads back to the page that was hidden."""
    came_from = urlsplit(request.referrer or "")
    back = f"?next={way_back(came_from.path)}" if came_from.netloc == request.host else ""
    where = START if came_by_link() else f"/sign-in{back}"
    _end("hidden")
    return redirect(where, code=303)


def _visitor(token: str) -> Visitor | None:
    with unit_of_work.deployment().reader() as own:
        found = sessions.find(own, token)
        g.checkpoint = checkpoints.digits(own, found.actor.partnership_id) if found else ""
    return Visitor(token, found) if found else None


def _sign_in_first() -> BaseResponse | tuple[str | BaseResponse, int]:
    """To the sign-in page and back; what was typed into a form meanwhile is kept on the page that answers."""
    if request.method not in unit_of_work.READS:
        return errors.open_too_long()
    if came_by_link():
        return redirect(START, code=303)
    return redirect(sign_in_and_back(), code=303)


def half_way(user_id: UUID, path: str = "") -> Any:
    """The first step is done: on to the second, within ten minutes."""
    path, before = path or request.values.get("next", ""), session.get("_user_id", "")
    with unit_of_work.deployment().reader() as own:
        same_person = sessions.was_theirs(own, before, user_id)
    _empty_cookie(keep_forms=same_person)
    session["same_person"] = same_person
    session["half"] = [user_id.hex, int(clock.now().timestamp())]
    return redirect(f"/sign-in/code?next={path}" if path else "/sign-in/code", code=303)


def is_half_way() -> UUID | None:
    """Whose first step is done in this browser."""
    user_id, since = session.get("half") or ("", 0)
    return UUID(user_id) if user_id and clock.now().timestamp() - since < HALF_LASTS else None


def _empty_cookie(*, keep_forms: bool) -> None:
    """Nothing planted before signing in stays. Only whoever signs in again keeps the token of pages still open."""
    token = session.get("csrf_token")
    session.clear()
    if keep_forms and token:
        session["csrf_token"] = token


def welcome(begun: Begun, back: str = "") -> Any:
    """In, and to where the person was going; first to their account when somebody asked for a reset of their factor."""
    path = after_signing_in(back)
    enter(begun.token)
    with unit_of_work.deployment().reader() as own:
        asked = begun.actor.user_id is not None and factor_resets.open_reset(own, begun.actor.user_id) is not None
    return redirect("/account/sign-in" if asked else path, code=303)


def device() -> str:
    """This browser in plain words."""
    return devices.in_words(request.user_agent.string)


def awaits_passkey() -> bool:
    """Whether this person must register a passkey before anything else opens."""
    found = signed_in()
    return found is not None and found.awaits_passkey


def require_full_signin(own: Any, actor: Actor) -> None:
    """FullSigninNeeded unless the person has just signed in; asked with a reader of its own."""
    access.require_holds(actor, Permission.HOME_READ)
    sessions.require_full_signin(own, actor)


def leave(reason: str) -> None:
    """End the session here and on the server."""
    _end(reason)


def _end(reason: str) -> None:
    actor = unit_of_work.actor()
    if actor is not None and actor.session_id is not None:
        sessions.end(unit_of_work.session(), actor, actor.session_id, reason)
    session.clear()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(cast(bytes, current_app.secret_key), salt="way back")
