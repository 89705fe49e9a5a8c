"""What a referral's pages ask, and how it becomes facts and back. Holds no rule: those are the workflow's."""

from typing import Any

from marac.vocabulary import ContactChannel, Criterion, LawfulBasis, PersonRole, ProgrammeSlug, SafeToUse
from marac.web import widgets

YES_NO = (("yes", "Yes"), ("no", "No"))
YES_NO_UNKNOWN = (*YES_NO, ("not_known", "Not known"))
SEXES = (
    ("", "Choose"),
    ("female", "Female"),
    ("male", "Male"),
    ("prefer_not_to_say", "Prefer not to say"),
    ("not_known", "Not known"),
)
TENURES = (
    ("", "Choose"),
    ("council", "Council"),
    ("housing_association", "Housing association"),
    ("private", "Private rent"),
    ("owner", "Owned or mortgaged"),
    ("temporary", "Temporary accommodation"),
    ("refuge", "Refuge, contact through Solace"),
    ("with_family", "With family or friends"),
    ("none", "No fixed address"),
    ("not_known", "Not known"),
)
ABOUT = {ProgrammeSlug.DA_MARAC: "Someone at high risk from a partner, former partner or family member"}
BORN_HINT = "For example, 27 3 1991. If you do not know, enter an age."
EQUALITY_TAIL = (("prefer_not_to_say", "Prefer not to say"), ("not_asked", "Not asked"), ("not_known", "Not known"))


class StartForm(widgets.PageForm):
    """What the referral is about."""

    programme = widgets.choice_field(
        "What is this referral about?", [(slug.value, words) for slug, words in ABOUT.items()],
        "Select what this referral is about",
    )  # fmt: skip


class PersonForm(widgets.PageForm):
    """The victim-survivor."""

    full_name = widgets.name_field(required="Enter their full name", hint="Use the name they prefer.")
    aliases = widgets.long_text_field(
        "Also known as (optional)", hint="Other names, spellings or nicknames, one on each line."
    )
    born_on = widgets.date_field("Date of birth", hint=BORN_HINT)
    approximate_age = widgets.number_field("Or their age, if you do not know", high=120)
    sex = widgets.select_field("Sex", SEXES)
    whereabouts = widgets.text_field("Where they are now, if not at home (optional)")
    house_number = widgets.text_field(
        "House or flat number", hint="If it must be kept secret, tick Confidential.", longest=60
    )
    street = widgets.text_field("Street")
    postcode = widgets.text_field("Postcode", longest=10)
    address_not_known = widgets.tick_field("I do not know the address")
    confidential = widgets.tick_field("Confidential: the address must be kept secret")
    known_to_perpetrator = widgets.choice_field(
        "Does the alleged perpetrator know or share this address?", YES_NO_UNKNOWN
    )
    tenure = widgets.select_field("Type of housing", TENURES)
    language = widgets.text_field("First language (optional)")
    interpreter = widgets.text_field(
        "Interpreter (optional)",
        hint="Language, dialect, whether a woman or a man, and whether not from their community.",
    )
    communication_needs = widgets.text_field(
        "Other needs (optional)", hint="For example, a hearing loop or large print."
    )
    version = widgets.hidden_field()


class SafeContactForm(widgets.PageForm):
    """How the person may be reached; not asked behaves as no."""

    phone = widgets.text_field("Phone number (optional)", longest=30, inputmode="tel")
    email = widgets.text_field("E-mail address (optional)")
    times = widgets.text_field("Times it is safe", hint="For example, weekdays 9am to 2pm.")
    who_may_answer = widgets.text_field(
        "Who else may answer", hint="And who may look at the phone, the account or the post."
    )
    what_to_say = widgets.text_field("What to say if someone else answers")
    code_word = widgets.text_field("Code word (optional)", longest=60)
    through = widgets.text_field("Through whom", hint="The name and service, if contact is through someone else.")
    version = widgets.hidden_field()


for _channel in ContactChannel:
    _ask = "Is it safe to phone?" if _channel == ContactChannel.PHONE else f"Is it safe: {_channel.label.lower()}?"
    _answers = [(answer.value, answer.label) for answer in SafeToUse]
    setattr(SafeContactForm, f"way_{_channel.value}", widgets.choice_field(_ask, _answers, "Say whether it is safe"))


class OtherPersonForm(widgets.PageForm):
    """One alleged perpetrator, and what to mind around them."""

    full_name = widgets.name_field(hint="If you do not know who it is, tick Not known.")
    not_known = widgets.tick_field("Not known")
    aliases = widgets.long_text_field(
        "Also known as (optional)", hint="Other names, spellings or nicknames, one on each line."
    )
    born_on = widgets.date_field("Date of birth", hint=BORN_HINT)
    approximate_age = widgets.number_field("Or their age, if you do not know", high=120)
    sex = widgets.select_field("Sex", SEXES)
    relationship_to_victim = widgets.text_field(
        "Relationship to the victim-survivor", hint="For example, former husband."
    )
    house_number = widgets.text_field("House or flat number", longest=60)
    street = widgets.text_field("Street")
    postcode = widgets.text_field("Postcode", longest=10)
    whereabouts = widgets.text_field(
        "Where they are now", hint="For example, at home with them, or in custody until Friday."
    )
    occupation = widgets.text_field("Work or interests", hint="Above all access to weapons, records or people.")
    weapons = widgets.long_text_field("Weapons (optional)")
    orders = widgets.long_text_field("Bail, court orders or charges (optional)")
    staff_safety = widgets.text_field("Anything that staff need to know before they visit (optional)")
    version = widgets.hidden_field()


