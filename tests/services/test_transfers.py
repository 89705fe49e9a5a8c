"""A case goes from one area to another, and nothing else does (DA-34): two deployments, each with a key of its own."""

import json
import os
import sqlite3
from uuid import UUID

import pyrage
import pytest
import time_machine
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from marac import access, clock
from marac.crypto import area_keys
from marac.errors import NotAllowed, NotFound, RuleBroken, StepUpNeeded, WrongState
from marac.models import Case, CasePerson, Deadline, OtherArea, Partnership, Referral, Transfer, TransferFile
from marac.services.casework import cases, people
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import matching
from marac.services.minuting import reading_minutes
from marac.services.referring import referrals
from marac.services.transfers import areas, listing, packet, receipts, receiving, sending
from marac.services.transfers.sending import Move
from marac.vocabulary import ReferralKind, ReferralState, Role, TransferDirection
from tests.builders import a_user, actor_for
from tests.builders_panels import a_held_panel

NEW = "77 Saffronharbour Lane, Leeds LS1 0AA"
MOVE = Move(reason="She moved to be near her sister.", contact="Ade Okafor, 020 7946 0100", new_address=NEW,
            new_contact="07700 900456")  # fmt: skip


class Area:
    """One deployment: its coordinator, its key, and the other area as it knows it."""

    def __init__(self, house, coordinator):
        self.house, self.coordinator = house, coordinator
        with unit_of_work(house) as session:
            self.key = areas.make_own_key(session, house.keyring, session.scalars(select(Partnership)).one())

    @property
    def actor(self):
        return actor_for(self.coordinator)

    def work(self):
        return unit_of_work(self.house, self.actor)

    def know(self, other, name="Other area", *, checked=True):
        with self.work() as session:
            area = areas.add_area(session, self.actor, name=name, public_key=other.key)
            if checked:
                areas.check_area(session, self.actor, area, by_phone=True)
            return area.id

    def send(self, case_id, area_id, move=MOVE):
        with self.work() as session:
            case = session.get_one(Case, case_id)
            transfer = sending.send(session, self.actor, case, session.get_one(OtherArea, area_id), move)
            return transfer.id, sending.fetch(session, self.actor, transfer)

    def take(self, content, *, sure=False):
        with self.work() as session:
            file_id = receiving.upload(session, self.actor, content)
        with self.work() as session:
            return receiving.take_in(session, self.house.keyring, self.actor, file_id, sure=sure).id

    def count(self, model):
        with self.house.reader() as session:
            return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def two(open_house):
    """A borough that heard a case, and the one she moved to."""
    here, there = open_house(), open_house()
    panel = a_held_panel(here)
    with unit_of_work(there) as session:
        coordinator = a_user(session, there, Role.COORDINATOR, "vawg_team")
    home, away = Area(here, panel.coordinator), Area(there, coordinator)
    return home, away, panel, home.know(away), away.know(home)


def refused(call, *args, **facts):
    with pytest.raises(RuleBroken) as found:
        call(*args, **facts)
    return found.value.field


def test_a_case_goes_there_and_its_receipt_comes_back_da_34(two):
    home, away, panel, there, _ = two
    sent_id, content = home.send(panel.case_ids[0], there)
    assert content.startswith(b"age-encryption.org/v1")
    assert b"Begum" not in content
    taken_id = away.take(content)
    with away.work() as session:
        taken = session.get_one(Transfer, taken_id)
        referral = session.get_one(Referral, taken.referral_id)
        referrals.open_referral(session, away.actor, referral)
        assert (referral.kind, referral.state) == (ReferralKind.TRANSFER_IN, ReferralState.SUBMITTED)
        assert referral.other_area == "Other area"
        assert "Apply for a protection order" in referral.earlier_papers
        assert "said and agreed" in referral.earlier_papers
        victim = people.victim_of(session, referral.case_id)
        assert victim.full_name == "Amina Begum"
        assert {one.full_name for one in people.people_of(session, referral.case_id)} >= {"Karim Begum", "Child 1"}
        assert victim.contact.phone == "07700 900456"
        assert victim.contact.checked_on is None, "nobody here has checked that it is safe (DA-14)"
        matching.find_matches(session, away.actor, referral.case)
        back = receiving.receipt(session, away.actor, taken)
        access.open_for("places", referral.partnership_id, [referral.case_id])
        assert victim.addresses[0].postcode == "LS1 0AA"
        assert victim.addresses[0].confidential
    with home.work() as session:
        transfer = session.get_one(Transfer, sent_id)
        due = session.scalars(select(Deadline).where(Deadline.subject_id == sent_id)).one()
        assert due.rule == "transfer_receipt"
        assert due.met_at is None
        sending.take_receipt(session, home.actor, transfer, back)
        assert transfer.receipted_at is not None
        assert due.met_at is not None
    assert home.count(TransferFile) == 0, "the file has done its work"


