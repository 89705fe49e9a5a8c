"""Nothing acknowledged is ever lost: a served application is killed in the middle of its work, again and again.

MARAC_TEST_KILLS sets how often (10 unless told); every kill is -9, every answer 303 was a promise.
"""

import http.client
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from marac import audit
from marac.app import create_app
from marac.models import Membership, User
from marac.services.accounts import sessions
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import a_user
from tests.conftest import settings_in

KILLS = int(os.environ.get("MARAC_TEST_KILLS", "10"))


class Served:
    """`marac serve` in a process of its own, and a browser that is signed in to it."""

    def __init__(self, folder, port, cookie):
        self.folder, self.port, self.cookie, self.process = folder, port, cookie, None

    def start(self):
        address = {"MARAC_DATA": str(self.folder / "data"), "MARAC_BASE_URL": f"http://127.0.0.1:{self.port}"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MARAC_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "marac.cli", "serve", "--port", str(self.port)],
            env=kept | address, stdout=subprocess.DEVNULL, stderr=(self.folder / "stderr.txt").open("wb"),
            start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            assert self.process.poll() is None, (self.folder / "stderr.txt").read_text("utf-8")[-900:]
            time.sleep(0.05)
        raise AssertionError("the server did not answer within a minute")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # the first process and all that serve
        self.process.wait()

    def ask(self, method, path, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            home = {"Cookie": self.cookie, "Referer": f"http://127.0.0.1:{self.port}/"}
            home |= {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
            connection.request(method, path, urlencode(fields) if fields else None, home)
            answer = connection.getresponse()
            self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
            return answer.status, answer.getheader("Location") or "", answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


@pytest.fixture
def served(founded, tmp_path):
    folder = tmp_path / "served"
    shutil.copytree(founded, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house = open_deployment(settings_in(folder, base_url=f"http://127.0.0.1:{port}"))
    with unit_of_work(house) as session:
        ida = a_user(session, house, Role.IDVA, "solace")
        user, membership = session.get_one(User, ida.id), session.get_one(Membership, ida.membership_id)
        token, _ = sessions.start(session, user, membership)
    app = create_app(house)
    cookie = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    house.close()
    running = Served(folder, port, f"{app.config['SESSION_COOKIE_NAME']}={cookie}")
    yield running
    if running.process and running.process.poll() is None:
        running.kill()


def work_until_killed(served, promised, sent):
    """Start one referral after another; note what was sent, and what was answered with a promise."""
    status, _, page = served.ask("GET", "/referrals/new")
    assert status == 200
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    served.cookie_token = token
    while True:
        key = uuid4().hex
        sent.append(key)
        try:
            status, location, _ = served.ask(
                "POST", "/referrals/new", csrf_token=token, once_key=key, programme="da_marac"
            )
        except (OSError, http.client.HTTPException):
            return
        assert status == 303
        promised[key] = location


def stored(folder):
    """Reference -> id of every referral in the file, and the ids that the trail says were started."""
    with sqlite3.connect(folder / "data" / "casework.db") as connection:
        referrals = dict(connection.execute("select reference, id from referral"))
        entries = "select object_id from audit_entry where tag = 'referral:started'"
        told = [row[0] for row in connection.execute(entries)]
        keys = dict(connection.execute("select key, location from once_key"))
    connection.close()
    return referrals, told, keys


def test_what_was_acknowledged_survives_kill_9_and_is_in_the_trail(served):
    """After every kill: all promises kept, once each, audited, nothing torn, and the same process starts again."""
    promised: dict[str, str] = {}
    sent: list[str] = []
    chance = random.Random(7)
    for _ in range(KILLS):
        served.start()
        worker = threading.Thread(target=work_until_killed, args=(served, promised, sent))
        before = len(promised)
        worker.start()
        until = time.monotonic() + 20
        while len(promised) == before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.25))
        served.kill()
        worker.join(30)
        referrals, told, keys = stored(served.folder)
        assert {location.rsplit("/", 1)[-1] for location in promised.values()} <= set(referrals)
        assert sorted(told) == sorted(referrals.values()), "a change without its entry, or an entry without its change"
        assert all(keys[key] == location for key, location in promised.items())
        assert len(keys) == len(referrals), "one effect for one key"
    assert len(promised) >= KILLS
    unanswered = [key for key in sent if key not in promised]
    assert len(unanswered) <= KILLS
    whole(served, len(stored(served.folder)[0]))


def whole(served, referrals):
    """Every referral has its case, its key and its people; the chain is whole."""
    house = open_deployment(settings_in(served.folder, base_url=f"http://127.0.0.1:{served.port}"))
    with unit_of_work(house) as session:
        partnership_id = session.query(User).first().partnership_id
        found = audit.verify(session, partnership_id)
        assert found.ok, found
    house.close()
    with sqlite3.connect(served.folder / "data" / "casework.db") as connection:
        counted = {
            table: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for table in ("case_file", "case_person", "address", "contact_method")
        }
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        cases = {bytes.fromhex(row[0]) for row in connection.execute("select id from case_file")}
    connection.close()
    with sqlite3.connect(served.folder / "data" / "keys.db") as connection:
        keys = {row[0] for row in connection.execute("select owner from wrapped_key where kind = 'case'")}
    connection.close()
    assert set(counted.values()) == {referrals}
    assert cases <= keys, "a value was sealed under a key that was not yet kept"


def test_a_promise_whose_answer_was_lost_is_found_again_by_sending_the_form_again(served):
    """The reply died with the process, the write did not: the same one-time key leads to the first result."""
    served.start()
    promised: dict[str, str] = {}
    sent: list[str] = []
    worker = threading.Thread(target=work_until_killed, args=(served, promised, sent))
    worker.start()
    while not promised:
        time.sleep(0.01)
    served.kill()
    worker.join(30)
    before = len(stored(served.folder)[0])
    served.start()
    for key, location in list(promised.items())[:3]:
        fields = {"csrf_token": served.cookie_token, "once_key": key, "programme": "da_marac"}
        assert served.ask("POST", "/referrals/new", **fields)[:2] == (303, location)
    assert len(stored(served.folder)[0]) == before


def test_both_databases_write_through_to_the_disk(house):
    """WAL with full sync, the write lock from the first statement (security 8)."""
    for engine in (house.engine, house.keyring.engine):
        with engine.connect() as connection:
            answers = {
                name: connection.exec_driver_sql(f"pragma {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema")
            }
        assert answers == {
            "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "trusted_schema": 0,
        }  # fmt: skip
