"""Forms of a Sanctuary request in the office: its parts, triage, landlord, approval, stopping. Shape only."""

from functools import lru_cache
from typing import Any

from marac.vocabulary import (
    ApprovalDecision,
    InterimSafety,
    LandlordState,
    SanctuaryPriority,
)
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.addresses import no_refuge_by_name, not_where_a_refuge_is
from marac.web.forms.choices import SEXES, SHORT, YES_NO, YES_NO_UNKNOWN
from marac.workflows.definitions import Checklist
from marac.workflows.sanctuary_triage import Triage

GATE_WORDS = {"yes": "Yes", "no": "No", "unknown": "Not known", "not_applicable": "Does not apply"}
FACTOR_WORDS = {"yes": "Yes", "no": "No", "not_known": "Not known"}
ALTERNATIVES = (
    ("refuge", "Refuge"), ("housing_options", "Housing Options"), ("injunction", "Injunction or occupation order"),
    ("portable", "Portable alarm or camera"), ("other_scheme", "The landlord's own scheme"),
    ("other", "Something else"),
)  # fmt: skip


class HomeForm(widgets.PageForm):
    """The home and what is wanted."""

    home_kind = widgets.select_field("House or flat", (("", "Choose"), ("house", "House"), ("flat", "Flat"),
                                                       ("room", "Room"), ("other", "Something else")))  # fmt: skip
    floor = widgets.text_field("Floor (optional)", longest=40)
    bedrooms = widgets.text_field("Bedrooms (optional)", longest=10)
    tenancy_name = widgets.select_field(
        "Whose name is on the tenancy or deeds?",
        (("", "Choose"), ("survivor", "The survivor's"), ("other", "The person causing harm's"), ("joint", "Both"),
         ("third", "Somebody else's"), ("not_known", "Not known")),
    )  # fmt: skip
    tenancy_length = widgets.text_field("How long is the tenancy? (optional)", longest=60)
    landlord_consent = widgets.choice_field(
        "Do they agree to the landlord being asked?",
        (*YES_NO, ("unknown", "Not asked"), ("not_applicable", "They own the home")),
        hint="The landlord is not told why.",
    )
    wanted = widgets.long_text_field("What would make them feel safer? (optional)", longest=SHORT)
    damage = widgets.long_text_field("Damage to doors, locks or windows (optional)", longest=SHORT)
    pets = widgets.text_field("Pets (optional)")
    best_times = widgets.text_field("Best times to visit (optional)")
    other_occupants = widgets.text_field("Who else lives there (optional)")
    needs_help_out = widgets.text_field("Who would need help to get out in a fire (optional)")
    warnings = widgets.long_text_field("Anything to know before a visit (optional)", longest=SHORT)
    version = widgets.hidden_field()


class ReasonForm(widgets.PageForm):
    """Consent, and why."""

    consent = widgets.choice_field("Do they agree to this request?", (*YES_NO, ("unknown", "Not asked yet")))
    consent_on = widgets.date_field("When did they agree? (optional)")
    reason = widgets.long_text_field("Why must the home be made secure?", longest=4000)
    wishes = widgets.long_text_field("What do they want? (optional)", longest=SHORT)
    alternatives_told = widgets.long_text_field(
        "What other options were they told about?", hint="Staying at home must be their own choice.", longest=SHORT
    )
    requester_role = widgets.text_field("Your job (optional)")
    requester_phone = typed.phone_field("Your phone number (optional)")
    version = widgets.hidden_field()


class FearedForm(widgets.PageForm):
    """One person causing harm."""

    full_name = widgets.name_field(hint="If you do not know who it is, tick Not known.")
    not_known = widgets.tick_field("Not known")
    relationship_to_victim = widgets.text_field("Relationship to the survivor (optional)")
    aliases = widgets.long_text_field("Also known as (optional)", hint="One on each line.")
    born_on = typed.born_field()
    approximate_age = typed.age_field()
    sex = widgets.select_field("Sex", SEXES)
    house_number = widgets.text_field("House or flat number", longest=60, checks=[no_refuge_by_name])
    street = widgets.text_field("Street", checks=[no_refuge_by_name])
    postcode = typed.postcode_field()
    whereabouts = widgets.text_field("Where they are now (optional)", checks=[not_where_a_refuge_is])
    vehicles = widgets.text_field("Vehicles (optional)", hint="Make, colour and registration.")
    version = widgets.hidden_field()


class ChildForm(widgets.PageForm):
    """One child in the home."""

    full_name = widgets.name_field()
    unborn = widgets.tick_field("Unborn child")
    born_on = typed.born_field("Date of birth, or date due", unborn="unborn")
    approximate_age = typed.age_field()
    sex = widgets.select_field("Sex", SEXES)
    relationship_to_victim = widgets.text_field("Relationship to the survivor (optional)")
    lives_with = widgets.text_field("Lives with (optional)", hint="Who, not where.")
    school = widgets.text_field("School or nursery (optional)")
    communication_needs = widgets.text_field("Special needs (optional)")
    contact_arrangements = widgets.text_field("Contact arrangements (optional)")
    version = widgets.hidden_field()


