"""What is typed for a disclosure: the request, its proof, decisions with their reasons, copies; and holds on cases."""

from typing import Any

from marac.vocabulary import DisclosureAnswer, DisclosureKind, DisclosureProof, DisclosureStanding, HoldReason
from marac.web import widgets

WHO = "A person, or a body and the person there. It stands on what is handed over."
NO_COPY = "Never keep a copy of an identity document."
ON_WHAT = "For example, the order and its number. Not needed for a subject access request."


class RequestForm(widgets.PageForm):
    """A request as it came."""

    kind = widgets.choice_field("What sort of request is it?", DisclosureKind, "Select what sort of request it is")
    standing = widgets.choice_field("Who asks?", DisclosureStanding, "Select who asks")
    requester = widgets.name_field(
        "Name of who asks",
        "Enter who asks",
        "A person, or a body and the person there. It stands on what is handed over.",
    )
    proof = widgets.choice_field("How do we know who they are?", DisclosureProof, "Select how we know who they are")
    proof_note = widgets.text_field("What was seen, by whom (optional)", hint=NO_COPY)
    received_on = widgets.date_field("The day it came", "Enter the day it came", "For example, 27 3 2026.")
    due_on = widgets.date_field("The day a court has set, or that was agreed", hint="Leave empty for the usual clock.")
    scope = widgets.long_text_field("What is asked for", "Enter what is asked for", longest=4000)
    basis = widgets.long_text_field(
        "Legal basis",
        hint=ON_WHAT,
        longest=2000,
    )
    programme = widgets.select_field("Panel", [], "Select the panel")


class ProofForm(widgets.PageForm):
    """How it is known who asks."""

    proof = widgets.choice_field("How do we know who they are?", DisclosureProof, "Select how we know who they are")
    proof_note = widgets.text_field("What was seen, by whom (optional)", hint=NO_COPY)


class AnswerForm(widgets.PageForm):
    """What the answer is."""

    answer = widgets.choice_field("What is the answer?", DisclosureAnswer, "Select the answer")


class BecauseForm(widgets.PageForm):
    """A decision with its reason."""

    because = widgets.long_text_field("Why", "Enter a reason", longest=4000)


class CaseForm(widgets.PageForm):
    """Which case to look through."""

    reference = widgets.text_field("Case reference", "Enter the reference of the case", "For example, K7D-42Q.")


class PeopleForm(widgets.PageForm):
    """Whose data in a case is handed out."""

    people = widgets.many_field("Whose data is handed out?", [], "Choose whose data is handed out")


class VersionForm(widgets.PageForm):
    """A button on a page that was drawn from one version of the passages."""

    version = widgets.hidden_field()


class CutForm(widgets.PageForm):
    """The words that are cut out as a passage of their own."""

    first = widgets.select_field("From the word", [], "Choose the first word")
    last = widgets.select_field("To the word", [], "Choose the last word")


class CopyForm(widgets.PageForm):
    """One copy."""

    in_word = widgets.tick_field("As a Word file")


class HoldForm(widgets.PageForm):
    """Why a case is kept as it is."""

    reason = widgets.choice_field("What is it kept for?", HoldReason, "Select what it is kept for")
    because = widgets.long_text_field("Who asked for it, and why", "Say who asked for it, and why", longest=2000)
    locks = widgets.tick_field(
        "Also keep it from change",
        hint="For a death review. Nobody can add to the case or change it, so do not lock one with a live safety plan.",
    )


def numbered(words: list[str]) -> list[tuple[str, str]]:
    """The words of a passage to choose from, each with its number."""
    return [(str(number), f"{number}: {word[:40]}") for number, word in enumerate(words, 1)]


def typed_passages(posted: Any) -> dict[str, dict[str, Any]]:
    """What was posted about each passage of a sheet: its id in hex -> tags, show, why, note."""
    return {
        mark: {
            "tags": tuple(posted.getlist(f"tags-{mark}")), "shown": posted.get(f"show-{mark}") == "yes",
            "exemption": posted.get(f"why-{mark}", ""), "note": posted.get(f"note-{mark}", "")[:2000],
        }
        for mark in posted.getlist("passage")
    }  # fmt: skip
