"""Commands of keys: how they stand, new ones for old, escrow and its drill. Prints counts, never a key."""

import sys
from contextlib import closing
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.config import load_settings
from marac.services.keeping import escrow, operating, rotating

PATH = click.Path(path_type=Path)


@cli.group("keys")
def keys_() -> None:
    """Keys."""


@keys_.command("status")
@as_json
def keys_status(json_: bool) -> None:
    """Counts of keys by level, generation and state; the root's provider, and whether it works."""
    with opened() as house:
        say(rotating.facts_of(house), json_)


@keys_.command("rotate")
@click.option("--level", required=True, type=click.Choice(list(rotating.LEVELS)))
@click.option("--partnership", default=None)
@click.option("--to", default=None, help="The new root, for --level root.")
@click.option("--dry-run", is_flag=True)
@as_json
def keys_rotate(level: str, partnership: str | None, to: str | None, dry_run: bool, json_: bool) -> None:
    """Rotate one level: online, resumable, counts only."""

    def told(words: str) -> None:
        click.echo(words, err=True)

    with opened() as house:
        say(rotating.rotate(house, level, partnership, to=to, dry_run=dry_run, told=told), json_)


@keys_.command("destroy")
@as_json
def keys_destroy(json_: bool) -> None:
    """Destroy the old keys that no value has needed for 35 days. The worker does the same by night."""
    with opened() as house:
        say(rotating.destroy_due(house), json_)


@keys_.command("transfer-identity")
@click.option("--partnership", default=None)
def keys_transfer_identity(partnership: str | None) -> None:
    """Make this area's key for transfers; prints the public line and its fingerprint. Earlier keys still open files."""
    with opened() as house:
        public, fingerprint = operating.make_area_key(house, partnership)
    click.echo(public)
    click.echo(f"Fingerprint: {fingerprint}", err=True)


@keys_.group("escrow")
def escrow_() -> None:
    """The root key for the day it is lost: shares of which any 3 of 5 suffice, or a file sealed to two people."""


@escrow_.command("create")
@click.option("--to", "folder", required=True, type=PATH, help="A new folder for the files.")
@click.option("--recipient", "recipients", multiple=True, help="An age recipient; two or more. Without any: shares.")
@as_json
def escrow_create(folder: Path, recipients: tuple[str, ...], json_: bool) -> None:
    """Write five files of 33 words each, or one sealed to the recipients. Do it offline; keep none of them here."""
    with opened() as house:
        say(escrow.create(house, folder, recipients), json_)


@escrow_.command("verify")
@click.argument("files", nargs=-1, type=PATH)
@click.option("--digest", "digests", multiple=True, help="What a holder reads out: 16 digits or more of the digest.")
@as_json
def escrow_verify(files: tuple[Path, ...], digests: tuple[str, ...], json_: bool) -> None:
    """Are these the shares that were made? Compares digests and recovers nothing. Exit 1 when one is not."""
    with opened() as house:
        found = escrow.verify(house, files, digests)
    say(found, json_)
    sys.exit(0 if found["wrong"] == 0 and found["whole"] else 1)


@escrow_.command("recover")
@click.option("--to", "path", required=True, type=PATH, help="The new root key file; never an existing one.")
@click.option("--identity", default=None, type=PATH, help="The file with the age identity, for a sealed file.")
@click.argument("files", nargs=-1, required=True, type=PATH)
@as_json
def escrow_recover(path: Path, identity: Path | None, files: tuple[Path, ...], json_: bool) -> None:
    """Make a root key file from 3 shares or the sealed file, and prove that it opens this key store."""
    settings = load_settings()
    found, house = escrow.recover(settings, path, files, identity)
    with closing(house):
        say(found, json_)
