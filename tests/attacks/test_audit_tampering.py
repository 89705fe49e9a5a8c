"""Every way of changing the trail, or a row behind its back, is found with kind and place (security 2.6, 4, 9.13)."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from marac import access, audit, clock, jobs
from marac.audit import checkpoints
from marac.cli import cli
from marac.errors import NotFound, StepUpNeeded
from marac.models import AuditEntry, Case, CaseAgency, Flag, IntegrityMark, Membership, Message, TrailAlert
from marac.paths import PACKAGE
from marac.services.casework import cases
from marac.services.clockwork import leases
from marac.services.keeping import rotating
from marac.services.keeping.deployment import unit_of_work
from marac.services.trail import checking, checkpointing, proving
from marac.vocabulary import AlertRule, InvolvementBasis, Role
from tests.builders import a_user, actor_for
from tests.builders_cases import a_full_case, involve

TRIGGERS = ("audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace")
VERIFIER = PACKAGE / "data" / "verify_audit.py"


@pytest.fixture
def town(open_house, tmp_path):
    """A house that hands its checkpoints to two folders, with a case in it."""
    first, second = tmp_path / "witness", tmp_path / "other"
    house = open_house(checkpoints=f"{first}, {second}")
    with unit_of_work(house) as session:
        people = {role: a_user(session, house, role) for role in (Role.COORDINATOR, Role.CHAIR, Role.AUDITOR)}
        case = a_full_case(session, house)
        involve(session, case, "housing_options", InvolvementBasis.LISTED)
        case_id = case.id
    return Town(house, people, case_id, first, second)


class Town:
    """What the stories of this file share."""

    def __init__(self, house, people, case_id, first, second):
        self.house, self.people, self.case_id, self.first, self.second = house, people, case_id, first, second
        self.partnership_id = people[Role.COORDINATOR].partnership_id
        self.system = access.system(self.partnership_id)
        self.file = house.settings.data / "casework.db"

    def write(self, how_many):
        for _ in range(how_many):
            with unit_of_work(self.house, self.system) as session:
                audit.record(session, self.system, "message:sent", template="actions_assigned")

    def sign(self):
        checkpointing.sign_now(self.house, self.system)

    def raw(self, *statements):
        """The database as somebody with sqlite3 has it: the triggers first come off."""
        with sqlite3.connect(self.file) as connection:
            for trigger in TRIGGERS:
                connection.execute(f"drop trigger if exists {trigger}")
            for statement in statements:
                connection.execute(*(statement if isinstance(statement, tuple) else (statement,)))
        connection.close()

    def verdict(self, **how):
        found = proving.verify_trail(self.house, None, **how)
        return found["kind"], found["first_bad"]

    def outsider(self, *more, trail=None):
        """The verifier that ships with it, where the application cannot be imported: exit status, kind, place."""
        done = subprocess.run(
            [sys.executable, "-I", VERIFIER, trail or self.file, "--json", *more], capture_output=True, text=True,
            check=False, cwd="/", env={},
        )  # fmt: skip
        found = json.loads(done.stdout) if done.stdout else {"kind": None, "first_bad": None}
        return done.returncode, found["kind"], found["first_bad"]

    def rebuild(self):
        """Whoever holds database and code: every hash made anew, head and all."""
        with sqlite3.connect(self.file) as connection:
            rows = connection.execute("select id, seq, body from audit_entry order by seq").fetchall()
            previous = bytes(32)
            for row_id, seq, body in rows:
                previous = audit.entry_hash(seq, previous, body)
                connection.execute("update audit_entry set hash = ? where id = ?", (previous, row_id))
            connection.execute("update audit_head set hash = ?, seq = ?", (previous, len(rows)))
        connection.close()


def size_of(town):
    with town.house.reader() as session:
        return session.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1))


def key_file(town, tmp_path):
    path = tmp_path / "key.txt"
    path.write_text(proving.trail_keys(town.house, None)[0])
    return path


def test_every_tampering_with_the_chain_is_found_by_us_and_by_an_outsider(town, tmp_path):
    """Edited, cut, inserted, reordered, rebuilt, restored, foreign-signed: kind and place (9.13)."""
    town.write(4)
    town.sign()
    town.write(3)
    town.sign()
    size, key = size_of(town), key_file(town, tmp_path)
    outside = ("--checkpoints", str(town.first), "--pubkey", str(key))
    assert town.verdict(folder=town.first) == town.verdict(folder=town.second) == (None, None)
    assert town.outsider(*outside) == (0, None, None)
    kept = tmp_path / "kept.db"
    with sqlite3.connect(town.file) as source, sqlite3.connect(kept) as copy:
        source.backup(copy)
    last = size - 1
    edit = ("update audit_entry set body = replace(body, 'actions_assigned', 'minutes_issued') where seq = ?", (last,))
    columns = "partnership_id, at, tag, actor_id, object_id, case_id, body, hash"
    doubled = f"{columns} from audit_entry where seq = {last - 1}"
    insert = [
        f"update audit_entry set seq = seq + 1000 where seq >= {last}",
        f"insert into audit_entry (id, seq, {columns}) select lower(hex(randomblob(16))), {last}, {doubled}",
        "update audit_entry set seq = seq - 999 where seq >= 1000",
        "update audit_head set seq = seq + 1",
    ]
    swap = [
        f"update audit_entry set seq = 9000 where seq = {last}",
        f"update audit_entry set seq = {last} where seq = {last - 1}",
        f"update audit_entry set seq = {last - 1} where seq = 9000",
    ]
    cut = [
        f"delete from audit_entry where seq > {last}",
        f"update audit_head set seq = {last}, hash = (select hash from audit_entry where seq = {last})",
    ]
    stories = [
        ([edit], False, "edit", last), ([f"delete from audit_entry where seq = {last}"], False, "gap", last),
        (insert, False, "order", last), (swap, False, "order", last - 1), (cut, False, "head", size),
        (["update audit_head set seq = seq + 1"], False, "head", size), ([edit], True, "checkpoint", last),
    ]  # fmt: skip
    for statements, rebuilt, kind, place in stories:
        town.raw(*statements)
        if rebuilt:
            town.rebuild()
        assert town.verdict(folder=town.first) == (kind, place), (kind, place)
        assert town.outsider(*outside) == (2, kind, place), (kind, place)
        town.house.engine.dispose()
        for stale in Path(town.house.settings.data).glob("casework.db*"):
            stale.unlink()
        shutil.copy(kept, town.file)
    assert town.verdict(folder=town.first) == (None, None)


def test_checkpoints_signed_by_another_hand_or_changed_are_found(town, tmp_path):
    town.write(3)
    town.sign()
    town.write(2)
    town.sign()
    path, key = checkpoints.file_in(town.first, town.partnership_id), key_file(town, tmp_path)
    lines = path.read_text().splitlines()
    second = json.loads(lines[1])
    forged = {**second, "head": "ab" * 32}
    outside = ("--checkpoints", str(town.first), "--pubkey", str(key))
    path.write_text(f"{lines[0]}\n{json.dumps(forged)}\n")
    assert town.verdict(folder=town.first) == ("checkpoint", second["size"])
    assert town.outsider(*outside) == (2, "checkpoint", second["size"])
    path.write_text("\n".join(lines) + "\n")
    other = tmp_path / "foreign.txt"
    other.write_text("11" * 32)
    assert town.verdict(folder=town.first, public_key="11" * 32) == ("checkpoint", json.loads(lines[0])["size"])
    assert town.outsider("--checkpoints", str(town.first), "--pubkey", str(other))[0] == 2
    assert town.outsider("--checkpoints", str(tmp_path / "nowhere"))[0] == 3
    assert town.outsider(trail=key)[0] == 3


def test_a_new_key_is_announced_by_the_old_and_an_export_proves_itself(town, tmp_path):
    """Yearly, or when somebody added a generation; who knows the first key can follow (2.10)."""
    town.write(2)
    town.sign()
    first = key_file(town, tmp_path)
    assert rotating.rotate(town.house, "checkpoint", None) == {"added": 1}
    town.sign()
    town.write(1)
    town.sign()
    said = checkpointing.read_folder(town.second, town.partnership_id)
    assert [one.next_key is None for one in said] == [True, False, True]
    assert said[2].key == said[1].next_key != said[1].key == first.read_text()
    with time_machine.travel(clock.now() + timedelta(days=370), tick=False):
        town.write(1)
        town.sign()
    assert checkpointing.read_folder(town.first, town.partnership_id)[3].next_key is not None
    export = tmp_path / "trail.jsonl"
    export.write_text("\n".join(proving.export_trail(town.house, None)))
    assert town.outsider("--pubkey", str(first), trail=export) == (0, None, None)
    export.write_text(export.read_text().replace("actions_assigned", "minutes_issued", 1))
    assert town.outsider("--pubkey", str(first), trail=export)[1] == "edit"


def test_a_checkpoint_speaks_of_every_entry_once_and_where_nothing_was_added_none_is_written(town):
    """The first covers the first entry; nothing waits once all is covered, however long ago that was."""
    town.sign()
    town.write(2)
    town.sign()
    town.sign()
    said = checkpointing.read_folder(town.first, town.partnership_id)
    assert [one.number for one in said] == [1, 2]
    assert [len(one.leaves) for one in said] == [said[0].size, 2]
    assert said[1].size == said[0].size + 2 == size_of(town)
    keys = town.house.keyring
    with unit_of_work(town.house, town.system) as session:
        assert not checkpoints.sign_next(session, keys, town.partnership_id, at_once=True)
        assert not checkpoints.is_late(session, town.partnership_id, clock.now() + timedelta(hours=3))
        assert checkpoints.digits(session, town.partnership_id) == checkpoints.spaced(said[1].head)
        assert re.fullmatch(r"([0-9a-f]{4} ){3}[0-9a-f]{4}", checkpoints.spaced(said[1].head))
    town.write(1)
    with unit_of_work(town.house, town.system) as session:
        assert not checkpoints.is_late(session, town.partnership_id, clock.now() + timedelta(minutes=29))
        assert checkpoints.is_late(session, town.partnership_id, clock.now() + timedelta(minutes=31))
        assert not checkpoints.sign_next(session, keys, town.partnership_id)
    with time_machine.travel(clock.now() + timedelta(minutes=11)), unit_of_work(town.house, town.system) as session:
        assert checkpoints.sign_next(session, keys, town.partnership_id)


def test_only_the_tables_asked_for_are_compared(town):
    town.raw(("update case_file set restricted = 1 where id = ?", (town.case_id.hex,)))
    with town.house.reader() as session:
        found = {name: audit.broken_rows(session, town.partnership_id, only) for name, only in (
            ("all", None), ("none", ()), ("other", ("case_person", "flag")), ("that", ("case_file",)),
        )}  # fmt: skip
    assert [one.table for one in found["all"]] == ["case_file"] == [one.table for one in found["that"]]
    assert found["none"] == found["other"] == []


def test_the_verifier_is_short_and_knows_nothing_of_ours():
    text = VERIFIER.read_text()
    assert len(text.splitlines()) < 200
    assert not re.search(r"^(from|import) marac", text, re.MULTILINE)


def test_a_row_changed_behind_the_trails_back_is_found_and_its_case_closes_to_all_but_the_chair(town):
    """A flipped flag, an older ciphertext put back, a deletion, a resurrection (2.6); then a 404 like any other."""
    house, case_id = town.house, town.case_id
    assert town.verdict(rows=True) == (None, None)
    with unit_of_work(house, actor_for(town.people[Role.COORDINATOR])) as session:
        coordinator = actor_for(town.people[Role.COORDINATOR])
        case = session.get_one(Case, case_id)
        reference = case.reference
        with sqlite3.connect(town.file) as raw:
            old = raw.execute("select summary_sealed from case_file where id = ?", (case_id.hex,)).fetchone()[0]
        cases.record_wishes(session, coordinator, case, wishes="To stay in her home")
    assert town.verdict(rows=True) == (None, None)
    with sqlite3.connect(town.file) as raw:
        person = raw.execute("select id from case_person where case_id = ?", (case_id.hex,)).fetchone()[0]
        whole = raw.execute("select * from case_agency where case_id = ? limit 1", (case_id.hex,)).fetchone()
    marks = ",".join("?" * len(whole))
    stories = {
        "flag": ("update case_file set restricted = 1 where id = ?", (case_id.hex,)),
        "unflag": ("update case_file set restricted = 0 where id = ?", (case_id.hex,)),
        "role": ("update case_person set role = 'child' where id = ?", (person,)),
        "unrole": ("update case_person set role = 'victim' where id = ?", (person,)),
        "gone": ("delete from case_agency where id = ?", (whole[0],)),
        "back": (f"insert into case_agency values ({marks})", whole),
        "replay": ("update case_file set summary_sealed = ? where id = ?", (old, case_id.hex)),
    }
    for name, story in stories.items():
        town.raw(story)
        kind, place = town.verdict(rows=True)
        assert (kind is None) is (name in ("unflag", "unrole", "back")), name
        assert kind is None or place > 0
    held = leases.take(house, "test")
    assert checking.check_access_rows(house, held, "check_access_rows", "now") == 1
    assert checking.check_access_rows(house, held, "check_access_rows", "later") == 0
    with house.reader() as session:
        alert = session.scalars(select(TrailAlert)).one()
        assert (alert.rule, alert.case_id) == (AlertRule.INTEGRITY, case_id)
        told = set(session.scalars(select(Message.user_id).where(Message.subject_key == alert.id.hex)))
        assert told == {town.people[Role.AUDITOR].id, town.people[Role.CHAIR].id}
    with unit_of_work(house) as session:
        with pytest.raises(NotFound):
            cases.get_case(session, coordinator, reference)
        chair = actor_for(town.people[Role.CHAIR])
        case = cases.get_case(session, chair, reference)
        with pytest.raises(StepUpNeeded):
            checking.open_again(session, actor_for(town.people[Role.CHAIR], stepped_up_at=None), case)
        checking.open_again(session, chair, case)
    with unit_of_work(house) as session:
        assert cases.get_case(session, coordinator, reference).id == case_id
        assert session.scalars(select(IntegrityMark)).one().cleared_at is not None
    assert town.verdict(rows=True) == (None, None)


def test_keys_that_rotate_and_statements_on_many_rows_leave_rows_as_the_trail_has_them(town, monkeypatch):
    monkeypatch.setattr(rotating.keyring, "HOLD", -rotating.SPARE)  # one process: there is nobody to wait for
    monkeypatch.setenv("MARAC_DATA", str(town.house.settings.data))
    assert town.verdict(rows=True) == (None, None)
    for level in rotating.LEVELS:
        done = CliRunner().invoke(cli, ["keys", "rotate", "--level", level, "--json"])
        assert done.exit_code == 0, (level, done.output)
        assert town.verdict(rows=True) == (None, None), level
    with time_machine.travel(clock.now() + timedelta(days=40), tick=False):
        assert rotating.destroy_due(town.house)["case"] == 1
    assert town.verdict(rows=True) == (None, None)
    with unit_of_work(town.house) as session:
        session.execute(delete(CaseAgency).where(CaseAgency.case_id == town.case_id))
        session.execute(delete(Flag.__table__).where(Flag.__table__.c.case_id == town.case_id))
        session.execute(update(Membership).where(Membership.role == Role.CHAIR).values(to_on=clock.today()))
    assert town.verdict(rows=True) == (None, None)


def test_a_trail_that_falls_silent_is_noticed(town):
    """No checkpoint for half an hour while entries wait, or a place that is not given the newest (9.13 silent)."""
    town.write(2)
    town.sign()
    town.write(1)
    jobs.tick(town.house, "test")
    with town.house.reader() as session:
        assert session.scalars(select(TrailAlert)).all() == []
    with time_machine.travel(clock.now() + timedelta(minutes=45), tick=False):
        with town.house.reader() as session:
            assert checkpointing.late(session, town.house.settings, town.partnership_id, clock.now())
        jobs.tick(town.house, "test")
        with town.house.reader() as session:
            assert AlertRule.CHECKPOINT_LATE in set(session.scalars(select(TrailAlert.rule)))
            assert not checkpointing.late(session, town.house.settings, town.partnership_id, clock.now())
        shutil.rmtree(town.second)
    with time_machine.travel(clock.now() + timedelta(hours=3), tick=False), town.house.reader() as session:
        assert checkpointing.late(session, town.house.settings, town.partnership_id, clock.now())
