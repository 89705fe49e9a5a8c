"""A Community MARAC referral as an agency fills it in on a phone, part by part, and as the coordinator decides it."""

from dataclasses import dataclass
from typing import Final

from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import ProgrammeSlug, Role
from tests.builders import Worker, a_meeting, a_user
from tests.journeys import referring
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import LAPTOP, PHONE, Person, Room

NAMES: Final = ("Dilwar", "Hossain", "Marshbrook")
ABOUT: Final = "Someone vulnerable who is harmed by anti-social behaviour"
WORDS: Final = ("alleged perpetrator", "victim-survivor", "IDVA", "DASH risk")
COMMUNITY = ProgrammeSlug.COMMUNITY_MARAC


@dataclass(frozen=True)
class Neighbourhood:
    """Who refers and who decides, on the panel that sits in a fortnight."""

    landlord: Worker
    coordinator: Worker
    chair: Worker


def a_neighbourhood(house: Deployment) -> Neighbourhood:
    """The people of the story, and a meeting to list it for."""
    with unit_of_work(house) as session:
        landlord = a_user(session, house, Role.REPRESENTATIVE, "housing_management", programme=COMMUNITY,
                          full_name="Tom Hale")  # fmt: skip
        coordinator = a_user(session, house, Role.COORDINATOR, "asb_team", programme=COMMUNITY,
                             full_name="Maya Orchardson")  # fmt: skip
        chair = a_user(session, house, Role.CHAIR, "met_police_snt", programme=COMMUNITY, full_name="Sam Pryce")
        a_meeting(session, landlord.partnership_id, days=21, programme=COMMUNITY)
        return Neighbourhood(landlord, coordinator, chair)


def refer_to_decision(room: Room, crew: Neighbourhood) -> str:
    """From a phone to the agenda of the next meeting; answers with the address of the referral."""
    landlord = room.sign_in(crew.landlord, PHONE, names=NAMES)
    referral = start(landlord)
    for fill_in in (about, the_person, safe_contact, the_other_person, nobody_else, incidents, tried, matrix, reason,
                    sharing):  # fmt: skip
        fill_in(landlord, referral)
    send(landlord, referral)
    coordinator = room.sign_in(crew.coordinator, LAPTOP, names=NAMES)
    decide(coordinator, referral)
    landlord.go(referral)
    assert landlord.sees("Listed")
    return referral


def start(person: Person) -> str:
    """Choose what it is about; the task list is this programme's."""
    person.go("/referrals/new")
    person.choose("What is this referral about?", ABOUT)
    person.press("Start")
    assert person.sees("Risk matrix")
    assert person.sees("The person said to be causing harm")
    return person.path


def _page(person: Person, referral: str, part: str, heading: str = "") -> Keyboard:
    """Open a part from the list; its page keeps to the words of this panel and to a thumb's size."""
    referring.open_part(person, referral, part, heading)
    read = person.read()
    assert not [word for word in WORDS if word.lower() in read.lower()]
    assert person.small_targets() == []
    return Keyboard(person)


def about(person: Person, referral: str) -> None:
    keys = _page(person, referral, "What this is about")
    keys.answer("What is this referral about?", "A person at risk")
    keys.answer("What kind of behaviour is it?", "Cuckooing")
    keys.tick("Supplying drugs")
    keys.tick("Unwanted visitors")
    keys.press("Save and continue")


def the_person(person: Person, referral: str) -> None:
    _page(person, referral, "The person at risk")
    person.fill("Full name", "Dilwar Hossain")
    person.fill_date("born_on", "4", "5", "1958")
    person.fill("House or flat number", "9")
    person.fill("Street", "Rowan Walk")
    person.fill("Postcode", "E1 0ZZ")
    referring.save(person)


def safe_contact(person: Person, referral: str) -> None:
    _page(person, referral, "Safe contact")
    for question, answer in (
        ("Is it safe to phone?", "Yes"), ("voicemail?", "No"), ("text message?", "No"), ("e-mail?", "No"),
        ("letter?", "No"), ("visit?", "No"), ("through someone else?", "Yes"),
    ):  # fmt: skip
        person.choose(question, answer)
    person.fill("Through whom", "Tom Hale, housing officer")
    person.fill("Phone number (optional)", "07700 900456")
    referring.save(person)


def the_other_person(person: Person, referral: str) -> None:
    _page(person, referral, "The person said to be causing harm")
    person.fill("Full name", "Lee Marshbrook")
    person.fill("Relationship to the person at risk", "a dealer who uses the flat")
    referring.save(person)


def nobody_else(person: Person, referral: str) -> None:
    _page(person, referral, "Children and everybody else")
    person.tick("There are no children and nobody else at risk")
    referring.save(person)


