"""What the operator of a deployment does from its console: accounts, agencies, keys, audit. Opens no case.

The operator acts as the System: the shell of the machine is who they are, and every act is audited as that.
"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import area_keys, rotation
from marac.crypto.root_keys import root_from
from marac.errors import ConfigurationError, NotFound
from marac.models import Agency, Case, Membership, Partnership, User
from marac.services.accounts import users
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
    """Invite a person; returns the path of the single-use link, for the operator to hand over."""
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
        return f"/join/{users.invitation_token(house.keyring, invitation.id)}"


def suspend(house: Deployment, user_id: UUID, partnership: str | None) -> None:
    """Suspend an account from the console."""
    with unit_of_work(house) as session:
        actor = operator(session, partnership)
        users.suspend_user(session, actor, users.get_user(session, actor, user_id))


def verify_audit(house: Deployment, slug: str | None) -> dict[str, Any]:
    """Read the chain of one partnership, or of all: {entries, ok, first_bad, kind}, up to the first broken one."""
    entries = 0
    with unit_of_work(house) as session:
        for partnership in _partnerships(session, slug):
            verdict = audit.verify(session, partnership.id)
            entries += verdict.entries
            if not verdict.ok:
                return {"entries": entries, "ok": False, "first_bad": verdict.first_bad, "kind": verdict.kind}
            house.keyring.keep_audit_head(partnership.id, verdict.entries, verdict.head)
    return {"entries": entries, "ok": True, "first_bad": None, "kind": None}


def rotate(
    house: Deployment, level: str, slug: str | None, *, to: str | None = None, dry_run: bool = False
) -> dict[str, int]:
    """Rotate the keys of one level; resumable; counts only. A root is rotated onto the provider named by `to`."""
    if level == "root":
        if to is None:
            raise ConfigurationError("Name the new root with --to, for example --to file:/etc/marac/root2/root.key.")
        return {"rewrapped": rotation.rewrap_root(house.keyring, root_from(to), dry_run=dry_run)}
    if level == "index":
        raise ConfigurationError("Index keys are not rotated in this version.")
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        cases = list(session.scalars(select(Case.id).where(Case.partnership_id == actor.partnership_id)))
    if level == "partnership":
        count = _rotate_partnership(house, actor.partnership_id, dry_run)
    else:
        count = len(cases) if dry_run else _rotate_cases(house, actor.partnership_id, cases)
    with unit_of_work(house) as session:
        audit.record(session, actor, "key:changed", level=level, count=count)
    return {"rewrapped" if level == "partnership" else "resealed": count}


def operator(session: Session, slug: str | None) -> Actor:
    """The System of a partnership, as the console acts: of the only one when no slug is given."""
    return replace(access.system(the_partnership(session, slug).id), stepped_up_at=clock.now())


def the_partnership(session: Session, slug: str | None) -> Partnership:
    """The partnership of that name, or the only one. ConfigurationError where there are several and no name."""
    found = _partnerships(session, slug)
    if len(found) != 1:
        raise ConfigurationError("Name one partnership with --partnership.")
    return found[0]


def _partnerships(session: Session, slug: str | None) -> list[Partnership]:
    query = select(Partnership).order_by(Partnership.slug)
    found = list(session.scalars(query.where(Partnership.slug == slug) if slug else query))
    if slug and not found:
        raise NotFound("No partnership has that name.")
    return found


def _rotate_partnership(house: Deployment, partnership_id: UUID, dry_run: bool) -> int:
    if not dry_run:
        rotation.add_partnership_generation(house.keyring, partnership_id)
    return sum(rotation.rewrap_partnership(house.keyring, partnership_id, dry_run=dry_run).values())


def _rotate_cases(house: Deployment, partnership_id: UUID, cases: list[UUID]) -> int:
    """A new key for every case, and its values resealed under it, outside any transaction of our own."""
    for case_id in cases:
        rotation.add_generation(house.keyring, "case", partnership_id, case_id)
        rotation.reseal(house.engine, house.keyring, "case", partnership_id, case_id)
    return len(cases)


def _first_day(rules: LocalRules) -> date:
    return min(rule.effective_from for rule in rules.versions)


def make_area_key(house: Deployment, slug: str | None) -> tuple[str, str]:
    """A new key of an area for transfers: its public line and fingerprint. The private part is never shown."""
    with unit_of_work(house) as session:
        actor = operator(session, slug)
        public = areas.make_own_key(session, house.keyring, session.get_one(Partnership, actor.partnership_id))
    return public, area_keys.fingerprint(public)
