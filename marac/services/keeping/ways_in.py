"""What the operator settles about signing in, from the console: agencies' providers, and who needs a passkey."""

from typing import Any

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import ConfigurationError
from marac.models import Agency
from marac.services.accounts import agency_signin, required
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.keeping.founding import set_rule
from marac.vocabulary import Permission
from marac.workflows.local_rules import LocalRule


def set_provider(house: Deployment, agency: str, *, partnership: str | None, **facts: Any) -> str:
    """Agree with an agency's provider; returns the address to register there."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        row = agency_signin.set_provider(session, actor, _agency(session, actor, agency), **facts)
        return agency_signin.way_back(house, row.key)


def end_provider(house: Deployment, agency: str, partnership: str | None) -> None:
    """End it."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        agency_signin.end_provider(session, actor, _agency(session, actor, agency))


def require_passkeys(house: Deployment, answer: bool, partnership: str | None) -> None:
    """A dated version of the rule, confirmed by whoever has the console."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        access.require_holds(actor, Permission.USER_INVITE)
        rule = LocalRule(
            required.RULE, answer, confirmed=True, basis="partnership", note="", effective_from=clock.today()
        )
        setting = set_rule(session, actor.partnership_id, None, rule)
        audit.record(session, actor, "setting:changed", setting, key=required.RULE)


def _agency(session: Session, actor: Actor, slug: str) -> Agency:
    found = session.scalar(access.visible(actor, Permission.AGENCY_READ, Agency).where(Agency.slug == slug))
    if found is None:
        raise ConfigurationError("No agency has that name. `marac agencies list` shows them.")
    return found
