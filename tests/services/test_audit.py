"""The audit trail: closed keys, no text, one chain per partnership; tampering is found with its kind and place."""

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from marac import access, audit, clock
from marac.access import Actor
from marac.audit import TAGS, Verdict
from marac.models import AuditEntry, AuditHead, User
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import found_partnership
from marac.vocabulary import Role
from tests.builders import a_user, actor_for

TRIGGERS = ("audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace")


@pytest.fixture
def actor(partnership) -> Actor:
    return access.system(partnership.id)


def written(house, actor, how_many: int, tag: str = "message:sent", **keys) -> None:
    """So many entries, each in a transaction of its own."""
    for _ in range(how_many):
        with unit_of_work(house, actor) as session:
            audit.record(session, actor, tag, **(keys or {"template": "actions_assigned"}))


def verdict(house, actor) -> Verdict:
    with unit_of_work(house) as session:
        return audit.verify(session, actor.partnership_id)


def raw(house) -> sqlite3.Connection:
    """The database file as somebody with a copy of sqlite3 has it: the append-only triggers first come off."""
    connection = sqlite3.connect(house.settings.data / "casework.db")
    for trigger in TRIGGERS:
        connection.execute(f"drop trigger if exists {trigger}")
    return connection


def tampered(house, *statements: str) -> None:
    with raw(house) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


# --- what an entry may hold ----------------------------------------------------------------------------------------


def test_an_entry_takes_exactly_the_keys_of_its_tag(house, actor):
    """Closed schema: one key more, one less, or an unknown tag is refused (security 4.1)."""
    with unit_of_work(house) as session:
        for tag, keys in TAGS.items():
            with pytest.raises(ValueError, match="takes exactly"):
                audit.record(session, actor, tag, **dict.fromkeys(keys, 1), one_more=1)
            if keys:
                with pytest.raises(ValueError, match="takes exactly"):
                    audit.record(session, actor, tag, **dict.fromkeys(sorted(keys)[1:], 1))
            audit.record(session, actor, tag, **dict.fromkeys(keys, 1))
        with pytest.raises(KeyError):
            audit.record(session, actor, "case:gossip")


@pytest.mark.parametrize(
    "value",
    ["Amina Begum", "amina begum", "14 Elm Row", "a@example.org", "Amina", "é", "", " ", "x" * 81, "a\nb", "E1 0AA",
     1.5, b"bytes", {"name": "amina"}, object(), ["fine", "Not fine"]],
)  # fmt: skip
def test_text_names_and_addresses_are_refused_and_not_repeated(house, actor, value):
    """Ids, codes and counts only; the refusal does not carry the value (security 4.1)."""
    with unit_of_work(house) as session:
        with pytest.raises(ValueError, match="ids, codes and counts only") as refusal:
            audit.record(session, actor, "message:sent", template=value)
        assert "mina" not in str(refusal.value)
        assert audit.finish(session) == 0


def test_a_thing_is_named_by_its_kind_and_id_and_its_case(house, partnership):
    with unit_of_work(house) as session:
        rosa = a_user(session, house, Role.COORDINATOR)
    with unit_of_work(house, actor_for(rosa)) as session:
        audit.record(session, actor_for(rosa), "partnership:founded", session.merge(partnership))
    with house.reader() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        body = json.loads(entry.body)
    assert body["object_type"] == "Partnership"
    assert (body["v"], body["object"]) == (2, partnership.id.hex)
    assert (body["actor"], body["role"], body["seq"]) == (rosa.id.hex, "coordinator", entry.seq)
    assert set(body) == {
        "v", "seq", "at", "partnership", "actor", "on_behalf", "role", "session", "tag", "object_type", "object",
        "case", "outcome", "purpose", "request", "network", "agent", "rows", "keys",
    }  # fmt: skip


def test_what_the_vault_opened_lands_in_the_entry_of_the_unit_of_work(house):
    """Every opening is counted (security 2.5)."""
    with unit_of_work(house) as session:
        rosa = a_user(session, house, Role.COORDINATOR)
    with unit_of_work(house, actor_for(rosa)) as session:
        access.open_staff(actor_for(rosa))
        assert session.get_one(User, rosa.id).full_name == "Rosa Lowe"
    with house.reader() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    keys = json.loads(entry.body)["keys"]
    assert entry.tag == "values:opened"
    assert keys == {"opened": {"staff": [rosa.partnership_id.hex]}, "purposes": {"view": 1}}
    assert "Rosa" not in entry.body


