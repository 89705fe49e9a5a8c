"""What stands under an older deployment key is made anew: sign-in indexes, addresses of outside referrers, area keys.

It reads addresses for nothing else, changes no version of a row, and may be stopped and run again. Counts only.
"""

from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto import area_keys
from marac.models import AreaKey, OutsideReferrer, Partnership, User
from marac.services.accounts.signin import signin_token
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.transfers.areas import PURPOSE

AT_A_TIME = 200


def count(house: Deployment) -> int:
    """How many values hang on the deployment key."""
    with house.reader() as session:
        held = (User, OutsideReferrer, AreaKey)
        return sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in held)


def renew(house: Deployment) -> int:
    """Make anew whatever is not under the key in force; how many values were."""
    with house.reader() as session:
        partnerships = list(session.scalars(select(Partnership.id)))
    return sum(_of_accounts(house, one) + _of_areas(house, one) for one in partnerships)


def _of_accounts(house: Deployment, partnership_id: UUID) -> int:
    renewed, after = 0, UUID(int=0)
    while True:
        with unit_of_work(house) as session:
            access.asked()
            access.open_staff_for("reseal", partnership_id)
            mine = select(User).where(User.partnership_id == partnership_id, User.id > after)
            users = session.scalars(mine.order_by(User.id).limit(AT_A_TIME)).all()
            if not users:
                return renewed
            after = users[-1].id
            outside = select(OutsideReferrer).where(OutsideReferrer.account_id.in_([user.id for user in users]))
            referrers = {one.account_id: one for one in session.scalars(outside)}
            for user in users:
                row, column = (referrers[user.id], "address_token") if user.id in referrers else (user, "signin_token")
                token = signin_token(house.keyring, str(user.email or ""))
                renewed += bool(user.email) and _put(session, row, column, token)


def _of_areas(house: Deployment, partnership_id: UUID) -> int:
    with unit_of_work(house) as session:
        access.asked()
        keys = session.scalars(select(AreaKey).where(AreaKey.partnership_id == partnership_id)).all()
        secrets = house.keyring.deployment_secrets(PURPOSE)
        return sum(
            _put(session, key, "private_part", area_keys.reseal(secrets, partnership_id.bytes, key.private_part))
            for key in keys
        )


def _put(session: Session, row: User | OutsideReferrer | AreaKey, column: str, value: bytes) -> bool:
    """One column, unless it stands so or was changed meanwhile; the row's version stays, so nobody's edit is lost."""
    table, before = row.__table__, getattr(row, column)
    assert isinstance(table, Table)  # noqa: S101 - for the type checker
    if before == value:
        return False
    this = table.update().where(table.c.id == row.id, table.c[column] == before)
    return bool(session.connection().execute(this.values({column: value})).rowcount)