def test_the_new_address_is_nowhere_in_the_sending_area_da_34(two):
    """The database, its write-ahead log, the minutes and the trail are searched for it."""
    home, _, panel, there, _ = two
    home.send(panel.case_ids[0], there)
    with home.work() as session:
        document = reading_minutes.compile_for(
            session, home.actor, reading_minutes.get_minutes(session, home.actor, panel.meeting(session))
        )
        assert "Saffronharbour" not in repr(document)
        case = session.get_one(Case, panel.case_ids[0])
        access.open_for("load", case.partnership_id, [case.id])
        held = [
            getattr(row, name)
            for person in people.people_of(session, case.id)
            for row in (person, *person.addresses, person.contact)
            for name in dir(type(row))
            if not name.startswith("_") and name not in ("metadata", "registry")
        ]
        assert "Saffronharbour" not in repr(held)
        assert "900456" not in repr(held)
    with sqlite3.connect(home.house.settings.data / "casework.db") as connection:
        dump = "\n".join(connection.iterdump())
    assert "Saffronharbour" not in dump
    assert b"Saffronharbour".hex() not in dump.lower()
    for path in home.house.settings.data.rglob("*"):
        assert not path.is_file() or b"Saffronharbour" not in path.read_bytes(), path


def test_the_same_packet_twice_is_one_case(two):
    """Replay: uploaded again, and taken in again, it answers with the case it already made."""
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    first = away.take(content)
    before = away.count(Case)
    assert away.take(content) == first
    assert away.count(Case) == before
    assert away.count(TransferFile) == 0
    with away.work() as session:
        one = receiving.upload(session, away.actor, content)
        assert receiving.upload(session, away.actor, content) == one


def test_a_file_for_another_area_does_not_open(two, open_house):
    home, _, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    with unit_of_work(third := open_house()) as session:
        stranger = a_user(session, third, Role.COORDINATOR, "vawg_team")
    other = Area(third, stranger)
    with other.work() as session:
        assert refused(receiving.upload, session, other.actor, content) == "file"
    assert other.count(TransferFile) == 0


@pytest.mark.parametrize("place", [0, 30, 200, -40, -1])
def test_a_tampered_file_is_refused_whole(two, place):
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    changed = bytearray(content)
    changed[place] ^= 1
    with away.work() as session:
        assert refused(receiving.upload, session, away.actor, bytes(changed)) == "file"
    assert (away.count(TransferFile), away.count(Transfer)) == (0, 0)


def test_ten_megabytes_of_junk_and_hostile_content_are_refused_without_a_trace(two):
    """Size, format, schema; and every refusal of what does not open is the same sentence."""
    _, away, _, _, _ = two
    for junk in (
        b"",
        b"\0",
        os.urandom(10 * 1024 * 1024),
        b"age-encryption.org/v1\n" + os.urandom(500),
        b"[" * 100_000,
    ):
        with away.work() as session:
            assert refused(receiving.upload, session, away.actor, junk) == "file"
    recipient = pyrage.x25519.Recipient.from_str(away.key.partition(".")[0])
    for inner in (b"", b"x" * 200, b"\0" * 64 + b"{}", b"\0" * 64 + b"[" * 100_000, b"\0" * 64 + b'{"a":NaN}'):
        with away.work() as session:
            assert refused(receiving.upload, session, away.actor, bytes(pyrage.encrypt(inner, [recipient]))) == "file"
    assert (away.count(TransferFile), away.count(Case)) == (0, 0)


