"""A contractor on a phone in a van, and an officer surveying a home whose signal comes and goes (ux 1.6, 1.7)."""

import pytest
from sqlalchemy import select

from marac import clock
from marac.models import FollowUp, HomePhoto, SanctuaryRequest, WorksLine
from marac.services.keeping.deployment import Deployment
from marac.services.sanctuary import stopping
from marac.vocabulary import FollowUpState, SanctuaryOutcome, SanctuaryState
from tests.builders import actor_for
from tests.builders_sanctuary import FEARED, NAME, STREET, Scheme, a_scheme
from tests.builders_works import a_booked_survey, an_approved_request, an_ordered_job, at, the_request
from tests.journeys.fitting import PHOTO, from_approval_to_six_months
from tests.journeys.people import PHONE, Person, Room

NAMES = (*NAME.replace("-", " ").split(), *FEARED.split(), STREET)
FIRM = "Property works contractor"
AWAY = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def scheme(house: Deployment) -> Scheme:
    return a_scheme(house)


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_a_contractor_accepts_in_one_tap_and_finishes_in_three(scheme: Scheme, room: Room, script: bool):
    """SAN-28: on 390 px. The address is there the next evening and gone with the job."""
    _, token = an_ordered_job(scheme)
    gil = room.sign_in(scheme.contractor, PHONE, script=script, names=NAMES)
    assert (gil.path, gil.heading) == ("/jobs", "Jobs")
    gil.follow("Job", inside="main")
    assert STREET not in gil.page.content()
    gil.press("Accept this job")  # one tap
    assert "Shows here from" in gil.read()
    assert gil.small_targets() == []

    room.wait((at(1, 18) - clock.now()).total_seconds() + 60)
    gil = room.sign_in(scheme.contractor, PHONE, script=script, names=NAMES, at=f"/jobs/{token}")
    assert f"14 {STREET}, E1W 9ZZ" in gil.read()
    gil.find("input[name=photo]").set_input_files(PHOTO)  # two taps on a phone: the box, and the shutter
    gil.press("Everything is fitted: finish")  # the third
    assert gil.sees("Thank you. The job is finished.")
    assert gil.sees("No jobs.")
    gil.go(f"/jobs/{token}")
    assert gil.heading == "This job is finished"
    assert STREET not in gil.page.content()
    with scheme.house.reader() as session:
        assert set(session.scalars(select(WorksLine.result))) == {"fitted"}


def test_a_job_that_was_frozen_says_so_at_once(scheme: Scheme, room: Room):
    """SAN-22, SAN-28: the card is open in the van while the office stops the works."""
    reference, token = an_ordered_job(scheme)
    gil = room.sign_in(scheme.contractor, PHONE, names=NAMES, at=f"/jobs/{token}")
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        facts = {"how_known": "A neighbour saw him", "known_on": clock.today()}
        stopping.stop(session, actor_for(scheme.officer), request, "freeze", facts)
    gil.press("Accept this job")
    assert gil.heading == "This job has been withdrawn"
    assert gil.sees("Do not go there.")
    gil.noises[:] = [noise for noise in gil.noises if "410" not in noise]


def tap(person: Person, item: str, room: str = "") -> None:
    """A thumb on a room, and on a thing to fit in it."""
    if room:
        person.page.locator(f"#room-{room}").check()
    button = person.page.locator(f"button[value={item}]")
    group = person.page.locator("details", has=button).last
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    button.click()


def waiting(person: Person) -> int:
    """How many things the page says it still keeps."""
    return int(person.find("[data-survey]").get_attribute("data-waiting") or 0)


