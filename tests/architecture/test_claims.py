"""README and SECURITY.md name evidence: every file they name is there, and every command they show exists."""

import re

import pytest

from marac.cli import cli
from tests.architecture.tree import ROOT, short

PAGES = ("README.md", "SECURITY.md")
NAMED = re.compile(
    r"`((?:tests|marac|templates|migrations|vendor)/[\w./-]*)`|\]\(((?!http)[\w./-]+)\)|!\[[^\]]*\]\(([\w./-]+)\)"
)
COMMAND = re.compile(r"`marac ([a-z]+(?: [a-z][a-z-]*)?)")


@pytest.mark.parametrize("document", PAGES)
def test_every_file_that_a_page_names_is_there(document: str) -> None:
    named = {next(filter(None, found)) for found in NAMED.findall((ROOT / document).read_text("utf-8"))}
    assert len(named) >= 3
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", PAGES)
def test_every_command_that_a_page_shows_exists(document: str) -> None:
    shown = set(COMMAND.findall((ROOT / document).read_text("utf-8")))
    assert shown
    missing = []
    for command in sorted(shown):
        group, _, verb = command.partition(" ")
        found = cli.commands.get(group)
        if found is None or (hasattr(found, "commands") and verb and verb not in found.commands):
            missing.append(command)
    assert missing == []


def test_the_pictures_of_the_readme_are_small_described_and_all_of_them_shown():
    """Each has a palette and under 150 kB, so that a clone stays quick; each says in words what it shows."""
    shown = re.findall(r"!\[([^\]]*)\]\(([^)]*\.png)\)", (ROOT / "README.md").read_text("utf-8"))
    assert {path for _, path in shown} == {short(path) for path in (ROOT / "vendor" / "pictures").iterdir()}
    assert len(shown) == 3
    for described, path in shown:
        picture = (ROOT / path).read_bytes()
        assert len(picture) < 150_000, path
        assert picture[25] == 3, f"{path} has no palette"
        assert len(described) > 60, path
        assert "invented" in described or "demo" in described, path
