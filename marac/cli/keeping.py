"""Commands of those who keep the deployment: accounts, agencies, the audit trail. Prints no names."""

import sys
from typing import Any

import click

from marac.cli.speaking import as_json, cli, opened, say
from marac.errors import ConfigurationError, Refusal
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


@users_.command("restore")
@click.argument("user_id", type=click.UUID)
@click.option("--partnership", default=None)
def users_restore(user_id: Any, partnership: str | None) -> None:
    """Give a suspended account back."""
    with opened() as house:
        operating.restore(house, user_id, partnership)


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


@agencies_.command("agreement")
@click.argument("agency")
@click.option("--signed", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--review", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--signatory", required=True)
@click.option("--document", required=True)
@click.option("--partnership", default=None)
def agencies_agreement(agency: str, signed: Any, review: Any, **facts: Any) -> None:
    """Record an agency's information sharing agreement; it counts at once."""
    with opened() as house:
        operating.record_agreement(house, agency=agency, signed_on=signed.date(), review_on=review.date(), **facts)


@cli.group("audit")
def audit_() -> None:
    """The audit trail."""


@audit_.command("verify")
@click.option("--partnership", default=None)
@as_json
def audit_verify(partnership: str | None, json_: bool) -> None:
    """Read every chain: exit 0 whole, 2 tampered (first bad sequence and kind), 3 cannot tell."""
    try:
        with opened() as house:
            verdict = operating.verify_audit(house, partnership)
    except (ConfigurationError, Refusal) as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    say(verdict, json_)
    sys.exit(0 if verdict["ok"] else 2)
