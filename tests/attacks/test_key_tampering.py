"""Whoever can write to the files, for every compartment column: swapped, moved, flipped, cut and re-keyed values do not
open, are audited and leave the other cases alone; and without a grant nothing opens anywhere (security 9.12).
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marac import access
from marac.app import create_app
from marac.crypto import fields, vault
from marac.crypto.envelope import Place
from marac.crypto.vault import SealedShut
from marac.errors import IntegrityFailure
from marac.models import AuditEntry, Membership, Partnership, User
from marac.services.accounts import sessions
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.web import unit_of_work as request
from tests.attacks.everything import open_value, values
from tests.attacks.scene import build
from tests.conftest import settings_in

LOCALHOST = {"base_url": "https://localhost"}
REAL = [model for model in fields.models() if model.__module__.startswith("marac.models")]
COLUMNS = [(model, column) for model in REAL for column in fields.shape_of(model).columns]


def ids(pair):
    return f"{pair[0].__tablename__}.{pair[1]}"


# --- every column, as the vault meets it -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keyed(founded, tmp_path_factory):
    """A deployment with two key owners of each kind."""
    folder = tmp_path_factory.mktemp("keyed") / "house"
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    with house.reader() as session:
        ours = session.scalar(select(Partnership.id))
    owners = {"case": (uuid4(), uuid4()), "works": (uuid4(), uuid4()), "staff": (ours, ours)}
    house.keyring.create_case_keys(ours, owners["case"])
    for order in owners["works"]:
        house.keyring.create_works_key(ours, order)
    yield house.keyring, ours, owners
    house.close()


def where(model, column, ours, owner, row):
    """Where a value of this column stands, with its compartment completed by an id or a role."""
    shape, first = fields.shape_of(model), fields.shape_of(model).columns[column][0]
    by = "victim" if first.by == "role" else UUID(int=9)
    name = fields.compartment_of(first.compartment, first.by, by if first.by else None)
    return Place(ours, shape.table, column, row, owner, name, shape.kind)


def refused(unit, place, blob):
    with pytest.raises(IntegrityFailure) as refusal:
        unit.open(place, blob)
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("pair", COLUMNS, ids=ids)
def test_a_value_of_every_column_opens_in_its_own_place_and_in_no_other(keyed, pair):
    keyring, ours, owners = keyed
    with vault.unit(keyring) as unit:
        try_everywhere(unit, pair, ours, owners[fields.shape_of(pair[0]).kind])


def try_everywhere(unit, pair, ours, both):
    mine, other = both
    place = where(*pair, ours, mine, UUID(int=1))
    for owner in (mine, other):
        unit.grant(place.kind, ours, owner, place.compartment, seal=True)
        unit.grant(place.kind, ours, owner, "elsewhere", seal=True)
    blob = unit.seal(place, {"a": "canary"})
    assert unit.open(place, blob) == {"a": "canary"}
    for changed in ({"row": UUID(int=2)}, {"table": "elsewhere"}, {"column": "elsewhere_sealed"},
                    {"compartment": "elsewhere"}):  # fmt: skip
        refused(unit, place._replace(**changed), blob)
    if other != mine:
        refused(unit, place._replace(owner=other), blob)
        refused(unit, place, unit.seal(place._replace(owner=other), {"a": "canary"}))
    for bit in (*range(48), 8 * 7, 8 * 18, 8 * 40, 8 * len(blob) - 1):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(unit, place, bytes(flipped))
    for length in (0, 1, 6, 18, 34, len(blob) - 16, len(blob) - 1):
        refused(unit, place, blob[:length])
    refused(unit, place, blob + b"\0")


# --- real rows, over HTTP --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    return build(founded, tmp_path_factory.mktemp("tampered") / "house")


@pytest.fixture(scope="module")
def found(scene):
    """(model, column) -> its values, of as many rows as there are."""
    per = {}
    with scene.house.reader() as session:
        for one in values(session):
            per.setdefault((one.model, one.place.column), []).append(one)
    return per


@pytest.fixture(scope="module")
def browser(scene):
    """A signed-in browser, and a page that reads one value with every grant there is: the last line is the vault's."""
    house, worker = scene.house, scene.workers["coordinator"]
    app = create_app(house)

    def read(table, column, row):
        model = next(one for one in REAL if one.__tablename__ == table)
        access.asked()
        with house.reader() as session:
            for one in values(session, model):
                if (one.place.column, one.place.row) == (column, row):
                    vault.current().grant(one.place.kind, one.place.partnership, one.place.owner, one.place.compartment)
        thing = request.session().get(model, row)
        name = fields.shape_of(model).columns[column][0].name
        getattr(thing, name)
        return "opened"

    app.add_url_rule("/attack/<table>/<column>/<uuid:row>", "attack", read)
    with unit_of_work(house) as session:
        user, membership = session.get_one(User, worker.id), session.get_one(Membership, worker.membership_id)
        token, _ = sessions.start(session, user, membership)
    client = app.test_client()
    with client.session_transaction(**LOCALHOST) as cookie:
        cookie.update({"_user_id": token, "_fresh": True})
    return client