def test_what_was_only_sealed_is_no_opening_and_the_key_store_is_told_of_few_heads(house):
    with unit_of_work(house) as session:
        rosa = a_user(session, house, Role.COORDINATOR)
    before = verdict(house, actor_for(rosa)).entries
    with unit_of_work(house, actor_for(rosa)) as session:
        a_user(session, house, Role.CHAIR)
    with house.reader() as session:
        added = list(session.scalars(select(AuditEntry.tag).where(AuditEntry.seq > before)))
    assert added
    assert "values:opened" not in added
    assert house.keyring.audit_heads() == {}, "every hundred entries, not with each"


def test_nothing_is_written_when_the_transaction_fails(house, actor):
    """Return commits, raise rolls back: no entry without its change, no change without its entry."""
    before = verdict(house, actor).entries
    with pytest.raises(RuntimeError):
        _work_that_fails(house, actor)
    assert verdict(house, actor).entries == before


def _work_that_fails(house, actor) -> None:
    with unit_of_work(house, actor) as session:
        audit.record(session, actor, "demo:loaded", count=1)
        raise RuntimeError


# --- the chain -----------------------------------------------------------------------------------------------------


def test_a_chain_that_was_only_added_to_is_whole(house, actor):
    written(house, actor, 5)
    found = verdict(house, actor)
    assert found.ok
    assert found.entries == 7
    assert found.first_bad is found.kind is None


def test_each_partnership_has_a_chain_of_its_own(house, actor):
    with unit_of_work(house) as session:
        other = access.system(found_partnership(session, house.keyring, slug="elsewhere", name="Elsewhere").id)
    written(house, other, 3)
    assert (verdict(house, actor).entries, verdict(house, other).entries) == (2, 5)
    tampered(house, f"update audit_entry set body = 'x' where partnership_id = '{other.partnership_id.hex}'")
    assert verdict(house, actor).ok
    assert not verdict(house, other).ok


def test_the_database_itself_refuses_to_change_delete_or_write_over_an_entry(house, actor):
    """Append-only without the application too (security 4.2)."""
    written(house, actor, 2)
    copied = "seq, at, tag, actor_id, object_id, case_id, body, hash from audit_entry where seq = 2"
    statements = (
        "update audit_entry set body = '{}'",
        "delete from audit_entry",
        f"insert or replace into audit_entry select id, partnership_id, {copied}",
        f"insert or replace into audit_entry select randomblob(16), partnership_id, {copied}",
    )
    for statement in statements:
        with house.writer() as session, pytest.raises(DatabaseError, match="append-only"):
            session.execute(text(statement))
    assert verdict(house, actor).ok


@pytest.mark.parametrize(
    "statement, kind, place",
    [
        ("update audit_entry set body = replace(body, 'actions_assigned', 'minutes_issued') where seq = 3", "edit", 3),
        ("update audit_entry set body = body || ' ' where seq = 4", "edit", 4),
        ("update audit_entry set hash = zeroblob(32) where seq = 2", "edit", 2),
        ("update audit_entry set tag = 'case:read' where seq = 3", "edit", 3),
        ("update audit_entry set actor_id = hex(randomblob(16)) where seq = 3", "edit", 3),
        ("update audit_entry set case_id = lower(hex(randomblob(16))) where seq = 5", "edit", 5),
        ("update audit_entry set object_id = lower(hex(randomblob(16))) where seq = 5", "edit", 5),
        ("update audit_entry set at = datetime(at, '-1 day') where seq = 4", "edit", 4),
        ("delete from audit_entry where seq = 3", "gap", 3),
        ("delete from audit_entry where seq = 1", "gap", 1),
        ("delete from audit_entry where seq >= 5", "head", 4),
        ("delete from audit_entry", "head", 0),
        ("delete from audit_head", "head", 7),
        ("update audit_head set seq = seq + 1", "head", 7),
        ("update audit_head set hash = zeroblob(32)", "head", 7),
    ],
)
def test_every_tampering_is_found_with_its_kind_and_place(house, actor, statement, kind, place):
    """Edited, cut at the front, middle and end, columns apart from the body, head moved (security 9.13)."""
    written(house, actor, 5)
    tampered(house, statement)
    found = verdict(house, actor)
    assert (found.ok, found.kind, found.first_bad) == (False, kind, place)


