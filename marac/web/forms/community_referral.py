"""What the pages of a Community MARAC referral ask beside those it shares with the DA MARAC. Holds no rule."""

from collections.abc import Mapping
from typing import Any

from marac.vocabulary import (
    AsbSubtype,
    AsbType,
    CommunityRole,
    CuckooingKind,
    HateStrand,
    LawfulBasis,
    NeedTest,
    PersonTest,
    ReferralAbout,
    StepOutcome,
    StepTried,
    Vulnerability,
    Word,
)
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.choices import SHORT, YES_NO, YES_NO_NOT_ASKED, YES_NO_UNKNOWN
from marac.web.forms.referrals import ChildForm, PersonForm, child_form

STEP = "step_"
ONE_ON_EACH_LINE = "One on each line."
BESIDE = (CommunityRole.CAUSING_HARM, CommunityRole.WITNESS)
ROLES_OF_OTHERS = (
    CommunityRole.AT_RISK, CommunityRole.WITNESS, CommunityRole.HOUSEHOLD, CommunityRole.ASSOCIATE,
    CommunityRole.PROFESSIONAL, CommunityRole.CAUSING_HARM,
)  # fmt: skip


def _of(words: Any) -> list[tuple[str, str]]:
    listed: list[Word] = list(words)
    return [(one.value, one.label) for one in listed]


class AboutForm(widgets.PageForm):
    """A person or a place, and what kind of behaviour."""

    about = widgets.choice_field("What is this referral about?", _of(ReferralAbout), "Select what this is about")
    asb_type = widgets.choice_field("What kind of behaviour is it?", _of(AsbType), "Select the kind of behaviour")
    asb_subtypes = widgets.many_field("How it shows itself", _of(AsbSubtype))
    cuckooing = widgets.many_field("If it is cuckooing, what the home was taken over for", _of(CuckooingKind))
    hate_strands = widgets.many_field("Hate: which strands", _of(HateStrand), hint="As anybody perceives it.")
    asb_first_on = typed.past_date_field("When it began", hint="Roughly is enough. For example, 1 3 2026.")
    asb_last_on = typed.past_date_field("When it last happened", hint="For example, 27 3 2026.")
    asb_frequency = widgets.text_field("How often it happens")
    asb_place = widgets.text_field("Where it happens", hint="For example, the stairwell or the shop.")
    evidence = widgets.long_text_field("Evidence", hint="Diary sheets, photos, recordings, statements.", longest=SHORT)
    earlier_marac = widgets.text_field("Any panel before", hint="Which, when it was last heard, and its reference.")
    version = widgets.hidden_field()


class IncidentForm(widgets.PageForm):
    """One thing that happened, once, however many agencies were told."""

    no_incidents = widgets.tick_field("There are no incidents to record")
    happened_on = typed.past_date_field("When it happened", hint="For example, 27 3 2026.")
    kind = widgets.select_field("Kind", [("", "Choose"), *_of(AsbType)])
    what = widgets.long_text_field("What happened", longest=SHORT)
    reported_to = widgets.long_text_field("Who was told", hint=f"Agencies. {ONE_ON_EACH_LINE}", longest=1_000)
    references = widgets.long_text_field(
        "CAD, crime and other references", hint=f"They show when two reports are the same. {ONE_ON_EACH_LINE}",
        longest=1_000,
    )  # fmt: skip
    version = widgets.hidden_field()


class TriedForm(widgets.PageForm):
    """What was tried, when, with what outcome; any enforcement."""

    early_steps = widgets.choice_field(
        "Were early enquiries and steps tried?", YES_NO, "Say whether early steps were tried",
        "The panel may still hear it if they were not possible.",
    )  # fmt: skip
    early_steps_why_not = widgets.text_field("Why they were not possible")
    enforcement = widgets.long_text_field("Enforcement so far", hint="Orders, notices and breaches.", longest=SHORT)
    orders = widgets.long_text_field("Bail, charges and court orders", longest=SHORT)
    offender_status = widgets.text_field("Licence, probation or offender management", hint="And the officer.")
    agencies_known = widgets.long_text_field(
        "Agencies that know them", hint="With a name if you have one.", longest=SHORT
    )
    version = widgets.hidden_field()


for _step in StepTried:
    setattr(
        TriedForm, STEP + _step.value, widgets.select_field(_step.label, [("", "Not tried"), *_of(StepOutcome)])
    )  # fmt: skip
    setattr(TriedForm, f"{STEP}{_step.value}_when", widgets.text_field(f"{_step.label}: when", longest=60))


