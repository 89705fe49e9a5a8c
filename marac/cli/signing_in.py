"""Commands about signing in: an agency's own provider, and whether roles with wide sight need a passkey."""

import sys
from typing import Any

import click

from marac.cli.keeping import agencies_, users_
from marac.cli.speaking import opened
from marac.services.keeping import ways_in


@agencies_.command("provider")
@click.argument("agency")
@click.option("--key", required=True, help="A word for the address, small letters and digits.")
@click.option("--label", required=True, help="What the button says. Everybody can read it.")
@click.option("--issuer", required=True)
@click.option("--client-id", required=True)
@click.option("--algorithm", default="RS256", show_default=True)
@click.option("--acr", multiple=True, help="A value of acr by which the provider says that two factors were used.")
@click.option("--partnership", default=None)
def agencies_provider(agency: str, acr: tuple[str, ...], partnership: str | None, **facts: Any) -> None:
    """Let people of an agency sign in with its own accounts. The client secret is typed or piped in."""
    piped = not sys.stdin.isatty()
    secret = sys.stdin.readline().strip() if piped else click.prompt("Client secret", hide_input=True)
    with opened() as house:
        back = ways_in.set_provider(
            house, agency, partnership=partnership, client_secret=secret, accepted_acr=acr, **facts
        )
    click.echo(f"Redirect address to register with the provider: {back}")


@agencies_.command("provider-end")
@click.argument("agency")
@click.option("--partnership", default=None)
def agencies_provider_end(agency: str, partnership: str | None) -> None:
    """End it: nobody signs in through it from the next request on."""
    with opened() as house:
        ways_in.end_provider(house, agency, partnership)


@users_.command("passkeys")
@click.argument("answer", type=click.Choice(["required", "not-required"]))
@click.option("--partnership", default=None)
def users_passkeys(answer: str, partnership: str | None) -> None:
    """Whether coordinators, chairs, administrators and auditors need a passkey; from their next sign-in on."""
    with opened() as house:
        ways_in.require_passkeys(house, answer == "required", partnership)
