"""Commands of the person index: made anew from the sealed values, and what it would give away. Prints counts only."""

import sys
from dataclasses import asdict
from pkgutil import resolve_name
from typing import Any

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.services.knowing import rebuilding


@cli.group("index")
def index_() -> None:
    """Person tokens."""


@index_.command("rebuild")
@click.option("--partnership", default=None)
@as_json
def index_rebuild(partnership: str | None, json_: bool) -> None:
    """Write every person token again, while people work; goes on where an earlier run stopped."""

    def told(done: rebuilding.Rebuilt) -> None:
        click.echo(f"{done.cases} cases", err=True)

    with opened() as house:
        say(asdict(rebuilding.rebuild_tokens(house, partnership, told)), json_)


@index_.command("leakage")
@as_json
def index_leakage(json_: bool) -> None:
    """How many people each token family gives away by rank, in an invented borough; exit 1 above one in a hundred."""
    rows: list[dict[str, Any]] = resolve_name("marac.bench.leakage:table")()
    words = ((row["family"], f"{row['guessed_share']:.2%}", "yes" if row["admitted"] else "NO") for row in rows)
    say(rows, json_, "\n".join(f"{family:<45} {share:>8}  {admitted}" for family, share, admitted in words))
    sys.exit(0 if resolve_name("marac.bench.leakage:kept")(rows) else 1)