def test_a_survey_goes_on_without_a_signal_and_nothing_is_lost_or_doubled(scheme: Scheme, room: Room):
    """SAN-26, ux 1.6: taps wait in the page, are sent once, and nothing is written to the phone."""
    reference = a_booked_survey(scheme)
    sam = room.sign_in(scheme.surveyor, PHONE, names=NAMES, at=f"/sanctuary/{reference}/survey")
    tap(sam, "lock_change_cylinder", "front_door")
    sam.page.wait_for_selector("[data-survey-lines] >> text=Change lock cylinder")

    sam.page.context.set_offline(True)
    tap(sam, "hinge_bolts")
    tap(sam, "window_lock", "bedroom")
    sam.find("#entry_points, [name=entry_points]").first.check()
    sam.choose("Is a safe room wanted?", "No")
    sam.page.get_by_role("button", name="Save the home").click()
    sam.find("input[name=photo]").set_input_files(PHOTO)
    sam.page.get_by_role("button", name="Add photo").click()
    sam.page.wait_for_selector("[data-survey][data-waiting='4']")
    banner = sam.find("[data-survey-banner]")
    assert "No signal. 4 things are kept on this page" in banner.inner_text()
    assert sam.sees("Hinge bolts, Front door (waiting)")
    sam.check(sam.page)
    sam.page.get_by_role("button", name="Finish survey").click()
    assert "Wait until everything is sent" in banner.inner_text()
    assert kept_on_device(sam) == []

    sam.page.context.set_offline(False)
    sam.page.wait_for_selector("[data-survey][data-waiting='0']", timeout=30_000)
    sam.page.wait_for_selector("[data-survey-lines] >> text=Window lock")
    assert waiting(sam) == 0
    sam.go(f"/sanctuary/{reference}/survey")
    with scheme.house.reader() as session:
        assert len(session.scalars(select(WorksLine.id)).all()) == 3
        assert len(session.scalars(select(HomePhoto.id)).all()) == 1
    assert [sam.find("strong", has_text=words).count() for words in ("Hinge bolts", "Window lock")] == [1, 1]
    assert kept_on_device(sam) == []
    sam.noises[:] = [noise for noise in sam.noises if AWAY not in noise and "/survey" not in noise]


def kept_on_device(person: Person) -> list[str]:
    """What the page wrote where it would outlive the tab."""
    found = person.page.evaluate(
        "async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage),"
        " ...(await indexedDB.databases()).map((one) => one.name),"
        " ...(window.caches ? await caches.keys() : [])]"
    )
    return [str(one) for one in found]


def test_an_answer_that_was_lost_on_the_way_makes_no_second_line(scheme: Scheme, room: Room):
    """SAN-26: the server had kept the tap when the signal went; the phone sends it again."""
    reference = a_booked_survey(scheme)
    sam = room.sign_in(scheme.surveyor, PHONE, names=NAMES, at=f"/sanctuary/{reference}/survey")
    lost: list[str] = []

    def lose(route):
        if not lost:
            lost.append(route.request.url)
            route.fetch()  # it arrives there
            route.abort()  # and its answer does not arrive here
        else:
            route.continue_()

    sam.page.route("**/survey/lines", lose)
    tap(sam, "lock_change_cylinder", "hall")
    sam.page.wait_for_selector("[data-survey-lines] >> text=Change lock cylinder", timeout=15_000)
    with scheme.house.reader() as session:
        assert len(session.scalars(select(WorksLine.id)).all()) == 1
    sam.noises[:] = [noise for noise in sam.noises if "/survey/lines" not in noise and "ERR_FAILED" not in noise]


def test_from_an_approved_cost_to_the_follow_up_at_six_months_with_a_job_frozen_on_the_way(scheme: Scheme, room: Room):
    """SAN-22, SAN-28 to SAN-33."""
    reference = an_approved_request(scheme)
    olive = from_approval_to_six_months(room, scheme, reference, FIRM, NAMES)
    assert olive.sees("Closed")
    with scheme.house.reader() as session:
        request = session.scalars(select(SanctuaryRequest)).one()
        assert (request.state, request.outcome) == (SanctuaryState.CLOSED, SanctuaryOutcome.STAYED)
        assert set(session.scalars(select(FollowUp.state))) == {FollowUpState.DONE}
