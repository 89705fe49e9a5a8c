"""Risk assessments: those a referral carries, and those added to a live case. Every one is kept with its version.

A score informs and never refuses. Judgement may raise what a tool found and never lowers a DASH (DA-6).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import changed_fields
from marac.errors import NotAllowed, RuleBroken
from marac.models import Assessment, Case, Referral
from marac.services import moving
from marac.services.casework import people, risk_tools
from marac.services.casework.people import age_of
from marac.services.community import same_day
from marac.vocabulary import CaseState, Grade, Permission as P
from marac.workflows.checklists import Score
from marac.workflows.definitions import Checklist
from marac.workflows.grading import check_grade, check_override, grade_by_tool
from marac.workflows.referral_rules import checklist_answered

Typed = Mapping[str, Any]
OVER = (CaseState.LAPSED, CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)
JUDGED = ("professional_grade", "grade_reason", "grade_agreed_by", "made_on", "made_where")


# --- what a referral carries ---


def of_referral(session: Session, referral: Referral) -> tuple[Assessment, ...]:
    """Every assessment of a referral, the newest first."""
    query = select(Assessment).where(Assessment.referral_id == referral.id)
    return tuple(session.scalars(query.order_by(Assessment.made_at.desc(), Assessment.id)))


def assessment_of(session: Session, referral: Referral, checklist_id: str = "") -> Assessment | None:
    """The newest assessment of a referral with one tool; without it, the newest that is not only a further set."""
    for one in of_referral(session, referral):
        tool = risk_tools.version_of(session, one)
        if one.checklist == checklist_id or (not checklist_id and not (tool and tool.is_screen)):
            return one
    return None


def score_of(session: Session, referral: Referral) -> Score | None:
    """The newest score of a referral with every criterion that any of its tools meets; None without a checklist.

    By the local rules of the day it was sent, or of today while it is a draft (DA-6, DA-7).
    """
    found: list[Score] = []
    for one in of_referral(session, referral):
        tool = risk_tools.version_of(session, one)
        if tool is not None and not tool.is_screen:
            found.append(score_in(session, referral, one))
    if not found:
        return None
    return replace(found[0], criteria_met=tuple(dict.fromkeys(key for one in found for key in one.criteria_met)))


def score_in(session: Session, referral: Referral, one: Assessment) -> Score:
    """The score of one assessment of a referral, by the rules of the day it was sent. LookupError without its tool."""
    tool = risk_tools.version_of(session, one)
    if tool is None:
        raise LookupError(f"there is no {one.checklist} {one.checklist_version}")
    on = clock.to_london(referral.submitted_at).date() if referral.submitted_at else clock.today()
    return risk_tools.score_on(session, referral, tool, one.answers or {}, on)


def score_now(session: Session, referral: Referral, tool: Checklist, answers: Typed) -> Score:
    """What answers come to as the partnership reads the tool today."""
    return risk_tools.score_on(session, referral, tool, answers, clock.today())


def tools_of(session: Session, referral: Referral) -> tuple[Checklist, ...]:
    """The tools a referral may use today."""
    return risk_tools.tools_for(session, referral.partnership_id, referral.programme, clock.today())


def tool_to_fill(session: Session, referral: Referral, checklist_id: str) -> Checklist:
    """The version of a tool that a referral fills in: the one begun with, else the one in force.

    Without an id: the tool begun last, else the first offered. RuleBroken("tool") for a tool that is not there.
    """
    begun = assessment_of(session, referral, checklist_id)
    tool = risk_tools.version_of(session, begun) if begun else None
    if tool is not None and (begun is None or referral.submitted_at is None or referral.urgent):
        return tool
    wanted = checklist_id or (tool.id if tool else tools_of(session, referral)[0].id)
    return risk_tools.tool_in_force(session, referral.partnership_id, referral.programme, wanted, clock.today())


def suggested_tool(session: Session, referral: Referral) -> Checklist | None:
    """The tool made for the age of the victim-survivor, if there is one. The case must be open."""
    age = age_of(people.victim_of(session, referral.case_id))
    return risk_tools.suggested(session, referral.partnership_id, referral.programme, age, clock.today())


def saved(session: Session, referral: Referral, checklist_id: str = "") -> dict[str, Any]:
    """What a referral holds for one tool, by the names its form uses; empty when nothing yet."""
    one = assessment_of(session, referral, checklist_id)
    if one is None:
        return {}
    return {name: getattr(one, name) for name in ("answers", "professional", *JUDGED)}


def keep(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    """Keep what was typed for one tool of a referral; answers with the names that changed.

    `checklist` is the tool's id; `no_checklist` takes back what a draft held, of that tool or of all. RuleBroken when
    judgement lowers the tool; typed `for_later`, such a grade is left out instead.
    """
    wanted = typed.get("checklist") or ""
    if typed.get("no_checklist"):
        _take_back(session, referral, wanted)
        return frozenset({"no_checklist"})
    tool, one = tool_to_fill(session, referral, wanted), assessment_of(session, referral, wanted)
    answers = typed.get("answers") or {}
    sent = referral.submitted_at is not None and not referral.urgent
    found = risk_tools.score_on(session, referral, tool, answers, clock.today())
    judged = _judged(tool, found, typed)
    if one is None or (sent and one.answers != answers):
        one = _new(referral.case, tool, actor, referral)
        session.add(one)
    one.made_at = clock.now()
    _write(one, found, answers, typed, judged)
    return changed_fields(one)


def _take_back(session: Session, referral: Referral, checklist_id: str) -> None:
    """What a draft held of one tool, or of all, is gone; what was sent stays."""
    for one in of_referral(session, referral) if referral.submitted_at is None else ():
        if checklist_id in ("", one.checklist):
            session.delete(one)
    session.flush()


def _judged(tool: Checklist, found: Score, typed: Typed) -> dict[str, Any]:
    """The professional's grade and why, as the rule of the tool allows it beside what the tool found."""
    given: dict[str, Any] = {name: typed.get(name) or None for name in JUDGED}
    grade = Grade(given["professional_grade"]) if given["professional_grade"] in tuple(Grade) else None
    try:
        if tool.may_lower:
            check_override(grade_by_tool(found), grade, given["grade_reason"], given["grade_agreed_by"])
        else:
            check_grade(grade_by_tool(found), grade, given["grade_reason"])
    except RuleBroken:
        if not typed.get("for_later"):
            raise
        grade = None
    return {**given, "professional_grade": grade}


