"""What is typed on the pages of a case: search, safe contact, wishes, a further incident, why a value is shown."""

from marac.vocabulary import ContactChannel, RevealReason, SafeToUse
from marac.web import widgets

ANSWERS = [(answer.value, answer.label) for answer in SafeToUse]


class FindForm(widgets.PageForm):
    """The search box: any one of three."""

    name = widgets.name_field("Name", hint="Part of a name or another spelling will do.")
    born_on = widgets.date_field("Date of birth")
    reference = widgets.text_field("Case reference", hint="For example, K7D-42Q.", longest=10)


class SafeContactForm(widgets.PageForm):
    """Is each way safe, and what else to know. Numbers are only typed to replace the one that is held."""

    through = widgets.text_field("Through whom", hint="The name and service, if contact is through someone else.")
    times = widgets.text_field("Times it is safe", hint="For example, weekdays 9am to 2pm.")
    who_may_answer = widgets.text_field("Who else may answer", hint="And who may look at the phone or the post.")
    what_to_say = widgets.text_field("What to say if someone else answers")
    phone = widgets.text_field("New phone number", hint="Leave empty to keep the number that is held.", longest=30)
    email = widgets.text_field("New e-mail address", hint="Leave empty to keep the address that is held.")
    code_word = widgets.text_field("New code word", hint="Leave empty to keep the one that is held.", longest=60)
    version = widgets.hidden_field()


for _channel in ContactChannel:
    _ask = f"Is it safe: {_channel.label.lower()}?"
    setattr(SafeContactForm, f"way_{_channel.value}", widgets.choice_field(_ask, ANSWERS))
    if _channel == ContactChannel.THROUGH:
        continue
    _when = widgets.text_field(f"{_channel.label}: when, or what else to know")
    setattr(SafeContactForm, f"detail_{_channel.value}", _when)


class WishesForm(widgets.PageForm):
    """In their own words."""

    wishes = widgets.long_text_field(
        "What they want, and what they do not want", "Enter what they want, in their words", "Use their own words."
    )
    version = widgets.hidden_field()


class IncidentForm(widgets.PageForm):
    """What happened, when, and whether it is still safe to make contact as before (DA-12)."""

    what_happened = widgets.long_text_field(
        "What happened", "Say what happened", "Anything that is part of the pattern counts. It need not be a crime."
    )
    happened_on = widgets.date_field("When it happened", hint="For example, 27 3 2026. Leave empty if you do not know.")
    contact_changed = widgets.choice_field(
        "Has how to contact them safely changed?", (("yes", "Yes"), ("no", "No or not known")), "Select yes or no"
    )
    contact_note = widgets.text_field("What has changed", hint="Do not write an address or a number here.")


class RevealForm(widgets.PageForm):
    """Why one value is shown."""

    reason = widgets.choice_field(
        "Why do you need to see this?",
        [(reason.value, reason.label) for reason in RevealReason],
        "Select a reason",
        "This is recorded.",
    )
    because = widgets.text_field("Say why")
