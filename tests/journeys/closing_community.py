"""A Community MARAC case from the agenda to its end, as its people press it: panel, plan, review, closure."""

from sqlalchemy import select

from marac.models import Case, Meeting
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import CaseState
from tests.journeys.people import LAPTOP, PHONE, Person, Room
from tests.journeys.referring_community import COMMUNITY, NAMES, WORDS, Neighbourhood

SHARED = "Two warnings were sent and the keys were changed in May."
RISKS = ("risk_victim", "risk_adults", "risk_perpetrator", "risk_staff")


def hear_to_closure(room: Room, house: Deployment, crew: Neighbourhood) -> None:
    """Published, researched, heard, minuted, acted on, scored again and closed by the chair over a late incident."""
    with house.reader() as session:
        meeting = session.scalars(select(Meeting.reference).where(Meeting.programme == COMMUNITY)).one()
        case = session.scalars(select(Case.reference).where(Case.programme == COMMUNITY)).one()
    room.wait()
    coordinator = room.sign_in(crew.coordinator, LAPTOP, names=NAMES)
    publish(coordinator, meeting)
    landlord = room.sign_in(crew.landlord, PHONE, names=NAMES)
    share(landlord, meeting)
    open_the_meeting(coordinator, meeting)
    hear(coordinator, meeting)
    chair = room.sign_in(crew.chair, LAPTOP, names=NAMES)
    send_minutes(coordinator, chair, meeting)
    report(landlord)
    record_what_is_owed(coordinator, case)
    close_over(coordinator, chair, case)
    with house.reader() as session:
        assert session.scalars(select(Case.state).where(Case.reference == case)).one() == CaseState.CLOSED


def publish(coordinator: Person, meeting: str) -> None:
    """The agenda marks what kind of case it is (CM-18)."""
    coordinator.go(f"/panels/{meeting}/agenda")
    assert coordinator.sees("Cuckooing"), coordinator.read()
    coordinator.press("Check and publish")
    coordinator.press("Publish the agenda")
    assert coordinator.sees("Agenda published. Agencies were asked for research.")


def share(landlord: Person, meeting: str) -> None:
    """An agency answers in this panel's words."""
    landlord.go(f"/research/{meeting}")
    landlord.declare()
    assert not [word for word in WORDS if word in landlord.read()]
    row = landlord.find(".app-research__row").nth(0)
    row.get_by_label("Known", exact=True).check()
    row.get_by_label("What you plan to share", exact=True).fill(SHARED)
    row.get_by_label("Fact", exact=True).check()
    row.locator("[name^=who_known]").first.check()
    landlord.press("Send answers")
    assert landlord.sees("Answers sent for 1 case.")


def open_the_meeting(coordinator: Person, meeting: str) -> None:
    """Who is here has agreed; the chair has read the statement."""
    coordinator.go(f"/panels/{meeting}/research")
    coordinator.press("Close research", exact=False)
    coordinator.go(f"/panels/{meeting}/attendance")
    here = coordinator.find("tr", has_text="Safer Neighbourhood").first
    here.locator("select").select_option("present")
    here.locator("input[type=text], input:not([type])").first.fill("Sam Pryce")
    here.locator("input[type=checkbox]").first.check()
    coordinator.press("Save attendance")
    coordinator.find("#chair_id").select_option(label="Sam Pryce")
    coordinator.find("[name=statement_read]").check()
    coordinator.press("Open the meeting")


def hear(coordinator: Person, meeting: str) -> None:
    """Its own headings and aims; a plan with one action; heard."""
    coordinator.go(f"/panels/{meeting}/run/1")
    coordinator.press("Start this case", exact=False)
    assert coordinator.sees("Neighbours and others affected", inside="body")
    assert SHARED in coordinator.page.content()
    for name in ("views", "information", "risk_victim"):
        coordinator.find(f"#{name}").fill("Said and agreed.")
    for name in RISKS[1:]:
        coordinator.find(f"#{name}").fill("None.")
    coordinator.find("#line").fill("Housing management: visit weekly at an agreed time by fri")
    coordinator.press("Add", exact=False, inside=".app-run__actions")
    assert coordinator.sees("visit weekly at an agreed time", inside=".app-run__agreed")
    for box in coordinator.find("[name=covered]").all():
        box.check()
    coordinator.find("[name=outcome][value=heard]").check()
    coordinator.find("#tells_victim").fill("Tom Hale, housing officer")
    coordinator.press("Finish the last case", exact=False)
    assert coordinator.sees("No gaps. Ready for the chair."), coordinator.read()
    coordinator.press("End the meeting", exact=False)


