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


class SecondStepForm(widgets.PageForm):
    """Second step of signing in: the code of an app, or one of ten on paper."""

    code = widgets.code_field("Code", "Enter a code")


class ProofForm(widgets.PageForm):
    """What the browser answers for a passkey."""

    answer = widgets.hidden_field()


class PasskeyForm(ProofForm):
    """A new passkey, and what the person calls it."""

    label = widgets.text_field(
        "What you call it", "Enter a name for this passkey", "For example the computer or key it is on.", longest=40
    )


class NewAppForm(widgets.PageForm):
    """The first code of a new app."""

    code = widgets.code_field("Code from the new app", "Enter the 6 digits that your app shows", HINT)


class ResetCodeForm(widgets.PageForm):
    """What a coordinator told by phone."""

    code = widgets.code_field("Code you were told", "Enter the 8 digits that you were told by phone", "8 digits.")


class AddressForm(widgets.PageForm):
    """Whose password is forgotten."""

    email = widgets.email_field(required="Enter your email address")


class NewPasswordForm(widgets.PageForm):
    """A password in place of one that was forgotten."""

    password = widgets.password_field(
        "Choose a password", "Choose a password", "15 characters or more. Three random words work well.", new=True
    )


class ChangePasswordForm(widgets.PageForm):
    """The password in use, and the one to come."""

    current = widgets.password_field("Your password now", "Enter your password")
    password = widgets.password_field(
        "New password", "Choose a password", "15 characters or more. Three random words work well.", new=True
    )
    end_others = widgets.tick_field("Sign me out everywhere else")


class PressForm(widgets.PageForm):
    """A button with nothing to fill in."""
