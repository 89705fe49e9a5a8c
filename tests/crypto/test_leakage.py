"""What the index gives away to somebody who holds the table: one person in a hundred at most (security 2.13)."""

import json

import pytest
from click.testing import CliRunner

from marac.bench import leakage
from marac.cli import cli
from marac.crypto.blind_index import FAMILIES, PADDING


@pytest.fixture(scope="module")
def table():
    return {row["family"]: row for row in leakage.table(6000, seed=5)}


@pytest.mark.parametrize("family", [*(one for one in FAMILIES if one != PADDING), leakage.JOINED])
def test_a_family_of_the_index_names_at_most_one_in_a_hundred(table, family):
    assert table[family]["guessed_share"] <= leakage.MOST_SHARE
    assert table[family]["admitted"] is True


@pytest.mark.parametrize("family", leakage.REFUSED)
def test_what_the_index_refuses_would_have_given_people_away(table, family):
    assert table[family]["guessed_share"] > leakage.MOST_SHARE
    assert table[family]["admitted"] is False


def test_a_borough_in_which_every_name_is_common_would_fail():
    values = [frozenset([(f"name {number % 40 if number % 3 else 0}",)]) for number in range(1000)]
    assert leakage.guessed(values) > leakage.MOST_SHARE


def test_the_command_prints_the_table_and_is_content(monkeypatch):
    monkeypatch.setattr(leakage, "PERSONS", 1)
    rows = [{"family": "phone-last-nine", "guessed_share": 0.001, "admitted": True}]
    monkeypatch.setattr(leakage, "table", lambda: rows)
    done = CliRunner().invoke(cli, ["index", "leakage", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, rows)
    rows[0]["admitted"] = False
    assert CliRunner().invoke(cli, ["index", "leakage", "--json"]).exit_code == 1
