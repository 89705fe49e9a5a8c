"""What a coordinator may decide on a referral, and what follows each decision (DA-17). Checks nothing: the rules do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac.access import Actor
from marac.errors import NotFound
from marac.models import Case, Meeting, Referral
from marac.services import moving
from marac.services.community import reopening
from marac.services.deciding import listing
from marac.services.deciding.cases_joining import join_case
from marac.services.meetings import panels
from marac.services.referring import referrals
from marac.vocabulary import CaseState, LinkDecision, ProgrammeSlug, ReferralKind, TriageOutcome
from marac.workflows.community_referral_rules import NEED_NOT_MET

REASON_CODES = {
    "criteria_not_met": "None of the four reasons is met",
    "only_for_idva": "Only to obtain an IDVA",
    "only_for_evidence": "Only for housing or legal aid evidence",
    "only_to_signpost": "Only to signpost to a service",
    "under_age": "The person is under 16",
    "other": "Something else",
}
FORUMS = {
    "childrens_mash": "Children's social care (MASH)",
    "adult_safeguarding": "Adult safeguarding",
    "mappa": "MAPPA",
    "matac_drive": "MATAC or Drive",
    "prevent": "Prevent",
    "community_marac": "Community MARAC",
}
OF_COMMUNITY = {
    "person_not_met": "Nobody vulnerable suffers from it, and nobody vulnerable or harmful causes it",
    NEED_NOT_MET: "No way in is met",
    "early_steps_first": "Early steps are to be tried first",
    "only_for_rehousing": "Only to obtain rehousing or evidence",
    "only_to_signpost": "Only to signpost to a service",
    "other": "Something else",
}
BETTER_FORUMS = {
    "da_marac": "Domestic abuse MARAC",
    "mappa": "MAPPA",
    "channel": "Channel",
    "mash": "Children's social care (MASH)",
    "adult_safeguarding_s42": "Safeguarding adults (Care Act section 42)",
    "iom": "Integrated offender management",
    "hate_incidents_panel": "Hate incidents panel",
}


def reason_codes(programme: ProgrammeSlug) -> Mapping[str, str]:
    """Why a referral of a programme is not listed. A score is none of the reasons (CM-4)."""
    return OF_COMMUNITY if programme == ProgrammeSlug.COMMUNITY_MARAC else REASON_CODES


def forums(programme: ProgrammeSlug) -> Mapping[str, str]:
    """The forums a referral of a programme may be passed to: it is handed over, never only turned away (CM-8)."""
    return BETTER_FORUMS if programme == ProgrammeSlug.COMMUNITY_MARAC else FORUMS


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the coordinator chose and typed. Which parts an outcome needs is the workflow's to say."""

    outcome: TriageOutcome
    meeting_id: UUID | None = None
    emergency_at: datetime | None = None
    approved_by: UUID | None = None
    reason: str = ""
    reason_code: str = ""
    advice: str = ""
    questions: str = ""
    forum: str = ""
    into: str = ""
    source_area: str = ""
    earlier_papers: str = ""
    receiving_area: str = ""
    conflict_checked: bool = False
    links: Mapping[UUID, LinkDecision] = field(default_factory=dict)
    walls: Iterable[UUID] = ()
    no_conflicts: Iterable[UUID] = ()
    missing: tuple[str, ...] = ()
    handed_over: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a ruling points at: the meeting, and the other case when there is one."""

    meeting: Meeting | None
    into_case: Case | None


# --- what follows ---

After = Callable[[Session, Actor, Referral, Ruling, Chosen], None]


def _list(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """The case takes its place at the end of the agenda and reaches the IDVA service (DA-13)."""
    if chosen.meeting is None:
        raise NotFound
    referral.kind = KINDS.get(ruling.outcome, referral.kind)
    referral.meeting_id = chosen.meeting.id
    if listing.waiting_item(session, referral.case) is None:
        panels.list_case_on(
            session, actor, chosen.meeting, referral.case, referral=referral, conflict_checked=ruling.conflict_checked,
            because=ruling.reason, approved_by=ruling.approved_by,
        )  # fmt: skip
    referrals.reach_idva(session, referral)


def _join_and_list(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    if chosen.into_case is None:
        raise NotFound
    session.flush()
    if reopening.may_come_back(chosen.into_case):
        reopening.reopen_case(session, actor, chosen.into_case)
    if chosen.into_case.id != referral.case_id:  # a further incident was told in the case it repeats
        join_case(session, actor, referral, chosen.into_case)
    _list(session, actor, referral, ruling, chosen)


def _join(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    if chosen.into_case is None:
        raise NotFound
    session.flush()
    join_case(session, actor, referral, chosen.into_case, kind=None)


def _end_case(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """Another area or forum has it now: a case that was opened for this referral alone is closed with that reason.

    A live case goes on: a further incident that is passed on does not end it.
    """
    others = exists().where(
        Referral.case_id == referral.case_id, Referral.id != referral.id, Referral.submitted_at.is_not(None)
    )
    if referral.case.state == CaseState.RECEIVED and not session.scalar(select(others)):
        moving.advance(session, actor, referral.case, "close", reason=ruling.reason, live_actions=0)


def _nothing(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """Nothing further: the case waits for an answer, a review or its retention date."""


STEPS: dict[TriageOutcome, str] = {
    TriageOutcome.ACCEPT: "accept",
    TriageOutcome.ACCEPT_EMERGENCY: "accept_emergency",
    TriageOutcome.ACCEPT_REPEAT: "accept_repeat",
    TriageOutcome.ACCEPT_TRANSFER_IN: "accept_transfer_in",
    TriageOutcome.RETURN: "return_for_information",
    TriageOutcome.ALERT_ONLY: "note_alert",
    TriageOutcome.TRANSFER_OUT: "transfer_out",
    TriageOutcome.REFER_ELSEWHERE: "refer_elsewhere",
    TriageOutcome.NOT_ACCEPTED: "decline",
    TriageOutcome.MERGE: "merge",
}
AFTER: dict[TriageOutcome, After] = {
    TriageOutcome.ACCEPT: _list,
    TriageOutcome.ACCEPT_EMERGENCY: _list,
    TriageOutcome.ACCEPT_REPEAT: _join_and_list,
    TriageOutcome.ACCEPT_TRANSFER_IN: _list,
    TriageOutcome.RETURN: _nothing,
    TriageOutcome.ALERT_ONLY: _nothing,
    TriageOutcome.TRANSFER_OUT: _end_case,
    TriageOutcome.REFER_ELSEWHERE: _end_case,
    TriageOutcome.NOT_ACCEPTED: _nothing,
    TriageOutcome.MERGE: _join,
}
KINDS = {
    TriageOutcome.ACCEPT_EMERGENCY: ReferralKind.EMERGENCY,
    TriageOutcome.ACCEPT_REPEAT: ReferralKind.REPEAT,
    TriageOutcome.ACCEPT_TRANSFER_IN: ReferralKind.TRANSFER_IN,
}
JOINS = (TriageOutcome.ACCEPT_REPEAT, TriageOutcome.MERGE)
SCREENED = (
    TriageOutcome.ACCEPT, TriageOutcome.ACCEPT_EMERGENCY, TriageOutcome.ACCEPT_REPEAT,
    TriageOutcome.ACCEPT_TRANSFER_IN, TriageOutcome.ALERT_ONLY,
)  # fmt: skip
