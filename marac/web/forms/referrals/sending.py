"""How a referral starts and is sent: what it is about, telling and consent, who sends it, what is urgent or asked."""

from marac.vocabulary import LawfulBasis
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.addresses import not_where_a_refuge_is
from marac.web.forms.choices import ABOUT, SHORT, YES_NO, YES_NO_NOT_ASKED


class StartForm(widgets.PageForm):
    """What the referral is about."""

    programme = widgets.choice_field(
        "What is this referral about?", [(slug.value, words) for slug, words in ABOUT.items()],
        "Select what this referral is about",
    )  # fmt: skip


class SharingForm(widgets.PageForm):
    """Whether the person knows and agrees; and if not, why it is shared all the same (DA-15)."""

    told = widgets.choice_field(
        "Have you told them about this referral?", YES_NO, "Select yes or no", "It is best to tell them, if it is safe."
    )
    told_why_not = widgets.long_text_field("Why they have not been told", longest=SHORT)
    consent = widgets.choice_field(
        "Do they agree to information being shared?", YES_NO_NOT_ASKED,
        "Say whether the person agrees to information being shared")  # fmt: skip
    sharing_basis = widgets.choice_field(
        "Why sharing without consent is lawful", [(basis.value, basis.label) for basis in LawfulBasis])  # fmt: skip
    sharing_reason = widgets.long_text_field(
        "Why you are sharing without consent", hint="Say what harm you expect if nothing is shared.")  # fmt: skip
    sharing_proportionate = widgets.long_text_field("Why what you share is proportionate to the risk")
    sharing_decided_by = widgets.text_field("Who decided to share", hint="Name and role.")
    sharing_decided_on = typed.past_date_field("When that was decided")
    support_contact = widgets.choice_field(
        "May a support service make contact?", YES_NO_NOT_ASKED, hint="Only in the ways that are safe."
    )
    police_contact = widgets.choice_field("Do they want to speak to the police?", YES_NO_NOT_ASKED)
    police_contact_why = widgets.text_field("Why, or why not")
    told_police_record = widgets.choice_field(
        "Do they know that the police may have to record a crime?", YES_NO_NOT_ASKED
    )
    version = widgets.hidden_field()


class ReferrerForm(widgets.PageForm):
    """Who sends it, beyond what the account says: never asks for a name, an agency or an e-mail address."""

    referrer_role = widgets.text_field("Your job title")
    referrer_phone = typed.phone_field("Your phone number")
    discussed = widgets.choice_field("Have you talked it over with your manager or panel representative?", YES_NO)
    presented_by = widgets.text_field("Who presents it at the meeting", hint="Leave empty if it is you.")
    manager_name = widgets.name_field("Manager who agreed to it")
    manager_on = typed.past_date_field("When they agreed")
    version = widgets.hidden_field()


class UrgentForm(widgets.PageForm):
    """Six answers and no more (DA-18). Left empty, each says what it needs."""

    victim_name = widgets.name_field(
        "Name of the person at risk", "Enter the name of the person at risk, or what they are known as"
    )
    victim_age = widgets.text_field(
        "Date of birth, or approximate age",
        "Enter a date of birth or an approximate age",
        "For example, 27 3 1991 or 34.",
        longest=20,
    )
    whereabouts = widgets.text_field(
        "Where they are now", "Say where the person is now, or that it is not known", checks=[not_where_a_refuge_is]
    )
    safe_contact = widgets.text_field(
        "How to reach them safely", "Say how to reach the person safely, or that it is through the IDVA only"
    )
    perpetrator = widgets.name_field(
        "Alleged perpetrator's name", "Enter the alleged perpetrator's name, or that it is not known")  # fmt: skip
    immediate_risk = widgets.long_text_field(
        "What has happened and why it cannot wait", "Say what has happened and why it cannot wait")  # fmt: skip


class AnswerForm(widgets.PageForm):
    """What the referrer answers to a question."""

    answer = widgets.long_text_field("Your answer", "Enter your answer")


class QuestionForm(widgets.PageForm):
    """What the coordinator asks the referrer."""

    questions = widgets.long_text_field(
        "Question for the referrer", "Enter a question", "Ask everything at once, so that one answer is enough."
    )
