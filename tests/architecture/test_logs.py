"""Lines of the log hold named fields of closed shapes: what a person typed or a case holds has no way into them."""

import ast
import json
import logging
import subprocess
import sys
import threading
import warnings
from datetime import UTC, datetime
from io import StringIO

import pytest
from sqlalchemy.exc import IntegrityError

from marac import jobs, logs
from marac.services.today import LOADERS
from tests.architecture.tree import MODULES, parsed, short

PLANTED = "Amina Begum, 14 Lavender Row, 07700 900123"
PATHS = ("marac.app", "marac.jobs", "marac.notifications", "gunicorn.error", "sqlalchemy.engine", "waitress", PLANTED)


@pytest.fixture
def written():
    """What set_up makes this process write, and its own way of logging put back."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before, level = root.handlers[:], root.level
    logs.set_up("DEBUG")
    stream = StringIO()
    for name in ("", "gunicorn.error"):
        logging.getLogger(name).handlers[-1].stream = stream
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(False)
    root.handlers, root.level = before, level
    for name, was in (("marac", logging.NOTSET), ("gunicorn.error", logging.NOTSET)):
        logging.getLogger(name).setLevel(was)
    logging.getLogger("gunicorn.error").handlers.clear()
    logging.getLogger("gunicorn.error").propagate = True
    sys.excepthook, threading.excepthook = hooks


def raised(kind, *words):
    try:
        raise kind(*words)  # noqa: TRY301 - so that it has a traceback
    except kind as problem:
        return problem


def test_no_way_of_logging_writes_a_value_outside_the_allowed_fields(written):
    """By message, arguments, extra, exception, its cause, a stack, a warning, a thread, an uncaught fault."""
    nested = raised(IntegrityError, f"insert {PLANTED}", {"name": PLANTED}, ValueError(PLANTED))
    nested.__cause__ = raised(LookupError, PLANTED)
    nested.add_note(PLANTED)
    everywhere = dict.fromkeys([*logs.FIELDS, "user", "path", "anything"], PLANTED)
    for name in PATHS:
        log = logging.getLogger(name)
        log.critical(PLANTED)
        log.error("%s failed: %s", PLANTED, {"who": PLANTED}, exc_info=nested, stack_info=True)
        log.warning("job_failed", extra=everywhere)
        log.warning(nested, extra={"error": PLANTED, "status": 7700900123, "ms": "14", "job": "Amina", "part": "Begum"})
        log.log(35, "request", extra={"endpoint": "Amina.Begum", "database": "uq_amina", "request": "aminabeg"})
    warnings.warn(PLANTED, stacklevel=1)
    thread = threading.Thread(target=raised, args=(SystemError, PLANTED))
    thread.run = lambda: (_ for _ in ()).throw(RuntimeError(PLANTED))
    thread.start()
    thread.join()
    sys.excepthook(type(nested), nested, nested.__traceback__)
    found = written()
    assert len(found) > 5 * len(PATHS)
    own = {"at", "level", "from", "event", "pid", "where"}
    assert {field for line in found for field in line} <= own | set(logs.FIELDS)
    text = json.dumps(found)
    # numbers as they were planted: a time or a line number may hold the digits of one
    words = [
        *filter(str.isalpha, PLANTED.replace(",", "").split()),
        "07700 900123",
        "7700900123",
        '"14"',
        "amina",
        "uq_",
    ]
    assert len(words) == 9
    assert not [word for word in words if word in text]
    assert {"IntegrityError", "RuntimeError"} <= {line.get("error") for line in found}


def test_what_is_allowed_is_written_in_its_shape(written):
    facts = {"request": "0a1b-2c3d", "method": "POST", "status": 409, "ms": 12, "job": jobs.JOBS[0].name,
             "part": LOADERS[0][0], "error": LookupError, "database": "23505 uq_case_file_reference"}  # fmt: skip
    logging.getLogger("marac.jobs").info("request", extra=facts)
    (line,) = written()
    assert {name: line[name] for name in facts} == facts | {"error": "LookupError"}
    assert (line["event"], line["level"], line["from"]) == ("request", "info", "marac.jobs")
    assert datetime.fromisoformat(line["at"]).tzinfo == UTC


def test_every_event_that_the_application_logs_is_one_of_the_list():
    """A message with a place to fill in would be written as `other`: none is left in the code."""
    levels, used = {"debug", "info", "warning", "error", "exception", "critical"}, set()
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels:
                owner = node.func.value
                if getattr(owner, "id", getattr(owner, "attr", "")) in ("log", "logger"):
                    used.add((short(path), getattr(node.args[0], "value", "")))
    assert len(used) >= 8
    assert [one for one in sorted(used) if one[1] not in logs.EVENTS] == []


def test_a_command_that_breaks_says_where_and_not_what(tmp_path):
    code = f"from marac import logs; logs.set_up(); raise LookupError({PLANTED!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, json.loads(line)["error"]) == (1, "LookupError")
    assert "Amina" not in line