@lru_cache(maxsize=8)
def risk_form(tool: Checklist) -> Any:
    """One question for each risk factor, and what goes with them."""
    asked = {
        f"factor_{factor.key}": widgets.choice_field(factor.label, tuple(FACTOR_WORDS.items()))
        for factor in tool.factors
    }
    more = {
        "dash_score": widgets.number_field("DASH count, if known (optional)", high=40),
        "marac_on": widgets.date_field("Last heard at a MARAC (optional)"),
        "idva": widgets.text_field("Name of the IDVA (optional)"),
        "recourse": widgets.choice_field("Recourse to public funds? (optional)", YES_NO_UNKNOWN),
        "orders": widgets.long_text_field("Court orders and bail (optional)", longest=SHORT),
        "history": widgets.long_text_field("Fire, weapons or forced entry before (optional)", longest=SHORT),
        "version": widgets.hidden_field(),
    }
    return type("RiskForm", (widgets.PageForm,), {**asked, **more})


def triage_form(found: Triage) -> Any:
    """One line for each rule, the priority, the interim safety plan, and what to do next."""
    rows: dict[str, Any] = {}
    for line in found.lines:
        rows[f"gate_{line.key}"] = widgets.choice_field(
            line.label, [(answer, GATE_WORDS[answer]) for answer in line.answers], hint=line.note
        )
        rows[f"evidence_{line.key}"] = widgets.text_field("How this is known", longest=600)
    rows["priority"] = widgets.choice_field("Priority", list(SanctuaryPriority))
    rows["priority_why"] = widgets.text_field("Why it is lower than the risk factors give", longest=600)
    rows["priority_second"] = widgets.name_field("Second person who agrees to that")
    rows["interim"] = widgets.many_field("What keeps them safe until the work is done?", list(InterimSafety))
    rows["interim_plan"] = widgets.long_text_field("The plan in words", hint="Never where a refuge is.", longest=SHORT)
    return type("TriageForm", (widgets.PageForm,), rows)


class AskForm(widgets.PageForm):
    """What is missing."""

    missing_words = widgets.long_text_field("What is missing?", longest=SHORT)
    asked_of = widgets.text_field("Who is asked?", hint="For example, the referrer, the landlord, legal advice.")


class AnswerForm(widgets.PageForm):
    """The answer to what was asked."""

    answer = widgets.long_text_field("Your answer", "Enter the answer", longest=4000)


class DeclineForm(widgets.PageForm):
    """Not suitable."""

    reason = widgets.long_text_field("Why is the request not suitable?", longest=SHORT)
    alternatives = widgets.many_field("What else was offered?", ALTERNATIVES)
    notice = widgets.long_text_field(
        "Notice to whoever asked", hint="They see this. Say nothing that they do not know already.", longest=4000
    )


class LandlordAskForm(widgets.PageForm):
    """Asking the landlord."""

    asked_of = widgets.text_field("Who is asked?", hint="Name or role. They are not told why.")


class LandlordForm(widgets.PageForm):
    """The landlord's answer."""

    answer = widgets.choice_field(
        "What did the landlord say?",
        (LandlordState.GRANTED, LandlordState.GRANTED_WITH_CONDITIONS, LandlordState.REFUSED), "Select the answer",
    )  # fmt: skip
    answered_role = widgets.text_field("Who answered?")
    conditions = widgets.long_text_field("Conditions", longest=SHORT)
    refused_because = widgets.long_text_field("Why did they refuse?", longest=SHORT)
    alternative = widgets.text_field("What else was offered?")


class EscalateForm(widgets.PageForm):
    """No reply."""

    escalated_to = widgets.text_field("Who is asked now?")


class ApprovalForm(widgets.PageForm):
    """A budget holder's decision."""

    decision = widgets.choice_field("Decision", list(ApprovalDecision), "Select a decision")
    funder = widgets.text_field("Who pays?")
    order_number = widgets.text_field("Order number", longest=60)
    because = widgets.long_text_field("Why it is sent back or not approved", longest=SHORT)


class SpokenForm(widgets.PageForm):
    """Somebody said yes to an emergency."""

    approver = widgets.select_field("Who said yes?", (("", "Choose"),))
    pounds = widgets.number_field("Up to how many pounds?", "Enter the amount", high=100_000)
    because = widgets.long_text_field("What was approved, and why can it not wait?", longest=SHORT)


class WriteForm(widgets.PageForm):
    """A spoken approval, written."""

    funder = widgets.text_field("Who pays?")
    order_number = widgets.text_field("Order number", longest=60)


class FreezeForm(widgets.PageForm):
    """Danger at the home."""

    how_known = widgets.long_text_field("How is this known?", longest=SHORT)
    known_on = widgets.date_field("Since when?")


class WithdrawForm(widgets.PageForm):
    """They changed their mind."""

    how_told = widgets.text_field("How did they tell you?")
    alternatives_offered = widgets.long_text_field("What else was offered?", longest=SHORT)


class DayForm(widgets.PageForm):
    """A day."""

    happened_on = widgets.date_field("Date")


class HoldForm(widgets.PageForm):
    """On hold."""

    because = widgets.long_text_field("Why is it on hold?", longest=SHORT)
    review_on = widgets.date_field("When to look at it again")


class DuplicateForm(widgets.PageForm):
    """The same as another."""

    same_as = widgets.text_field("Reference of the other request", longest=10)


class PlanForm(widgets.PageForm):
    """The safety plan after the sign-off."""

    plan = widgets.long_text_field("Safety plan", longest=4000)
    flags = widgets.many_field("Flags on the address", (("police", "Ask the police"), ("fire", "Ask the fire brigade")))
    no_flag_reason = widgets.text_field("If no police flag, why not?", longest=600)


class FlagForm(widgets.PageForm):
    """One mark: placed, or kept."""

    their_reference = widgets.text_field("Their reference (optional)", longest=80)
    review_on = widgets.date_field("Look at it again on")
    because = widgets.text_field("Why it is still needed")
