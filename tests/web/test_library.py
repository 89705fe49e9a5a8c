"""The library of usual actions in the browser: added, changed, retired, by those who keep it (DA-27)."""

from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from tests.builders import a_user, signed_in


def test_a_coordinator_adds_changes_and_retires_an_entry_without_code(house):
    with unit_of_work(house) as session:
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team")
    client = signed_in(house, coordinator)
    page = client.get("/admin/library").follow("Add a usual action")
    assert "Enter what is to be done" in page.fill_and_post({}).errors
    page = page.fill_and_post(
        {"text": "Hold the arrears", "agency": "housing_options", "default_due": "2wd", "protects": ["victim"],
         "addresses": ["economic"]}
    )  # fmt: skip
    assert page.flashes == ["Saved."]
    page = page.follow("Hold the arrears").fill_and_post({"text": "Hold the arrears for 8 weeks"})
    assert "Hold the arrears for 8 weeks" in page.main
    gone = page.follow("Retire Hold the arrears for 8 weeks").fill_and_post({})
    assert "Hold the arrears" not in gone.main
    assert "library" not in client.get("/admin/settings").main.lower().replace("action library", "")


def test_a_representative_does_not_find_the_library(house):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    assert signed_in(house, worker).get("/admin/library").status == 403
