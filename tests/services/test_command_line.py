"""The command line keeps its promises: JSON on standard output; a refusal is one sentence and exit code 2."""

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


def test_a_refusal_is_one_sentence_on_standard_error_and_exit_code_2() -> None:
    words = [sys.executable, "-m", "marac.cli", "calendar", "offset", "--on", "2026-01-08", "--rule", "Q9"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
