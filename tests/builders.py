"""People and agencies to tell a test's story with: plain functions whose defaults may be overridden."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pyotp
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.app import create_app
from marac.models import (
    Agency,
    AgendaItem,
    Declaration,
    Meeting,
    Membership,
    Partnership,
    Referral,
    SigninSession,
    User,
)
from marac.services.accounts import sessions, signin
from marac.services.casework.references import new_reference
from marac.services.deciding import triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.knowing import matching
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import (
    LinkDecision,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    ProgrammeSlug,
    Role,
    TriageOutcome,
    UserState,
)
from tests.web.page_client import PageClient

DA = ProgrammeSlug.DA_MARAC
PASSWORD = "correct otter staple lamp"
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_apps: dict[str, Flask] = {}


@dataclass(frozen=True)
class Worker:
    """A person who signs in, with what only they know. Outlives the session that made them."""

    id: UUID
    partnership_id: UUID
    membership_id: UUID
    agency_id: UUID
    role: Role
    programme: ProgrammeSlug | None
    full_name: str
    email: str
    totp_secret: str
    password: str = PASSWORD

    def code(self, seconds: int = 0) -> str:
        """What their phone shows now, or so many seconds from now."""
        return pyotp.TOTP(self.totp_secret).at(int(clock.now().timestamp()) + seconds)


def a_partnership(session: Session) -> Partnership:
    """The partnership that was founded first."""
    return session.scalars(select(Partnership).order_by(Partnership.slug).limit(1)).one()


def an_agency(session: Session, slug: str = "housing_options") -> Agency:
    """An agency of the partnership, by the slug of data/partnership.yaml."""
    return session.scalars(select(Agency).where(Agency.slug == slug)).one()


def a_user(
    session: Session, house: Deployment, role: Role = Role.REPRESENTATIVE, agency_slug: str = "housing_options", *,
    programme: ProgrammeSlug | None = DA, full_name: str = "Rosa Lowe", email: str = "",
    state: UserState = UserState.ACTIVE, **facts: Any,
) -> Worker:  # fmt: skip
    """An account with one membership, ready to sign in with PASSWORD and the code of `worker.code()`."""
    agency, secret = an_agency(session, agency_slug), pyotp.random_base32()
    address = email or f"{role.value}.{uuid4().hex[:8]}@example.org"
    facts = {"register_on": clock.today(), **facts}
    access.open_staff_for("load", agency.partnership_id)
    user = User(
        partnership_id=agency.partnership_id, state=state, full_name=full_name, email=address, totp_secret=secret,
        signin_token=signin.signin_token(house.keyring, address), password_hash=CHEAP_HASH, last_totp_step=0,
        created_at=clock.now(), **{"confidentiality_agreed_at": clock.now(), **facts},
    )  # fmt: skip
    session.add(user)
    session.flush()
    membership = a_membership(session, user.id, role, agency, programme=programme)
    declared(session, [user.id])
    return Worker(
        user.id, user.partnership_id, membership.id, agency.id, role, programme, full_name, address, secret
    )  # fmt: skip


def declared(session: Session, user_ids: Iterable[UUID] = ()) -> None:
    """These people (or everybody) said before every meeting whose agenda is out that they have no conflict (DA-5)."""
    wanted = list(user_ids) or session.scalars(select(User.id)).all()
    items = session.execute(
        select(AgendaItem.partnership_id, AgendaItem.meeting_id, AgendaItem.case_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Meeting.published_at.is_not(None))
    ).all()
    held = {(row.meeting_id, row.case_id, row.user_id) for row in session.scalars(select(Declaration))}
    session.add_all(
        Declaration(**item._mapping, user_id=user_id, declared_at=clock.now())
        for item in items
        for user_id in wanted
        if (item.meeting_id, item.case_id, user_id) not in held
    )
    session.flush()


def a_membership(
    session: Session, user_id: UUID, role: Role, agency: Agency, *, programme: ProgrammeSlug | None = DA, **facts: Any
) -> Membership:
    """A membership in force from today."""
    dates = {"from_on": clock.today(), "to_on": None, **facts}
    membership = Membership(
        partnership_id=agency.partnership_id, user_id=user_id, agency_id=agency.id, role=role, programme=programme,
        **dates,
    )  # fmt: skip
    session.add(membership)
    session.flush()
    return membership


def actor_for(worker: Worker, **facts: Any) -> Actor:
    """The actor that this person is when signed in, having just confirmed the second factor."""
    usual = {
        "partnership_id": worker.partnership_id,
        "role": worker.role,
        "user_id": worker.id,
        "agency_id": worker.agency_id,
        "programmes": sessions.programmes_of(worker.role, worker.programme),
        "stepped_up_at": clock.now(),
        "membership_id": worker.membership_id,
    }
    return Actor(**{**usual, **facts})


def app_of(house: Deployment, **config: Any) -> Flask:
    """The application of a house. One per process where nothing is configured, since compiling templates takes time."""
    if config:
        return create_app(house, TESTING=True, **config)
    key = f"{house.settings.base_url} {house.settings.service_name}"
    app = _apps.get(key) or _apps.setdefault(key, create_app(house, TESTING=True))
    app.extensions["deployment"] = house
    app.secret_key = house.keyring.deployment_secret("flask")
    return app


def a_stranger(house: Deployment, **config: Any) -> PageClient:
    """A browser in which nobody is signed in."""
    return PageClient(app_of(house, **config).test_client(), base_url=house.settings.base_url)


def signed_in(house: Deployment, worker: Worker, **config: Any) -> PageClient:
    """A browser in which this person has just signed in (a session row and its cookie; no hashing).

    Unlike a real sign-in it ends no other session, so that a story may have the same person at two browsers.
    """
    token, now = secrets.token_urlsafe(32), clock.now()
    with unit_of_work(house) as session:
        session.get_one(User, worker.id).last_signin_at = now
        session.add(
            SigninSession(
                token_hash=sessions.token_hash(token), user_id=worker.id, membership_id=worker.membership_id,
                created_at=now, seen_at=now, stepped_up_at=now,
            )
        )  # fmt: skip
    client = a_stranger(house, **config)
    with client.http.session_transaction(base_url=client.base_url) as cookie:
        cookie.update({"_user_id": token, "_fresh": True})
    return client


# --- referrals ---------------------------------------------------------------------------------------------------

VICTIM: dict[str, Any] = {
    "full_name": "Amina Begum", "aliases": ["Mina Begum"], "born_on": date(1991, 3, 27), "sex": "female",
    "house_number": "14", "street": "Elm Row", "postcode": "E1 0AA", "confidential": True, "language": "Sylheti",
    "interpreter": "Sylheti",
}  # fmt: skip
PERPETRATOR: dict[str, Any] = {
    "full_name": "Karim Uddin", "born_on": date(1988, 6, 2), "relationship_to_victim": "husband",
}  # fmt: skip


def a_meeting(session: Session, partnership_id: UUID, *, days: int = 21, **facts: Any) -> Meeting:
    """A routine sitting of the panel, three weeks from now unless told."""
    usual = {
        "reference": new_reference(session), "programme": DA, "kind": MeetingKind.ROUTINE,
        "state": MeetingState.SCHEDULED, "place": MeetingPlace.ONLINE, "minutes_per_case": 10,
        "starts_at": clock.now() + timedelta(days=days),
    }  # fmt: skip
    meeting = Meeting(partnership_id=partnership_id, **{**usual, **facts})
    session.add(meeting)
    session.flush()
    return meeting


def dash(yes: int = 16) -> dict[str, Any]:
    """A DASH answered throughout, with so many yes and the detail each asks for."""
    return {
        str(number): {"answer": "yes", "comment": "In her words"} if number <= yes else {"answer": "no"}
        for number in range(1, 25)
    }


def a_referral(session: Session, house: Deployment, actor: Actor, **facts: Any) -> Referral:
    """A draft with every part filled in. Override: victim=, perpetrator=, contact=, children=, answers=, reason=."""
    referral = referrals.start_referral(session, house.keyring, actor, DA)
    parts: dict[str, Any] = {
        "person": {**VICTIM, **facts.get("victim", {})},
        "safe-contact": {"phone": "07700 900123", "rules": {"phone": {"answer": "no"}}, **facts.get("contact", {})},
        "other-person": {**PERPETRATOR, **facts.get("perpetrator", {})},
        "children": facts.get("children", {"no_children": True}),
        "risk": facts.get("risk", {"answers": facts.get("answers", dash())}),
        "reason": {"criteria": ["visible_high_risk"], "what_happened": "He came to the flat and would not leave.",
                   "why_now": "It is happening more often.", "wishes": "She wants him to stop coming.",
                   **facts.get("reason", {})},
        "sharing": {"told": "yes", "consent": "yes", **facts.get("sharing", {})},
    }  # fmt: skip
    for task, typed in parts.items():
        referral_tasks.save_task(session, actor, referral, task, typed)
    return referral


def a_submitted_referral(session: Session, house: Deployment, actor: Actor, **facts: Any) -> Referral:
    """The same, sent."""
    return referrals.submit(session, actor, a_referral(session, house, actor, **facts))


def a_listed_referral(
    session: Session, house: Deployment, sender: Actor, coordinator: Actor, meeting: Meeting, **facts: Any
) -> Referral:
    """A referral sent by one person and listed for a meeting by the coordinator."""
    referral = a_submitted_referral(session, house, sender, **facts)
    ruling = Ruling(TriageOutcome.ACCEPT, meeting_id=meeting.id, conflict_checked=True)
    found = matching.find_matches(session, coordinator, referral.case)
    links = {match.person_id: LinkDecision.DIFFERENT for match in found}
    return triage.decide(session, coordinator, referral, replace(ruling, links=links))
