"""Real processes of `marac serve` and `marac worker`: what they believe, tell and finish. Names are invented."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import date, timedelta

import pytest
from flask import request
from werkzeug.test import Client

from marac.app import create_app
from marac.services.clockwork.timetable import TIMES
from marac.services.keeping import health
from marac.services.keeping.deployment import open_deployment
from tests.builders_cases import a_story
from tests.conftest import settings_in

TOKEN = "a-token-of-more-than-24-characters"
FORGED = {"X-Forwarded-For": "198.51.100.66, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Real-IP": "198.51.100.66",
          "Forwarded": "for=198.51.100.66;proto=https", "X-Forwarded-Host": "evil.example"}  # fmt: skip


class Running:
    """A command in a process group of its own."""

    def __init__(self, folder, *words, **settings):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MARAC_")}
        self.said = folder / f"said-{time.monotonic_ns()}.txt"
        with self.said.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marac.cli", *words], stdout=subprocess.DEVNULL, stderr=stderr,
                env=kept | {"MARAC_DATA": str(folder / "data"), **settings}, start_new_session=True,
            )  # fmt: skip

    def lines(self):
        return [json.loads(line) for line in self.said.read_text("utf-8").splitlines()]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(40)

    def end(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def ask(port, path, **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def folder(founded, tmp_path):
    shutil.copytree(founded, tmp_path / "house")
    return tmp_path / "house"


@pytest.fixture
def served(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Running(
        folder, "serve", "--port", str(port), "--workers", "2",
        MARAC_BASE_URL=f"http://127.0.0.1:{port}", MARAC_METRICS_TOKEN=TOKEN,
    )  # fmt: skip

    def up():
        assert running.process.poll() is None, running.said.read_text("utf-8")
        with suppress(OSError):
            return ask(port, "/healthz/alive")[0] == 200

    until(up)
    yield running, port
    running.end()


def figures(port):
    status, text = ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_processes_count_together_name_no_address_and_finish_what_they_do_when_stopped(served):
    """Figures only with the token, by endpoint; log lines of JSON; a request under way at SIGTERM gets its answer."""
    running, port = served
    for _ in range(12):
        assert ask(port, "/sign-in", **FORGED)[0] == 200
    assert ask(port, "/cases/TH-26-AMINA-BEGUM?name=Amina")[0] == 303
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}):
        assert ask(port, "/metrics", **wrong)[0] in (303, 404)
    found = figures(port)
    assert found['marac_requests_total{endpoint="signin.sign_in",status="2xx"}'] == "12", "both processes together"
    assert found['marac_request_seconds_count{endpoint="signin.sign_in"}'] == "12"
    assert {"marac_worker_running", "marac_jobs_failing", "marac_messages_given_up", "marac_disk_free_ratio"} <= set(
        found
    )
    labels = {label for name in found for label in re.findall(r'="([^"]*)"', name)}
    assert not [one for one in labels if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)?|[2-5]xx|[\d.]+|\+Inf", one)]
    assert ask(port, "/healthz") == (200, "ok\n")
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"GET /help HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        time.sleep(0.3)
        stopping = threading.Thread(target=running.stop)
        stopping.start()
        time.sleep(0.3)
        slow.sendall(b"Connection: close\r\n\r\n")
        assert slow.makefile("rb").read().startswith(b"HTTP/1.1 200"), "the request under way was finished"
        stopping.join(40)
    assert running.process.returncode == 0
    text = running.said.read_text("utf-8")
    assert not [word for word in ("AMINA", "Amina", "198.51", "/cases", TOKEN) if word in text]
    assert {line["endpoint"] for line in running.lines() if line["event"] == "request"} >= {
        "signin.sign_in",
        "help.help_page",
    }


def test_a_server_whose_first_process_is_killed_leaves_none_behind(served):
    running, port = served
    running.stop(signal.SIGKILL)

    def gone():
        try:
            ask(port, "/healthz/alive")
        except OSError:
            return True
        return False

    until(gone, 20)


@pytest.mark.parametrize("number, seen, scheme", [(0, "192.0.2.1", "http"), (1, "203.0.113.9", "https")])
def test_forwarded_headers_are_believed_of_as_many_proxies_as_are_named_and_else_of_none(
    open_house, number, seen, scheme
):
    """What a stranger adds in front of the proxy's own word is not believed; hosts never are (security 5)."""
    app = create_app(open_house(trusted_proxies=number))
    told = {}
    app.before_request(lambda: told.update(address=request.remote_addr, scheme=request.scheme, host=request.host))
    Client(app).get("/help", base_url="http://localhost", headers=FORGED, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert told == {"address": seen, "scheme": scheme, "host": "localhost"}


def test_two_workers_run_each_job_once_and_stop_when_asked(folder):
    """DA-32: the flag lapses once, whichever of the two processes holds the lease; its successor need not wait."""
    house = open_deployment(settings_in(folder))
    story = a_story(house, flag_until_on=date.today() - timedelta(days=1))  # noqa: DTZ011 - the processes' own clock
    house.close()
    two = [Running(folder, "worker", MARAC_BASE_URL="https://localhost") for _ in range(2)]
    base = sqlite3.connect(folder / "data" / "casework.db", timeout=30)
    try:
        until(lambda: len({key.split(":")[0] for (key,) in base.execute("select key from job_run")}) >= len(TIMES) - 4)
        assert [one.stop() for one in two] == [0, 0]
    finally:
        for one in two:
            one.end()
    keys = [key for (key,) in base.execute("select key from job_run")]
    lapsed = base.execute(
        "select count(*) from audit_entry where tag = 'case:lapse' and case_id = ?", (story.case_id.hex,)
    )
    assert (lapsed.fetchone()[0], len(keys)) == (1, len(set(keys)))
    assert base.execute("select count(distinct holder) from lease").fetchone() == (1,)
    base.close()
    assert [line["event"] for one in two for line in one.lines()] == ["worker_began", "worker_ended"] * 2


def test_a_server_without_its_database_is_alive_and_not_ready(house):
    client = create_app(house).test_client()
    asked = {"base_url": "https://localhost"}
    assert client.get("/healthz", **asked).get_data(as_text=True) == "ok\n"
    assert health.ready(house)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999_of_another_version'")
    answer = client.get("/healthz", **asked)
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, "not ok\n")
    assert client.get("/healthz/alive", **asked).status_code == 200
