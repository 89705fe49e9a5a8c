"""Who the operator at the console is: the System of one partnership, audited as that. Opens no case."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import ConfigurationError, NotFound
from marac.models import Partnership


def operator(session: Session, slug: str | None) -> Actor:
    """The System of a partnership, as the console acts: of the only one when no slug is given."""
    return replace(access.system(the_partnership(session, slug).id), stepped_up_at=clock.now())


def the_partnership(session: Session, slug: str | None) -> Partnership:
    """The partnership of that name, or the only one. ConfigurationError where there are several and no name."""
    found = partnerships(session, slug)
    if len(found) != 1:
        raise ConfigurationError("Name one partnership with --partnership.")
    return found[0]


def partnerships(session: Session, slug: str | None) -> list[Partnership]:
    """The partnership of a slug, or all; NotFound for an unknown one."""
    query = select(Partnership).order_by(Partnership.slug)
    found = list(session.scalars(query.where(Partnership.slug == slug) if slug else query))
    if slug and not found:
        raise NotFound("No partnership has that name.")
    return found