def told(two):
    """A packet as it is read, to be spoilt."""
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    with away.work() as session:
        file_id = receiving.upload(session, away.actor, content)
        return receiving.look(session, away.actor, file_id).packet


def test_a_packet_with_anything_but_what_the_schema_says_is_refused(two):
    sound = told(two)
    assert packet.read(json.dumps(sound).encode()) == sound
    spoilt = [
        {**sound, "extra": 1}, {**sound, "version": 2}, {**sound, "version": True}, {**sound, "people": []},
        {**sound, "people": sound["people"] * 30}, {**sound, "reason": "x" * 20_001}, {**sound, "reason": None},
        {**sound, "reason": "a\x00b"}, {**sound, "reason": "a\u202eb"}, {**sound, "made_on": "2025-02-30"},
        {**sound, "packet_id": "../../etc/passwd"}, {**sound, "perpetrator_stays": 1}, {**sound, "case": []},
        {**sound, "contact": {**sound["contact"], "rules": {"carrier_pigeon": {"answer": "yes", "detail": ""}}}},
        {name: value for name, value in sound.items() if name != "contact"}, [sound], "x", None,
    ]  # fmt: skip
    for one in spoilt:
        with pytest.raises(RuleBroken):
            packet.read(json.dumps(one).encode())
    with pytest.raises(RuleBroken):
        packet.read(json.dumps(sound).encode()[:-1] + b',"version":1}')


def test_what_nobody_we_know_has_signed_needs_a_phone_call_first(two):
    """A key that is not registered, or whose fingerprint was never compared, makes no case by itself."""
    home, away, panel, there, known = two
    _, content = home.send(panel.case_ids[0], there)
    with away.work() as session:
        areas.retire_area(session, away.actor, session.get_one(OtherArea, known))
        file_id = receiving.upload(session, away.actor, content)
        assert not receiving.look(session, away.actor, file_id).trusted
    with away.work() as session:
        keyring = away.house.keyring
        assert refused(receiving.take_in, session, keyring, away.actor, file_id, sure=False) == "sure"
        assert receiving.take_in(session, keyring, away.actor, file_id, sure=True).area_id is None


def test_a_packet_sealed_again_for_somebody_else_is_refused(two):
    """Who was sent a packet cannot pass it on as if it had been meant for another area."""
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    with away.work() as session:
        key = areas.need_own_key(session, away.actor)
        signature, inner = area_keys.open_file(content, key.secret, key.owner, [key.private])
    onward = bytes(pyrage.encrypt(signature + inner, [pyrage.x25519.Recipient.from_str(home.key.partition(".")[0])]))
    with home.work() as session:
        assert refused(receiving.upload, session, home.actor, onward) == "file"


def test_nothing_is_sent_to_an_area_whose_fingerprint_nobody_compared_by_phone(two, open_house):
    home, _, panel, there, _ = two
    with home.work() as session:
        areas.retire_area(session, home.actor, session.get_one(OtherArea, there))
    assert refused(home.send, panel.case_ids[0], there) == "area"
    with unit_of_work(third := open_house()) as session:
        stranger = a_user(session, third, Role.COORDINATOR, "vawg_team")
    unchecked = home.know(Area(third, stranger), checked=False)
    assert refused(home.send, panel.case_ids[0], unchecked) == "area"
    with home.work() as session:
        area = session.get_one(OtherArea, unchecked)
        assert refused(areas.check_area, session, home.actor, area, by_phone=False) == "by_phone"
        assert area_keys.fingerprint(area.public_key) != area_keys.fingerprint(home.key)
        assert refused(areas.add_area, session, home.actor, name="Self", public_key=home.key) == "public_key"
        assert refused(areas.add_area, session, home.actor, name="Junk", public_key="age1xx.00") == "public_key"


