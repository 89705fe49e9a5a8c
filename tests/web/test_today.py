"""Your work in the browser: the same skeleton for every role, and never a blank area."""

import pytest

from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from tests.builders import a_user, signed_in
from tests.builders_cases import a_story

SECTIONS = ["Do today", "This week", "Waiting for others", "Recently finished"]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.SYSTEM, Role.CONTRACTOR, Role.GUEST)])
def test_every_role_has_a_first_page_with_the_same_skeleton(house, role):
    with unit_of_work(house) as session:
        worker = a_user(session, house, role, "elft")
    page = signed_in(house, worker).get("/today")
    assert page.h1 == "Your work"
    assert [words for words in page.words_of("h2") if words in SECTIONS] == SECTIONS
    assert "Nothing to do today." in page.main


def test_a_contractor_has_jobs_and_no_other_first_page(house):
    """SAN-28."""
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.CONTRACTOR, "sanctuary_contractor")
    browser = signed_in(house, worker)
    assert [browser.get(path).h1 for path in ("/", "/today")] == ["Jobs", "Jobs"]


def test_the_name_of_the_service_leads_to_your_work(house):
    story = a_story(house)
    assert signed_in(house, story.housing).get("/").h1 == "Your work"


def test_due_task_and_link_stand_together_with_a_time(house):
    story = a_story(house, days=-2)
    page = signed_in(house, story.housing).get("/today")
    first = page.words_of(".app-work__row")[0]
    assert first.startswith("Overdue, 2 days")
    assert "Change the locks" in first
    assert "About 1 minute" in first
    assert page.follow("Change the locks").h1 == "Change the locks"
