"""Forgetting what a person signed in with beside the password: at a reset, when they left, after a long rest."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from marac.models import LinkedIdentity, Passkey, RecoveryCode


def forget_factors(session: Session, user_id: UUID) -> None:
    """Every passkey, recovery code and link to an agency's account is gone. The caller ends sessions and says why."""
    for model in (Passkey, RecoveryCode, LinkedIdentity):
        session.execute(delete(model).where(model.user_id == user_id))