def test_only_coordinators_send_and_take_in_and_only_the_chair_checks_da_34(two):
    home, _, panel, there, _ = two
    sent_id, _ = home.send(panel.case_ids[0], there)
    police, chair = actor_for(panel.police), actor_for(panel.chair)
    with panel.work(panel.police) as session:
        transfer, area = session.get_one(Transfer, sent_id), session.get_one(OtherArea, there)
        for call in (lambda: sending.fetch(session, police, transfer), lambda: areas.get_area(session, police, there),
                     lambda: listing.get_transfer(session, police, sent_id),
                     lambda: sending.send(session, police, session.get_one(Case, panel.case_ids[0]), area, MOVE),
                     lambda: receiving.upload(session, police, b"x")):  # fmt: skip
            with pytest.raises((NotFound, NotAllowed)):
                call()
    with panel.work(panel.chair) as session:
        transfer = session.get_one(Transfer, sent_id)
        with pytest.raises(NotAllowed):
            sending.fetch(session, chair, transfer)
        assert refused(sending.check, session, chair, transfer) == "check"
    with home.work() as session:
        transfer = session.get_one(Transfer, sent_id)
        with pytest.raises(NotAllowed):
            sending.check(session, home.actor, transfer)
        assert refused(sending.record_receipt, session, home.actor, transfer, who=" ") == "who"
        sending.record_receipt(session, home.actor, transfer, who="Jo March")
        sending.record_hand_over(session, home.actor, transfer, text="Ida Sender spoke to Rosa Field.")
        with pytest.raises(WrongState):
            sending.record_receipt(session, home.actor, transfer, who="Jo March")
    with panel.work(panel.chair) as session:
        assert sending.check(session, chair, session.get_one(Transfer, sent_id)).checked_by_id == panel.chair.id


def test_a_receipt_of_another_file_or_by_another_key_is_refused(two, open_house):
    home, away, panel, there, _ = two
    sent_id, content = home.send(panel.case_ids[0], there)
    with away.work() as session:
        key = areas.need_own_key(session, away.actor)
        forged = receipts.write(key, UUID(int=1), b"\0" * 32, clock.today())
    with home.work() as session:
        transfer = session.get_one(Transfer, sent_id)
        own = areas.need_own_key(session, home.actor)
        by_us = receipts.write(own, transfer.packet_id, transfer.digest, clock.today())
        for wrong in (forged, by_us, b"", b"{}", b"[" * 3000, os.urandom(100), content):
            assert refused(sending.take_receipt, session, home.actor, transfer, wrong) == "file"
        assert transfer.receipted_at is None


def test_sending_needs_the_second_factor_just_now(two):
    home, _, panel, there, _ = two
    old = actor_for(panel.coordinator, stepped_up_at=None)
    with unit_of_work(home.house, old) as session:
        with pytest.raises(StepUpNeeded):
            sending.send(
                session, old, session.get_one(Case, panel.case_ids[0]), session.get_one(OtherArea, there), MOVE
            )
        with pytest.raises(StepUpNeeded):
            areas.add_area(session, old, name="Else", public_key=home.key)


def test_a_new_own_key_still_opens_what_was_sealed_to_the_old_one(two):
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    with time_machine.travel(clock.now().timestamp() + 60, tick=False), unit_of_work(away.house) as session:
        made = areas.make_own_key(session, away.house.keyring, session.scalars(select(Partnership)).one())
    assert made != away.key
    with away.work() as session:
        assert areas.need_own_key(session, away.actor).public_key == made
    assert away.take(content)
    with away.house.reader() as session:
        assert session.scalars(select(Transfer)).one().direction == TransferDirection.IN


def test_the_private_part_is_useless_without_the_deployments_own_key(two):
    """A copy of the database opens no packet: the key store and its root are needed."""
    home, away, _, _, _ = two
    with away.work() as session:
        key = areas.need_own_key(session, away.actor)
    assert "AGE-SECRET" not in repr(key)
    with sqlite3.connect(away.house.settings.data / "casework.db") as connection:
        assert "AGE-SECRET-KEY" not in "\n".join(connection.iterdump())
    with pytest.raises(InvalidTag):
        area_keys.sign(b"x", home.house.keyring.deployment_secret("area-keys"), key.owner, key.private + b"x")


def test_a_case_that_was_sent_is_still_there_and_still_ours(two):
    home, _, panel, there, _ = two
    home.send(panel.case_ids[0], there)
    with home.work() as session:
        case = cases.get_case(session, home.actor, session.get_one(Case, panel.case_ids[0]).reference)
        assert listing.list_of_case(session, home.actor, case)[0].area == "Other area"
        assert session.scalars(select(CasePerson).where(CasePerson.case_id == case.id)).first()
