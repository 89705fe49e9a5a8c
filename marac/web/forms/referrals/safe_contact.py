"""How the victim-survivor may be reached, and how not (DA-14). Not asked behaves as no."""

from marac.vocabulary import ContactChannel, SafeToUse
from marac.web import widgets
from marac.web.forms import contact, typed


class SafeContactForm(widgets.PageForm):
    """How the person may be reached; not asked behaves as no."""

    phone = typed.phone_field()
    email = widgets.text_field("E-mail address (optional)")
    times = contact.times_field()
    who_may_answer = widgets.text_field(
        "Who else may answer", hint="And who may look at the phone, the account or the post."
    )
    what_to_say = widgets.text_field("What to say if someone else answers")
    code_word = widgets.text_field("Code word (optional)", longest=60)
    trusted_contact = widgets.text_field("Trusted contact (optional)", hint="Somebody who is safe: name and number.")
    through = widgets.text_field("Through whom", hint="The name and service, if contact is through someone else.")
    version = widgets.hidden_field()


for _channel in ContactChannel:
    _ask = "Is it safe to phone?" if _channel == ContactChannel.PHONE else f"Is it safe: {_channel.label.lower()}?"
    _answers = [(answer.value, answer.label) for answer in SafeToUse]
    setattr(SafeContactForm, f"way_{_channel.value}", widgets.choice_field(_ask, _answers, "Say whether it is safe"))
for _name, _box in {**contact.further_phone(), **contact.circumstances()}.items():
    setattr(SafeContactForm, _name, _box)
