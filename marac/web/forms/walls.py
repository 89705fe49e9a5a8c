"""Forms about who is kept out of a case, whom a restricted one is for, what one is screened by, and emergencies."""

from marac.vocabulary import GlassCategory, GlassOutcome
from marac.web import widgets
from marac.web.widgets import PageForm

HERE, EVERYWHERE = "here", "everywhere"


class WallForm(PageForm):
    """Somebody, or a whole agency, is kept out."""

    user_id = widgets.select_field("Person", [], hint="They will never learn that this case exists.")
    agency = widgets.select_field("Or a whole agency", [])
    person_id = widgets.select_field("Who in the case is it about?", [])
    reach = widgets.choice_field(
        "Where it holds",
        ((HERE, "In this case"), (EVERYWHERE, "In every case with that person, now and later")),
        "Select where it holds",
    )
    because = widgets.long_text_field("Why", "Say why, in a sentence", "Only those who run this case can read it.")


class RestrictForm(PageForm):
    """Whom a restricted case is for, and until when without another look."""

    people = widgets.many_field("Who may see it", [], hint="You are always one of them.")
    review_on = widgets.date_field(
        "Look at this again on", "Enter a date", "Within six months. For example, 27 3 2027."
    )
    because = widgets.long_text_field("Why", "Say why, in a sentence", "Only those who run this case can read it.")
    version = widgets.hidden_field()


class LiftForm(PageForm):
    """The case is no longer restricted."""

    lift_because = widgets.long_text_field("Why it need not be restricted any longer", "Say why, in a sentence")


class RegisterForm(PageForm):
    """What a person is screened by."""

    former_names = widgets.long_text_field(
        "Other names you have or had", hint="One on each line: a maiden name, a married name, another spelling.",
        rows=3, longest=1_000,
    )  # fmt: skip
    birth_date = widgets.date_field("Date of birth")
    born_in = widgets.number_field("Or only the year", low=1900, high=2100)
    home_postcode = widgets.text_field("Home postcode", longest=10, width=10)
    own_phone = widgets.text_field("Your own phone", longest=20)
    household = widgets.long_text_field(
        "Who lives with you", rows=4, longest=2_000,
        hint="One on each line, with the year of birth if you know it: Sam Reed, 1979. Leave out children under 10.",
    )  # fmt: skip


class GlassForm(PageForm):
    """An emergency about a case that is not the person's own."""

    reference = widgets.text_field("Case reference", "Enter the case reference", "It looks like K7D-42Q.", longest=7)
    category = widgets.choice_field("What is happening", GlassCategory, "Select what is happening")
    because = widgets.long_text_field(
        "What has happened, and why it cannot wait", "Say what has happened",
        "20 characters or more. It is read today by the chair, the coordinator and information governance.",
        longest=2_000,
    )  # fmt: skip


class PlaceForm(PageForm):
    """The address is needed too."""

    because = widgets.long_text_field("Why you need the address", "Say why you need the address", longest=2_000)


class ReviewForm(PageForm):
    """What came of looking at a use."""

    outcome = widgets.choice_field("Was it needed?", GlassOutcome, "Select whether it was needed")
    found = widgets.long_text_field("What you found, and what was done", "Say what you found", longest=4_000)
