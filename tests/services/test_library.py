"""The library of usual actions is edited without code, from a day, and what was agreed before stands (DA-27)."""

from datetime import timedelta

import pytest

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import AuditEntry
from marac.services.following import library
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import assigning
from marac.vocabulary import Protects, Role
from tests.builders import a_user, actor_for
from tests.builders_panels import a_called_case

NEW = {
    "agency": "housing_options", "text": "Hold the arrears while the move is agreed", "default_due": "2wd",
    "protects": ["victim"], "addresses": ["economic"], "panels": ["da_marac"],
}  # fmt: skip


@pytest.fixture
def coordinator(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team")


def keys(session, worker, on=None):
    return {entry.key for entry in library.list_entries(session, worker.partnership_id, on)}


def test_an_entry_is_added_changed_and_retired_each_from_its_day_and_in_the_trail(house, coordinator):
    actor, tomorrow = actor_for(coordinator), clock.today() + timedelta(days=1)
    with unit_of_work(house, actor) as session:
        made = library.save_entry(session, actor, key=None, usual=True, **NEW)
        key = made.key.removeprefix(library.PREFIX)
        library.save_entry(session, actor, key=key, from_on=tomorrow, **{**NEW, "text": "Hold the arrears for 8 weeks"})
        library.retire_entry(session, actor, "flag_and_tag", from_on=tomorrow)
    with unit_of_work(house, actor) as session:
        entries = {one.key: one for one in library.list_entries(session, coordinator.partnership_id)}
        later = {one.key: one for one in library.list_entries(session, coordinator.partnership_id, tomorrow)}
        assert (entries[key].text, entries[key].risks) == (NEW["text"], "money, debt, work")
        assert later[key].text == "Hold the arrears for 8 weeks"
        assert "flag_and_tag" in entries
        assert "flag_and_tag" not in later
        assert entries["flag_and_tag"].shipped
        assert session.query(AuditEntry).filter(AuditEntry.tag == "setting:changed").count() == 3


@pytest.mark.parametrize(
    "wrong", [{"agency": "nobody"}, {"text": "x"}, {"default_due": "soon"}, {"protects": []}, {"panels": ["x"]}]
)
def test_an_entry_that_says_too_little_is_refused_beside_its_box(house, coordinator, wrong):
    actor = actor_for(coordinator)
    with unit_of_work(house, actor) as session, pytest.raises(RuleBroken) as broken:
        library.save_entry(session, actor, key=None, **{**NEW, **wrong})
    assert broken.value.field in wrong


def test_only_those_who_keep_the_library_change_it(house, coordinator):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    with unit_of_work(house, actor_for(worker)) as session, pytest.raises(NotAllowed):
        library.save_entry(session, actor_for(worker), key=None, **NEW)
    with unit_of_work(house, actor_for(coordinator)) as session, pytest.raises(NotFound):
        library.retire_entry(session, actor_for(coordinator), "never_was")


def test_what_is_added_is_offered_at_the_panel_and_a_picked_line_keeps_the_risks_it_meets(house):
    panel = a_called_case(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        library.save_entry(session, actor, key=None, usual=True, **NEW)
        item = panel.item(session)
        assert NEW["text"] in {one.text for one in assigning.list_usual(session, item)}
        assert len(assigning.list_library(session, item)) > 50
        parsed = assigning.read_line(session, actor, item, f"housing: {NEW['text']} by fri")
        (made,) = assigning.assign_line(session, actor, item, parsed, protects=Protects.VICTIM)
        assert (made.risk, made.library_key[:4]) == ("money, debt, work", "own_")
        assert made.owner_id == panel.housing.id, "the agency's own person is named at once (DA-27)"
