"""Equality questions: optional; not asked, declined and not known are three different things (DA-40)."""

from typing import Any

from marac.web import widgets
from marac.web.forms.choices import EQUALITY_TAIL, ETHNICITIES, YES_NO


def _asked(label: str, *choices: tuple[str, str], hint: str = "") -> Any:
    return widgets.choice_field(label, (*choices, *EQUALITY_TAIL), hint=hint)


class EqualityForm(widgets.PageForm):
    """Sex and age are known from the first part, and are not asked for again."""

    ethnicity = _asked("Ethnic group", *ETHNICITIES)
    disability = _asked(
        "A condition or illness that lasts 12 months or more and limits what they can do",
        ("a_lot", "Yes, a lot"),
        ("a_little", "Yes, a little"),
        ("no_limit", "Yes, but not limited"),
        ("no", "No"),
        hint="Physical or mental. This is the test of the Equality Act 2010.",
    )
    religion = _asked(
        "Religion", ("none", "No religion"), ("christian", "Christian"), ("muslim", "Muslim"), ("hindu", "Hindu"),
        ("jewish", "Jewish"), ("sikh", "Sikh"), ("buddhist", "Buddhist"), ("other", "Another religion"),
    )  # fmt: skip
    sexual_orientation = _asked(
        "Sexual orientation", ("heterosexual", "Heterosexual or straight"), ("gay_or_lesbian", "Gay or lesbian"),
        ("bisexual", "Bisexual"), ("other", "Another orientation"),
    )  # fmt: skip
    gender_same_as_registered = _asked("Gender the same as the sex registered at birth", *YES_NO)
    pregnant = _asked("Pregnant, or a baby in the last 18 months", *YES_NO)
    marital_status = _asked(
        "Relationship status", ("single", "Single"), ("with_partner", "With a partner"),
        ("married", "Married or in a civil partnership"), ("separated", "Separated"), ("divorced", "Divorced"),
        ("widowed", "Widowed"), ("religious_marriage", "Religious marriage only"),
    )  # fmt: skip
    care_experience = _asked("Looked after by a council as a child", *YES_NO)
    version = widgets.hidden_field()
