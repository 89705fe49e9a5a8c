"""One request, one unit of work: a session, a vault, the trip-wire, the audit chain and the one commit.

A GET reads on a snapshot and writes only its audit entry, in a transaction of its own, before the response leaves.
A POST holds the write lock from its first statement. Anything but success rolls back. Refuses a request in which
policy was not asked.
"""

import hmac
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import cast
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as BaseResponse

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import vault
from marac.db import describe
from marac.errors import IntegrityFailure, NotAllowed, NotFound, Refusal, StaleEdit
from marac.models import OnceKey
from marac.services.keeping.deployment import Deployment, commit
from marac.web import errors

READS = ("GET", "HEAD", "OPTIONS")


def set_up(app: Flask, deployment: Deployment, public: frozenset[str]) -> None:
    """Register begin and finish around every request that is not for a static file."""
    app.extensions["deployment"] = deployment
    app.extensions["public"] = public
    app.before_request(begin)
    app.after_request(finish)
    app.teardown_request(lambda _error: close())
    app.register_error_handler(OperationalError, out_of_reach)


def deployment() -> Deployment:
    """The deployment this application serves."""
    return cast(Deployment, current_app.extensions["deployment"])


def begin() -> None:
    """Open the session and the vault of this request."""
    if request.endpoint == "static":
        return
    house = deployment()
    g.closing = ExitStack()
    g.closing.enter_context(vault.unit(house.keyring))
    g.closing.enter_context(audit.coming_from(_door(house)))
    g.session = house.reader() if request.method in READS else house.writer()
    g.session.info["keyring"] = house.keyring
    g.closing.callback(g.session.close)
    access.forget_asking()


def session() -> Session:
    """The database session of this request."""
    return cast(Session, g.session)


def actor() -> Actor | None:
    """Who is asking, once sign-in has found out."""
    return cast("Actor | None", g.get("actor"))


def replayed() -> BaseResponse | None:
    """For a POST whose one-time key was already accepted from this person: the way to the first result."""
    key, who = request.form.get("once_key"), actor()
    if request.method in READS or not key or who is None or who.user_id is None:
        return None
    location = g.replayed = _first_result(session(), who.user_id, key)
    return redirect(location, code=303) if location else None


def keep_anyway(keep: Callable[[Session], object] | None) -> None:
    """What this request keeps although it is refused and rolled back, in a transaction of its own (typed text)."""
    g.keep_anyway = keep


def finish(response: Response) -> Response:
    """Commit what succeeded, roll back what did not, and write the audit entry in either case."""
    if "closing" not in g:
        return response
    try:
        return _commit(response) if response.status_code < 400 else _roll_back(response)
    except StaleDataError:
        return _refused(StaleEdit("changed"))
    except IntegrityError:
        return _refused(StaleEdit("taken"))
    except Refusal as refusal:
        return _refused(refusal)
    except OperationalError as problem:
        return current_app.make_response(out_of_reach(problem))


def out_of_reach(problem: OperationalError) -> tuple[str | BaseResponse, int]:
    """503: the database is full, locked or gone. Nothing was kept, nothing leaves; only the kind goes to the log."""
    with suppress(OperationalError):
        session().rollback()
    facts = {"request": errors.request_number(), "database": describe(problem)}
    current_app.logger.error("no_database", extra=facts)
    return errors.page(503)


def close() -> None:
    """Let go of session and vault, whatever happened."""
    closing = g.pop("closing", None)
    if closing is not None:
        closing.close()


def _commit(response: Response) -> Response:
    view_ran = request.endpoint is not None and request.method != "OPTIONS"  # or Flask itself answered
    if view_ran and not access.was_asked() and request.endpoint not in current_app.extensions["public"]:
        raise RuntimeError(f"{request.endpoint} answered without asking access")
    if request.method in READS:
        _write_entries(session().info.pop("audit", []))
        return response
    _remember_once(response)
    commit(session(), actor())
    return response


def _roll_back(response: Response) -> Response:
    """A refusal is audited in a transaction of its own; an unknown id exactly like one that is not theirs."""
    session().info.pop("audit", None)
    session().rollback()
    refusal, who = g.get("refused"), actor()
    if who is not None and refusal is not None:
        _write_entries([], refusal)
    _keep_anyway()
    return response


def _keep_anyway() -> None:
    keep = g.pop("keep_anyway", None)
    if keep is None:
        return
    with suppress(Refusal), deployment().writer() as own:
        own.info["keyring"] = deployment().keyring
        keep(own)
        commit(own, None)


def _write_entries(entries: list[object], refusal: Exception | None = None) -> None:
    session().rollback()
    session().info["audit"] = entries
    if not audit.pending(session()) and refusal is None:
        return
    with deployment().writer() as own:
        own.info |= {"audit": entries, "keyring": deployment().keyring}
        who = actor()
        if who is not None and isinstance(refusal, NotFound | NotAllowed):
            reason = type(refusal).__name__.lower()
            audit.record(own, who, "access:refused", reason=reason, endpoint=_endpoint())
        if who is not None and isinstance(refusal, IntegrityFailure):
            audit.record(own, who, "value:damaged", endpoint=_endpoint())
        commit(own, who)


def _refused(refusal: Refusal) -> Response:
    session().rollback()
    _keep_anyway()
    return current_app.make_response(errors.on_refusal(refusal))


def _remember_once(response: Response) -> None:
    """Remember where a form's one-time key led, in the same transaction as its effect."""
    key, who = request.form.get("once_key"), actor()
    if g.get("replayed") or response.status_code not in (302, 303):
        return
    if key and who is not None and who.user_id is not None:
        session().add(OnceKey(user_id=who.user_id, key=key[:64], location=response.location[:300], at=clock.now()))


def _first_result(session: Session, user_id: UUID, key: str) -> str | None:
    return session.scalar(select(OnceKey.location).where(OnceKey.user_id == user_id, OnceKey.key == key[:64]))


def _door(house: Deployment) -> audit.CameFrom:
    """What the trail says of where this request came from: a number, a network, a keyed hash of the browser's name."""
    key = house.keyring.deployment_secret("agent")
    agent = hmac.new(key, (request.user_agent.string or "-").encode(), "sha256").hexdigest()[:16]
    return audit.CameFrom(errors.request_number(), audit.network_of(request.remote_addr), agent)


def _endpoint() -> str:
    return (request.endpoint or "unknown").lower()
