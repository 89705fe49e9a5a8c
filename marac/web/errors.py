"""Refusals and faults become pages: what to do next and a request number.

Refuses to show a cause, a value or a trace.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from flask import Flask, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from marac.errors import Refusal, RuleBroken

PAGES: Final = frozenset({400, 403, 404, 409, 410, 419, 429, 500, 503})
NEVER_KEPT: Final = re.compile(r"csrf|once_key|passw|secret|token|totp|^code$", re.IGNORECASE)
NEVER_SHOWN: Final = re.compile(rf"{NEVER_KEPT.pattern}|^(version|pen|then|next)$", re.IGNORECASE)

Versions = Sequence[tuple[str, str]]  # (label, text) in the order of the form


def request_number() -> str:
    """What a person can read out to support; the same in the log line of this request."""
    if "request_number" not in g:
        text = secrets.token_hex(4)
        g.request_number = f"{text[:4]}-{text[4:]}"
    return str(g.request_number)


def typed_text() -> list[tuple[str, str]]:
    """What the person had typed, to be shown back to them alone, so that a refusal never loses it."""
    kept = (
        (name, text) for name, text in request.form.items(multi=True) if text.strip() and not NEVER_SHOWN.search(name)
    )
    return [(name.replace("_", " ").replace("-", " ").capitalize(), text) for name, text in kept]


def page(status: int, **facts: Any) -> tuple[str | Response, int]:
    """The page for a status, or the same as JSON for a script that asked for it."""
    g.answered_status = status
    if request.accept_mimetypes.best == "application/json":
        return jsonify(error=status, number=request_number()), status
    shown = status if status in PAGES else 500 if status >= 500 else 400
    facts = {"number": request_number(), "status": status, **facts}
    if shown >= 500:  # nothing that may need the database: no context processors
        return current_app.jinja_env.get_template(f"errors/{shown}.html").render(facts), status
    return render_template(f"errors/{shown}.html", **facts), status


def conflict_page(
    *, yours: Versions, theirs: Versions, back: str, who_and_when: str = ""
) -> tuple[str | Response, int]:
    """409 with both versions side by side; a page that can read the newer version calls this itself."""
    return page(409, yours=yours, theirs=theirs, back=back, who_and_when=who_and_when)


def on_refusal(refusal: Refusal) -> tuple[str | Response, int]:
    """A service said no. Kept in `g.refused` for the unit of work, which rolls back and audits it."""
    g.refused = refusal
    message = refusal.message if isinstance(refusal, RuleBroken) else ""
    yours = typed_text() if refusal.status == 409 else []
    return page(refusal.status, message=message, yours=yours, theirs=[], back=request.path)


def on_http(error: HTTPException) -> Any:
    """What Flask itself refuses; redirects pass through."""
    status = error.code or 500
    return error if status < 400 else page(status, yours=[])


def on_stale_page(error: CSRFError) -> tuple[str | Response, int]:
    """The page was open longer than its sign-in: nothing was saved, and what was typed is shown to be copied."""
    return open_too_long()


def open_too_long() -> tuple[str | Response, int]:
    """419: nothing was saved, nothing is lost. The page holds what was typed, to be sent again after signing in."""
    return page(419, yours=typed_text(), again=_to_send_again(), back=request.path)


def _to_send_again() -> list[tuple[str, str]]:
    """The fields of a form of ours as they came; none when another site may have made them, or one is a secret."""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    secret = any(NEVER_KEPT.search(name) for name, _text in fields if name != "once_key")
    return [] if secret or request.headers.get("Sec-Fetch-Site") != "same-origin" else fields


def on_fault(error: Exception) -> tuple[str | Response, int]:
    """Our own mistake: where it happened goes to the log under the number, what was in it goes nowhere."""
    if current_app.testing or current_app.debug:
        raise error
    g.refused = error
    current_app.logger.error("request_failed", exc_info=error, extra={"request": request_number()})
    return page(500)


def set_up(app: Flask) -> None:
    """Every refusal and fault of this application is answered here."""
    app.register_error_handler(Refusal, on_refusal)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(CSRFError, on_stale_page)
    app.register_error_handler(Exception, on_fault)
