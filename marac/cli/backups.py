"""Commands about backups: taken, put back, drilled, and the end of a restore. Prints counts, never a value."""

import sys
from contextlib import closing
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, say
from marac.config import load_settings
from marac.services.keeping import backup, drilling, restoring
from marac.services.keeping.deployment import open_deployment

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@cli.group("backup")
def backup_() -> None:
    """Encrypted backups."""


@backup_.command("create")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--recipient", multiple=True, help="A public age key; name at least two.")
@click.option("--recipients", "listed", type=FILE, default=None, help="A file of public age keys, one a line.")
@as_json
def backup_create(folder: Path, recipient: tuple[str, ...], listed: Path | None, json_: bool) -> None:
    """Database first, key store second, each encrypted to offline recipients; key files older than 35 days go."""
    known = [*recipient, *(listed.read_text("utf-8").splitlines() if listed else [])]
    with closing(open_deployment(load_settings())) as house:
        made = backup.create(house, folder, known)
    say(
        {"data": str(made.data), "keys": str(made.keys), "ledger": str(made.ledger), "expired": made.expired}, json_
    )  # fmt: skip


@backup_.command("restore")
@click.option("--data", required=True, type=FILE)
@click.option("--keys", type=FILE, default=None, help="Leave out to keep the key store that is there.")
@click.option("--identity", required=True, type=FILE, help="The secret age key of one recipient.")
@as_json
def backup_restore(data: Path, keys: Path | None, identity: Path, json_: bool) -> None:
    """Put a backup into an empty place. Nothing starts before `marac restore finalize`."""
    held = restoring.restore(load_settings(), data, keys, identity.read_text("utf-8"))
    say({"made_at": held["made_at"], "schema": held["schema"]}, json_)
    click.echo("Restored. Nothing starts before `marac restore finalize`.", err=True)


@backup_.command("drill")
@click.option("--data", required=True, type=FILE)
@click.option("--keys", required=True, type=FILE)
@click.option("--identity", required=True, type=FILE)
@as_json
def backup_drill(data: Path, keys: Path, identity: Path, json_: bool) -> None:
    """Restore into a scratch place, open a row of every compartment, read the trails; exit 1 if anything is wrong."""
    with closing(open_deployment(load_settings())) as house:
        found = drilling.drill(house, data, keys, identity.read_text("utf-8"))
    say(found, json_)
    sys.exit(0 if found["ok"] else 1)


@cli.group("restore")
def restore_() -> None:
    """The end of a restore."""


@restore_.command("finalize")
@click.option("--ledger", multiple=True, type=FILE, help="The newest ledger.json beside any later backup.")
@as_json
def restore_finalize(ledger: tuple[Path, ...], json_: bool) -> None:
    """Erase again what was erased, suspend and wall off again, rebuild the index; exit 1 while a case has no key."""
    done = restoring.finalize(load_settings(), ledger)
    facts = {
        "ok": done.ok, "erased": done.erased, "suspended": done.suspended, "walled": done.walled,
        "entries_lost": sum(done.entries_lost.values()), "cases_without_key": [one.hex for one in done.keyless],
    }  # fmt: skip
    say(facts, json_)
    if not ledger:
        click.echo("No later ledger was given: later erasures are known from the key store alone.", err=True)
    sys.exit(0 if done.ok else 1)
