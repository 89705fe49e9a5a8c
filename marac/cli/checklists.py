"""`marac checklists`: the risk tools there are, a score of a file of answers, and loading a tool. Opens no case."""

import json
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.errors import RuleBroken
from marac.services.casework import risk_tools
from marac.workflows import checklists, definition_files


@cli.group("checklists")
def checklists_() -> None:
    """Risk tools."""


@checklists_.command("list")
@as_json
def checklists_list(json_: bool) -> None:
    """Every shipped checklist and its version."""
    say([{"id": c.id, "version": c.version, "name": c.name} for c in checklists.CHECKLISTS.values()], json_)


@checklists_.command("score")
@click.option("--checklist", required=True)
@click.option("--answers", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def checklists_score(checklist: str, answers: Path, json_: bool) -> None:
    """Score a file of answers: {"1": "yes", "2": "no", "3": "dont_know", …}."""
    try:
        given = json.loads(answers.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise RuleBroken("answers", "The file of answers is not JSON.") from None
    say(checklists.score(checklists.current(checklist), given).as_json(), json_)


@checklists_.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partnership", default=None)
@as_json
def checklists_load(file: Path, partnership: str | None, json_: bool) -> None:
    """Take in a risk tool, or official wording for one; a line for each fault and nothing loaded if there is any."""
    with file.open("rb") as source:
        content = source.read(definition_files.BIGGEST + 1)
    with opened() as house:
        tool, is_new = risk_tools.load_from_console(house, partnership, content)
    facts = {"id": tool.id, "version": tool.version, "from": tool.effective_from, "loaded": is_new}
    done = "Loaded" if is_new else "Already here, unchanged"
    say(facts, json_, f"{done}: {tool.name}, version {tool.version}, in force from {tool.effective_from:%-d %B %Y}.")
