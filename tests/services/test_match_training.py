"""The weights that are shipped were counted on one half of invented people, and are good on the half they never saw."""

import csv
import json

import pytest
from click.testing import CliRunner

from marac.cli import cli
from marac.errors import RuleBroken
from marac.lab import febrl, judging, training
from marac.lab.clerks import COLUMNS, Written
from marac.lab.gathering import dated, read_records, true_pairs
from marac.services.keeping.founding import reference

SEED = training.shipped_seed()


def test_the_same_seed_draws_the_same_records_and_another_draws_others():
    assert training.judging_half(SEED, 50) == training.judging_half(SEED, 50)
    assert training.judging_half(SEED, 50) != training.judging_half(SEED + 1, 50)


def test_no_record_or_person_of_the_judging_half_is_in_the_training_half():
    trained_on, judged_on = training.training_half(SEED), training.judging_half(SEED)
    for field in ("record_id", "entity_id", "household"):
        assert not {getattr(one, field) for one in trained_on} & {getattr(one, field) for one in judged_on}
    assert reference("matching_weights")["trained"]["records"] == len(trained_on) != len(judged_on)


def test_training_again_on_the_training_half_gives_the_weights_that_are_shipped(monkeypatch):
    """All but the strangers, who are drawn: a tenth of them is enough to check by."""
    monkeypatch.setattr(training, "STRANGERS", 30_000)
    shipped, again = reference("matching_weights"), training.train(training.training_half(SEED), SEED)
    assert again["kin_records"] == shipped["kin_records"]
    assert {name: again["trained"][name] for name in ("seed", "records", "same", "kin")} == {
        name: shipped["trained"][name] for name in ("seed", "records", "same", "kin")
    }
    assert again["shares"] == shipped["shares"]
    for field, levels in shipped["chances"].items():
        for level, (same, strangers, kin) in levels.items():
            ours = again["chances"][field][level]
            assert (ours[0], ours[2]) == pytest.approx((same, kin), rel=0.01), (field, level)
            assert ours[1] == pytest.approx(strangers, abs=0.01), (field, level)


def test_people_never_seen_in_training_are_told_apart():
    found = judging.evaluate(training.judging_half(SEED, 500))
    assert 1500 < found["records"] < 3000
    assert found["candidate_recall"] >= 0.98
    assert found["f1"] >= 0.95, found


def test_the_command_answers_in_the_promised_shape(tmp_path):
    file = tmp_path / "labelled.csv"
    rows = [
        ("1", "a", "Elizabeth", "Wetherill", "1991-03-07", "ZZ1 1AA", "4", ""),
        ("2", "a", "Liz", "Wetherill", "1991-03-07", "", "", ""),
        ("3", "b", "Fadumo", "Warsame", "", "ZZ2 2BB", "9", "07700 900123"),
    ]
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *rows])
    answer = CliRunner().invoke(cli, ["match", "evaluate", "--csv", str(file), "--json"], catch_exceptions=False)
    found = json.loads(answer.output)
    assert {"records", "true_pairs", "candidate_recall", "precision", "recall", "f1"} <= set(found)
    assert (found["records"], found["true_pairs"], found["f1"]) == (3, 1, 1.0)


def test_a_file_without_the_columns_is_refused_in_words(tmp_path):
    (tmp_path / "other.csv").write_text("name,age\nAmina,30\n", "utf-8")
    with pytest.raises(RuleBroken, match="needs the columns"):
        read_records(tmp_path / "other.csv")


def test_nobody_to_match_is_no_failure():
    assert judging.evaluate([])["f1"] == 0
    assert judging.evaluate([Written("1", "a"), Written("2", "a")])["true_pairs"] == 1


@pytest.mark.parametrize(
    "text, born", [("1991-03-07", (1991, 3, 7)), ("19910307", (1991, 3, 7)), ("07/03/1991", (1991, 3, 7))]
)
def test_dates_are_read_as_clerks_write_them(text, born):
    day, year = dated(text)
    assert (day.year, day.month, day.day) == born
    assert year is None
    assert dated("1991") == (None, 1991)
    assert dated("19911399") == (None, 1991)
    assert dated("no idea") == (None, None)


def test_febrl_is_read_without_the_security_number(tmp_path):
    (tmp_path / "dataset1.csv").write_text(
        "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth, "
        "soc_sec_id\nrec-1-org, jo, lee, 4, elm row, , bega, 2550, nsw, 19910307, 5304218\n"
        "rec-1-dup-0, joe, lee, 4, elm row, , bega, 2550, nsw, , 5304218\n",
        "utf-8",
    )
    records = febrl.records(tmp_path, "febrl1")
    assert true_pairs(records) == {(0, 1)}
    assert "5304218" not in repr(records)
    assert (records[0].date_of_birth, records[0].address) == ("1991-03-07", "elm row, bega, nsw")