def attacks(unit, mine, others):
    """Name -> what somebody puts in the place of a value."""
    blob = mine.blob
    tampered = {
        "flipped": blob[:-1] + bytes([blob[-1] ^ 1]),
        "cut": blob[:-64],
        "zeros": blob[:6] + bytes(len(blob) - 6),
        "a generation that is not there": blob[:2] + b"\0\0\0\x09" + blob[6:],
        "moved": unit.seal(mine.place._replace(row=uuid4()), {"a": "b"}),
    }
    for other in others:
        if other.place.row != mine.place.row:
            tampered["swapped"] = other.blob
        if other.place.owner != mine.place.owner and other.place.kind == mine.place.kind:
            there = mine.place._replace(owner=other.place.owner)
            unit.grant(there.kind, there.partnership, there.owner, there.compartment, seal=True)
            tampered["re-keyed"] = unit.seal(there, {"a": "b"})
    return tampered


def damaged(house):
    with house.reader() as session:
        return len(session.scalars(select(AuditEntry.id).where(AuditEntry.tag == "value:damaged")).all())


def test_a_tampered_value_of_every_column_is_an_error_page_audited_and_others_go_on(scene, found, browser):
    house = scene.house
    raw = sqlite3.connect(house.settings.data / "casework.db", isolation_level=None)
    raw.execute("pragma ignore_check_constraints = on")
    seen, kinds, opened_elsewhere = damaged(house), set(), 0
    with closing(raw):
        for (model, column), several in found.items():
            table, mine = model.__tablename__, several[0]
            put = f"update {table} set {column} = ? where id = ?"
            with vault.unit(house.keyring) as unit:
                open_value(unit, mine)
                tampered = attacks(unit, mine, several[1:])
            for kind, blob in tampered.items():
                kinds.add(kind)
                raw.execute(put, (blob, mine.place.row.hex))
                answer = browser.get(f"/attack/{table}/{column}/{mine.place.row}", **LOCALHOST)
                assert answer.status_code == 500, (table, column, kind)
                assert b"opened" not in answer.data
                assert damaged(house) == (seen := seen + 1), (table, column, kind)
            other = next((one for one in several if one.place.owner != mine.place.owner), None)
            if other is not None:
                answer = browser.get(f"/attack/{table}/{column}/{other.place.row}", **LOCALHOST)
                assert (answer.status_code, answer.data) == (200, b"opened")
                opened_elsewhere += 1
            raw.execute(put, (mine.blob, mine.place.row.hex))
            assert browser.get(f"/attack/{table}/{column}/{mine.place.row}", **LOCALHOST).data == b"opened"
    assert kinds == {"flipped", "cut", "zeros", "a generation that is not there", "moved", "swapped", "re-keyed"}
    assert opened_elsewhere >= 10
    assert len(found) >= 25


def test_without_a_grant_no_model_opens_in_a_shell_a_worker_a_command_or_a_template(scene, found):
    """Whoever holds a row holds no value: the vault was not told that they may."""
    template = scene.app.jinja_env.from_string("{{ thing[name] }}{{ thing|attr(name) }}")
    with scene.house.reader() as session:
        rows = {model: session.get(model, several[0].place.row) for (model, _), several in found.items()}
        for model, thing in rows.items():
            for name in fields.shape_of(model).fields:
                with pytest.raises(SealedShut):  # a shell: no unit of work
                    getattr(thing, name)
                with vault.unit(scene.house.keyring), pytest.raises(SealedShut):
                    getattr(thing, name)
                with vault.unit(scene.house.keyring), pytest.raises(SealedShut):
                    template.render(thing=thing, name=name)
    with unit_of_work(scene.house) as session:  # a worker or a command: a unit of work, and nothing granted
        access.asked()
        for model, thing in rows.items():
            here = session.get(model, thing.id)
            for name in fields.shape_of(model).fields:
                with pytest.raises(SealedShut):
                    getattr(here, name)
                with pytest.raises(SealedShut):
                    setattr(here, name, None)


# --- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
@pytest.mark.parametrize("command", [("worker",), ("serve", "--port", "0")])
def test_a_process_that_holds_keys_writes_no_core_file_and_cannot_be_dumped(founded, tmp_path, command):
    """RLIMIT_CORE is 0 and the process is not dumpable (security 2.16)."""
    shutil.copytree(founded, tmp_path / "house")
    environment = {**os.environ, "MARAC_DATA": str(tmp_path / "house" / "data"), "MARAC_BASE_URL": "https://localhost"}
    process = subprocess.Popen(
        [sys.executable, "-m", "marac.cli", *command], env=environment, stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        limits = Path(f"/proc/{process.pid}/limits")
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            core = next(line for line in limits.read_text().splitlines() if line.startswith("Max core file size"))
            if core.split()[4:6] == ["0", "0"]:
                break
            time.sleep(0.2)
        assert core.split()[4:6] == ["0", "0"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    asked = "import ctypes; from marac.services.keeping import memory; memory.keep_private();"
    asked += "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "0"
