"""Who is in a referral: the victim-survivor, each alleged perpetrator, each child and other person at risk (DA-36)."""

import re
from collections.abc import Mapping
from typing import Any

from wtforms.validators import StopValidation

from marac.vocabulary import PersonRole
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.addresses import AddressFields, no_refuge_by_name, not_where_a_refuge_is
from marac.web.forms.choices import (
    EQUALITY_TAIL,
    ETHNICITIES,
    INTERPRETERS,
    PLANS,
    SEXES,
    SHORT,
    YES_NO,
    YES_NO_UNKNOWN,
)

ALIASES_HINT = "Other names, spellings or nicknames, one on each line."
OTHER_BORN_HINT = "Dates that other agencies hold for the same person."
WHO_WORKS_HINT = "Name, role and service, one on each line."
RELATION = "Relationship to the alleged perpetrator"


def nhs_number(_form: Any, field: Any) -> None:
    """Ten digits, however they are spaced."""
    if len(re.sub(r"[^0-9]", "", field.data)) != 10:
        raise StopValidation("NHS number must have 10 digits, like 999 123 4567")


class PersonForm(AddressFields):
    """The victim-survivor."""

    full_name = widgets.name_field(required="Enter their full name", hint="Use the name they prefer.")
    aliases = widgets.long_text_field("Also known as (optional)", hint=ALIASES_HINT)
    born_on = typed.born_field()
    approximate_age = typed.age_field()
    sex = widgets.select_field("Sex", SEXES)
    whereabouts = widgets.text_field("Where they are now, if not at home (optional)", checks=[not_where_a_refuge_is])
    language = widgets.text_field("First language (optional)")
    interpreter_needed = widgets.choice_field("Do they need an interpreter?", YES_NO_UNKNOWN)
    interpreter = widgets.text_field("Language of the interpreter", hint="If it is not their first language.")
    dialect = widgets.text_field("Dialect (optional)", hint="For example, Sylheti or Kurmanji.")
    interpreter_sex = widgets.select_field("A woman or a man", INTERPRETERS)
    interpreter_outside = widgets.choice_field(
        "Must the interpreter be from outside their community?", (*YES_NO, ("not_asked", "Not asked"))
    )
    communication_needs = widgets.text_field(
        "Other needs (optional)", hint="For example, a hearing loop, large print or step-free access."
    )
    other_born_on = widgets.text_field("Other dates of birth in use", hint=OTHER_BORN_HINT)
    nhs_number = widgets.text_field("NHS number", longest=20, checks=[nhs_number])
    gp = widgets.text_field("GP or surgery")
    professionals = widgets.long_text_field("Who works with them", hint=WHO_WORKS_HINT, longest=SHORT)
    occupation = widgets.text_field("Work and employer")
    mental_health = widgets.long_text_field(
        "Mental or physical health", hint="What bears on their safety.", longest=SHORT
    )
    substance_use = widgets.long_text_field("Drugs or alcohol", hint="What bears on their safety.", longest=SHORT)
    nationality = widgets.text_field("Nationality and immigration status", hint="If it bears on safety or housing.")
    no_recourse = widgets.choice_field("No recourse to public funds?", YES_NO_UNKNOWN)
    version = widgets.hidden_field()


