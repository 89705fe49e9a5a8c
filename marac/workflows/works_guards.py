"""Conditions of making a home secure, from the survey to the end. Each reads only the facts its docstring names.

A missing fact never passes. Looks nothing up: services bring the facts.
"""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import LineResult
from marac.workflows.engine import Facts
from marac.workflows.guards import given, need
from marac.workflows.works import all_done


def slot_is_safe(_subject: Any, facts: Facts) -> None:
    """A visit is booked with a time, a visitor, a check that it is safe to attend, and a lone-worker plan.

    Reads: starts_at, surveyor_id, safe_to_attend, lone_worker_plan.
    """
    need(facts, "starts_at", "Enter a date and time")
    need(facts, "surveyor_id", "Select who will visit")
    need(facts, "safe_to_attend", "Confirm that it is safe to attend then")
    need(facts, "lone_worker_plan", "Enter the lone-worker plan")


def survey_is_whole(_subject: Any, facts: Facts) -> None:
    """A survey records the entry points, at least one line or that none is needed, a fire section and a safe room
    yes or no (SAN-26).

    Reads: entry_points, lines, nothing_needed, fire_section, safe_room.
    """
    need(facts, "entry_points", "Tick at least one entry point")
    if not facts.get("lines") and not facts.get("nothing_needed"):
        raise RuleBroken("item", "Add at least one thing to fit, or say that nothing is needed")
    need(facts, "fire_section", "Fill in the fire section")
    if facts.get("safe_room") not in ("yes", "no"):
        raise RuleBroken("safe_room", "Say whether a safe room is wanted")


def fire_reviewed(_subject: Any, facts: Facts) -> None:
    """A grille, gate, safe room, letterbox, flat entrance or shared door is approved only after a recorded fire review
    (SAN-26).

    Reads: fire_review_needed, fire_advice, fire_advised_on.
    """
    if facts.get("fire_review_needed", True):
        need(facts, "fire_advised_on", "Record the fire review first. These lines change a way out of the home")
        need(facts, "fire_advice", "Record what the fire review said")


def specified(_subject: Any, facts: Facts) -> None:
    """A specification has a cost and a funder for every line, a VAT rate, and a quote or why there is none.

    Reads: lines, lines_without_cost, lines_without_funder, vat_percent, quotes, no_quote_reason.
    """
    if not facts.get("lines"):
        raise RuleBroken("lines", "There is nothing to order. Add a line first")
    if facts.get("lines_without_cost", 1):
        raise RuleBroken("lines", "Enter what each line will cost")
    if facts.get("lines_without_funder", 1):
        raise RuleBroken("lines", "Select who pays for each line")
    if facts.get("vat_percent") is None:
        raise RuleBroken("vat", "Enter the VAT rate, 0 if there is none")
    if not facts.get("quotes"):
        need(facts, "no_quote_reason", "Add a quote, or say why there is none")


def job_card_is_plain(_subject: Any, facts: Facts) -> None:
    """A job card holds an area, an address, access, what to say at the door and who to ring, and nothing that says why
    (SAN-28).

    Reads: contractor_id, area, address, access, what_to_say, who_to_ring, window, telling_words.
    """
    need(facts, "contractor_id", "Select a contractor")
    need(facts, "area", "Enter the area")
    need(facts, "address", "There is no address to go to")
    need(facts, "access", "Say how to get in")
    need(facts, "what_to_say", "Say what to say at the door")
    need(facts, "who_to_ring", "Say who to ring")
    need(facts, "window", "Enter the day and the hours")
    found = facts.get("telling_words")
    if found:
        raise RuleBroken(str(found), "This says why the work is done, or names somebody. Say only what the job needs")


def every_line_ended(_subject: Any, facts: Facts) -> None:
    """Installed means that each line is fitted or not needed; part fitted or not fitted keeps it open (SAN-29).

    Reads: results.
    """
    results = facts.get("results") or ()
    if not all_done(results):
        left = sum(1 for one in results if not one or one in (LineResult.PART_FITTED, LineResult.NOT_FITTED))
        many = f"{left} {'line' if left == 1 else 'lines'}" if results else "every line"
        raise RuleBroken("results", f"Not finished yet: {many}")


def alarms_checked(_subject: Any, facts: Facts) -> None:
    """Smoke alarms are checked before sign-off (SAN-26).

    Reads: alarms_checked.
    """
    need(facts, "alarms_checked", "Check the smoke alarms, and tick that they work")


def resident_confirmed(_subject: Any, facts: Facts) -> None:
    """The survivor signs off: shown how it works, told how to get out, and content with it (SAN-30).

    Reads: shown_how, escape_explained, resident_confirms.
    """
    need(facts, "shown_how", "Show how everything works, and tick that you did")
    need(facts, "escape_explained", "Explain how to get out in a fire, and tick that you did")
    need(facts, "resident_confirms", "The resident confirms. Without that it is not signed off")


def keys_recorded(_subject: Any, facts: Facts) -> None:
    """How many keys there are, and that all of them went to the resident and to nobody else (SAN-30).

    Reads: keys_count, keys_to_resident.
    """
    if facts.get("keys_count") is None:
        raise RuleBroken("keys_count", "Enter how many keys were handed over, 0 if no lock was changed")
    need(facts, "keys_to_resident", "Confirm that every key went to the resident and to nobody else")


def safety_plan_made(_subject: Any, facts: Facts) -> None:
    """After sign-off the safety plan is written and the police flag is asked for, or said why not (SAN-31).

    Reads: safety_plan, police_flag_asked, no_flag_reason.
    """
    need(facts, "safety_plan", "Enter the safety plan")
    if not facts.get("police_flag_asked") and not given(facts, "no_flag_reason"):
        raise RuleBroken("no_flag_reason", "Ask for the police flag, or say why there is none")


def ended_in_order(_subject: Any, facts: Facts) -> None:
    """When somebody moves out: the day, portable things back or why not, landlord told, what happened to the keys
    (SAN-31).

    Reads: moved_out_on, portable_out, portable_back, landlord_told, keys_ended.
    """
    need(facts, "moved_out_on", "Enter the day they moved out")
    if facts.get("portable_out", 1):
        need(facts, "portable_back", "Tick that the portable things came back, or say why they did not")
    need(facts, "landlord_told", "Say whether the landlord was told")
    need(facts, "keys_ended", "Say what happened to the keys")


def follow_ups_answered(_subject: Any, facts: Facts) -> None:
    """A request is closed when every follow-up was done, was not needed, or was tried three times (SAN-32).

    Reads: open_follow_ups.
    """
    if facts.get("open_follow_ups", 1):
        raise RuleBroken("follow_ups", "A follow-up is still to be done. Record it, or that they could not be reached")
