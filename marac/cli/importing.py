"""`marac import`: a spreadsheet's cases. Prints row numbers, columns and what to write there; nobody's name."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.errors import RuleBroken
from marac.services import importing


@cli.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--programme", default="da_marac", help="Whose cases these are.")
@click.option("--partnership", default=None)
@click.option("--dry-run", is_flag=True, help="Write nothing; exit 1 if a row would be left out.")
@click.option("--template", is_flag=True, help="Write an empty workbook with our headings to FILE instead.")
@as_json
def import_(file: Path, *, programme: str, partnership: str | None, dry_run: bool, template: bool, json_: bool) -> None:
    """Bring in the open cases and the last twelve months from a spreadsheet."""
    if template:
        if file.exists():
            raise RuleBroken("file", "That file exists. Name a new one.")
        importing.write_empty(file)
        return
    with opened() as house:
        report = importing.bring_in(house, file, programme, slug=partnership, dry_run=dry_run)
    plain = [
        f"{report.rows} rows, {report.imported} {'can be ' if dry_run else ''}imported, {len(report.skipped)} left out"
    ]
    plain += [f"row {one['row']}, {one['field']}: {one['problem']}" for one in report.skipped]
    say(asdict(report), json_, "\n".join(plain))
    sys.exit(1 if dry_run and report.skipped else 0)
