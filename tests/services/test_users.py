"""Accounts: invited by name, set up by the person alone, suspended at once (security.md 3.4)."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StepUpNeeded
from marac.models import AuditEntry, Invitation, Membership, Message, User
from marac.services.accounts import joining, lead_codes, passwords, sessions, signin, users
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import ProgrammeSlug, Role, Template, UserState
from tests.builders import DA, a_user, actor_for, an_agency

GOOD = "velvet harbour pigeon quartz"


@pytest.fixture
def rosa(house):
    """The coordinator who invites."""
    with unit_of_work(house) as session:
        return actor_for(a_user(session, house, Role.COORDINATOR, "vawg_team"))


def invite(house, actor, email="amir.khan@example.org", *, role=Role.REPRESENTATIVE, agency="housing_options", on=DA):
    """Asked for by one person, approved by another."""
    with unit_of_work(house) as session:
        second = actor_for(a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Second Person"))
    with unit_of_work(house, actor) as session:
        asked = joining.ask_to_join(
            session, actor, full_name="Amir Khan", email=email, agency=an_agency(session, agency), role=role,
            programme=on,
        ).id  # fmt: skip
    with unit_of_work(house, second) as session:
        asked = joining.approve(session, second, house.keyring, joining.get_request(session, second, asked))
        return asked.account_id


def link_for(house, user_id):
    """The token in the message that this person gets."""
    with house.reader() as session:
        newest = select(Invitation.id).where(Invitation.user_id == user_id, Invitation.used_at.is_(None))
        return users.invitation_token(house.keyring, session.scalars(newest).one())


def enrol(house, token):
    with unit_of_work(house) as session:
        links = {users.invitation_token(house.keyring, one): one for one in session.scalars(select(Invitation.id))}
        assert users.start_enrolment(
            session, house.keyring, token, lead_codes.lead_code(house.keyring, links.get(token, uuid4()))
        )
    with unit_of_work(house) as session:
        return users.enrolment(session, token, service_name="Casework")


def accept(house, token, code, password=GOOD):
    with unit_of_work(house) as session:
        return users.accept_invitation(session, token, password=password, code=code)


def code_of(facts):
    return users.pyotp.TOTP(facts.totp_secret).at(int(clock.now().timestamp()))


def test_an_invitation_queues_one_message_without_a_name_and_keeps_only_a_hash(house, rosa):
    user_id = invite(house, rosa)
    token = link_for(house, user_id)
    with house.reader() as session:
        [message] = session.scalars(select(Message).where(Message.user_id == user_id))
        assert lead_codes.lead_code(house.keyring, session.scalars(select(Invitation.id)).one()) not in repr(
            vars(message)
        )
        [invitation] = session.scalars(select(Invitation))
        assert (message.template, message.path) == (Template.INVITATION, "/join")
        assert token not in repr([vars(message), vars(invitation)])
        assert invitation.token_hash == sessions.token_hash(token)
        assert session.get_one(User, user_id).state == UserState.INVITED


def test_the_invited_person_sets_a_password_and_a_code_app_and_is_signed_in(house, rosa):
    user_id = invite(house, rosa)
    token = link_for(house, user_id)
    facts = enrol(house, token)
    assert facts.email == "amir.khan@example.org"
    begun = accept(house, token, code_of(facts))
    with house.reader() as session:
        assert sessions.find(session, begun.token).actor.role == Role.REPRESENTATIVE
        assert session.get_one(User, user_id).password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert signin.check_password(house, "amir.khan@example.org", GOOD, address="192.0.2.1") == user_id


def test_an_invitation_works_once(house, rosa):
    token = link_for(house, invite(house, rosa))
    facts = enrol(house, token)
    accept(house, token, code_of(facts))
    with pytest.raises(NotFound):
        accept(house, token, code_of(facts))
    with pytest.raises(NotFound):
        enrol(house, token)


def test_an_invitation_ends_after_72_hours(house, rosa):
    token = link_for(house, invite(house, rosa))
    with time_machine.travel(clock.now() + timedelta(hours=72, seconds=1)), pytest.raises(NotFound):
        enrol(house, token)


def test_a_fresh_invitation_ends_the_earlier_one(house, rosa):
    user_id = invite(house, rosa)
    first = link_for(house, user_id)
    with unit_of_work(house) as session:
        users.send_invitation(session, house.keyring, session.get_one(User, user_id))
    with pytest.raises(NotFound):
        enrol(house, first)
    assert enrol(house, link_for(house, user_id)).email == "amir.khan@example.org"


def test_a_wrong_code_changes_nothing(house, rosa):
    user_id = invite(house, rosa)
    token = link_for(house, user_id)
    enrol(house, token)
    with pytest.raises(RuleBroken) as refused:
        accept(house, token, "12345")
    assert refused.value.field == "code"
    with house.reader() as session:
        assert session.get_one(User, user_id).password_hash is None


def test_who_has_an_account_here_gets_a_further_membership_and_no_message(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
    assert invite(house, rosa, omar.email, role=Role.IDVA, agency="solace") == omar.id
    with house.reader() as session:
        held = session.scalars(select(Membership.role).where(Membership.user_id == omar.id))
        assert set(held) == {Role.REPRESENTATIVE, Role.IDVA}
        assert session.scalars(select(Message).where(Message.user_id == omar.id)).all() == []


def test_the_same_role_twice_is_one_role_and_the_same_answer(house, rosa):
    user_id = invite(house, rosa)
    assert invite(house, rosa) == user_id
    with house.reader() as session:
        assert len(session.scalars(select(Membership).where(Membership.user_id == user_id)).all()) == 1


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDITOR, Role.SYSTEM])
def test_nobody_is_invited_to_administer_or_to_audit(house, rosa, role):
    with pytest.raises(RuleBroken, match="may invite"):
        invite(house, rosa, role=role)


def test_nobody_is_invited_to_a_panel_that_the_inviter_does_not_work_for(house, rosa):
    with pytest.raises(RuleBroken, match="panel"):
        invite(house, rosa, on=ProgrammeSlug.COMMUNITY_MARAC)


def test_an_agency_lead_invites_to_their_own_agency_only_and_never_a_coordinator(house):
    with unit_of_work(house) as session:
        lead = actor_for(a_user(session, house, Role.AGENCY_ADMIN, "solace"))
    invite(house, lead, agency="solace", role=Role.IDVA)
    with pytest.raises(NotAllowed):
        invite(house, lead, email="other@example.org", agency="housing_options")
    with pytest.raises(RuleBroken, match="may invite"):
        invite(house, lead, email="other@example.org", agency="solace", role=Role.COORDINATOR)


@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.CHAIR, Role.SYSTEM_ADMIN, Role.AUDITOR])
def test_other_roles_invite_nobody(house, role):
    with unit_of_work(house) as session:
        actor = actor_for(a_user(session, house, role))
    with pytest.raises(NotAllowed):
        invite(house, actor)


def test_inviting_and_suspending_need_a_fresh_second_factor(house):
    with unit_of_work(house) as session:
        admin = actor_for(a_user(session, house, Role.SYSTEM_ADMIN), stepped_up_at=clock.now() - timedelta(minutes=6))
        stale = actor_for(a_user(session, house, Role.COORDINATOR), stepped_up_at=None)
        omar = a_user(session, house)
    with pytest.raises(StepUpNeeded):
        invite(house, stale)
    with pytest.raises(StepUpNeeded), unit_of_work(house, admin) as session:
        users.suspend_user(session, admin, users.get_user(session, admin, omar.id))


def test_suspending_ends_every_session_and_restoring_gives_none_back(house):
    with unit_of_work(house) as session:
        admin, omar = actor_for(a_user(session, house, Role.SYSTEM_ADMIN)), a_user(session, house)
        token, _ = sessions.start(
            session, session.get_one(User, omar.id), session.get_one(Membership, omar.membership_id)
        )
    with unit_of_work(house, admin) as session:
        users.suspend_user(session, admin, users.get_user(session, admin, omar.id))
    with unit_of_work(house, admin) as session:
        users.restore_user(session, admin, users.get_user(session, admin, omar.id))
    with house.reader() as session:
        assert sessions.find(session, token) is None
        assert session.get_one(User, omar.id).state == UserState.ACTIVE


def test_nobody_suspends_themselves(house):
    with unit_of_work(house) as session:
        admin = actor_for(a_user(session, house, Role.SYSTEM_ADMIN))
    with pytest.raises(RuleBroken, match="own account"), unit_of_work(house, admin) as session:
        users.suspend_user(session, admin, users.get_user(session, admin, admin.user_id))


def test_a_representative_sees_no_account_but_their_own(house):
    with unit_of_work(house) as session:
        omar, other = a_user(session, house, full_name="Omar Aziz"), a_user(session, house, full_name="Rosa Lowe")
    actor = actor_for(omar)
    with unit_of_work(house, actor) as session:
        assert [account.full_name for account in users.list_users(session, actor)] == ["Omar Aziz"]
        with pytest.raises(NotFound):
            users.get_user(session, actor, other.id)


def test_the_list_of_accounts_is_by_name_with_agency_and_role(house, rosa):
    with unit_of_work(house) as session:
        a_user(session, house, Role.IDVA, "solace", full_name="Anna Zielinska")
    with unit_of_work(house, rosa) as session:
        accounts = users.list_users(session, rosa)
    assert [(one.full_name, one.memberships[0].role) for one in accounts if one.full_name != "Second Person"] == [
        ("Anna Zielinska", Role.IDVA),
        ("Rosa Lowe", Role.COORDINATOR),
    ]
    assert "Solace" in accounts[0].memberships[0].agency


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "password12345678",
        "aaaaaaaaaaaaaaaaaaaa",
        "qwertyuiopasdfghjkl",
        "AmirKhan2026AmirKhan",
        "x" * 129,
        "towerhamletsmarac",
        "sanctuary-idva-marac",
    ],
)
def test_passwords_that_are_short_long_or_easily_guessed_are_refused(password):
    with pytest.raises(RuleBroken) as refused:
        passwords.check_policy(password, ["Amir Khan", "amir.khan@example.org"])
    assert refused.value.field == "password"


@pytest.mark.parametrize("password", [GOOD, "ünïcode pässwörter sind gut", "t7#kP2!vQz9@mW4", "y" * 5 + GOOD * 4])
def test_long_unguessable_passwords_of_any_characters_are_accepted(password):
    passwords.check_policy(password, ["Amir Khan"])


def test_the_same_password_typed_in_two_ways_of_composing_letters_is_the_same():
    kept = passwords.seal_password("pässwörter sind gut")
    assert passwords.matches(kept, "pa\u0308sswo\u0308rter sind gut")
    assert not passwords.matches(None, "pässwörter sind gut")
    assert not passwords.is_outdated(kept)


def test_the_trail_of_an_account_holds_no_name_address_password_or_secret(house, rosa):
    user_id = invite(house, rosa)
    token = link_for(house, user_id)
    facts = enrol(house, token)
    accept(house, token, code_of(facts))
    with house.reader() as session:
        trail = "\n".join(session.scalars(select(AuditEntry.body)))
        stored = {row.tag for row in session.scalars(select(AuditEntry))}
    assert {"user:invited", "user:joined"} <= stored
    for secret in ("amir", "khan", "example.org", GOOD, facts.totp_secret, token):
        assert secret.lower() not in trail.lower()
