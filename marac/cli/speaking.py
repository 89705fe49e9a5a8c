"""What every command shares: the root group, answers in JSON or plainly, days as typed. Knows no single command."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from typing import Any

import click

from marac.config import load_settings
from marac.errors import RuleBroken
from marac.services.keeping.deployment import open_deployment

as_json = click.option("--json", "json_", is_flag=True, help="Answer in JSON.")


@click.group()
def cli() -> None:
    """Secure case workflow for the MARAC, the Community MARAC and the Sanctuary Scheme."""


def say(facts: Any, json_: bool, plain: str = "") -> None:
    """Print an answer: JSON alone on standard output, or lines for a person."""
    click.echo(json.dumps(facts, default=str, ensure_ascii=False) if json_ else plain or lines(facts))


def lines(facts: Any) -> str:
    """Facts as plain lines."""
    if isinstance(facts, Mapping):
        return "\n".join(f"{key}: {value}" for key, value in facts.items())
    return "\n".join("  ".join(str(cell) for cell in row.values()) for row in facts)


def opened(*, gated: bool = True) -> Any:
    """The deployment that the settings name, to be used in a `with` block."""
    return closing(open_deployment(load_settings(), gated=gated))


def day_in(text: str) -> date:
    """A day typed as year-month-day; RuleBroken otherwise."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        raise RuleBroken("on", "Write the date as year-month-day, for example 2026-01-08.") from None
