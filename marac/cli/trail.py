"""Commands of those who prove the audit trail: verify, export, checkpoints. Prints no names."""

import sys
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.errors import ConfigurationError, Refusal
from marac.services.trail import proving


@cli.group("audit")
def audit_() -> None:
    """The audit trail."""


@audit_.command("verify")
@click.option("--partnership", default=None)
@click.option("--from", "since", type=click.IntRange(min=1), default=1, help="Begin at this entry.")
@click.option("--checkpoints", type=click.Path(path_type=Path, file_okay=False), default=None, help="Their folder.")
@click.option("--pubkey", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A file: the first key.")
@click.option("--rows", is_flag=True, help="Also compare every row with its newest hash.")
@as_json
def audit_verify(
    *, partnership: str | None, since: int, checkpoints: Path | None, pubkey: Path | None, rows: bool, json_: bool
) -> None:
    """Read every chain: exit 0 whole, 2 tampered (first bad sequence and kind), 3 cannot tell."""
    try:
        key = pubkey.read_text("utf-8").strip() if pubkey else ""
        with opened(gated=False) as house:
            verdict = proving.verify_trail(
                house, partnership, since=since, rows=rows, folder=checkpoints, public_key=key
            )
    except (ConfigurationError, Refusal, OSError) as error:
        click.echo(str(error) if not isinstance(error, OSError) else "The key file cannot be read.", err=True)
        sys.exit(3)
    say(verdict, json_)
    sys.exit(0 if verdict["ok"] else 2)


@audit_.command("export")
@click.option("--partnership", default=None)
def audit_export(partnership: str | None) -> None:
    """Entries and checkpoints as lines of JSON, for marac/data/verify_audit.py; that it was done is an entry too."""
    with opened() as house:
        for line in proving.export_trail(house, partnership):
            click.echo(line)


@audit_.command("pubkey")
@click.option("--partnership", default=None)
def audit_pubkey(partnership: str | None) -> None:
    """The public keys that sign checkpoints, the oldest first."""
    with opened() as house:
        for key in proving.trail_keys(house, partnership):
            click.echo(key)


@audit_.command("checkpoint")
@click.option("--partnership", default=None)
def audit_checkpoint(partnership: str | None) -> None:
    """Sign a checkpoint now and hand it to every place of MARAC_CHECKPOINTS."""
    with opened() as house:
        proving.sign_now(house, partnership)
