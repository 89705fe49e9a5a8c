"""`marac report …`: the annual report and the quarterly return, totals only."""

import sys
from pathlib import Path
from typing import Any

import click

from marac import clock
from marac.access import Actor
from marac.cli.speaking import as_json, cli, day_in, opened, say
from marac.reports import safelives
from marac.reports.partnership import Line, partnership_report
from marac.services.keeping import console
from marac.services.keeping.deployment import unit_of_work
from marac.services.reporting import sheets
from marac.vocabulary import Role
from marac.workflows.financial_year import year_named
from marac.workflows.safelives import columns


@cli.group("report")
def report_() -> None:
    """Reports and returns."""


@report_.command("partnership")
@click.option("--year", required=True, help="A financial year, such as 2022-23.")
@click.option("--partnership", default=None)
@as_json
def report_partnership(year: str, partnership: str | None, json_: bool) -> None:
    """The annual partnership report: every figure with its source and definition."""
    chosen = year_named(year, clock.today())
    with opened() as house, unit_of_work(house) as session:
        reader = Actor(partnership_id=console.the_partnership(session, partnership).id, role=Role.SERVICE_MANAGER)
        report = partnership_report(session, reader, chosen, clock.today())
        figures = [_figure(line) for line in report.lines.values()]
    plain = [f"{one['label']}: {one['value']} ({one['source']})" for one in figures]
    say({"year": chosen.label, "figures": figures}, json_, "\n".join(plain))


@report_.command("safelives")
@click.option("--from", "first", required=True, help="First day, as year-month-day.")
@click.option("--to", "last", required=True, help="Last day, as year-month-day.")
@click.option(
    "--csv", "file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the file here."
)
@click.option("--partnership", default=None)
@as_json
def report_safelives(first: str, last: str, file: Path | None, partnership: str | None, json_: bool) -> None:
    """The quarterly return: one row a meeting, and what does not agree or is not known. Exit 1 on an error in a row."""
    with opened() as house, unit_of_work(house) as session:
        reader = Actor(partnership_id=console.the_partnership(session, partnership).id, role=Role.SERVICE_MANAGER)
        found = safelives.safelives_return(session, reader, day_in(first), day_in(last))
    if file is not None:
        rows = [list(row.values.values()) for row in found.rows]
        file.write_bytes(sheets.as_csv([column.label for column in columns()], rows))
    findings = [
        {"meeting_on": row.values["B"], "check": fault.key, "severity": fault.severity, "says": fault.says}
        for row, fault in found.faults
    ]
    unknown = [{"column": doubt.column, "label": doubt.label, "cases": len(doubt.cases)} for doubt in found.doubts]
    facts = {
        "meetings": len(found.rows),
        "repeats": found.repeats,
        "in_band": found.in_band,
        "checks": findings,
        "not_known": unknown,
    }
    plain = [
        f"{len(found.rows)} meetings, {len(findings)} findings, {len(unknown)} counts where something is not known"
    ]
    plain += [f"{one['meeting_on']}: {one['says']} ({one['severity']})" for one in findings]
    say(facts, json_, "\n".join(plain))
    sys.exit(1 if any(one["severity"] == "error" for one in findings) else 0)


def _figure(line: Line) -> dict[str, Any]:
    """One figure as scripts read it."""
    found, typed = line.found, line.typed
    facts: dict[str, Any] = {
        "id": line.of.key, "label": line.of.label, "value": line.value, "unit": line.of.unit, "source": line.source,
        "definition": line.of.meaning, "last_year": line.last_year,
    }  # fmt: skip
    if found and found.of:
        facts |= {"numerator": found.of[0], "denominator": found.of[1]}
    if found and found.parts:
        facts["parts"] = [{"label": part.label, "value": part.value} for part in found.parts]
    if typed:
        facts["given"] = {"source": typed.source, "period": typed.period, "on": typed.given_on}
    return facts
