"""The application, as a table of contents. Builds nothing itself."""

import hashlib
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from marac.config import LOOPBACK
from marac.paths import STATIC
from marac.services.keeping.deployment import Deployment
from marac.web import (
    account,
    actions,
    address_check,
    admin,
    admission,
    agency_signin,
    agenda,
    agreements,
    annual,
    asynchronous,
    attendance,
    attesting,
    brief,
    case_risk,
    cases,
    chronologies,
    community_case,
    community_end,
    completing,
    contacting,
    dashboards,
    declaring,
    demo,
    deputies,
    disclosure_passages,
    disclosures,
    documents,
    drafts,
    emergency,
    errors,
    exports,
    factor_resets,
    factors,
    finding,
    flags,
    forgotten,
    guest_passes,
    headers,
    help,  # noqa: A004 - its page is /help
    incidents,
    jobs,
    joining,
    letters,
    library,
    matches,
    members,
    minutes,
    moving_meetings,
    navigation,
    outside_referrers,
    outstanding,
    panels,
    papers,
    passkeys,
    probes,
    publishing,
    quality,
    read_referral,
    referral_parts,
    referral_risk,
    referrals,
    register,
    releasing,
    report_papers,
    reports,
    research,
    retention,
    returns,
    routing,
    run_line,
    running,
    samples,
    sanctuary,
    sanctuary_form,
    sanctuary_steps,
    sanctuary_triage,
    scheduling,
    settling,
    shared_screen,
    shell,
    signin,
    signing_off,
    survey,
    telling,
    today,
    trail,
    transfers,
    triage,
    unit_of_work,
    visits,
    walls,
    works,
)

PAGES = (
    signin, joining, outside_referrers, account, today, referrals, referral_parts, referral_risk, papers, triage,
    routing, matches, case_risk, exports, cases, community_case, community_end, finding, contacting, incidents, panels,
    scheduling, moving_meetings, agenda, publishing, brief, attendance, research, running, run_line, shared_screen,
    minutes, releasing, documents, asynchronous, outstanding, actions, flags, telling, transfers, library,
    sanctuary, sanctuary_form, sanctuary_triage, sanctuary_steps, survey, works, jobs, visits, signing_off, letters,
    reports, dashboards, annual, returns, report_papers, admin, help, demo,
    address_check,
    disclosures, disclosure_passages, chronologies,
    retention,
    admission, members, attesting, deputies, agreements, guest_passes,
    passkeys, factors, forgotten, factor_resets, agency_signin,
    walls, declaring, register, emergency,
    trail,
    quality, settling, completing, samples,
    read_referral,
    probes,
)  # fmt: skip
MEGABYTE = 1024 * 1024


def create_app(deployment: Deployment, **config: Any) -> Flask:
    """The web application of one deployment; `config` goes over Flask's settings."""
    address = f"/static/{static_version()}"
    app = Flask(__name__, static_folder=str(STATIC), static_url_path=address, template_folder=None)
    app.config.from_mapping(flask_settings(deployment))
    app.config.from_mapping(config)
    probes.set_up(app)
    shell.set_up(app)
    headers.set_up(app)
    errors.set_up(app)
    CSRFProtect(app)
    unit_of_work.set_up(app, deployment, signin.PUBLIC)
    keep_secrets(app)
    signin.set_up(app)
    outside_referrers.set_up(app)
    navigation.set_up(app)
    drafts.set_up(app)
    demo.set_up(app, deployment)
    for page in PAGES:
        app.register_blueprint(page.bp)
    probes.watch(app)
    behind_proxies(app, deployment.settings.trusted_proxies)
    return app


def flask_settings(deployment: Deployment) -> dict[str, Any]:
    """Cookie, size and host limits. Cookies are marked Secure unless the service answers on this machine only."""
    settings = deployment.settings
    return {
        "SERVICE_NAME": settings.service_name,
        "SESSION_COOKIE_NAME": "__Host-s" if settings.secure else "s",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "TRUSTED_HOSTS": trusted_hosts(settings.base_url),
        "MAX_CONTENT_LENGTH": 25 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        "MAX_FORM_PARTS": 2_000,
        "SEND_FILE_MAX_AGE_DEFAULT": 365 * 24 * 3600,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.secure,
    }


def keep_secrets(app: Flask) -> None:
    """Before each request, the secrets in force: a new one is known everywhere before it signs, and the older ones
    are still read. Forms are signed by the oldest, so that one drawn before a change is taken after it."""
    serve = app.wsgi_app

    def look_again() -> None:
        keyring = app.extensions["deployment"].keyring
        secrets = keyring.deployment_secrets("flask")
        app.config["SECRET_KEY_FALLBACKS"] = list(secrets)
        app.config["SECRET_KEY"] = secrets[0]
        app.config["WTF_CSRF_SECRET_KEY"] = keyring.oldest_secret("flask")

    def with_secrets(environ: Any, start_response: Any) -> Any:
        look_again()
        return serve(environ, start_response)

    look_again()
    app.wsgi_app = with_secrets  # type: ignore[method-assign]


def behind_proxies(app: Flask, number: int) -> None:
    """Believe what the last `number` proxies say of who asked and by which scheme; with none, no header is believed."""
    if number:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=0)  # type: ignore[method-assign]


def trusted_hosts(base_url: str) -> list[str]:
    """The names this service answers to: its own, or all names of this machine."""
    host = urlsplit(base_url).hostname or "localhost"
    return [name for name in LOOPBACK if ":" not in name] if host in LOOPBACK else [host]


@cache
def static_version() -> str:
    """Changes when any static file does, so files may be cached for a year."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]
