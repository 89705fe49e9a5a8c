"""The ASVS 5.0 table (tests/asvs.csv): what it claims is there to be run or read, and how much of the standard is met.

The standard's own text is not here; ids and levels are. `evidence` is a test (file::name), a heading of SECURITY.md
(SECURITY.md#heading) or, for what does not apply, the reason.
"""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

from tests.architecture.tree import ROOT

STATUS = {"pass", "partial", "fail", "n/a", "unread"}
ROWS = list(csv.DictReader((ROOT / "tests" / "asvs.csv").open(encoding="utf-8")))
OF_LEVEL = {"1": 70, "2": 183, "3": 92}  # requirements in the standard


@cache
def names_of(path: Path) -> set[str]:
    """The names of the tests of one file."""
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@cache
def headings() -> set[str]:
    """The headings of SECURITY.md as addresses."""
    lines = re.findall(r"^#+ (.+)$", (ROOT / "SECURITY.md").read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", line.casefold()).replace(" ", "-") for line in lines}


def is_there(evidence: str) -> bool:
    """Whether a piece of evidence exists."""
    if evidence.startswith("SECURITY.md#"):
        return evidence.removeprefix("SECURITY.md#") in headings()
    path, _, name = evidence.partition("::")
    return (ROOT / path).is_file() and name in names_of(ROOT / path)


def counted(level: str, *status: str) -> list[dict[str, str]]:
    """The requirements of a level that have one of these marks."""
    return [row for row in ROWS if row["level"] == level and row["status"] in status]


def test_every_requirement_of_the_standard_has_one_row_with_a_known_mark():
    assert Counter(row["level"] for row in ROWS) == OF_LEVEL
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert {row["status"] for row in ROWS} <= STATUS
    assert {row["applies"] for row in ROWS} == {"yes", "no"}
    assert [row["id"] for row in ROWS if (row["applies"] == "no") is not (row["status"] == "n/a")] == []


def test_whatever_is_claimed_has_its_evidence_and_what_does_not_apply_its_reason():
    claimed = [row for row in ROWS if row["status"] in ("pass", "partial")]
    missing = [(row["id"], part) for row in claimed for part in row["evidence"].split() if not is_there(part)]
    assert missing == []
    assert [row["id"] for row in claimed if not row["evidence"]] == []
    assert [row["id"] for row in ROWS if row["status"] in ("n/a", "fail") and len(row["evidence"]) < 6] == []


def test_level_1_is_complete_and_of_level_2_at_most_six_are_open():
    assert [row["id"] for row in counted("1", "partial", "fail", "unread")] == []
    assert len(counted("1", "pass")) >= 64
    assert len(counted("2", "pass")) >= 141
    assert counted("2", "unread") == []


def test_at_least_150_of_levels_1_and_2_are_shown_by_a_named_test():
    shown = [row for row in ROWS if row["level"] in "12" and row["status"] == "pass" and "::" in row["evidence"]]
    assert len(shown) >= 150
