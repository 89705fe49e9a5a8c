"""Form fields in GOV.UK wording and markup: govuk-frontend-wtf with its defects mended. Holds no rules or queries.

Mended here: a date posted in any number of parts (the original answers 500), empty hints, `required` attributes, error
links that land on a group instead of its first box, and one full template context per widget.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from flask import current_app
from flask_wtf import FlaskForm
from govuk_frontend_wtf.main import wtforms_errors
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovCheckboxesInput,
    GovCheckboxInput,
    GovDateInput,
    GovFileInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from markupsafe import Markup
from wtforms.fields import (
    BooleanField,
    DateField,
    FileField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, StopValidation

from marac import clock
from marac.errors import RuleBroken
from marac.web.pasted import one_line, plain_text

PRIVATE: Final = {"autocomplete": "off", "spellcheck": "false", "data-gramm": "false"}
WORDING: Final = {  # what WTForms says, and what we say instead
    "Not a valid choice.": "Choose from the list",
    "Not a valid choice": "Choose from the list",
    "'%(value)s' is not a valid choice for this field.": "Choose from the list",
    "'%(value)s' are not valid choices for this field.": "Choose from the list",
    "Not a valid date value.": "Enter a real date",
    "Not a valid integer value.": "Enter a whole number",
    "Not a valid decimal value.": "Enter a number",
    "This field is required.": "Enter an answer",
    "Invalid Choice: could not coerce.": "Choose from the list",
    "Invalid email address.": "Enter an email address in the correct format, like name@example.com",
    "The CSRF token has expired.": "This page was open too long. Send it again",
    "The CSRF token is invalid.": "This page was open too long. Send it again",
}


class Wording:
    """The translations object WTForms asks for: our sentences in place of its own."""

    def gettext(self, words: str) -> str:
        """Our sentence for one of theirs."""
        return WORDING.get(words, words)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Theirs have no plural that we keep."""
        return self.gettext(one if number == 1 else many)


class PageForm(FlaskForm):
    """The form of one page: the shape of its input in our wording, never a rule or a query."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Wording:
            """Our wording, whatever languages the browser asks for."""
            return Wording()


class Mended:
    """What every widget below shares: no empty hint, no `required` attribute, no context processors per widget."""

    template: str

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """The library's parameters without what it should not have said."""
        kwargs.pop("required", None)
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)  # type: ignore[misc]
        if not (params.get("hint") or {}).get("text"):
            params["hint"] = None
        return params

    def render(self, params: dict[str, Any]) -> Markup:
        """Through the environment, not `render_template`: 20 fields do not ask for the navigation 20 times."""
        return Markup(current_app.jinja_env.get_template(self.template).render(params=params))  # noqa: S704 own template


class TextInput(Mended, GovTextInput): ...


class PasswordInput(Mended, GovPasswordInput): ...


class TextArea(Mended, GovTextArea): ...


class CharacterCount(Mended, GovCharacterCount): ...


class Select(Mended, GovSelect): ...


class FileInput(Mended, GovFileInput): ...


class Radios(Mended, GovRadioInput): ...


class Checkboxes(Mended, GovCheckboxesInput): ...


class Checkbox(Mended, GovCheckboxInput): ...


class DateInput(Mended, GovDateInput):
    """Three boxes, from any number of posted parts; the original raises ValueError unless there are exactly three."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """As the library, with the posted parts made up to three for its sake and put back after."""
        raw = field.raw_data
        if raw is not None:
            field.raw_data = ([str(value) for value in raw[:3]] + ["", "", ""])[:3]
        try:
            return super().map_gov_params(field, **kwargs)
        finally:
            field.raw_data = raw


class DateParts(DateField):
    """A date posted as day, month and year under one name; months may be words. Nothing filled in is no date."""

    formats: Final = ("%d %m %Y", "%d %b %Y", "%d %B %Y")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Sets `data`, or raises ValueError with the sentence to show beside the boxes."""
        parts = [str(value).strip() for value in valuelist[:3]] + ["", "", ""]
        missing = [name for name, part in zip(("day", "month", "year"), parts, strict=False) if not part]
        self.data = None
        if len(missing) == 3:
            return
        if missing:
            raise ValueError(f"{self.label.text} must include a {' and a '.join(missing)}")
        self.data = parse_date(" ".join(parts[:3]), self.formats)
        if self.data is None:
            raise ValueError("Enter a real date")


def parse_date(words: str, formats: tuple[str, ...]) -> date | None:
    """The date that `words` are in one of `formats`, between the years 1900 and 2200, or None."""
    for pattern in formats:
        try:
            found = datetime.strptime(words, pattern).replace(tzinfo=clock.LONDON).date()
        except ValueError:
            continue
        return found if 1900 <= found.year <= 2200 else None
    return None


