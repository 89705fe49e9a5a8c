"""What is typed about reaching a person safely, and about a place: shared by the referral and by the case.

Refuses nothing itself but the address of a refuge: whether a way may be used is the workflow's to say.
"""

from typing import Any

from marac.services.casework import phones
from marac.vocabulary import ContactChannel, PhoneKind, SafeToUse
from marac.web import widgets
from marac.web.forms import typed

ANSWERS = [(answer.value, answer.label) for answer in SafeToUse]
IS_SAFE = [(answer.value, answer.label) for answer in (SafeToUse.YES, SafeToUse.NO, SafeToUse.NOT_ASKED)]
STILL = [*IS_SAFE, ("gone", "No longer used")]
KINDS = [(kind.value, kind.label) for kind in PhoneKind]
WITHHELD = [("", "Not asked"), ("withhold", "Withhold it"), ("show", "Show it: withheld calls are not answered")]


def times_field() -> Any:
    """Hours that a guard can read."""
    return widgets.text_field("Times it is safe", hint="Days and times, for example weekdays 9am to 2pm.")


def circumstances() -> dict[str, Any]:
    """What else to know before any contact, by field name."""
    return {
        "do_not_contact": widgets.tick_field("Do not contact them at all, by any way"),
        "withheld_number": widgets.select_field("Your own number when you call", WITHHELD),
        "perpetrator_present": widgets.text_field(
            "When the alleged perpetrator is with them",
            hint="For example, home every day after 4pm. Say who may look at the phone or the post.",
        ),
    }


def further_phone(prefix: str = "phone_2") -> dict[str, Any]:
    """Another number: whose or which it is, and whether it is safe. Not asked behaves as No."""
    return {
        prefix: typed.phone_field("Another phone number (optional)"),
        f"{prefix}_kind": widgets.select_field("Whose or which phone is that?", KINDS),
        f"{prefix}_safe": widgets.choice_field("Is that number safe to use?", IS_SAFE),
    }


class SafeContactForm(widgets.PageForm):
    """Is it still safe? Each way, and what else to know. Numbers that are held do not stand on the page."""

    through = widgets.text_field("Through whom", hint="The name and service, if contact is through someone else.")
    times = times_field()
    who_may_answer = widgets.text_field("Who else may answer", hint="And who may look at the phone or the post.")
    what_to_say = widgets.text_field("What to say if someone else answers")
    phone = typed.phone_field("New phone number", hint="Leave empty if there is none. Numbers held before are kept.")
    phone_kind = widgets.select_field("Whose or which phone is the new number?", KINDS)
    phone_safe = widgets.choice_field("Is the new number safe to use?", IS_SAFE)
    email = widgets.text_field("New e-mail address", hint="Leave empty to keep the address that is held.")
    code_word = widgets.text_field("New code word", hint="Leave empty to keep the one that is held.", longest=60)
    trusted_contact = widgets.text_field("New trusted contact", hint="Name and number. Hidden until it is asked for.")
    new_name = widgets.text_field(
        "New name, if they changed it", hint="Hidden until it is asked for. No document may hold it."
    )
    version = widgets.hidden_field()


def _ask(form: type[Any]) -> None:
    """One question for each way, and its hours."""
    for channel in ContactChannel:
        setattr(form, f"way_{channel.value}", widgets.choice_field(f"Is it safe: {channel.label.lower()}?", ANSWERS))
        if channel != ContactChannel.THROUGH:
            label = f"{channel.label}: when, or what else to know"
            setattr(form, f"detail_{channel.value}", widgets.text_field(label))
    for name, box in circumstances().items():
        setattr(form, name, box)
    for place in range(phones.MOST):
        setattr(form, f"held_{place}", widgets.choice_field(f"Phone {place + 1}", STILL))


_ask(SafeContactForm)
