"""What is sealed and what is not, pinned: a field that moves, or a new plain column, needs a written decision."""

from pathlib import Path

import sqlalchemy as sa
import yaml

import marac.models
from marac.crypto.columns import SealedBytes
from marac.crypto.fields import inventory, models
from marac.db import Base

HERE = Path(__file__).parent
PINNED = {tuple(line.split()) for line in (HERE / "sealed_inventory.txt").read_text("utf-8").splitlines()}
PLAIN = yaml.safe_load((HERE / "plain_columns.yaml").read_text("utf-8"))
TEXT = (sa.String, sa.LargeBinary, sa.JSON)
CLOSED = (sa.Enum, SealedBytes, sa.Uuid)


def plain_columns() -> dict[bool, set[tuple[str, str]]]:
    """(table, column) of what is not sealed, by whether it could hold words; ids and closed words are left out."""
    found: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if not isinstance(column.type, CLOSED) and column.name != "version_id":
                found[isinstance(column.type, TEXT)].add((table.name, column.name))
    return found


def test_every_sealed_field_is_where_it_was():
    """Table, column, key, compartment and `by` are part of the seal: renaming one makes stored values unreadable."""
    now = {(e.table, e.column, e.key, e.compartment, e.by or "-", e.kind) for e in inventory()}
    assert now - PINNED == set(), "new: add the line to sealed_inventory.txt"
    assert PINNED - now == set(), "gone or moved: stored values no longer open"


def test_every_plain_column_that_could_hold_words_has_a_reason():
    listed = {(table, column) for table, columns in PLAIN["text"].items() for column in columns}
    assert plain_columns()[True] == listed
    assert all(len(reason) > 5 for columns in PLAIN["text"].values() for reason in columns.values())


def test_every_other_plain_column_is_on_the_list():
    assert plain_columns()[False] == {(table, name) for table, names in PLAIN["other"].items() for name in names}


def test_no_plain_column_is_named_like_something_personal():
    """Names, addresses, phones, dates of birth, scores, initials and free text have no plain column anywhere."""
    personal = (
        "full_name",
        "born",
        "phone",
        "email",
        "postcode",
        "street",
        "score",
        "initials",
        "note",
        "text",
        "reason",
    )
    allowed = {("setting", "note"), ("referral", "reason_code")}
    plain = plain_columns()
    found = {(table, name) for table, name in plain[True] | plain[False] if any(word in name for word in personal)}
    assert found == allowed


def test_every_sealed_table_names_its_key_owner_and_is_frozen_under_its_own_name():
    for model in models():
        if model.__module__.startswith(marac.models.__name__):
            assert model.__seal_table__ == model.__tablename__


def test_what_could_reach_or_locate_somebody_is_in_the_compartments_that_open_by_reveal_alone():
    """DA-4: address, phone and e-mail are never beside what a list opens."""
    where = {(e.table, e.key): e.compartment for e in inventory()}
    assert {where["address", key] for key in ("house_number", "street", "postcode")} == {"location"}
    assert {where["contact_method", key] for key in ("phone", "email", "code_word")} == {"contact"}
    assert where["research", "private_note"] == "private"
