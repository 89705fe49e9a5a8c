"""The `marac` command line: thin, one call into services each. JSON goes to standard output, all else to the other.

Exit 0 done, 1 the stated check failed, 2 wrong use. Prints a personal value only where that is a command's purpose.
"""

import sys

import click

from marac import logs
from marac.cli import (
    backups,
    checklists,
    importing,
    index,
    keeping,
    keys,
    matching,
    reporting,
    retaining,
    serving,
    signing_in,
    tables,
    trail,
)
from marac.cli.speaking import cli
from marac.errors import ConfigurationError, Refusal, RuleBroken

__all__ = [
    "backups", "checklists", "cli", "importing", "index", "keeping", "keys", "main", "matching", "reporting",
    "retaining", "serving", "signing_in", "tables", "trail",
]  # fmt: skip


def main() -> None:
    """Run a command; a refusal becomes one plain sentence on standard error and exit code 2."""
    logs.set_up()
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except RuleBroken as broken:
        _stop(broken.message)
    except (ConfigurationError, Refusal, LookupError) as error:
        _stop(str(error) or type(error).__name__)


def _stop(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(2)
