"""The pages of retention: linked from where people look, held to the house's rules, plain about what is refused."""

from datetime import timedelta

import pytest

from marac import clock
from marac.services.keeping.deployment import unit_of_work
from marac.services.retaining import schedule
from tests import builders_retention
from tests.builders import actor_for, signed_in


@pytest.fixture(scope="module")
def kept(founded, tmp_path_factory):
    return builders_retention.build(founded, tmp_path_factory.mktemp("pages") / "house")


@pytest.fixture
def house(kept, tmp_path):
    opened = kept.copy(tmp_path / "copy")
    yield opened
    opened.close()


def test_from_the_menu_to_a_hold_and_a_later_day(house, kept):
    client = signed_in(house, kept.coordinator)
    listed = client.get("/today").follow("Retention")
    here = f"/admin/retention/{kept.reference}"
    assert "A. B." in listed.text
    for page in ("?show=all", "?page=x", "/log", "/holds", "/holds/place"):
        assert client.get(f"/admin/retention{page}").status == 200, page
    record = listed.follow(kept.reference)
    assert record.follow("Propose erasure").status == 200
    late = clock.today() + timedelta(days=60)
    day = [str(late.day), str(late.month), str(late.year)]
    place = record.follow("Place a legal hold").form("place")
    wrong = place.post({"reference": "Q9Q-99Q", "kind": "court", "reason": "x", "review_on": day})
    assert (wrong.status, wrong.errors) == (422, ["No case has this reference"])
    done = place.post({"kind": "court", "reason": "The Crown Court asked", "review_on": day})
    assert "Court case" in done.text
    record = client.get(here)
    assert "A legal hold is on this case" in record.text
    assert "Propose erasure" not in record.text
    refused = client.get(f"{here}/propose").press("Propose erasure")
    assert (refused.status, "It is kept until the hold is lifted" in refused.text) == (422, True)
    keep = record.follow("Keep longer").form("keep")
    assert keep.post({"reason": ""}).status == 422
    assert "A claim" in keep.post({"reason": "A claim", "kept_until": day}).text
    lifted = client.get(here).follow("Court case").form("holds").post({"reason": "Over"})
    assert "No hold is in force" in lifted.text
    with unit_of_work(house) as session:
        actor = actor_for(kept.coordinator)
        assert schedule.get_record(session, actor, kept.reference).retain_until == late


def test_nobody_else_is_offered_it(house, kept):
    for worker, link in ((kept.auditor, True), (kept.panel.chair, False), (kept.panel.police, False)):
        assert ("/admin/retention" in signed_in(house, worker).get("/today").html) is link
    chair = signed_in(house, kept.panel.chair)
    assert chair.get(f"/cases/{kept.reference}").follow("Place a legal hold").status == 200
    assert chair.get("/admin/retention/holds").status == 200
    police = signed_in(house, kept.panel.police).http
    for page in ("", "/log", "/holds", "/holds/place", f"/{kept.reference}", "/certificates/K7D-42Q"):
        answer = police.get(f"/admin/retention{page}", base_url="https://localhost")
        assert answer.status_code in (403, 404), page
