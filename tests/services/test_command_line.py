"""The command line keeps its promises: JSON on standard output; a refusal is one sentence and exit code 2."""

import csv
import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from marac import access
from marac.cli import cli
from marac.workflows import WORKFLOWS, page


def said(*words: str) -> str:
    """What a command prints to standard output."""
    result = CliRunner().invoke(cli, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_workflows_show_prints_the_page_that_the_repository_holds() -> None:
    assert said("workflows", "show").rstrip("\n") == page().rstrip("\n")
    rows = json.loads(said("workflows", "show", "--json"))
    assert {row["workflow"] for row in rows} == set(WORKFLOWS)
    assert set(rows[0]) == {"workflow", "name", "from", "to", "permission", "guards", "effects"}


def test_access_matrix_is_the_whole_policy() -> None:
    assert json.loads(said("access", "matrix", "--json")) == access.matrix()


def test_a_checklist_is_scored_with_unknowns_counted_and_missing_detail_named(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"1": "yes", "2": "yes", "3": "dont_know", "4": "no"}), "utf-8")
    found = json.loads(said("checklists", "score", "--checklist", "dash_ric", "--answers", str(answers), "--json"))
    assert (found["score"], found["max"], found["unknown"], found["missing_detail"]) == (2, 24, 1, [1])


def test_a_date_rule_gives_the_working_day() -> None:
    assert (
        json.loads(said("calendar", "offset", "--on", "2026-01-08", "--rule", "D-8", "--json"))["result"]
        == "2025-12-24"
    )


def test_all_forty_worked_dates_come_out_of_the_command_line_da_16_sch_37() -> None:
    with Path(__file__).parents[1].joinpath("workflows/deadline_vectors.csv").open(encoding="utf-8") as file:
        vectors = list(csv.DictReader(file))
    assert len(vectors) == 40
    for vector in vectors:
        closed = [word for day in vector["closure_days"].split(";") if day for word in ("--closure", day)]
        asked = ("--on", vector["meeting_date"], "--rule", vector["rule"], *closed, "--json")
        found = json.loads(said("calendar", "offset", *asked))
        assert found == {"on": vector["meeting_date"], "rule": vector["rule"], "result": vector["expected_date"]}


def test_every_derived_date_of_a_meeting_has_its_rule_and_its_time_da_16() -> None:
    found = json.loads(said("calendar", "deadlines", "--programme", "da_marac", "--on", "2026-10-29", "--json"))
    assert found["meeting_on"] == "2026-10-29"
    assert {"referral_cutoff", "agenda_published", "research_due", "quorum_check", "actions_published",
            "minutes_issued", "minutes_challenge_ends"} <= set(found["deadlines"])  # fmt: skip
    assert found["deadlines"]["research_due"]["rule"] == "D-2"


def test_a_series_lists_its_days_with_the_working_days_around_a_holiday_sch_37() -> None:
    asked = ("calendar", "series", "--from", "2026-01-01", "--to", "2026-12-31", "--json")
    weeks = json.loads(said(*asked, "--every-weeks", "2"))
    assert (len(weeks), weeks[0]["problem"]) == (27, "Bank holiday")
    assert (weeks[0]["before"], weeks[0]["after"]) == ("2025-12-31", "2026-01-02")
    assert len(json.loads(said(*asked, "--nth", "2"))) == 12


def test_a_refusal_is_one_sentence_on_standard_error_and_exit_code_2() -> None:
    words = [sys.executable, "-m", "marac.cli", "calendar", "offset", "--on", "2026-01-08", "--rule", "Q9"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
