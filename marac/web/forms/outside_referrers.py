"""What is typed to ask somebody outside to refer, and by them to come in. Shape only."""

from wtforms.validators import Regexp

from marac.web import widgets


class AskForm(widgets.PageForm):
    """One person outside the membership."""

    full_name = widgets.name_field(required="Enter their full name", hint="A named person, never a shared mailbox.")
    organisation = widgets.text_field(
        "Where they work",
        "Enter where they work, or what they do",
        "For example, Elm Row Surgery, or private landlord.",
    )
    email = widgets.email_field("Their work email address", "Enter their work email address")
    programme = widgets.select_field("What they refer to", [], required="Choose what they refer to")


class CodeForm(widgets.PageForm):
    """The code that was told by phone."""

    code = widgets.code_field("6 digits", "Enter the 6 digits you were told", "They were told to you by phone.")

    def __init__(self, **facts: object) -> None:
        """Six digits, however they are spaced."""
        super().__init__(**facts)
        self.code.validators = [*self.code.validators, Regexp(r"^(\s*\d){6}\s*$", message="Enter all 6 digits")]


class AgainForm(widgets.PageForm):
    """Where a new link is to go."""

    email = widgets.email_field("Your work email address", "Enter the email address your link came to")