def _new(case: Case, tool: Checklist, actor: Actor, referral: Referral | None) -> Assessment:
    return Assessment(
        partnership_id=case.partnership_id, case_id=case.id, referral_id=referral.id if referral else None,
        checklist=tool.id, checklist_version=tool.version, made_at=clock.now(), made_by_id=actor.user_id,
    )  # fmt: skip


def _write(one: Assessment, found: Score, answers: Typed, typed: Typed, judged: Typed) -> None:
    """Answers, and the snapshot of what they came to on the day (rule 6.5.4)."""
    one.answers, one.professional = answers, typed.get("professional") or {}
    one.score, one.unknown, one.red_flags = found.score, found.unknown, list(found.red_flags)
    one.criteria_met, one.tool_grade = list(found.criteria_met), grade_by_tool(found)
    for name, value in judged.items():
        setattr(one, name, value)


# --- a case ---


def headline(session: Session, case: Case) -> str:
    """The newest assessment of a case in a few words, never a verdict: `16 yes, 2 not known`. Risk must be open."""
    for one in session.scalars(
        select(Assessment).where(Assessment.case_id == case.id).order_by(Assessment.made_at.desc(), Assessment.id)
    ):
        tool = risk_tools.version_of(session, one)
        if tool is not None and tool.is_screen:
            continue
        if tool is None or tool.rule == "count":
            return _counted(one)
        graded = f"graded {one.tool_grade.label.lower()}" if one.tool_grade else ""
        return ", ".join([tool.name, *filter(None, ["" if one.score is None else f"score {one.score}", graded])])
    return ""


def _counted(one: Assessment) -> str:
    if one.score is None:
        return ""
    return f"{one.score} yes" + (f", {one.unknown} not known" if one.unknown else "")


def may_add(actor: Actor, case: Case) -> bool:
    """Whether an assessment may be added: the IDVA, the coordinator, the agency that referred; while the case lives."""
    return case.state not in OVER and access.may(actor, P.ASSESSMENT_CREATE, case)


def tools_to_add(session: Session, actor: Actor, case: Case) -> tuple[Checklist, ...]:
    """The tools that may be added to a case today. NotFound or NotAllowed when it is not theirs to do."""
    access.require(actor, P.ASSESSMENT_CREATE, case)
    return risk_tools.tools_for(session, case.partnership_id, case.programme, clock.today())


def add_assessment(session: Session, actor: Actor, case: Case, checklist_id: str, typed: Typed) -> Assessment:
    """Assess again on a live case: a whole answered tool, kept beside the earlier ones, never in their place.

    RuleBroken beside what is missing, or when the case is over; NotAllowed where risk does not open to the actor.
    """
    access.require(actor, P.ASSESSMENT_CREATE, case)
    if "risk" not in access.open_case(actor, case):
        raise NotAllowed
    if case.state in OVER:
        raise RuleBroken("case", "The twelve months of this case are over. Start a new referral instead")
    today = clock.today()
    if (typed.get("made_on") or today) > today:
        raise RuleBroken("made_on", "The date must be today or in the past")
    tool = risk_tools.tool_in_force(session, case.partnership_id, case.programme, checklist_id, today)
    answers = typed.get("answers") or {}
    found = risk_tools.score_on(session, case, tool, answers, typed.get("made_on") or today)
    checklist_answered(None, {"score": found})
    one = _new(case, tool, actor, None)
    session.add(one)
    _write(one, found, answers, typed, _judged(tool, found, typed))
    audit.record(session, actor, "assessment:made", one, tool=f"{tool.id}:{tool.version}".lower())
    same_day.alert(session, actor, case, found.red_flags)
    moving.flush(session)
    return one
