"""Conditions on sending and deciding a DA MARAC referral. Refuses nothing on score alone."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import Criterion, LawfulBasis
from marac.workflows.engine import Facts
from marac.workflows.guards import given, need

URGENT_FIELDS = {
    "victim_name": "Enter the name of the person at risk, or what they are known as",
    "victim_age": "Enter a date of birth or an approximate age",
    "whereabouts": "Say where the person is now, or that it is not known",
    "safe_contact": "Say how to reach the person safely, or that it is through the IDVA only",
    "perpetrator": "Enter the alleged perpetrator's name, or that it is not known",
    "immediate_risk": "Say what has happened and why it cannot wait",
}


def nothing_missing(_subject: Any, facts: Facts) -> None:
    """Every task of the form is done; `missing` names the ones that are not.

    Reads: missing.
    """
    missing = facts["missing"]
    if missing:
        raise RuleBroken(missing[0], "Finish every part before you send this, or send it now and finish later")


def still_complete(_subject: Any, facts: Facts) -> None:
    """A referral sent back is returned whole, unless it was sent as urgent and is still to be finished.

    Reads: missing, unfinished.
    """
    if not facts["unfinished"]:
        nothing_missing(_subject, facts)


def urgent_fields_given(_subject: Any, facts: Facts) -> None:
    """The emergency route asks six things and no more; the rest follows after sending (DA-18).

    `urgent` maps each name in URGENT_FIELDS to what was typed.

    Reads: urgent.
    """
    for field, message in URGENT_FIELDS.items():
        if not given(facts["urgent"], field):
            raise RuleBroken(field, message)


def was_sent_unfinished(_subject: Any, facts: Facts) -> None:
    """Only a referral that was sent as urgent, and not finished since, is finished after sending (DA-18).

    Reads: unfinished.
    """
    if not facts.get("unfinished"):
        raise RuleBroken("referral", "This referral is already complete. Use a question to add to it")


def not_heard_yet(_subject: Any, facts: Facts) -> None:
    """What comes after the panel has heard a case is a further incident or research, not part of its referral (DA-18).

    Reads: heard.
    """
    if facts["heard"]:
        raise RuleBroken("referral", "The panel has heard this case. Log a further incident, or add an update to it")


def checklist_answered(_subject: Any, facts: Facts) -> None:
    """A checklist that was begun is answered throughout, and a yes that needs detail has it (DA-9).

    `score` is a checklists.Score, or None when no checklist was used: judgement and a repeat need none.

    Reads: score.
    """
    score = facts["score"]
    if score is None:
        return
    if score.unanswered and isinstance(score.unanswered[0], str) and score.score is not None:
        raise RuleBroken("risk", "Answer what is acted on the same day, or choose Not known")
    if score.unanswered and isinstance(score.unanswered[0], str):
        raise RuleBroken("risk", "Enter the score or the grade of the risk checklist")
    if score.unanswered:
        raise RuleBroken("risk", f"Answer question {score.unanswered[0]} or choose Don't know")
    if score.missing_detail:
        raise RuleBroken("risk", f"Question {score.missing_detail[0]} is answered yes. Add the detail it asks for")


def criterion_chosen(_subject: Any, facts: Facts) -> None:
    """At least one of the four ways in is claimed; any one is enough (DA-6).

    Reads: criteria.
    """
    if not facts["criteria"]:
        raise RuleBroken("criteria", "Select at least one reason for this referral")


def high_score_stands(_subject: Any, facts: Facts) -> None:
    """A score at or over the threshold is visible high risk, and judgement never lowers it (DA-6).

    Reads: criteria, score.
    """
    score = facts["score"]
    reached = score is not None and Criterion.VISIBLE_HIGH_RISK in score.criteria_met
    claimed = Criterion.VISIBLE_HIGH_RISK in facts["criteria"]
    if reached and not claimed:
        raise RuleBroken(
            "criteria", "The score reaches the threshold: select visible high risk. Judgement cannot lower it"
        )
    if claimed and not reached:
        message = "The checklist does not reach visible high risk. Select another reason, or check the answers"
        raise RuleBroken("criteria", message)


def judgement_explained(_subject: Any, facts: Facts) -> None:
    """Professional judgement is enough alone, but then says what the worry is, at the length set locally (DA-6, DA-7).

    Reads: criteria, rationale, rationale_min.
    """
    alone = set(facts["criteria"]) == {Criterion.PROFESSIONAL_JUDGEMENT}
    if alone and len((facts.get("rationale") or "").strip()) < facts["rationale_min"]:
        raise RuleBroken("rationale", f"Explain your judgement in at least {facts['rationale_min']} characters")


def escalation_counted(_subject: Any, facts: Facts) -> None:
    """Potential escalation alone rests on the number of events set locally, usually 3 in 12 months (DA-6, DA-7).

    Reads: criteria, escalation_events, escalation_min.
    """
    alone = set(facts["criteria"]) == {Criterion.POTENTIAL_ESCALATION}
    if alone and (facts.get("escalation_events") or 0) < facts["escalation_min"]:
        message = (
            f"Potential escalation alone needs {facts['escalation_min']} or more events. "
            "Enter how many any agency knows of, or select professional judgement as well"
        )
        raise RuleBroken("escalation_events", message)


def old_enough(_subject: Any, facts: Facts) -> None:
    """The victim-survivor is of the age set in law; a younger person goes to children's safeguarding (DA-7).

    `victim_age` is in whole years, exact or approximate.

    Reads: victim_age, age_min.
    """
    age = facts.get("victim_age")
    if age is None:
        raise RuleBroken("victim_age", "Enter a date of birth or an approximate age")
    if age < facts["age_min"]:
        message = f"A MARAC hears people aged {facts['age_min']} or over. Refer to children's social care now"
        raise RuleBroken("victim_age", message)


def sharing_recorded(_subject: Any, facts: Facts) -> None:
    """Awareness and consent are recorded; sharing without consent has its basis, need, decider and date (DA-15).

    `sharing` maps aware (yes, no), aware_why_not, consent (yes, no, not_sought), lawful_basis, necessity,
    proportionality, decided_by and decided_on to what was recorded.

    Reads: sharing.
    """
    sharing = facts["sharing"]
    need(sharing, "aware", "Say whether the person knows about this referral")
    if sharing["aware"] != "yes":
        need(sharing, "aware_why_not", "Explain why the person has not been told")
    need(sharing, "consent", "Say whether the person agrees to information being shared")
    if sharing["consent"] == "yes":
        return
    if sharing.get("lawful_basis") not in tuple(LawfulBasis):
        raise RuleBroken("lawful_basis", "Select why sharing without consent is lawful")
    need(sharing, "necessity", "Explain why sharing is necessary")
    need(sharing, "proportionality", "Explain why what you share is proportionate to the risk")
    need(sharing, "decided_by", "Enter who decided to share without consent")
    need(sharing, "decided_on", "Enter the date of the decision to share without consent")


def questions_asked(_subject: Any, facts: Facts) -> None:
    """The referrer is told exactly what is missing, so that one answer is enough (DA-17).

    Reads: questions.
    """
    need(facts, "questions", "Enter a question for the referrer")


def answer_given(_subject: Any, facts: Facts) -> None:
    """A referral comes back with an answer to what was asked (DA-17).

    Reads: answer.
    """
    need(facts, "answer", "Enter your answer")


def matches_decided(_subject: Any, facts: Facts) -> None:
    """A person has looked at every possible repeat or duplicate: same, or different (DA-10).

    `undecided_matches` counts those nobody has decided; it is 0 when none were found, and None when nobody looked.

    Reads: undecided_matches.
    """
    if facts.get("undecided_matches") != 0:
        raise RuleBroken("matches", "Look at each possible match and say whether it is the same person")


def late_add_agreed(_subject: Any, facts: Facts) -> None:
    """After the cut-off a case waits for the next meeting unless the chair agrees a late add with a reason (DA-18).

    Reads: late, reason, approved_by.
    """
    if facts["late"]:
        need(facts, "reason", "The cut-off has passed. Say why this cannot wait, or select a later meeting")
        need(facts, "approved_by", "Select who agreed to the late listing")


def emergency_approved(_subject: Any, facts: Facts) -> None:
    """The chair agrees to an emergency meeting and when it is held, by the clock (DA-18).

    Reads: approved_by, emergency_at.
    """
    need(facts, "approved_by", "Select who approved the emergency meeting")
    need(facts, "emergency_at", "Enter the date and time of the emergency meeting")


def earlier_case_linked(_subject: Any, facts: Facts) -> None:
    """A repeat names the case that was heard before (DA-10).

    Reads: earlier_case_id.
    """
    need(facts, "earlier_case_id", "Select the earlier case that this repeats")


def source_recorded(_subject: Any, facts: Facts) -> None:
    """A transfer in names the area it came from and what papers came or were asked for (DA-34).

    Reads: source_area, earlier_papers.
    """
    need(facts, "source_area", "Enter the area the case came from")
    need(facts, "earlier_papers", "Say which earlier papers came, or when you asked for them")


def receiving_area_named(_subject: Any, facts: Facts) -> None:
    """A transfer out names the area that receives it; the current address decides (DA-34, SafeLives transfer process).

    Reads: receiving_area.
    """
    need(facts, "receiving_area", "Enter the area that receives the case")


def forum_named(_subject: Any, facts: Facts) -> None:
    """A referral passed on names the forum that takes it: a person is never left between two.

    Reads: forum.
    """
    need(facts, "forum", "Select the forum this is passed to")


def original_linked(_subject: Any, facts: Facts) -> None:
    """A duplicate names what it is the same as.

    Reads: into_id.
    """
    need(facts, "into_id", "Select the one this is the same as")


def not_visible_high_risk(_subject: Any, facts: Facts) -> None:
    """A score at or over the threshold is not turned down: list it, transfer it or pass it to a better forum (DA-6).

    Reads: score.
    """
    score = facts["score"]
    if score is not None and Criterion.VISIBLE_HIGH_RISK in score.criteria_met:
        raise RuleBroken(
            "outcome", "The score reaches the threshold, so this is not turned down. Select another outcome"
        )


def advice_given(_subject: Any, facts: Facts) -> None:
    """A referrer whose referral is not listed is told why, and of other support (SafeLives referral criteria).

    Reads: reason, advice.
    """
    need(facts, "reason", "Say why this is not being listed")
    need(facts, "advice", "Say what the referrer should do and what other support is offered")
