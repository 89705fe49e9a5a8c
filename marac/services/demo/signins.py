"""Who may sign in to the demo, with what. Answers for demo partnerships alone: a real account has no such list."""

from typing import Any

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.keyring import Keyring
from marac.models import Agency, Membership, Partnership, User
from marac.services.demo.borough import email_of, password
from marac.services.demo.tables import table
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import UserState


def accounts(deployment: Deployment) -> list[dict[str, str | None]]:
    """[{email, password, totp_secret, role, agency, programme}] of every demo account, in the order of the table."""
    with unit_of_work(deployment) as session:
        return list_accounts(session, deployment.keyring)


def list_accounts(session: Session, keyring: Keyring) -> list[dict[str, str | None]]:
    """The same inside a unit of work that is already open.

    The password is derived from the deployment key and kept nowhere; the code secret is opened from its seal.
    """
    secret, found = password(keyring), []
    for partnership_id in session.scalars(select(Partnership.id).where(Partnership.is_demo)):
        access.open_staff_for("load", partnership_id)
        staff, codes = (_opened(session, partnership_id, column) for column in ("staff", "totp"))
        held = session.execute(
            select(Membership.user_id, Membership.role, Membership.programme, Agency.slug)
            .join(Agency, Agency.id == Membership.agency_id)
            .where(Membership.partnership_id == partnership_id, Membership.on_behalf_of_id.is_(None))
        )
        found += [
            {
                "email": staff[row.user_id]["email"], "password": secret, "role": row.role.value, "agency": row.slug,
                "totp_secret": codes[row.user_id]["totp_secret"],
                "programme": row.programme.value if row.programme else None,
            }
            for row in held
            if row.user_id in staff
        ]  # fmt: skip
    listed = [*table("accounts"), *table("community")["accounts"]]
    order = {email_of(row["name"]): place for place, row in enumerate(listed)}
    return sorted((one for one in found if one["email"] in order), key=lambda one: order[one["email"]])


def _opened(session: Any, partnership_id: Any, compartment: str) -> dict[Any, dict[str, Any]]:
    """A sealed compartment of the demo's active users, by user."""
    rows = session.execute(
        select(*sealed_columns(User, compartment), User.id).where(
            User.partnership_id == partnership_id, User.state == UserState.ACTIVE
        )
    ).all()
    return {row.id: document for row, document in zip(rows, open_many(User, compartment, rows), strict=True)}


def sign_ins(session: Session, keyring: Keyring) -> list[dict[str, str | None]]:
    """The same accounts with the code of this half minute, for the demo's own page."""
    return [{**one, "code": pyotp.TOTP(str(one["totp_secret"])).now()} for one in list_accounts(session, keyring)]
