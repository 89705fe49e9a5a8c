"""What is typed after a meeting: whether the person was told, and a case that goes to, or came from, another area."""

from typing import Final

from marac.web import widgets

TOLD, NOT_REACHED, UNSAFE = "told", "not_reached", "unsafe"
STANDING: Final = [(TOLD, "Told"), (NOT_REACHED, "Not reached yet"), (UNSAFE, "Not safe to tell")]
PHONED: Final = "We compared the fingerprint by phone, on a number we found ourselves"


class TellingForm(widgets.PageForm):
    """How it went; not safe is an answer."""

    standing = widgets.choice_field("Was the person told?", STANDING, "Select how it stands")
    how = widgets.long_text_field(
        "Who told them, when and how", hint="Never by a letter or message that could be found."
    )
    safe_contact_met = widgets.tick_field("Contact was made only as the rules above allow")
    next_step = widgets.long_text_field("What happens next, and who does it")
    version = widgets.hidden_field()


class GiveForm(widgets.PageForm):
    """Another agency tells the person."""

    to_agency_id = widgets.select_field("Agency that tells the person", [("", "Choose")], "Select an agency")


class AgainForm(widgets.PageForm):
    """Why it is asked again."""

    reason = widgets.long_text_field("Why it is asked again", "Enter a reason")


class AreaForm(widgets.PageForm):
    """Another area and the key they sent."""

    name = widgets.text_field("Name of the area", "Enter the name of the area", longest=80)
    public_key = widgets.text_field("Their key", "Paste their key", "One long line that starts with age1.", longest=300)


class CheckAreaForm(widgets.PageForm):
    """The fingerprint was read aloud."""

    by_phone = widgets.tick_field(PHONED)


class SendForm(widgets.PageForm):
    """What the other area is told beside the file of the case."""

    area = widgets.select_field("Area", [("", "Choose")], "Select the area")
    reason = widgets.long_text_field("Why the case moves", "Say why the case moves to the other area")
    contact = widgets.text_field("Who answers questions here", "Say who answers here", "A name and a work number.")
    new_address = widgets.long_text_field(
        "New address (optional)",
        hint="It goes into the sealed file and is kept nowhere here. Never write the address of a refuge.",
    )
    new_contact = widgets.text_field("How to reach them now (optional)", hint="It goes into the sealed file alone.")
    stays = widgets.tick_field("The alleged perpetrator still lives here, so we keep our flag")


class ReceiptForm(widgets.PageForm):
    """The receipt as a file, or who confirmed it by phone."""

    file = widgets.file_field("Receipt file", hint="The file that the other area sent back.")
    who = widgets.text_field("Or who confirmed it by phone")


class HandOverForm(widgets.PageForm):
    """IDVA to IDVA."""

    hand_over = widgets.long_text_field("Which IDVA spoke to which, and when")


class ArrivedForm(widgets.PageForm):
    """A sealed file from another area."""

    file = widgets.file_field("The sealed file", "Select a file", "The .age file as the other area sent it.")


class TakeInForm(widgets.PageForm):
    """Make a referral of what came."""

    sure = widgets.tick_field("I phoned that area on a number I found myself, and they sent this")
