"""Commands of those who keep the deployment: accounts, agencies, keys, the audit trail. Prints no names."""

from typing import Any

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.services.keeping import operating


@cli.group("users")
def users_() -> None:
    """Accounts."""


@users_.command("list")
@click.option("--partnership", default=None)
@as_json
def users_list(partnership: str | None, json_: bool) -> None:
    """Accounts by id, state, role and agency; no names."""
    with opened() as house:
        say(operating.list_users(house, partnership), json_)


@users_.command("invite")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True)
@click.option("--agency", required=True)
@click.option("--programme", default=None)
@click.option("--partnership", default=None)
def users_invite(**facts: Any) -> None:
    """Invite a person; prints the single-use path of the link."""
    with opened() as house:
        click.echo(operating.invite(house, **facts))


@users_.command("suspend")
@click.argument("user_id", type=click.UUID)
@click.option("--partnership", default=None)
def users_suspend(user_id: Any, partnership: str | None) -> None:
    """Suspend an account; it bites on the person's next request."""
    with opened() as house:
        operating.suspend(house, user_id, partnership)


@cli.group("agencies")
def agencies_() -> None:
    """Agencies."""


@agencies_.command("list")
@click.option("--partnership", default=None)
@as_json
def agencies_list(partnership: str | None, json_: bool) -> None:
    """Agencies with their panels and functions."""
    with opened() as house:
        say(operating.list_agencies(house, partnership), json_)


@cli.group("keys")
def keys_() -> None:
    """Keys."""


@keys_.command("status")
@as_json
def keys_status(json_: bool) -> None:
    """Counts of keys by level, generation and state."""
    with opened() as house:
        say([row._asdict() for row in house.keyring.key_status()], json_)


@keys_.command("rotate")
@click.option("--level", required=True, type=click.Choice(["root", "partnership", "case", "index"]))
@click.option("--partnership", default=None)
@click.option("--to", default=None, help="The new root, for --level root.")
@click.option("--dry-run", is_flag=True)
@as_json
def keys_rotate(level: str, partnership: str | None, to: str | None, dry_run: bool, json_: bool) -> None:
    """Rotate one level: online, resumable, counts only."""
    with opened() as house:
        say(operating.rotate(house, level, partnership, to=to, dry_run=dry_run), json_)


@keys_.command("transfer-identity")
@click.option("--partnership", default=None)
def keys_transfer_identity(partnership: str | None) -> None:
    """Make this area's key for transfers; prints the public line and its fingerprint. Earlier keys still open files."""
    with opened() as house:
        public, fingerprint = operating.make_area_key(house, partnership)
    click.echo(public)
    click.echo(f"Fingerprint: {fingerprint}", err=True)
