"""The address of somebody at risk, as a form asks for it: hidden and refused when the place is a refuge."""

from typing import Any

from wtforms.validators import StopValidation

from marac.vocabulary import KnowsPlace, PlaceKind
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.choices import TENURES, YES_NO_UNKNOWN
from marac.workflows.place_words import INSTEAD, looks_like_place, says_refuge, says_where_refuge_is

REFUGE = "refuge"
NOT_STORED = f"Take out the address. {INSTEAD}"
KINDS = [(kind.value, kind.label) for kind in PlaceKind]
KNOWS = [(answer.value, answer.label) for answer in KnowsPlace]


def not_of_a_refuge(form: Any, field: Any) -> None:
    """Nothing may be typed where a refuge is."""
    tenure = form["tenure"].data if "tenure" in form else ""
    if field.data and (form["in_refuge"].data or tenure == REFUGE):
        raise StopValidation(NOT_STORED)


def no_refuge_by_name(_form: Any, field: Any) -> None:
    """Nor where a word of the address says that it is one."""
    if says_refuge(field.data):
        raise StopValidation(INSTEAD)


def not_where_a_refuge_is(_form: Any, field: Any) -> None:
    """In free words: that somebody is in refuge may be said, not in which."""
    if says_where_refuge_is(field.data or ""):
        raise StopValidation(INSTEAD)


def not_where_it_is(_form: Any, field: Any) -> None:
    """Of its office the name and the number, not the place."""
    if looks_like_place(field.data or ""):
        raise StopValidation(INSTEAD)


class AddressFields(widgets.PageForm):
    """Where somebody lives, for a form to build on: `class PersonForm(AddressFields)`."""

    in_refuge = widgets.tick_field("They are in a refuge: we keep no address, only the office to go through")
    refuge_contact = widgets.text_field(
        "The refuge's office", hint="Service and office number. Never where it is.", checks=[not_where_it_is]
    )
    house_number = widgets.text_field(
        "House or flat number", hint="If it must be kept secret, tick Confidential.", longest=60,
        checks=[not_of_a_refuge, no_refuge_by_name],
    )  # fmt: skip
    street = widgets.text_field("Street", checks=[not_of_a_refuge, no_refuge_by_name])
    postcode = typed.postcode_field()
    address_not_known = widgets.tick_field("I do not know the address")
    confidential = widgets.tick_field("Confidential: the address must be kept secret")
    known_to_perpetrator = widgets.choice_field(
        "Does the alleged perpetrator know or share this address?", YES_NO_UNKNOWN
    )
    known_to_others = widgets.text_field(
        "Who else knows it (optional)", hint="For example, his brother and the school."
    )
    tenure = widgets.select_field("Type of housing", TENURES)
    landlord = widgets.text_field("Landlord (optional)", checks=[no_refuge_by_name])

    def validate_postcode(self, field: Any) -> None:
        """A refuge has none here."""
        not_of_a_refuge(self, field)


class PlaceForm(widgets.PageForm):
    """One place of a case: added, or what is said of it changed. What is held does not stand on the page."""

    place = widgets.choice_field("What is this place?", KINDS, "Say what this place is")
    in_refuge = widgets.tick_field("It is a refuge: we keep no address, only the office to go through")
    refuge_contact = widgets.text_field(
        "The refuge's office", hint="Service and office number. Never where it is.", checks=[not_where_it_is]
    )
    place_name = widgets.text_field(
        "Name of the school, nursery or employer (optional)", checks=[not_of_a_refuge, no_refuge_by_name]
    )  # fmt: skip
    house_number = widgets.text_field("House or flat number", longest=60, checks=[not_of_a_refuge, no_refuge_by_name])
    street = widgets.text_field("Street", checks=[not_of_a_refuge, no_refuge_by_name])
    postcode = typed.postcode_field()
    confidential = widgets.tick_field("Confidential: it must be kept secret")
    known_to_others = widgets.text_field("Who else knows it (optional)")
    tenure = widgets.select_field("Type of housing", TENURES)
    landlord = widgets.text_field("Landlord (optional)", checks=[no_refuge_by_name])
    from_on = widgets.date_field("From (optional)", hint="For example, 27 3 2026.")
    until_on = widgets.date_field("Until (optional)", hint="Leave empty if they are still there.")
    version = widgets.hidden_field()

    def validate_postcode(self, field: Any) -> None:
        """A refuge has none here."""
        not_of_a_refuge(self, field)


for _number in range(8):
    setattr(PlaceForm, f"knows_{_number}", widgets.choice_field(f"Alleged perpetrator {_number + 1}", KNOWS))