class ChildForm(widgets.PageForm):
    """One child, unborn child or other person at risk, or that there are none."""

    no_children = widgets.tick_field("There are no children and nobody else at risk")
    role = widgets.choice_field(
        "Who is this?", ((PersonRole.CHILD.value, "Child"), (PersonRole.OTHER_AT_RISK.value, "Other person at risk"))
    )
    full_name = widgets.name_field()
    unborn = widgets.tick_field("Unborn child")
    born_on = widgets.date_field("Date of birth, or date due")
    approximate_age = widgets.number_field("Or their age, if you do not know", high=120)
    relationship_to_victim = widgets.text_field("Relationship to the victim-survivor")
    relationship_to_perpetrator = widgets.text_field("Relationship to the alleged perpetrator")
    lives_with = widgets.text_field("Lives with")
    school = widgets.text_field("School or nursery", hint="Shown only to those who work with children.")
    version = widgets.hidden_field()


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
    happened_on = widgets.date_field("When it last happened")
    why_now = widgets.long_text_field("Why now", hint="What has changed, and why several agencies are needed.")
    wishes = widgets.long_text_field("What they want, and what they do not want", hint="Use their own words.")
    tried = widgets.long_text_field("What has been tried")
    version = widgets.hidden_field()


class SharingForm(widgets.PageForm):
    """Whether the person knows and agrees; and if not, why it is shared all the same (DA-15)."""

    told = widgets.choice_field(
        "Have you told them about this referral?", YES_NO, "Select yes or no", "It is best to tell them, if it is safe."
    )
    told_why_not = widgets.long_text_field("Why they have not been told")
    consent = widgets.choice_field(
        "Do they agree to information being shared?", (*YES_NO, ("not_sought", "Not asked")),
        "Say whether the person agrees to information being shared")  # fmt: skip
    sharing_basis = widgets.choice_field(
        "Why sharing without consent is lawful", [(basis.value, basis.label) for basis in LawfulBasis])  # fmt: skip
    sharing_reason = widgets.long_text_field(
        "Why you are sharing without consent", hint="Say what harm you expect if nothing is shared.")  # fmt: skip
    sharing_proportionate = widgets.long_text_field("Why what you share is proportionate to the risk")
    sharing_decided_by = widgets.text_field("Who decided to share", hint="Name and role.")
    sharing_decided_on = widgets.date_field("When that was decided")
    version = widgets.hidden_field()


def _asked(label: str, *choices: tuple[str, str]) -> Any:
    return widgets.choice_field(label, (*choices, *EQUALITY_TAIL))


class EqualityForm(widgets.PageForm):
    """Optional; not asked, declined and not known are three different things (DA-40)."""

    ethnicity = _asked(
        "Ethnic group",
        ("white", "White"),
        ("mixed", "Mixed or multiple"),
        ("bangladeshi", "Bangladeshi"),
        ("indian", "Indian"),
        ("pakistani", "Pakistani"),
        ("chinese", "Chinese"),
        ("other_asian", "Another Asian background"),
        ("somali", "Somali"),
        ("black_african", "Another Black African background"),
        ("black_caribbean", "Black Caribbean"),
        ("other_black", "Another Black background"),
        ("arab", "Arab"),
        ("other", "Another ethnic group"),
    )
    disability = _asked(
        "A condition or illness that lasts 12 months or more and limits what they can do",
        ("a_lot", "Yes, a lot"),
        ("a_little", "Yes, a little"),
        ("no_limit", "Yes, but not limited"),
        ("no", "No"),
    )
    religion = _asked(
        "Religion", ("none", "No religion"), ("christian", "Christian"), ("muslim", "Muslim"), ("hindu", "Hindu"),
        ("jewish", "Jewish"), ("sikh", "Sikh"), ("buddhist", "Buddhist"), ("other", "Another religion"),
    )  # fmt: skip
    sexual_orientation = _asked(
        "Sexual orientation", ("heterosexual", "Heterosexual or straight"), ("gay_or_lesbian", "Gay or lesbian"),
        ("bisexual", "Bisexual"), ("other", "Another orientation"),
    )  # fmt: skip
    gender_same_as_registered = _asked("Gender the same as the sex registered at birth", *YES_NO)
    pregnant = _asked("Pregnant, or a baby in the last 18 months", *YES_NO)
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
    whereabouts = widgets.text_field("Where they are now", "Say where the person is now, or that it is not known")
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
