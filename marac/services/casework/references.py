"""References that say nothing: `K7D-42Q`. Random, no vowels, no look-alikes, unique per deployment."""

import secrets

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac.models import Case, Disclosure, Meeting, Referral

LETTERS = "CDFGHJKMNPQRTVWXY"
DIGITS = "23456789"
SHAPE = (LETTERS, DIGITS, LETTERS, "-", DIGITS, DIGITS, LETTERS)


def draw() -> str:
    """One random code, not checked against those in use."""
    return "".join(secrets.choice(part) for part in SHAPE)


def new_reference(session: Session) -> str:
    """A code that no case, referral or meeting has."""
    while True:
        code = draw()
        taken = (select(exists().where(model.reference == code)) for model in (Case, Referral, Meeting, Disclosure))
        if not any(session.scalar(query) for query in taken):
            return code
