"""What is typed to sign in, to set up an account and to confirm who one is. Shape only."""

from marac.web import widgets

HINT = "6 digits, new every 30 seconds."


class PasswordForm(widgets.PageForm):
    """First step of signing in."""

    email = widgets.email_field(required="Enter your email address")
    password = widgets.password_field()


class CodeForm(widgets.PageForm):
    """Second step of signing in, and the step-up."""

    code = widgets.code_field("Code from your app", "Enter the 6 digits that your app shows", HINT)


class JoinForm(widgets.PageForm):
    """A new account: its password and the first code of its app."""

    password = widgets.password_field(
        "Choose a password", "Choose a password", "15 characters or more. Three random words work well.", new=True
    )
    code = widgets.code_field("Code from your app", "Enter the 6 digits that your app shows", HINT)


class PressForm(widgets.PageForm):
    """A button with nothing to fill in."""
