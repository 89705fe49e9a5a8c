"""Who looked at this case, the auditor's queue, bulk reading that stops, and the digits at the foot (DA-3, DP-54)."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock, jobs
from marac.models import AuditEntry, Message, TrailAlert
from marac.services.keeping.deployment import unit_of_work
from marac.services.minuting import pdf, word_files
from marac.services.trail import checkpointing
from marac.vocabulary import AlertRule, InvolvementBasis, RevealReason, Role
from tests.builders import a_user, signed_in
from tests.builders_cases import a_full_case, a_story, involve
from tests.pdf_text import said_in

REASON = next(one for one in RevealReason if one is not RevealReason.OTHER)


@pytest.fixture
def story(house):
    return a_story(house)


@pytest.fixture
def auditor(house, story):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.AUDITOR, "vawg_team", full_name="Olu Shaw")


def entries(house, tag):
    with house.reader() as session:
        return [json.loads(body) for body in session.scalars(select(AuditEntry.body).where(AuditEntry.tag == tag))]


def test_the_case_says_who_looked_at_what_and_why(house, story, auditor):
    """DA-3, DP-54: for coordinator and chair; not for an agency; for information governance with a reason."""
    housing, here = signed_in(house, story.housing), f"/cases/{story.reference}"
    housing.get(here)
    housing.get(f"{here}/people")
    reveal = f"{here}/reveal/address-{story.address_id.hex}"
    page = housing.get(reveal)
    page.fill_and_post({"reason": REASON.value})
    coordinator = signed_in(house, story.coordinator)
    assert coordinator.get(f"{here}/history").follow("Who looked at this case").h1 == "Who looked at this case"
    told = coordinator.get(f"{here}/looked").text
    assert "Hana Reed" in told
    assert "Agency representative" in told
    assert "alleged perpetrator, children, summary, where, who" in told
    assert REASON.label in told
    assert housing.get(f"{here}/looked").status == 403
    stranger = signed_in(house, story.stranger)
    assert stranger.get(f"{here}/looked").status == 404
    mine = housing.get("/account/looked").text
    assert story.reference in mine
    assert "Ade Okafor" not in mine
    ig = signed_in(house, auditor)
    asking = ig.get("/admin/audit/looked")
    assert asking.fill_and_post({"reference": story.reference}).status == 422
    found = asking.fill_and_post({"name": "amina begum", "reason": "complaint"}).text
    assert "Hana Reed" in found
    assert "Amina" not in found
    asked = entries(house, "trail:read")
    assert {(one["role"], one["keys"]["about"], one["keys"]["reason"]) for one in asked} == {
        ("coordinator", "case", None), ("auditor", "person", "complaint")
    }  # fmt: skip
    assert all(one["case"] == story.case_id.hex for one in asked)
    read = entries(house, "case:read")[0]
    assert (read["network"], len(read["agent"]), read["outcome"]) == ("127.0.0.0/24", 16, "done")
    assert read["request"] != "-"


def test_reading_in_bulk_stops_before_twenty_cases_and_the_auditor_is_told(house, story, auditor):
    """Security 9.10: until the person confirms that it is them; the mail about it says nothing."""
    with unit_of_work(house) as session:
        others = [a_full_case(session, house, name=f"Case {n}") for n in range(24)]
        for case in others:
            involve(session, case, "housing_options", InvolvementBasis.LISTED)
        references = [case.reference for case in others]
    jobs.tick(house, "test")
    housing, now = signed_in(house, story.housing), clock.now()
    with time_machine.travel(now.replace(hour=12) + timedelta(days=1), tick=True) as traveller:
        housing = signed_in(house, story.housing)
        answers = [housing.get(f"/cases/{reference}").status for reference in references]
        assert answers.count(200) == 16
        assert set(answers[16:]) == {403}
        jobs.tick(house, "test")
        traveller.shift(60)
        with house.reader() as session:
            alerts = {alert.rule: alert for alert in session.scalars(select(TrailAlert))}
            alert = alerts.pop(AlertRule.MANY_CASES)
            assert (alert.user_id, alert.count) == (story.housing.id, 16)
            assert set(alerts) <= {AlertRule.CHECKPOINT_LATE}  # nobody kept the timetable overnight
            told = session.scalars(select(Message).where(Message.subject_key == alert.id.hex)).all()
            assert {one.user_id for one in told} == {auditor.id}
        ig = signed_in(house, auditor)
        assert " alert" in ig.get("/today").text
        assert "Hana Reed" in ig.get("/admin/audit/alerts").text
        ig.get(f"/admin/audit/alerts/{alert.id}").fill_and_post({"note": "It was the audit week of housing."})
        assert "audit week of housing" in ig.get("/admin/audit/alerts").text
        with house.reader() as session:
            waiting = [one for one in session.scalars(select(TrailAlert)) if one.looked_at is None]
        assert alert.id not in {one.id for one in waiting}
        assert ig.get("/admin/audit").text.count(f"{len(waiting)} to look into") == 1


def test_who_is_of_the_same_name_as_somebody_in_the_case_is_reported_to_the_auditor(house, story, auditor):
    with unit_of_work(house) as session:
        same = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="UDDIN Karim")
    jobs.tick(house, "test")
    signed_in(house, same).get(f"/cases/{story.reference}")
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=True):
        jobs.tick(house, "test")
    with house.reader() as session:
        rules = {alert.rule: alert for alert in session.scalars(select(TrailAlert))}
    assert rules[AlertRule.OWN_NAME].user_id == same.id
    assert rules[AlertRule.OWN_NAME].case_id == story.case_id


def test_the_foot_of_what_is_printed_has_the_digits_of_the_newest_checkpoint(house, story):
    checkpointing.sign_now(house, access.system(story.coordinator.partnership_id))
    with house.reader() as session:
        digits, _at = checkpointing.status(session, story.coordinator.partnership_id)
    assert len(digits.replace(" ", "")) == 16
    assert f"Trail {digits}" in signed_in(house, story.coordinator).get(f"/cases/{story.reference}").text
    facts = {
        "title": "Plan", "marking": "OFFICIAL-SENSITIVE", "copy": "7F3A", "for_whom": "Ade", "made": "today",
        "destroy_on": "tomorrow", "watermark": "Ade", "size": 10.5, "flipped": False, "wide_margin": False,
        "blocks": [], "checkpoint": digits,
    }  # fmt: skip
    assert said_in(pdf.render(facts), digits)
    assert word_files.render(facts)[:2] == b"PK"
