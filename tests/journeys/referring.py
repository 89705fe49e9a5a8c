"""How a referral is filled in, part by part, as the stories tell it; the same words with script and without."""

from typing import Final

from tests.journeys.people import Person

NAMES: Final = ("Amena", "Begom", "Karim", "Nabil")
ABOUT: Final = "Someone at high risk from a partner, former partner or family member"
JUDGEMENT: Final = "He waits at the school each day, has her new number, and told her brother that this ends soon."
WHERE, NUMBER = "Elm Row", "07700 900456"
YES: Final = (1, 2, 4, 5, 10, 11, 12, 19, 20)
DETAILS: Final = {1: "q1_injury", 12: "q12_behaviour"}


def start(person: Person) -> str:
    """A new referral; answers with its address."""
    person.go("/referrals")
    person.press("Refer someone")
    person.press("Start")
    assert person.sees("Select what this referral is about", inside=".govuk-error-summary")
    person.choose("What is this referral about?", ABOUT)
    person.press("Start")
    assert person.heading == "Your referral"
    return person.path


def open_part(person: Person, referral: str, part: str, heading: str = "") -> None:
    """From the task list to one part, whose page may have another heading."""
    if person.path != referral:
        person.go(referral)
    person.follow(part)
    assert person.heading == (heading or part)


def open_from_list(person: Person, referral: str) -> None:
    """From the list of referrals to one of them."""
    with person.page.expect_navigation():
        person.find(f"main a[href='{referral}']").first.click()
    person.look()


def save(person: Person) -> None:
    """Save a part; one is back at the task list."""
    person.press("Save and continue")
    assert person.heading == "Your referral"


def the_person(person: Person, referral: str, name: str = "Amena Begom") -> None:
    open_part(person, referral, "The victim-survivor")
    person.fill("Full name", name)
    person.fill_date("born_on", "27", "3", "1991")
    person.page.get_by_label("Sex", exact=True).select_option("female")
    person.fill("House or flat number", "14")
    person.fill("Street", WHERE)
    person.fill("Postcode", "E1 0AA")
    person.tick("Confidential: the address must be kept secret")
    person.choose("Does the alleged perpetrator know or share this address?", "No")
    person.choose("Do they need an interpreter?", "Yes")
    person.fill("Language of the interpreter", "Sylheti")
    save(person)


def safe_contact(person: Person, referral: str) -> None:
    open_part(person, referral, "Safe contact")
    for question, answer in (
        ("Is it safe to phone?", "Only between"), ("voicemail?", "No"), ("text message?", "Yes"), ("e-mail?", "No"),
        ("letter?", "No"), ("visit?", "No"), ("through someone else?", "Yes"),
    ):  # fmt: skip
        person.choose(question, answer)
    person.fill("Times it is safe", "Weekdays 9am to 2pm")
    person.fill("Through whom", "Ida Quill, Solace")
    person.fill("What to say if someone else answers", "Say you are ringing from the library")
    person.fill("Phone number (optional)", NUMBER)
    save(person)


def the_other_person(person: Person, referral: str) -> None:
    open_part(person, referral, "The alleged perpetrator")
    person.fill("Full name", "Karim Uddin")
    person.fill("Relationship to the victim-survivor", "husband")
    person.fill_date("born_on", "2", "6", "1988")
    save(person)


def children(person: Person, referral: str) -> None:
    open_part(person, referral, "Children and others at risk")
    person.choose("Who is this?", "Child")
    person.fill("Full name", "Nabil Uddin")
    person.fill("Or their age, if you do not know", "6")
    person.fill("Lives with", "their mother")
    save(person)


def risk(person: Person, referral: str) -> None:
    """The DASH, answered with a thumb: nine yes, one not known, the rest no."""
    open_part(person, referral, "DASH risk checklist", "DASH risk checklist (24 items)")
    for number in range(1, 25):
        answer = "Yes" if number in YES else "Don't know" if number == 15 else "No"
        person.find(f'[data-question="q{number}"]').get_by_label(answer, exact=True).first.check()
    if person.script:
        assert person.read(".app-count") == "9 yes, 24 of 24 answered, could rise to 10"
    for box in DETAILS.values():
        person.find(f"#{box}").fill("In her own words")
    save(person)


def reason(person: Person, referral: str) -> None:
    open_part(person, referral, "Why you are referring")
    person.choose("Why are you referring?", "Professional judgement")
    person.fill("Why you think the risk is high", JUDGEMENT)
    person.fill("How many events in the last 12 months", "4")
    person.fill("What happened", "He came to the flat and would not leave.")
    person.fill("Why now", "It is happening more often, and police and school each know a part.")
    person.fill("What they want, and what they do not want", "She wants him to stop coming.")
    save(person)


def sharing(person: Person, referral: str) -> None:
    open_part(person, referral, "Telling them, and consent")
    person.choose("Have you told them about this referral?", "Yes")
    person.choose("Do they agree to information being shared?", "Yes")
    save(person)


PARTS: Final = (the_person, safe_contact, the_other_person, children, risk, reason, sharing)