def tidy(words: str | None) -> str:
    """What was typed, without space around it; nothing posted is the empty text."""
    return (words or "").strip()


def chosen(values: list[str] | None) -> list[str]:
    """What was ticked, without blanks."""
    return [value for value in values or () if value.strip()]


def none_chosen(_form: Any, field: Any) -> None:
    """No tick is an answer. A tick that was not offered stays refused, whatever blanks are sent before it."""
    if not field.data:
        field.errors = []
        raise StopValidation


def filled(required: str) -> Callable[[Any, Any], None]:
    """Spaces are not an answer."""

    def check(_form: Any, field: Any) -> None:
        if not any(str(part).strip() for part in field.raw_data or ()):
            raise StopValidation(required)

    return check


def _must(required: str) -> list[Any]:
    """The sentence to show when nothing is given, or leave to leave it empty."""
    return [InputRequired(required), filled(required)] if required else [Optional()]


def _text(label: str, required: str, hint: str, kind: Any, *, longest: int, more: dict[str, Any]) -> Any:
    """`more` may hold `checks` and `filters` of the box's own; the rest are attributes of the box."""
    named = label.removesuffix(" (optional)")
    own, filters = more.pop("checks", ()), more.pop("filters", ())
    checks = [*_must(required), Length(max=longest, message=f"{named} must be {longest:,} characters or fewer"), *own]
    lines = isinstance(kind, GovTextArea | GovCharacterCount)
    make, pasted = (TextAreaField, plain_text) if lines else (StringField, one_line)
    look = {**PRIVATE, **more}
    return make(label, description=hint, validators=checks, filters=[pasted, *filters], widget=kind, render_kw=look)


def text_field(label: str, required: str = "", hint: str = "", *, longest: int = 200, **attributes: Any) -> Any:
    """One line of text. `required` is the sentence shown when it is empty; without it the field may stay empty."""
    return _text(label, required, hint, TextInput(), longest=longest, more=attributes)


def name_field(label: str = "Full name", required: str = "", hint: str = "", **attributes: Any) -> Any:
    """A person's name in one box, never sent to a spelling service."""
    return _text(label, required, hint, TextInput(), longest=200, more={"autocapitalize": "words", **attributes})


def long_text_field(label: str, required: str = "", hint: str = "", *, longest: int = 20_000, **attributes: Any) -> Any:
    """Several lines of text about people; not sent to a spelling service."""
    return _text(label, required, hint, TextArea(), longest=longest, more=attributes)


def email_field(label: str = "Email address", required: str = "Enter an email address", hint: str = "") -> Any:
    """A worker's own e-mail address (browsers may fill it in)."""
    own = {"type": "email", "autocomplete": "email", "spellcheck": "false"}
    return StringField(label, [*_must(required), Email()], [tidy], hint, widget=TextInput(), render_kw=own)


def password_field(
    label: str = "Password", required: str = "Enter your password", hint: str = "", *, new: bool = False
) -> Any:
    """A worker's own password; pasting and password managers are welcome."""
    own = {"autocomplete": "new-password" if new else "current-password"}
    return PasswordField(label, _must(required), description=hint, widget=PasswordInput(), render_kw=own)


