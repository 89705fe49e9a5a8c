"""What a process writes down about itself: one JSON object a line, of named fields that each have a closed shape.

Refuses all else: the words of a message, of an exception or of a library are never written, for a value may be in them.
"""

import json
import logging
import logging.config
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

LEVELS: Final = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
STEPS: Final = 8  # of a traceback, the innermost
# What may stand as an event: our own words, and whole sentences of the servers, without what they were filled with.
EVENTS: Final = {
    "request": "request", "request_failed": "request_failed", "no_database": "no_database", "uncaught": "uncaught",
    "job_failed": "job_failed", "failure_not_noted": "failure_not_noted", "serving": "serving", "stopped": "stopped",
    "mail_server_away": "mail_server_away", "mail_refused": "mail_refused", "today_part_failed": "today_part_failed",
    "worker_began": "worker_began", "worker_ended": "worker_ended",
    "Handling signal: %s": "signal", "Error handling request %s": "request_not_handled",
    "WORKER TIMEOUT (pid:%s)": "process_hung", "Worker (pid:%s) was sent %s!": "process_killed",
    "Starting gunicorn %s": "server_begins", "Listening at: %s (%s)": "server_listens",
    "Using worker: %s": "server_kind", "Shutting down: %s": "server_ends",
    "Worker exiting (pid: %s)": "process_ends", "Booting worker with pid: %s": "process_begins",
    "Invalid request from ip={ip}: {error}": "not_http",
}  # fmt: skip
LOGGERS: Final = frozenset({"gunicorn.error", "py.warnings"})

_KNOWN: dict[str, frozenset[str]] = {}


def know(field: str, words: Iterable[str]) -> None:
    """The words that a field of names may hold (endpoints, jobs), added to what is known."""
    _KNOWN[field] = _KNOWN.get(field, frozenset()) | frozenset(words)


def _known(field: str) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, str) and value in _KNOWN.get(field, ()) else None


def _shaped(pattern: str) -> Callable[[Any], Any]:
    shape = re.compile(pattern, re.ASCII)
    return lambda value: value if isinstance(value, str) and shape.fullmatch(value) else None


def _between(least: int, most: int) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, int | float) and least <= value <= most else None


def _class_name(value: Any) -> str | None:
    return value.__name__ if isinstance(value, type) and issubclass(value, BaseException) else None


# The allow-list: a field that is not here is not written, nor one whose value has another shape.
FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "request": _shaped(r"[0-9a-f]{4}-[0-9a-f]{4}"),
    "endpoint": _known("endpoint"),
    "method": lambda value: value if value in METHODS else None,
    "status": _between(100, 599),
    "ms": _between(0, 9_999_999),
    "job": _known("job"),
    "part": _known("part"),
    "error": _class_name,
    "database": _shaped(r"(SQLITE_[A-Z_]{2,40}|[0-9A-Z]{5}|[A-Z][A-Za-z]{3,30}Error)( (pk|fk|uq|ix|ck)_[a-z0-9_]+)?"),
    "workers": _between(1, 999),
}


class JsonLine(logging.Formatter):
    """A log record as one line of JSON, of allowed fields alone."""

    def format(self, record: logging.LogRecord) -> str:
        """{at, level, from, event, pid} and those of FIELDS that were given; an exception as its kind and place."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": LEVELS.get(record.levelno, "other"),
            "from": record.name if record.name in LOGGERS or record.name in sys.modules else "other",
            "event": EVENTS.get(record.msg, "other") if isinstance(record.msg, str) else "other",
            "pid": record.process,
        }
        line |= {name: shown for name, allowed in FIELDS.items() if (shown := _of(record, name, allowed)) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "where": _where(record.exc_info[2])}
        return json.dumps(line)


def _of(record: logging.LogRecord, name: str, allowed: Callable[[Any], Any]) -> Any:
    return allowed(value) if (value := record.__dict__.get(name)) is not None else None


def _where(trace: TracebackType | None) -> list[str]:
    """Places in the code, innermost first: folder, file, line and function, which hold no value."""
    steps = traceback.extract_tb(trace)[-STEPS:]
    return [f"{Path(step.filename).parent.name}/{Path(step.filename).name}:{step.lineno} {step.name}"
            for step in reversed(steps)]  # fmt: skip


def configuration(level: str = "INFO") -> dict[str, Any]:
    """For logging.config: everything goes to standard error by JsonLine. Libraries speak from WARNING up."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": JsonLine}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "marac": {"level": level},
            "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def set_up(level: str = "INFO") -> None:
    """From now on this process writes such lines, also of warnings and of what nobody caught."""
    logging.config.dictConfig(configuration(level))
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda given: _uncaught(given.exc_type, given.exc_value, given.exc_traceback)


def _uncaught(kind: type[BaseException], problem: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        what = (kind, problem, trace) if problem is not None else None
        logging.getLogger(__name__).error("uncaught", exc_info=what)
