"""Mail: what leaves says nothing, leaves at least once, and is opened for nobody else (DA-2)."""

import email
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from marac import access, clock, notifications
from marac.models import AuditEntry, Invitation, Message
from marac.services.accounts import lead_codes, users
from marac.services.clockwork import timed
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import ProgrammeSlug, Role, Template, UserState
from tests.builders import a_user, an_agency
from tests.builders_cases import a_story, messages

SAYS_NOTHING_OF = re.compile(
    r"MARAC|abuse|Begum|Uddin|housing|Solace|Tower Hamlets|borough|[CDFGHJKMNPQRTVWXY]\d[CDFGHJKMNPQRTVWXY]-\d\d",
    re.IGNORECASE,
)


class Letterbox:
    """A mail server that keeps what it takes, or refuses everything."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Mail]] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        if self.refuses:
            return "451 Try again later"
        self.taken.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 OK"


@contextmanager
def serving(host: str) -> Iterator[tuple[Letterbox, str]]:
    """A real mail server on this machine."""
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    box = Letterbox()
    controller = Controller(box, hostname=host, port=port)
    controller.start()
    yield box, f"smtp://{host}:{port}"
    controller.stop()


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, str]]:
    with serving("127.0.0.1") as box:
        yield box


def enqueue(story, *templates, **facts):
    with unit_of_work(story.house) as session:
        for number, template in enumerate(templates or (Template.ACTIONS_ASSIGNED,)):
            key = f"thing-{number}-{facts.get('tail', '')}"
            people, path = [story.housing.id], f"/actions/{story.action_id}"
            notifications.enqueue(session, story.housing.partnership_id, people, template, subject_key=key, path=path)


def text_of(mail: Mail) -> str:
    return mail.get_payload(decode=True).decode()


def test_a_prompt_says_how_much_and_by_when_and_nothing_else(house, letterbox):
    box, url = letterbox
    story = a_story(house, days=-2)
    enqueue(story, Template.ACTIONS_ASSIGNED, Template.RESEARCH_ASKED)
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 2
    ((to, mail),) = box.taken
    whole = mail.as_string() + text_of(mail)
    assert to == [story.housing.email]
    assert mail["Subject"] == notifications.SUBJECT
    assert "Overdue actions: 1." in text_of(mail)
    assert SAYS_NOTHING_OF.findall(whole.replace(story.housing.email, "")) == []


def test_the_link_leads_by_a_token_of_the_message(house, letterbox):
    box, url = letterbox
    story = a_story(house)
    enqueue(story)
    timed.deliver_in(house, story.housing.partnership_id, url)
    (message,) = messages(house)
    assert f"https://localhost/go/{message.go_token}" in text_of(box.taken[0][1])


def test_what_is_urgent_is_said_first_and_the_subject_stays_the_same(house, letterbox):
    box, url = letterbox
    story = a_story(house)
    enqueue(story, Template.MINUTES_ISSUED, Template.REFERRAL_URGENT)
    timed.deliver_in(house, story.housing.partnership_id, url)
    ((_, mail),) = box.taken
    urgent = next(one for one in messages(house) if one.template == Template.REFERRAL_URGENT)
    assert text_of(mail).split("\n")[2].startswith("Urgent")
    assert urgent.go_token in text_of(mail)
    assert mail["Subject"] == notifications.SUBJECT


def test_a_message_leaves_once(house, letterbox):
    box, url = letterbox
    story = a_story(house)
    enqueue(story)
    for _ in range(3):
        timed.deliver_in(house, story.housing.partnership_id, url)
    assert len(box.taken) == 1
    assert messages(house)[0].sent_at is not None


def test_what_the_server_refuses_is_tried_again_later_under_the_same_id(house, letterbox, time_machine):
    box, url = letterbox
    story = a_story(house)
    enqueue(story)
    box.refuses = True
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 0
    (message,) = messages(house)
    assert (message.attempts, message.sent_at, message.due_at > clock.now()) == (1, None, True)
    box.refuses = False
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 0, "not before its wait is over"
    time_machine.move_to(message.due_at, tick=True)
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 1


def test_the_message_id_is_the_same_at_every_try(house):
    story = a_story(house)
    enqueue(story)
    ids = []
    for _ in range(2):
        with unit_of_work(house) as session:
            session.scalars(select(Message)).one().due_at = clock.now()
        with unit_of_work(house) as session:
            letterhead = notifications.Letterhead("Casework", "https://localhost")
            (prompt,) = notifications.claim(session, story.housing.partnership_id, letterhead, lambda _message: "")
            ids.append(prompt.mail["Message-ID"])
    assert ids[0] == ids[1]


def test_a_server_that_is_away_loses_nothing(house):
    story = a_story(house)
    enqueue(story)
    assert timed.deliver_in(house, story.housing.partnership_id, "smtp://127.0.0.1:1") == 0
    assert messages(house)[0].sent_at is None


def test_a_suspended_person_gets_nothing(house, letterbox):
    box, url = letterbox
    story = a_story(house)
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "elft", state=UserState.SUSPENDED)
        people = [worker.id]
        notifications.enqueue(session, worker.partnership_id, people, Template.MINUTES_READY, subject_key="x")
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 0
    assert box.taken == []


def test_an_invitation_carries_the_join_link_which_works_and_is_kept_nowhere(house, letterbox):
    box, url = letterbox
    story = a_story(house)
    with unit_of_work(house) as session:
        agency = an_agency(session, "elft")
        console = replace(access.system(story.coordinator.partnership_id), stepped_up_at=clock.now())
        users.invite_user(
            session, console, house.keyring, full_name="Ola Bright", email="ola@example.org",
            agency=agency, role=Role.REPRESENTATIVE, programme=ProgrammeSlug.DA_MARAC,
        )  # fmt: skip
    timed.deliver_in(house, story.housing.partnership_id, url)
    ((to, mail),) = box.taken
    link = re.search(r"https://localhost/join/(\w+)", text_of(mail))
    assert to == ["ola@example.org"]
    assert link is not None
    with unit_of_work(house) as session:
        [invitation] = session.scalars(select(Invitation))
        assert users.start_enrolment(
            session, house.keyring, link[1], lead_codes.lead_code(house.keyring, invitation.id)
        )
    assert all(link[1] not in repr(vars(message)) for message in messages(house))


def test_addresses_are_opened_for_mail_alone_and_that_is_audited(house, letterbox):
    _, url = letterbox
    story = a_story(house)
    enqueue(story)
    timed.deliver_in(house, story.housing.partnership_id, url)
    with house.reader() as session:
        bodies = list(session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "values:opened")))
        sent = list(session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "message:sent")))
    assert any('"purposes":{"mail":1}' in body for body in bodies)
    assert len(sent) == 1


def test_a_person_hears_of_the_same_thing_once(house):
    story = a_story(house)
    enqueue(story)
    enqueue(story)
    assert len(messages(house)) == 1


@pytest.mark.parametrize("address, sender", [("smtp://h:25", ""), ("smtp://h:25?from=a@example.org", "a@example.org")])
def test_the_sender_may_be_set_in_the_address_of_the_mail_server(address, sender):
    assert notifications.sender_in(address) == sender


def test_nothing_is_said_in_the_clear_to_a_server_elsewhere_that_offers_no_encryption(house):
    """A relay that is not this machine must offer STARTTLS, unless the setting says never."""
    story = a_story(house)
    enqueue(story)
    with serving("127.0.0.2") as (box, url):
        assert timed.deliver_in(house, story.housing.partnership_id, url) == 0
        assert box.taken == []


@pytest.mark.parametrize(
    ("paths", "leads"),
    [
        (["/actions/1", "/actions/1"], "/actions/1"), (["/actions/1", "/actions/2"], "/actions"),
        (["/actions/1", "/research/K7D-42Q"], "/today"),
    ],
)  # fmt: skip
def test_a_mail_about_several_things_leads_to_their_list_not_to_the_oldest(house, letterbox, paths, leads):
    _box, url = letterbox
    story = a_story(house)
    with unit_of_work(house) as session:
        for number, path in enumerate(paths):
            notifications.enqueue(
                session, story.housing.partnership_id, [story.housing.id], Template.ACTIONS_ASSIGNED,
                subject_key=f"n{number}", path=path,
            )  # fmt: skip
    timed.deliver_in(house, story.housing.partnership_id, url)
    first = min(messages(house), key=lambda one: (one.enqueued_at, one.id))
    assert first.path == leads
