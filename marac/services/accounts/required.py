"""Who must sign in with a passkey: roles with wide sight, unless the partnership's own rule says otherwise."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import Partnership, Passkey, Setting
from marac.vocabulary import Role

RULE: Final = "accounts.passkeys_required"
WIDE_SIGHT: Final = frozenset({Role.COORDINATOR, Role.CHAIR, Role.AGENCY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR})


def partnership_requires(session: Session, partnership_id: UUID) -> bool:
    """The newest version of the rule in force; one older than the rule has it as shipped (not in a demo)."""
    newest = (
        select(Setting.value)
        .where(Setting.partnership_id == partnership_id, Setting.programme.is_(None), Setting.key == RULE)
        .where(Setting.effective_from <= clock.today())
        .order_by(Setting.effective_from.desc())
    )
    told = session.scalars(newest.limit(1)).first()
    return not session.get_one(Partnership, partnership_id).is_demo if told is None else bool(told)


def needs_passkey(session: Session, partnership_id: UUID, roles: Iterable[Role]) -> bool:
    """Whether the second factor of somebody in these roles must be a passkey."""
    return not WIDE_SIGHT.isdisjoint(roles) and partnership_requires(session, partnership_id)


def has_passkey(session: Session, user_id: UUID) -> bool:
    """Whether this person has registered one."""
    return session.scalar(select(exists().where(Passkey.user_id == user_id))) or False