def test_an_inserted_entry_is_found(house, actor):
    written(house, actor, 4)
    columns = "partnership_id, at, tag, actor_id, object_id, case_id, body, hash"
    tampered(
        house,
        "update audit_entry set seq = seq + 100 where seq >= 3",
        f"insert into audit_entry (id, seq, {columns})"
        f" select '{uuid4().hex}', 3, {columns} from audit_entry where seq = 2",
        "update audit_entry set seq = seq - 99 where seq >= 100",
        "update audit_head set seq = seq + 1",
    )
    assert (verdict(house, actor).kind, verdict(house, actor).first_bad) == ("order", 3)


def test_two_entries_that_changed_places_are_found(house, actor):
    written(house, actor, 4)
    tampered(
        house,
        "update audit_entry set seq = 100 where seq = 3",
        "update audit_entry set seq = 3 where seq = 4",
        "update audit_entry set seq = 4 where seq = 100",
    )
    assert (verdict(house, actor).kind, verdict(house, actor).first_bad) == ("order", 3)


def test_a_tail_cut_off_with_the_head_moved_back_is_found_by_what_the_key_store_saw(house, actor):
    """The chain is consistent in itself: only a witness outside the database tells (security 4.4)."""
    written(house, actor, audit.KEEP_EVERY + 3)
    tampered(
        house,
        f"delete from audit_entry where seq > {audit.KEEP_EVERY - 10}",
        f"update audit_head set seq = {audit.KEEP_EVERY - 10},"
        f" hash = (select hash from audit_entry where seq = {audit.KEEP_EVERY - 10})",
    )
    found = verdict(house, actor)
    assert (found.kind, found.first_bad) == ("head", audit.KEEP_EVERY - 9)


def test_a_database_restored_from_yesterday_is_noticed(house, actor, tmp_path):
    """The key store is not in that backup and remembers more (security 2.11)."""
    written(house, actor, 2)
    yesterday = tmp_path / "yesterday.db"
    source = sqlite3.connect(house.settings.data / "casework.db")
    with sqlite3.connect(yesterday) as copy:
        source.backup(copy)
    source.close()
    written(house, actor, 4)
    house.keyring.keep_audit_head(actor.partnership_id, 8, verdict(house, actor).head)
    house.engine.dispose()
    for old in Path(house.settings.data).glob("casework.db*"):
        old.unlink()
    shutil.copy(yesterday, house.settings.data / "casework.db")
    found = verdict(house, actor)
    assert (found.ok, found.kind, found.first_bad) == (False, "head", 5)


def test_a_history_rewritten_from_its_beginning_is_found(house, actor):
    """Whoever holds database and code can rebuild a chain; not what the key store saw of it (security 4.4)."""
    written(house, actor, 5)
    house.keyring.keep_audit_head(actor.partnership_id, 4, bytes(32))
    assert (verdict(house, actor).kind, verdict(house, actor).first_bad) == ("checkpoint", 4)


def test_two_writers_at_once_share_one_chain_without_a_gap(house, actor):
    """The head is locked last and read fresh: nobody writes the same number twice."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(written, house, actor, 20) for _ in range(2)]:
            done.result()
    found = verdict(house, actor)
    assert (found.ok, found.entries) == (True, 42)


def test_times_in_the_trail_are_utc_and_do_not_run_backwards(house, actor):
    written(house, actor, 3)
    with house.reader() as session:
        times = list(session.scalars(select(AuditEntry.at).order_by(AuditEntry.seq)))
        head = session.scalars(select(AuditHead)).one()
    assert times == sorted(times)
    assert all(at.utcoffset() == timedelta(0) for at in times)
    assert clock.now() - times[-1] < timedelta(minutes=1)
    assert head.seq == 5
