"""Boxes that take a thing as people write it: a phone, a postcode, an age, a day that is past. Looks nothing up."""

import re
from datetime import date
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException
from wtforms.fields import IntegerField
from wtforms.validators import NumberRange, StopValidation

from marac import clock
from marac.web import widgets
from marac.web.pasted import one_line

WHOLE: Final = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
PHONE_WRONG: Final = "Enter a phone number, like 020 7946 0123 or +880 1711 000000"
AGE_WRONG: Final = "Enter an age in years, like 34"
OLDEST: Final = 120


class AgeYears(IntegerField):
    """An age in whole years; "about 40" is 40. Anything without one number in it is refused, and stays as typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Sets `data`, or raises ValueError with the sentence to show beside the box."""
        words = one_line(" ".join(str(value) for value in valuelist[:1]))
        self.data = None
        if not words:
            return
        numbers = re.findall(r"\d+", words)
        if len(numbers) != 1 or len(numbers[0]) > 3 or len(words) > 30 or "-" in words:
            raise ValueError(AGE_WRONG)
        self.data = int(numbers[0])


def age_field(label: str = "Or their age, if you do not know") -> Any:
    """An approximate age in years, from 0 to 120."""
    checks = [_unless_empty, NumberRange(0, OLDEST, f"Age must be between 0 and {OLDEST}")]
    boxes = {**widgets.PRIVATE, "inputmode": "numeric"}
    return AgeYears(label, checks, widget=widgets.TextInput(), render_kw=boxes)


def phone_field(label: str = "Phone number (optional)", hint: str = "") -> Any:
    """A phone number in any form, of any country; without a country it is British. Kept as typed."""
    return widgets.text_field(label, hint=hint, longest=60, checks=[possible_phone], inputmode="tel")


def possible_phone(_form: Any, field: Any) -> None:
    """Whether such a number could exist; it is not asked whether it does."""
    if field.data and not is_possible_phone(field.data):
        raise StopValidation(PHONE_WRONG)


def is_possible_phone(words: str) -> bool:
    """Whether this could be a phone number, in Britain or with the code of its country."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(words, "GB"))
    except NumberParseException:
        return False


def postcode_field(label: str = "Postcode") -> Any:
    """A postcode with any spacing, in either case; only the first half, or one of another country, is taken too."""
    return widgets.text_field(label, longest=12, filters=[tidy_postcode])


def tidy_postcode(words: str | None) -> str:
    """`e1  0aa` as E1 0AA; what is not a British postcode in capitals, as typed."""
    text = one_line(words).upper()
    whole = WHOLE.fullmatch(re.sub(r"[^0-9A-Z]", "", text))
    return f"{whole[1]} {whole[2]}" if whole else text


def past_date_field(label: str, hint: str = "For example, 27 3 1991.") -> Any:
    """A day that is today or earlier."""
    return widgets.date_field(label, hint=hint, checks=[in_the_past])


def born_field(label: str = "Date of birth", hint: str = "", *, unborn: str = "") -> Any:
    """A date of birth, not in the future and at most 120 years ago. `unborn`: the tick that lets it be a date due."""

    def check(form: Any, field: Any) -> None:
        if isinstance(field.data, date) and field.data.year < clock.today().year - OLDEST:
            raise StopValidation("Date of birth must be within the last 120 years")
        if unborn and form[unborn].data:
            return
        if isinstance(field.data, date) and field.data > clock.today():
            due = ". For a date due, tick Unborn child" if unborn else ""
            raise StopValidation(f"Date of birth must be in the past{due}")

    hint = hint or "For example, 27 3 1991. If you do not know, enter an age."
    return widgets.date_field(label, hint=hint, checks=[check])


def in_the_past(_form: Any, field: Any) -> None:
    """What happened did not happen tomorrow."""
    if isinstance(field.data, date) and field.data > clock.today():
        raise StopValidation(f"{field.label.text} must be today or in the past")


def _unless_empty(_form: Any, field: Any) -> None:
    """An empty box is no age; one that cannot be read keeps its own message."""
    if field.data is None:
        raise StopValidation