def send_minutes(coordinator: Person, chair: Person, meeting: str) -> None:
    """To the chair, approved, circulated: the plan is under way."""
    coordinator.press("Send to the chair")
    chair.go(f"/panels/{meeting}/minutes")
    assert chair.sees("Risk to workers who visit")
    chair.press("Approve", exact=False)
    coordinator.go(f"/panels/{meeting}/minutes/release")
    coordinator.press("Circulate", exact=False)


def report(landlord: Person) -> None:
    """Each action asks whether the person was updated (CM-16)."""
    landlord.go("/actions")
    landlord.follow("visit weekly at an agreed time")
    landlord.choose("How does it stand?", "Done")
    landlord.press("Save")
    assert landlord.sees("Say whether the person was updated")
    landlord.choose("Has the person at risk been updated?", "Yes")
    landlord.tick("Contact was made only as the rules above allow")
    landlord.press("Save")
    assert landlord.sees("Saved. Thank you."), landlord.read()


def record_what_is_owed(coordinator: Person, case: str) -> None:
    """The advocate, the section 42 decision, every power, a new score (CM-12, CM-13, CM-14)."""
    coordinator.go(f"/cases/{case}/reviews")
    assert coordinator.sees("Score the risk again first") or coordinator.sees("Next review")
    coordinator.follow("Name one")
    coordinator.fill("Named advocate", "Ines Costa, Victim Support")
    coordinator.press("Save")
    coordinator.follow("Answer for Dilwar Hossain")
    coordinator.choose("Was a safeguarding concern raised", "Concern raised")
    coordinator.press("Save")
    assert coordinator.sees("Concern raised")
    coordinator.go(f"/cases/{case}/powers")
    for power in coordinator.find(".app-power select").all():
        power.select_option("not_applicable")
    coordinator.find("#cpn").select_option("rejected")
    coordinator.press("Save what was decided")
    assert coordinator.sees("Say why it was rejected: Community protection notice")
    coordinator.find("#reason_cpn").fill("No written warning yet")
    coordinator.press("Save what was decided")
    assert coordinator.sees("22 of 22 decided")
    score_again(coordinator, case)


def score_again(coordinator: Person, case: str) -> None:
    """The risk matrix once more; the tab shows where the score went."""
    coordinator.go(f"/cases/{case}/risk/new")
    for number in range(1, 14):
        coordinator.find(f'[data-question="q{number}"] input').first.check()
    for box in coordinator.find('[data-question^="s_"]').all():
        box.get_by_label("No", exact=True).first.check()
    coordinator.press("Add", exact=False, inside="main")
    coordinator.go(f"/cases/{case}/reviews")
    assert coordinator.sees("than before") or coordinator.sees("The same as before")


def close_over(coordinator: Person, chair: Person, case: str) -> None:
    """An incident of the last days stands in the way; the chair alone closes over it, with a reason (CM-14)."""
    coordinator.go(f"/cases/{case}/close")
    assert coordinator.sees("There was an incident in the last 28 days")
    assert not coordinator.page.get_by_role("button", name="Close over what is open").count()
    chair.go(f"/cases/{case}/close")
    chair.choose("How the case ended", "Risk reduced, one agency goes on")
    chair.fill("What the person says about closing", "I have my home back.")
    chair.fill("Which agency leads from here", "Housing management")
    chair.fill("How the person was told", "By phone, as agreed")
    chair.fill("Why the chair closes it over what is open", "The men were arrested that day.")
    chair.press("Close over what is open")
    assert chair.sees("How the case ended")
    assert chair.sees("The men were arrested that day.")
