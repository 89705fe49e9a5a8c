"""What is typed about works: prices, the fire review, an order, the sign-off, follow-ups, the end. Shape only."""

from marac.vocabulary import VisitKind
from marac.web import widgets
from marac.workflows.job_cards import AT_THE_DOOR

TOLD = [("yes", "Yes"), ("no", "No, they have no part in it")]


class CostForm(widgets.PageForm):
    """VAT and quotes; prices and funders are read line by line."""

    vat = widgets.text_field("VAT rate, per cent", hint="0 if there is none.", longest=5, inputmode="decimal")
    quotes = widgets.long_text_field("Quotes", hint="One a line, for example: Firm, 450", longest=1000)
    no_quote_why = widgets.text_field("Why there is no quote", hint="Only when there is none.")


class FireForm(widgets.PageForm):
    """What the fire brigade said."""

    advised_on = widgets.date_field("Day of the advice", "Enter the day of the advice", hint="For example, 27 11 2026.")
    adviser = widgets.text_field("Who gave it", "Enter who gave it", hint="A role is enough.")
    advice = widgets.long_text_field("What they said", "Enter what they said")
    visit_on = widgets.date_field("Day of a visit (optional)", hint="For example, 27 11 2026.")
    alarms = widgets.choice_field("Were alarms fitted?", [("yes", "Yes"), ("no", "No"), ("there", "They were there")])


class OrderForm(widgets.PageForm):
    """A job for a contractor: nothing that says why."""

    contractor = widgets.select_field("Contractor", [], "Select a contractor")
    items = widgets.many_field("What to fit", [], "Select at least one thing to fit")
    on = widgets.date_field("Day", "Enter the day", hint="For example, 27 11 2026.")
    first = widgets.text_field("From", "Enter a time", hint="For example, 9am.", longest=10)
    last = widgets.text_field("Until", "Enter a time", hint="For example, 1pm.", longest=10)
    area = widgets.text_field("Area", "Enter the area", hint="The first half of the postcode is enough.", longest=60)
    access = widgets.text_field("How to get in", "Say how to get in", hint="Floor, entry, parking. No names.")
    what_to_say = widgets.text_field("What to say at the door", "Say what to say at the door",
                                     hint=f"For example: {AT_THE_DOOR[0]}")  # fmt: skip
    who_to_ring = widgets.text_field("Who to ring", "Say who to ring", hint="An office, with its number.")


class VisitForm(widgets.PageForm):
    """A visit to a home."""

    on = widgets.date_field("Day", "Enter or select a date", hint="For example, 27 11 2026.")
    at = widgets.text_field("Time", "Enter a time", hint="For example, 9:30am.", longest=10)
    surveyor_id = widgets.select_field("Who visits", [], "Select who will visit")
    safe_to_attend = widgets.tick_field("I have checked that it is safe to attend then")
    lone_worker_plan = widgets.text_field("Lone-worker plan", "Enter the lone-worker plan",
                                          hint="Who knows where the visitor is, and when they ring in.")  # fmt: skip


class ElsewhereForm(widgets.PageForm):
    """A security visit or an audit of a place that is nobody's home."""

    kind = widgets.choice_field(
        "What for", [VisitKind.PROTECTIVE_SECURITY, VisitKind.VISUAL_AUDIT], "Select what the visit is for"
    )
    on = widgets.date_field("Day", "Enter or select a date", hint="For example, 27 11 2026.")
    at = widgets.text_field("Time", "Enter a time", hint="For example, 9:30am.", longest=10)
    user_id = widgets.select_field("Who visits", [], "Select who will visit")
    place = widgets.text_field("Place", "Enter the place", hint="A building or a street, never a person's home.")


class VisitedForm(widgets.PageForm):
    """How a visit went."""

    how = widgets.choice_field("How did it go?", [("record", "Done"), ("miss", "No answer"), ("cancel", "Cancelled")],
                               "Select how it went")  # fmt: skip
    found = widgets.long_text_field("What was found, or why it did not take place")


class SignOffForm(widgets.PageForm):
    """What the resident says, and the keys."""

    alarms_checked = widgets.tick_field("The smoke alarms were checked and work")
    shown_how = widgets.tick_field("Everything that was fitted was shown and tried")
    escape_explained = widgets.tick_field("How to get out in a fire was explained")
    resident_confirms = widgets.tick_field("The resident confirms that the work is done as agreed")
    keys_count = widgets.text_field("Keys handed over", hint="0 if no lock was changed.", longest=2)
    keys_to_resident = widgets.tick_field("Every key went to the resident and to nobody else")
    snags = widgets.long_text_field("Small things still to put right (optional)")
    satisfied = widgets.choice_field("How satisfied is the resident? (optional)",
                                     [(str(n), str(n)) for n in range(1, 6)],
                                     hint="1 is not at all, 5 is very satisfied.")  # fmt: skip


class EndForm(widgets.PageForm):
    """Somebody moved out."""

    moved_out_on = widgets.date_field("Day they moved out", hint="For example, 27 11 2026.")
    back = widgets.many_field("Portable things that came back", [])
    not_back_because = widgets.text_field("Why something did not come back")
    landlord_told = widgets.choice_field("Was the landlord told?", TOLD)
    keys_ended = widgets.text_field("What happened to the keys", hint="For example, returned to the landlord.")


class LetterForm(widgets.PageForm):
    """A paper to make."""

    kind = widgets.choice_field("What to make", [], "Select what to make")
    in_word = widgets.tick_field("As a Word file")