def code_field(label: str, required: str, hint: str = "") -> Any:
    """A one-time code; pasting is welcome."""
    own = {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
    return StringField(label, _must(required), [tidy], hint, widget=TextInput(), render_kw=own)


def number_field(label: str, required: str = "", hint: str = "", *, low: int = 0, high: int = 10_000) -> Any:
    """A whole number between two others."""
    checks = [*_must(required), NumberRange(low, high, f"{label} must be between {low} and {high}")]
    return IntegerField(
        label, checks, description=hint, widget=TextInput(), render_kw={**PRIVATE, "inputmode": "numeric"}
    )


def offered(choices: Any) -> list[SelectChoice]:
    """What a choice field takes: from (value, label) pairs or labelled enums. For choices set later too."""
    pairs = ((one.value, one.label) if hasattr(one, "label") else one for one in choices)
    return [SelectChoice(str(value), str(label)) for value, label in pairs]


def choice_field(label: str, choices: Any, required: str = "", hint: str = "", **more: Any) -> Any:
    """One of a few, as radios. `choices`: (value, label) pairs; no answer is the empty text."""
    return RadioField(
        label, _must(required), choices=offered(choices), description=hint, widget=Radios(), filters=[tidy], **more
    )


def select_field(label: str, choices: Any, required: str = "", hint: str = "", **more: Any) -> Any:
    """One of many, as a list; give it ("", "Choose") first."""
    return SelectField(
        label, _must(required), choices=offered(choices), description=hint, widget=Select(), filters=[tidy], **more
    )


def many_field(label: str, choices: Any, required: str = "", hint: str = "", **more: Any) -> Any:
    """Any number of a few, as tick boxes."""
    checks = _must(required) if required else [none_chosen]
    return SelectMultipleField(
        label, checks, choices=offered(choices), description=hint, widget=Checkboxes(), filters=[chosen], **more
    )


def tick_field(label: str, required: str = "", hint: str = "") -> Any:
    """One tick box."""
    return BooleanField(label, _must(required), description=hint, widget=Checkbox())


def date_field(
    label: str, required: str = "", hint: str = "For example, 27 3 1991.", *, checks: Sequence[Any] = ()
) -> Any:
    """A date in three boxes, all posted under the field's name."""

    def given(form: Any, field: Any) -> None:
        if required and not any(str(part).strip() for part in field.raw_data or [field.data or ""]):
            raise StopValidation(required)

    return DateParts(label, [given, *checks], description=hint, widget=DateInput())


def file_field(label: str, required: str = "", hint: str = "PDF, Word, JPG or PNG. 10MB or smaller.") -> Any:
    """One file to upload; the form must be started with `upload=true`."""
    return FileField(label, _must(required), description=hint, widget=FileInput())


def hidden_field(default: str = "") -> Any:
    """A value the page carries, such as the version it was opened at; never a right or a state."""
    return HiddenField(default=default, filters=[tidy])


LONGEST_NUMBER = 10  # digits; no version, place or minute is longer


def whole(text: str | None) -> int | None:
    """A whole number that a page carried or somebody typed, or None for anything else, however long."""
    return int(text) if text and len(text) < LONGEST_NUMBER and text.isdecimal() else None


def place(form: Any, problem: RuleBroken) -> None:
    """Show a broken rule beside its field, or at the top of the form when the form has no such field."""
    if problem.field in form:
        form[problem.field].errors = [*form[problem.field].errors, problem.message]
    else:
        form.form_errors = [*form.form_errors, problem.message]


def error_links(form: Any) -> list[dict[str, str]]:
    """The lines of the error summary: each links to the first box of its field; one about the whole form to nothing."""
    if getattr(form, "links", None):
        return list(form.links)
    first_box = {f"#{field.id}": f"#{field.name}-day" for field in form if isinstance(field.widget, GovDateInput)}
    lines: list[dict[str, str]] = wtforms_errors(form)["errorList"]
    for line in lines:
        line["href"] = first_box.get(line["href"], line["href"].replace("#None", "").removesuffix("#"))
    return lines


def show(
    field: Any, *, size: str = "s", heading: bool = False, reveals: Any = None, hints: Any = None, **more: Any
) -> Any:
    """One field as its page shows it: the template global `field`.

    `size` s, m, l or "" for the label; `heading` makes the label the page's h1 (one-question pages); `reveals` and
    `hints` are {choice value: markup} and {choice value: text}; `inline`, `width` and `classes` shape the boxes;
    anything else becomes an attribute of the box.
    """
    grouped = isinstance(field.widget, Radios | Checkboxes | DateInput) and not isinstance(field.widget, Checkbox)
    params: dict[str, Any] = {"classes": _classes(field, more)}
    title = {"text": field.label.text, "isPageHeading": heading}
    weight = f"--{'l' if heading else size}" if heading or size else ""
    if grouped:
        params["fieldset"] = {"legend": {**title, "classes": f"govuk-fieldset__legend{weight}" if weight else ""}}
    elif not isinstance(field.widget, Checkbox):
        params["label"] = {**title, "classes": f"govuk-label{weight}" if weight else ""}
    if reveals or hints:
        params["items"] = [_item(choice[0], reveals or {}, hints or {}) for choice in field.iter_choices()]
    if "rows" in more:
        params["rows"] = more.pop("rows")
    return field(params=params, **more)


def _classes(field: Any, more: dict[str, Any]) -> str:
    """Takes `inline`, `width` and `classes` out of `more` and answers with the class names they mean."""
    inline, width, own = more.pop("inline", False), more.pop("width", None), more.pop("classes", "")
    kind = (
        "checkboxes"
        if isinstance(field.widget, GovCheckboxesInput) and not isinstance(field.widget, Radios)
        else "radios"
    )
    return " ".join(
        part
        for part in (f"govuk-{kind}--inline" if inline else "", f"govuk-input--width-{width}" if width else "", own)
        if part
    )


def _item(value: Any, reveals: Any, hints: Any) -> dict[str, Any]:
    """What the library must be told about one choice beyond its value and label."""
    found: dict[str, Any] = {}
    if reveals.get(value):
        found["conditional"] = {"html": reveals[value]}
    if hints.get(value):
        found["hint"] = {"text": hints[value]}
    return found
