"""Commands that print the rules: life-cycles, the policy, date rules. They open no case."""

import dataclasses

import click

from marac import access
from marac.cli.speaking import as_json, cli, day_in, lines, say
from marac.services.keeping import operating
from marac.vocabulary import SeriesRule
from marac.workflows import WORKFLOWS, deadlines, page, series
from marac.workflows.printing import markdown, rows


@cli.group("workflows")
def workflows_() -> None:
    """Life-cycles."""


@workflows_.command("show")
@click.argument("name", required=False)
@as_json
def workflows_show(name: str | None, json_: bool) -> None:
    """Every life-cycle, or one, as a table and a diagram."""
    if name is not None and name not in WORKFLOWS:
        raise LookupError(f"No workflow is called that. Choose from: {', '.join(WORKFLOWS)}.")
    chosen = [WORKFLOWS[name]] if name else list(WORKFLOWS.values())
    say(
        [row for flow in chosen for row in rows(flow)],
        json_,
        (markdown(WORKFLOWS[name]) if name else page()).rstrip("\n"),
    )


@cli.group("access")
def access_() -> None:
    """The policy."""


@access_.command("matrix")
@as_json
def access_matrix(json_: bool) -> None:
    """The whole policy: role, permission, relation."""
    say(access.matrix(), json_)


@cli.group("calendar")
def calendar_() -> None:
    """Working days and deadlines."""


@calendar_.command("offset")
@click.option("--on", required=True)
@click.option("--rule", required=True)
@click.option("--closure", multiple=True)
@as_json
def calendar_offset(on: str, rule: str, closure: tuple[str, ...], json_: bool) -> None:
    """One date rule: D-8, D/next, M+12, M+1/next."""
    result = deadlines.offset(day_in(on), rule, frozenset(day_in(day) for day in closure))
    say({"on": on, "rule": rule, "result": result.isoformat()}, json_, result.isoformat())


@calendar_.command("deadlines")
@click.option("--programme", default="da_marac")
@click.option("--on", required=True)
@as_json
def calendar_deadlines(programme: str, on: str, json_: bool) -> None:
    """Every derived date of a meeting, by the rules shipped for the programme."""
    found = operating.shipped_deadlines(programme, day_in(on))
    say({"meeting_on": on, "deadlines": found}, json_, lines({name: due["at"] for name, due in found.items()}))


@calendar_.command("series")
@click.option("--from", "start", required=True, help="First day to look at; a series in weeks counts from it.")
@click.option("--to", "end", required=True)
@click.option("--every-weeks", type=click.IntRange(1, 26), help="Every so many weeks.")
@click.option("--nth", multiple=True, type=click.Choice([str(nth) for nth in series.NTHS]), help="Week of the month.")
@click.option("--weekday", default="thursday", type=click.Choice([day.lower() for day in series.WEEKDAYS[:5]]))
@click.option("--closure", multiple=True)
@as_json
def calendar_series(
    *, start: str, end: str, every_weeks: int | None, nth: tuple[str, ...], weekday: str, closure: tuple[str, ...],
    json_: bool,
) -> None:  # fmt: skip
    """The days of a series of meetings, and the working days around those that are not one."""
    rule = SeriesRule.EVERY_K_WEEKS if every_weeks else SeriesRule.NTH_WEEKDAY
    number = [day.lower() for day in series.WEEKDAYS].index(weekday)
    found = series.Recurrence(rule, number, day_in(start), tuple(int(one) for one in nth), every_weeks or 1)
    series.check_recurrence(found)
    closed = frozenset(day_in(day) for day in closure)
    offers = [series.offer(day, closed) for day in series.falls_on(found, day_in(start), day_in(end))]
    rows = [dataclasses.asdict(one) for one in offers]
    say(rows, json_, "\n".join(f"{one.on:%a %d %b %Y}  {one.problem}".rstrip() for one in offers))