def incidents(person: Person, referral: str) -> None:
    """Two reports of one night, and another night: two incidents."""
    keys = _page(person, referral, "Incidents")
    another, last = "Save and add another", "Save and continue"
    for day, number, button in (("2", "CAD 4410/02", another), ("3", "cad4410 02", another), ("20", "", last)):
        keys.date("happened_on", day, "10", "2026")
        keys.write("What happened", "Three men would not leave.")
        keys.write("Who was told", "Police")
        keys.write("CAD, crime and other references", number)
        keys.press(button)
    referring.open_part(person, referral, "Incidents")
    assert person.sees("2 different incidents")
    person.go(referral)


def tried(person: Person, referral: str) -> None:
    _page(person, referral, "What has been tried")
    person.choose("Were early enquiries and steps tried?", "Yes")
    person.page.get_by_label("Warning letter", exact=True).select_option("no_change")
    person.fill("Warning letter: when", "August")
    referring.save(person)


def matrix(person: Person, referral: str) -> None:
    """Nothing is known but how often; what is not known is counted, and one red flag is raised."""
    _page(person, referral, "Risk matrix", "Anti-social behaviour risk matrix (13 questions)")
    for number in range(1, 14):
        answer = "Every day" if number == 1 else "Not known"
        person.find(f'[data-question="q{number}"]').get_by_label(answer, exact=True).first.check()
    for flag in ("suicidal_or_self_harm", "fire_or_arson_threat", "weapon_threat", "child_at_risk", "capacity_concern",
                 "not_safe_tonight"):  # fmt: skip
        answer = "Yes" if flag == "weapon_threat" else "No"
        person.find(f'[data-question="s_{flag}"]').get_by_label(answer, exact=True).first.check()
    referring.save(person)
    referring.open_part(person, referral, "Risk matrix", "Anti-social behaviour risk matrix (13 questions)")
    assert person.sees("5 of 43")
    assert person.sees("12 not known")
    person.go(referral)


def reason(person: Person, referral: str) -> None:
    _page(person, referral, "Why you are referring")
    person.choose("Who is affected?", "Somebody vulnerable suffers, or may go on suffering, from it")
    person.choose("Why are you referring?", "It is more frequent or more serious")
    person.fill("What has become more frequent or more serious", "They come every day now.")
    person.fill("What has happened, in short", "His flat is used to sell drugs.")
    person.fill("What they want, and what they do not want", "I want my home back.")
    person.choose("What makes harm weigh more", "Physical or mental health")
    person.choose("Was a safeguarding adults concern (Care Act section 42) raised?", "Yes")
    person.choose("Will you or a deputy be at the meeting?", "Yes")
    referring.save(person)


def sharing(person: Person, referral: str) -> None:
    """Four facts for each person; without consent not without a reason and who authorised it."""
    _page(person, referral, "Telling them, and consent")
    for who, agrees, told in (("Dilwar Hossain", "Yes", "Yes"), ("Lee Marshbrook", "Not asked", "No")):
        assert person.sees(f"{who}: this page")
        person.choose("Do they agree to information being shared?", agrees)
        person.choose("Do they know about this referral?", told)
        person.choose("May a support service make contact?", agrees)
        person.choose("Why sharing is lawful", "Preventing or detecting crime (Crime and Disorder Act s115)")
        if agrees != "Yes":
            person.press("Save and continue")
            assert person.sees("Explain why you share without consent", inside=".govuk-error-summary")
            person.fill("Why you share without consent, and why that is proportionate", "He threatens the tenant.")
            person.fill("Who authorised it", "M. Orchardson, manager")
        person.press("Save and continue")
    assert person.heading == "Your referral"


def send(person: Person, referral: str) -> None:
    person.press("Check and send")
    for typed in ("Supplying drugs", "2 different incidents", "12 not known", "Red flag: Weapon seen or threatened"):
        assert person.sees(typed), typed
    assert not [word for word in WORDS if word.lower() in person.read().lower()]
    person.press("Send referral")
    assert person.heading == "Referral sent"


def decide(coordinator: Person, referral: str) -> None:
    """A red flag is acted on today; the decision waits for nothing that a score says."""
    assert coordinator.sees("Act today: a red flag was raised")
    coordinator.follow("Act today: a red flag was raised")
    coordinator.fill("What was done today", "Police visited at noon.")
    coordinator.press("Save", inside="main")
    coordinator.go(f"{referral}/decide")
    assert coordinator.sees("Weapon seen or threatened")
    assert not [word for word in WORDS if word.lower() in coordinator.read().lower()]
    keys = Keyboard(coordinator)
    keys.tick("I have checked for conflicts of interest")
    keys.answer("What do you decide?", "List for a meeting")
    keys.press("Save decision")
    assert coordinator.path == "/referrals", coordinator.read()
    assert coordinator.sees("Listed.")
