"""`marac report …`: the annual report and the quarterly return, totals only."""

from typing import Any

import click

from marac import clock
from marac.access import Actor
from marac.cli.speaking import as_json, cli, opened, say
from marac.reports.partnership import Line, partnership_report
from marac.services.keeping import operating
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from marac.workflows.financial_year import year_named


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
        reader = Actor(partnership_id=operating.the_partnership(session, partnership).id, role=Role.SERVICE_MANAGER)
        report = partnership_report(session, reader, chosen, clock.today())
        figures = [_figure(line) for line in report.lines.values()]
    plain = [f"{one['label']}: {one['value']} ({one['source']})" for one in figures]
    say({"year": chosen.label, "figures": figures}, json_, "\n".join(plain))


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
