"""Why somebody is referred: which way in, the story in short, what the victim-survivor wants."""

from marac.vocabulary import Criterion
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.choices import FEATURES, SHORT


class ReasonForm(widgets.PageForm):
    """Which way in, and the story in short."""

    criteria = widgets.many_field(
        "Why are you referring?", [(way.value, way.label) for way in Criterion],
        "Select at least one reason for this referral", "Any one is enough.",
    )  # fmt: skip
    judgement = widgets.long_text_field(
        "Why you think the risk is high", hint="Say what worries you, even if the score is below 14."
    )
    escalation = widgets.number_field(
        "How many events in the last 12 months", hint="Events that any agency knows of, not only the police.", high=999
    )
    what_happened = widgets.long_text_field("What happened", "Say what has happened", "The most recent incident first.")
    happened_on = typed.past_date_field("When it last happened")
    why_now = widgets.long_text_field(
        "Why now", hint="What has changed, why harm may be close, and why several agencies are needed."
    )
    wishes = widgets.long_text_field("What they want, and what they do not want", hint="Use their own words.")
    tried = widgets.long_text_field("What has been tried", hint="And what is in place already.")
    feared = widgets.long_text_field(
        "Everyone else they fear", hint="Not only the alleged perpetrator you have added.", longest=SHORT
    )
    safe_to_talk_to = widgets.text_field("Who it is safe to talk to")
    not_safe_to_talk_to = widgets.text_field("Who it is not safe to talk to")
    features = widgets.many_field("Kinds of abuse", FEATURES)
    history = widgets.long_text_field(
        "What happened before", hint="How long, how often, how bad, and any pattern.", longest=SHORT
    )
    support = widgets.long_text_field(
        "Support and safety plan", hint="Who helps now, and what was agreed.", longest=SHORT
    )
    earlier_marac = widgets.text_field("Any MARAC before", hint="Where, when, and the case number if you know it.")
    agencies_known = widgets.long_text_field(
        "Agencies that know them", hint="With a name if you have one.", longest=SHORT
    )
    agencies_to_invite = widgets.long_text_field(
        "Who else should be at the meeting",
        hint="A school, a landlord, an employer, or a specialist service.",
        longest=SHORT,
    )
    version = widgets.hidden_field()
