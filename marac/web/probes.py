"""What machines ask: is it alive, is it ready, how often and how long was each page. Names endpoints, never addresses.

Refuses to count anybody: no path, no person, no case; and without the token of the settings there are no figures.
"""

import hmac
import time
from typing import Any, Final

from flask import Blueprint, Flask, Response, abort, current_app, g, request

from marac import logs
from marac.services.keeping import health
from marac.web import errors, tally, unit_of_work

bp = Blueprint("probes", __name__)
QUIET: Final = frozenset({"static", "probes.healthz", "probes.alive", "probes.metrics"})
TEXT: Final = "text/plain; version=0.0.4"


def set_up(app: Flask) -> None:
    """Before all others, so that it begins first and ends last: the time of a request holds its commit."""
    app.before_request(_begin)
    app.after_request(_end)


def watch(app: Flask) -> None:
    """When every page is known: the endpoints are what may be counted and logged."""
    names = [*app.view_functions, "unknown"]
    logs.know("endpoint", names)
    app.extensions["tally"] = tally.Tally(names)


@bp.get("/healthz")
def healthz() -> Any:
    """Ready for work: both databases answer, and the schema is this version's. Says only ok or not."""
    ready = health.ready(unit_of_work.deployment())
    return Response("ok\n" if ready else "not ok\n", status=200 if ready else 503, mimetype="text/plain")


@bp.get("/healthz/alive")
def alive() -> Any:
    """The process answers; a restart would not help what it waits for."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/metrics")
def metrics() -> Any:
    """Figures in Prometheus's text form, for whoever sends the token; for anybody else there is no such page."""
    house = unit_of_work.deployment()
    token = house.settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        abort(404)
    kept: tally.Tally = request_tally()
    lines = [*kept.lines(), *(f"marac_{name} {number}" for name, number in health.figures(house).items())]
    return Response("\n".join(lines) + "\n", mimetype="text/plain", content_type=f"{TEXT}; charset=utf-8")


def request_tally() -> tally.Tally:
    """The figures of this application, shared by its processes."""
    found: tally.Tally = current_app.extensions["tally"]
    return found


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    took = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    request_tally().add(endpoint, response.status_code, took)
    if endpoint not in QUIET:
        facts = {"request": errors.request_number(), "endpoint": endpoint, "method": request.method}
        current_app.logger.info("request", extra=facts | {"status": response.status_code, "ms": round(took * 1000)})
    return response