class OtherPersonForm(widgets.PageForm):
    """One alleged perpetrator, and what to mind around them."""

    full_name = widgets.name_field(hint="If you do not know who it is, tick Not known.")
    not_known = widgets.tick_field("Not known")
    aliases = widgets.long_text_field("Also known as (optional)", hint=ALIASES_HINT)
    born_on = typed.born_field()
    approximate_age = typed.age_field()
    sex = widgets.select_field("Sex", SEXES)
    relationship_to_victim = widgets.text_field(
        "Relationship to the victim-survivor", hint="For example, former husband."
    )
    house_number = widgets.text_field("House or flat number", longest=60, checks=[no_refuge_by_name])
    street = widgets.text_field("Street", checks=[no_refuge_by_name])
    postcode = typed.postcode_field()
    whereabouts = widgets.text_field(
        "Where they are now",
        hint="For example, at home with them, or in custody until Friday.",
        checks=[not_where_a_refuge_is],
    )
    occupation = widgets.text_field("Work or interests", hint="Above all access to weapons, records or people.")
    staff_member = widgets.choice_field(
        "Do they work or volunteer for an agency on this panel?", YES_NO_UNKNOWN,
        hint="If yes, say where under Work or interests. The coordinator checks who may see the case.",
    )  # fmt: skip
    phone = typed.phone_field("Phone number")
    vehicles = widgets.text_field("Vehicles", hint="Make, colour and registration.")
    other_born_on = widgets.text_field("Other dates of birth in use", hint=OTHER_BORN_HINT)
    gp = widgets.text_field("GP or surgery")
    nationality = widgets.text_field("Nationality and immigration status", hint="If it bears on risk.")
    ethnicity = widgets.select_field("Ethnic group", (("", "Choose"), *ETHNICITIES, *EQUALITY_TAIL))
    mental_health = widgets.long_text_field("Mental or physical health", hint="What bears on risk.", longest=SHORT)
    substance_use = widgets.long_text_field("Drugs or alcohol", hint="What bears on risk.", longest=SHORT)
    triggers = widgets.long_text_field(
        "What sets them off", hint="For example, contact dates, drink, a court letter.", longest=SHORT
    )
    offender_management = widgets.text_field(
        "Probation or MAPPA", hint="Name of the officer, and the MAPPA level if there is one."
    )
    markers = widgets.text_field("Police intelligence and warning markers", hint="For example, PNC or a local warning.")
    perpetrator_programme = widgets.text_field("Perpetrator programme", hint="Offered, attending or refused.")
    aware_of_report = widgets.choice_field("Do they know that it was reported to anybody?", YES_NO_UNKNOWN)
    weapons = widgets.long_text_field("Weapons (optional)", longest=SHORT)
    staff_safety = widgets.text_field("Anything that staff need to know before they visit (optional)")
    crime_reference = widgets.text_field("Crime or incident numbers")
    officer_in_case = widgets.text_field("Officer in the case", hint="How to reach them, and the force if not the Met.")
    orders = widgets.long_text_field(
        "Bail, charges and court orders",
        hint="For example, bail conditions, non-molestation, DAPO, stalking order.",
        longest=SHORT,
    )
    court = widgets.text_field("Court dates, result and sentence")
    version = widgets.hidden_field()


class ChildForm(widgets.PageForm):
    """One child, unborn child or other person at risk, or that there are none."""

    related: tuple[str, ...] = ("relationship_to_perpetrator",)
    no_children = widgets.tick_field("There are no children and nobody else at risk")
    role = widgets.choice_field(
        "Who is this?", ((PersonRole.CHILD.value, "Child"), (PersonRole.OTHER_AT_RISK.value, "Other person at risk")),
        hint="For example, a parent, a new partner, or somebody else in the home.",
    )  # fmt: skip
    full_name = widgets.name_field()
    unborn = widgets.tick_field("Unborn child")
    born_on = typed.born_field("Date of birth, or date due", unborn="unborn")
    approximate_age = typed.age_field()
    sex = widgets.select_field("Sex", SEXES)
    relationship_to_victim = widgets.text_field("Relationship to the victim-survivor")
    relationship_to_perpetrator = widgets.text_field(RELATION)
    lives_with = widgets.text_field("Lives with", hint="Who, not where.")
    house_number = widgets.text_field("House or flat number", longest=60, checks=[no_refuge_by_name])
    street = widgets.text_field("Street", checks=[no_refuge_by_name])
    postcode = typed.postcode_field()
    school = widgets.text_field("School or nursery", hint="Shown only to those who work with children.")
    witnessed = widgets.choice_field("Did they see, hear or feel what happened?", YES_NO_UNKNOWN)
    plan = widgets.select_field("Plan with children's social care", PLANS)
    gp = widgets.text_field("GP or surgery")
    professionals = widgets.long_text_field(
        "Who works with them",
        hint="Social worker, health visitor, midwife: name and service, one on each line.",
        longest=SHORT,
    )
    contact_arrangements = widgets.text_field("Contact with the alleged perpetrator", hint="When, where and by whom.")
    pets = widgets.text_field("Pets at risk", hint="Anybody's in this home.")
    version = widgets.hidden_field()


def child_form(perpetrators: Mapping[str, str]) -> type[ChildForm]:
    """The form that asks for the relationship to each alleged perpetrator: {id in hex: name, may be empty} (DA-36)."""
    boxes: dict[str, Any] = {
        f"to_{who}": widgets.text_field(f"Relationship to {name or 'the alleged perpetrator'}")
        for who, name in perpetrators.items()
    }
    replaced = {"relationship_to_perpetrator": None, "related": tuple(boxes)}
    return type("ChildFormOfThisCase", (ChildForm,), {**boxes, **replaced}) if boxes else ChildForm