class WhyForm(widgets.PageForm):
    """Who is affected, which way in, what they want and what is asked of the panel."""

    person_tests = widgets.many_field("Who is affected?", _of(PersonTest), "Select who is affected")
    criteria = widgets.many_field(
        "Why are you referring?", _of(NeedTest), "Select at least one reason for this referral", "Any one is enough."
    )
    judgement = widgets.long_text_field("Why you think the risk is high", hint="Needed for professional judgement.")
    why_now = widgets.long_text_field("What has become more frequent or more serious", hint="Needed for that reason.")
    stalled = widgets.long_text_field("What one agency alone has tried, and where it got stuck", longest=SHORT)
    vulnerability = widgets.many_field("What makes harm weigh more", _of(Vulnerability))
    what_happened = widgets.long_text_field("What has happened, in short", "Say what has happened")
    wishes = widgets.long_text_field("What they want, and what they do not want", hint="Use their own words.")
    asked_of_panel = widgets.long_text_field("What you ask of the panel", longest=SHORT)
    care_concern = widgets.choice_field(
        "Was a safeguarding adults concern (Care Act section 42) raised?", YES_NO_UNKNOWN,
        hint="For an adult with care and support needs who cannot protect themselves because of them.",
    )  # fmt: skip
    care_concern_on = typed.past_date_field("When it was raised", hint="For example, 27 3 2026.")
    care_concern_reference = widgets.text_field("Its reference", longest=60)
    care_concern_why_not = widgets.long_text_field("Why not", longest=SHORT)
    child_referral = widgets.choice_field("Was a child referred to children's social care?", YES_NO_UNKNOWN)
    agencies_to_invite = widgets.long_text_field(
        "Who else should be at the meeting", hint="A landlord, a school, or a specialist service.", longest=SHORT
    )
    will_attend = widgets.choice_field(
        "Will you or a deputy be at the meeting?", YES_NO, hint="A case may not be heard when nobody can present it."
    )
    version = widgets.hidden_field()


class TellingForm(widgets.PageForm):
    """One person: agreed, told, may be rung, and the basis for sharing. Four separate facts (CM-7)."""

    consent_to_share = widgets.choice_field(
        "Do they agree to information being shared?", YES_NO_NOT_ASKED,
        "Say whether they agree to information being shared",
    )  # fmt: skip
    consent_on = typed.past_date_field("When they were asked", hint="For example, 27 3 2026.")
    consent_how = widgets.text_field("How they were asked")
    informed_of_referral = widgets.choice_field(
        "Do they know about this referral?", YES_NO, "Say whether they know about this referral"
    )
    informed_why_not = widgets.text_field("Why they have not been told")
    consent_to_support_contact = widgets.choice_field("May a support service make contact?", YES_NO_NOT_ASKED)
    sharing_basis = widgets.choice_field(
        "Why sharing is lawful", [(basis.value, basis.label) for basis in LawfulBasis], "Select why sharing is lawful"
    )
    sharing_reason = widgets.long_text_field(
        "Why you share without consent, and why that is proportionate", longest=SHORT
    )
    sharing_authoriser = widgets.text_field("Who authorised it", hint="Name and role.")
    sharing_on = typed.past_date_field("When it was authorised", hint="For example, 27 3 2026.")
    version = widgets.hidden_field()


class SomebodyAtRiskForm(PersonForm):
    """The person at risk, who may be said to cause harm too (CM-1)."""

    community_roles = widgets.many_field("In this case they are also", [(one.value, one.label) for one in BESIDE])


def everybody_form(perpetrators: Mapping[str, str]) -> type[ChildForm]:
    """A child, or anybody else and what they are here (CM-1)."""
    roles = widgets.many_field("If not a child, who they are here", [(one.value, one.label) for one in ROLES_OF_OTHERS])
    return type("EverybodyForm", (child_form(perpetrators),), {"__doc__": ChildForm.__doc__, "community_roles": roles})


def steps_shown(steps: Any) -> dict[str, str]:
    """The steps that were tried, as the form holds them."""
    found: dict[str, str] = {}
    for one in steps or ():
        found |= {STEP + one["step"]: one["outcome"], f"{STEP}{one['step']}_when": one.get("when") or ""}
    return found


def steps_typed(form: Mapping[str, Any]) -> list[dict[str, str]]:
    """Those with an outcome, as they are kept."""
    return [
        {"step": one.value, "outcome": form[STEP + one.value], "when": form.get(f"{STEP}{one.value}_when") or ""}
        for one in StepTried
        if form.get(STEP + one.value)
    ]
