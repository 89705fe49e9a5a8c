"""What the operator of a deployment does from its console: accounts, agencies, keys, audit. Opens no case.

The operator acts as the System: the shell of the machine is who they are, and every act is audited as that.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marac import access
from marac.crypto import area_keys
from marac.errors import ConfigurationError
from marac.models import Agency, Membership, Partnership, User
from marac.services.accounts import agreements, lead_codes, users
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.transfers import areas
from marac.vocabulary import Permission, ProgrammeSlug, Role
from marac.workflows.deadlines import meeting_deadlines
from marac.workflows.local_rules import LocalRules, shipped_rules


def shipped_deadlines(programme: str, on: date) -> dict[str, dict[str, str]]:
    """Every derived date of a meeting on a day, by a programme's shipped rules: {name: {rule, at}}, times in UTC."""
    rules = LocalRules(shipped_rules(ProgrammeSlug(programme)))
    block = rules.block("deadlines", max(on, _first_day(rules)))
    return {name: {"rule": due.rule, "at": due.at.isoformat()} for name, due in meeting_deadlines(block, on).items()}


def list_users(house: Deployment, slug: str | None) -> list[dict[str, Any]]:
    """Accounts by id, state, role and agency slug; names stay sealed."""
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        mine = access.rule(actor, Permission.USER_READ, User)
        query = select(User.id, User.state, Membership.role, Agency.slug).join(
            Membership, Membership.user_id == User.id
        )
        found = session.execute(query.join(Agency, Agency.id == Membership.agency_id).where(mine).order_by(Agency.slug))
        return [{"id": row.id, "state": row.state, "role": row.role, "agency": row.slug} for row in found]


def list_agencies(house: Deployment, slug: str | None) -> list[dict[str, Any]]:
    """Agencies with panels and functions."""
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        query = access.visible(actor, Permission.AGENCY_READ, Agency).order_by(Agency.slug)
        return [
            {"slug": a.slug, "kind": a.kind, "panels": a.panels, "functions": a.functions, "confirmed": a.confirmed}
            for a in session.scalars(query)
        ]


def invite(
    house: Deployment, *, email: str, name: str, role: str, agency: str, programme: str | None, partnership: str | None
) -> str:
    """Invite a person; returns the path of the single-use link and, on a line of its own, the code to tell them."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        found = access.visible(actor, Permission.AGENCY_READ, Agency).where(Agency.slug == agency)
        where = session.scalar(found)
        if where is None:
            raise ConfigurationError("No agency has that name. `marac agencies list` shows them.")
        user = users.invite_user(
            session, actor, house.keyring, full_name=name, email=email, agency=where, role=Role(role),
            programme=ProgrammeSlug(programme) if programme else ProgrammeSlug.DA_MARAC,
        )  # fmt: skip
        invitation = users.send_invitation(session, house.keyring, user)
        code = lead_codes.lead_code(house.keyring, invitation.id)
        return f"/join/{users.invitation_token(house.keyring, invitation.id)}\ncode {code}"


def suspend(house: Deployment, user_id: UUID, partnership: str | None) -> None:
    """Suspend an account from the console."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        users.suspend_user(session, actor, users.get_user(session, actor, user_id))


def restore(house: Deployment, user_id: UUID, partnership: str | None) -> None:
    """Give a suspended account back from the console: the way in when every administrator is out."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        users.restore_user(session, actor, users.get_user(session, actor, user_id))


def record_agreement(
    house: Deployment, *, agency: str, signed_on: date, review_on: date, signatory: str, document: str,
    partnership: str | None,
) -> None:  # fmt: skip
    """Record an information sharing agreement from the console: the way in when the coordinator's own has ended."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        found = session.scalar(access.visible(actor, Permission.AGREEMENT_KEEP, Agency).where(Agency.slug == agency))
        if found is None:
            raise ConfigurationError("No agency has that name. `marac agencies list` shows them.")
        agreements.record_agreement(
            session, actor, found, signed_on=signed_on, review_on=review_on, signatory=signatory, document=document
        )


def _first_day(rules: LocalRules) -> date:
    return min(rule.effective_from for rule in rules.versions)


def make_area_key(house: Deployment, slug: str | None) -> tuple[str, str]:
    """A new key of an area for transfers: its public line and fingerprint. The private part is never shown."""
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        public = areas.make_own_key(session, house.keyring, session.get_one(Partnership, actor.partnership_id))
    return public, area_keys.fingerprint(public)
