"""A wall says nothing: whoever is walled off from a case sees what they would see if it did not exist (security 9.3).

Two boroughs, alike but for one case: in the one the reader is walled off from it, in the other it never was. Every page
of the panel, every document and every message of the two is compared, word for word.
"""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.models import Message
from marac.services.live import running
from marac.services.meetings import asynchronous, attendance, panels
from marac.vocabulary import DocumentKind, MeetingKind, Role
from tests import builders_panels, pdf_text
from tests.attacks.scene import SAME_SITE, counted, form, token_of
from tests.builders import a_user, actor_for, app_of, declared, signed_in
from tests.builders_panels import MORNING, a_held_panel, a_published_panel, a_running_panel, a_wall

NAMES = ("Amina Begum", "Siobhan Doyle", "Zofia Nowak")
HIDDEN = 2  # the second of three
CHANGING = tuple((re.compile(pattern), word) for pattern, word in (
    (r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "ID"), (r"\b[A-Z2-9]{3}-[A-Z2-9]{3}\b", "REF"),
    (r'name="(?:csrf_token|once_key|version|pen)"[^>]*', "TOKEN"), (r'value="[^"]{20,}"', "VALUE"),
    (r"next=[\w.-]+", "NEXT"), (r'"[0-9a-f]{16}"', "MARK"), (r"\b[0-9a-f]{4}-[0-9a-f]{4}\b", "REQUEST"),
    (r"\b[a-z_]+\.[0-9a-f]{8}@", "MAIL"), (r"[Cc]opy:? [0-9A-Z]{4}\b|>[2-9A-Z]{4}</th>", "COPY"),
))  # fmt: skip


@pytest.fixture(autouse=True)
def _one_moment():
    with time_machine.travel(MORNING, tick=False):
        yield


def hidden_is_being_heard(house, cases):
    """Everybody but the reader talks about the case that the reader does not know of."""
    panel = a_running_panel(house, cases)
    if cases == len(NAMES):
        with panel.work(panel.coordinator) as session:
            running.call_item(session, actor_for(panel.coordinator), panel.item(session, HIDDEN))
    return panel


def without_a_room(house, cases):
    """Posted and opened, for three days, to the agencies that agreed (DA-56)."""
    panel = builders_panels.a_panel(house, cases)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        meeting.kind, meeting.starts_at = MeetingKind.ASYNCHRONOUS, clock.now() + timedelta(days=3)
        meeting.chair_id = panel.chair.id
        panels.publish_agenda(session, coordinator, meeting)
        declared(session)
    for worker in (panel.police, panel.housing):
        with panel.work(worker) as session:
            attendance.agree(session, actor_for(worker), panel.meeting(session))
    with panel.work(panel.coordinator) as session:
        asynchronous.open_information(session, coordinator, panel.meeting(session))
    return panel


STAGES = {
    "published": a_published_panel, "hidden case": hidden_is_being_heard,
    "held": a_held_panel,
    "without a room": without_a_room,
}  # fmt: skip
READERS = {
    "coordinator": (Role.COORDINATOR, "vawg_team"), "housing": (Role.REPRESENTATIVE, "housing_options"),
    "chair": (Role.CHAIR, "met_police_da"),
}  # fmt: skip


def a_borough(house, stage, reader, *, hides):
    """(panel, the reader) with three cases and a wall that stood before the agenda was out (DA-5), or with two."""
    made, plain = [], builders_panels.a_panel
    names = NAMES if hides else (NAMES[0], NAMES[2])
    role, agency = READERS[reader]

    def with_reader(*args, **facts):
        panel = plain(*args, **facts)
        with panel.work(panel.coordinator) as session:
            made.append(a_user(session, house, role, agency, full_name="Ros Eve", email="ros.eve@example.org"))
            if hides:
                a_wall(session, panel.case_ids[HIDDEN - 1], made[0])
            else:  # every case comes with somebody who referred it
                a_user(session, house, Role.IDVA, "solace", full_name="Ida Sender")
        return panel

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builders_panels, "NAMES", names)
        patch.setattr(builders_panels, "a_panel", with_reader)
        return STAGES[stage](house, len(names)), made[0]


def addresses(panel):
    """Every page of the panel and every list, with numbers up to one more than the reader may see."""
    of_meeting = ("panels", "minutes", "research")
    for rule in app_of(panel.house).url_map.iter_rules():
        names, noun = set(rule.arguments), rule.rule.split("/")[1]
        if "GET" not in rule.methods or rule.endpoint == "static" or noun in ("sign-out", "lock", "go", "admin"):
            continue
        if not names:
            yield rule.rule
        elif "reference" in names and names <= {"reference", "number"} and noun in of_meeting:
            for number in ("1", "2", "3") if "number" in names else ("",):
                yield rule.rule.replace("<reference>", panel.reference).replace("<int:number>", number)


def settled(text):
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text


def lines_of(text):
    """Sorted: rows that are alike in what they are ordered by stand in no order."""
    return sorted(line.strip() for line in unescape(settled(text)).splitlines() if line.strip())


def told(panel, reader):
    """Address -> (status, lines) of every page; document -> its words; what was sent to them."""
    browser, statements = signed_in(panel.house, reader).http, counted(panel.house)
    found = {}
    for path in addresses(panel):
        statements.clear()
        answer = browser.get(path, base_url="https://localhost")
        lines = lines_of(answer.get_data().decode("utf-8", "replace"))
        seen = [*lines, f"{len(statements)} queries", *(name for name, _ in answer.headers)]
        found[settled(path.replace(panel.reference, "REF"))] = (answer.status_code, seen)
    token = token_of(browser)
    for number, name in enumerate((NAMES[HIDDEN - 1], "Siobhan", NAMES[2], "Doyle")):
        statements.clear()
        answer = browser.post("/find", data=form(token, name=name), **SAME_SITE)
        seen = [*lines_of(answer.get_data(as_text=True)), f"{len(statements)} queries"]
        found[f"search {number}"] = (answer.status_code, [line for line in seen if name not in line])
    for kind in DocumentKind:
        answer = browser.post(f"/panels/{panel.reference}/documents", data=form(token, kind=kind.value), **SAME_SITE)
        words = (
            pdf_text.words_of(answer.data) if answer.mimetype == "application/pdf" else answer.get_data(as_text=True)
        )
        found[f"document {kind.value}"] = (answer.status_code, lines_of(words))
    with panel.house.reader() as session:
        rows = session.scalars(select(Message).where(Message.user_id == reader.id))
        found["messages"] = sorted((one.template.value, settled(one.path), one.due_at) for one in rows)
    return found


COMPARED = [(who, stage) for who in ("coordinator", "housing") for stage in STAGES] + [("chair", "hidden case")]


@pytest.mark.parametrize("reader, stage", COMPARED)
def test_a_wall_leaves_no_gap_no_count_and_no_message(open_house, stage, reader):
    with_wall, without = (
        told(*a_borough(open_house(), stage, reader, hides=hides)) for hides in (True, False)
    )  # fmt: skip
    assert with_wall.keys() == without.keys()
    assert len(with_wall) > 30
    differ = {
        where: _first(with_wall[where], without[where]) for where in without if with_wall[where] != without[where]
    }
    assert differ == {}
    assert "Siobhan" not in str(with_wall)


def _first(one, other):
    """What differs first, to be read in a failure."""
    if not isinstance(one, tuple) or one[0] != other[0]:
        return one if not isinstance(one, tuple) else (one[0], other[0])
    return next(((a, b) for a, b in zip(one[1], other[1], strict=False) if a != b), (len(one[1]), len(other[1])))
