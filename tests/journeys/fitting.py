"""The second half of a request's story, told in browsers: from the approved cost to the follow-up at six months."""

from datetime import timedelta
from typing import Any

from marac import clock
from tests.builders_sanctuary import STREET, Scheme
from tests.builders_works import GPS, JPEG
from tests.journeys.people import LAPTOP, PHONE, Person, Room

PHOTO = {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": JPEG[:2] + GPS + JPEG[2:]}


def day_of(person: Person, name: str, days: int) -> None:
    """The three boxes of a date, so many days from now."""
    on = clock.today() + timedelta(days=days)
    person.fill_date(name, str(on.day), str(on.month), str(on.year))


def order_works(olive: Person, reference: str, firm: str) -> None:
    """The officer offers the job: a day, an area, what to say at the door."""
    olive.go(f"/sanctuary/{reference}/order")
    olive.page.get_by_label("Contractor", exact=True).select_option(label=firm)
    day_of(olive, "on", 1)
    olive.fill("From", "9am")
    olive.fill("Until", "5pm")
    olive.fill("How to get in", "Second floor, blue door")
    olive.fill("What to say at the door", "Say you have come about the repairs.")
    olive.fill("Who to ring", "Repairs desk, 020 7946 0999")
    olive.press("Offer the job")


def stop_and_go_on(olive: Person, reference: str) -> None:
    """Somebody saw him: works stop at once. Then it is clear again, and they go on (SAN-22)."""
    olive.go(f"/sanctuary/{reference}/freeze")
    olive.fill("How is this known?", "A neighbour saw him at the door")
    day_of(olive, "known_on", 0)
    olive.press("Stop the works")
    assert olive.sees("Works are stopped")
    olive.go(f"/sanctuary/{reference}/triage")
    olive.find("[name=gate_perpetrator_lives_elsewhere][value=yes]").check()
    olive.find("[name=evidence_perpetrator_lives_elsewhere]").fill("Police: he is in prison")
    olive.press("Save")
    olive.go(f"/sanctuary/{reference}")
    olive.press("Go on", exact=False)
    assert olive.sees("Order again what was taken back")


def sign_off(olive: Person, reference: str) -> None:
    """The resident signs off, with three keys (SAN-30); then the safety plan and the flags (SAN-31)."""
    olive.go(f"/sanctuary/{reference}/sign-off")
    olive.press("Ready for sign-off")
    for tick in ("The smoke alarms were checked and work", "Everything that was fitted was shown and tried",
                 "How to get out in a fire was explained", "Every key went to the resident and to nobody else",
                 "The resident confirms that the work is done as agreed"):  # fmt: skip
        olive.tick(tick)
    olive.fill("Keys handed over", "3")
    olive.press("Signed off by the resident")
    olive.go(f"/sanctuary/{reference}/safety-plan")
    olive.fill("Safety plan", "Rings a neighbour; leaves by the back.")
    olive.page.get_by_label("Ask the police", exact=True).check()
    olive.press("Save")


def follow_up(olive: Person, reference: str, months: int) -> None:
    """They were asked by the safe way, and still live there (SAN-32, SAN-33)."""
    olive.go(f"/sanctuary/{reference}/follow-ups")
    olive.follow(f"After {months} month")
    olive.find("[name=way]").last.check()  # through somebody: the rules are older than 28 days, so nobody rings
    olive.find("[name=still_at_address][value=yes]").check()
    olive.find("[name=incidents_since][value=none]").check()
    olive.find("[name=measures_working][value=yes]").check()
    olive.press("Record what they said")
    assert olive.sees("Still at the address: yes")


def from_approval_to_six_months(room: Room, scheme: Scheme, reference: str, firm: str, names: tuple[str, ...]) -> Any:
    """An approved request until it is closed, with a job that was frozen on the way. Answers the officer's browser."""
    olive = room.sign_in(scheme.officer, LAPTOP)
    order_works(olive, reference, firm)
    gil = room.sign_in(scheme.contractor, PHONE, names=names)
    gil.follow("Job", inside="main")
    gil.press("Accept this job")
    card = gil.path
    stop_and_go_on(olive, reference)
    gil.page.goto(f"{gil.address}{card}")
    assert gil.heading == "This job has been withdrawn"
    assert STREET not in gil.page.content()
    gil.noises[:] = [noise for noise in gil.noises if "410" not in noise]

    order_works(olive, reference, firm)
    gil.go("/jobs")
    gil.follow("Job", inside="main")
    gil.press("Accept this job")
    gil.find("input[name=photo]").set_input_files(PHOTO)
    gil.press("Everything is fitted: finish")
    sign_off(olive, reference)
    for months, days in ((1, 33), (3, 62), (6, 92)):
        room.wait(days * 86_400)
        olive = room.sign_in(scheme.officer, LAPTOP)
        follow_up(olive, reference, months)
    olive.go(f"/sanctuary/{reference}")
    olive.press("Close", exact=False)
    return olive
