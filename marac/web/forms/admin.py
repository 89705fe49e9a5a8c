"""What is typed to invite somebody. Shape only: who may be invited to what is decided by the service."""

from marac.web import widgets

CHOOSE = ("", "Choose")


class InvitationForm(widgets.PageForm):
    """A named person, and what they will be; the lists are those of the person who invites."""

    full_name = widgets.name_field(required="Enter their full name", hint="A named person, never a shared mailbox.")
    email = widgets.email_field("Work email address", "Enter their work email address")
    agency = widgets.select_field("Agency", [CHOOSE], required="Choose an agency")
    role = widgets.select_field("Role", [CHOOSE], required="Choose a role")
    programme = widgets.select_field("Panel or scheme", [CHOOSE], required="Choose a panel or scheme")
