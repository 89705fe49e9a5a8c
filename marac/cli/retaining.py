"""Commands about keeping and erasing records: what is due, what two people approved, legal holds. Prints no names."""

import click

from marac.cli.speaking import as_json, cli, day_in, opened, say
from marac.services.keeping import disposing
from marac.vocabulary import HoldKind


@cli.group("retention")
def retention_() -> None:
    """How long records are kept."""


@retention_.command("due")
@click.option("--all", "every", is_flag=True, help="Every record that has a date, not only those due soon.")
@click.option("--partnership", default=None)
@as_json
def retention_due(every: bool, partnership: str | None, json_: bool) -> None:
    """Records whose date has come or comes within three months, by reference."""
    with opened() as house:
        disposing.count_dates(house, partnership)
        say(disposing.list_due(house, partnership, every=every), json_)


@retention_.command("erase")
@click.option("--partnership", default=None)
@as_json
def retention_erase(partnership: str | None, json_: bool) -> None:
    """Erase now what two people approved and is over its days, and go on with what was broken off; certificates."""
    with opened() as house:
        say(disposing.erase(house, partnership), json_)


@retention_.command("hold")
@click.argument("reference")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in HoldKind]))
@click.option("--review-on", required=True, help="Year-month-day.")
@click.option("--reason", prompt="Who asked for it, and why", hide_input=True)
@click.option("--partnership", default=None)
def retention_hold(reference: str, kind: str, review_on: str, reason: str, partnership: str | None) -> None:
    """Place a legal hold. It is lifted on the page, by a person."""
    with opened() as house:
        disposing.hold(
            house, partnership, reference, kind=HoldKind(kind), reason=reason, review_on=day_in(review_on)
        )  # fmt: skip
    click.echo("The hold is on.", err=True)
