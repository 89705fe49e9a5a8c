"""How a referral stands, for whoever sent it: always the outcome, and what to do next in plain words (DA-17).

Opens only what the referrer is told; names nobody in the case.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Meeting, Referral
from marac.services.deciding.rulings import forums, reason_codes
from marac.vocabulary import Permission as P, ReferralState, TriageOutcome

WAITING = {
    ReferralState.DRAFT: "You have not sent this yet.",
    ReferralState.SUBMITTED: "The coordinator decides it by the date shown. If the danger grows before then, call 999 "
    "and tell the coordinator.",
    ReferralState.RETURNED: "The coordinator needs more from you. Answer the question, so that it can be decided.",
    ReferralState.WITHDRAWN: "This was withdrawn before it was sent. Nobody has read it.",
}
NEXT = {
    TriageOutcome.ACCEPT: "The panel hears this case at its next meeting. Keep your own safety plan going until then, "
    "come to the meeting or send what you know, and tell the person only if it is safe.",
    TriageOutcome.ACCEPT_EMERGENCY: "An emergency meeting is booked for this case. Be ready to join it by phone or "
    "online. Keep your own safety plan going until then.",
    TriageOutcome.ACCEPT_REPEAT: "The panel knows this person and hears the case again. Tell the coordinator what has "
    "changed since last time, and keep your own safety plan going.",
    TriageOutcome.ACCEPT_TRANSFER_IN: "The panel takes this case over from another area. Send what you know of what "
    "was agreed there, and keep your own safety plan going.",
    TriageOutcome.ALERT_ONLY: "Agencies mark their own files, so that anyone in contact knows. The panel does not "
    "discuss the case. Keep working with the person, and refer again if anything else happens.",
    TriageOutcome.TRANSFER_OUT: "The person lives in another area now, so the panel of that area takes the case. Give "
    "your own notes to your counterpart there, and stay in contact until they have.",
    TriageOutcome.REFER_ELSEWHERE: "Another meeting is better placed to help, and the coordinator has handed this "
    "over. Keep working with the person until somebody there contacts you.",
    TriageOutcome.NOT_ACCEPTED: "The panel does not hear this case. Follow the advice below. If you think the risk is "
    "high, ask the coordinator for another colleague to look again, and refer again if anything else happens.",
    TriageOutcome.MERGE: "The panel has this person already, and what you sent is now part of that case. Keep your own "
    "safety plan going.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page says: the outcome in words, what to do next, and what the outcome needs to be understood."""

    words: str
    next_step: str
    advice: str = ""
    reason: str = ""
    to: str = ""
    received_on: date | None = None
    reviewed: bool = False
    meeting_on: Any = None


def standing_of(session: Session, actor: Actor, referral: Referral) -> Standing:
    """How a referral the actor may see stands. NotFound for anybody else's."""
    access.require(actor, P.REFERRAL_READ, referral)
    if referral.outcome is None or referral.decided_at is None:
        return Standing(referral.state.label, WAITING.get(referral.state, ""))
    with access.apart():
        access.open_for("tell", referral.partnership_id, [referral.case_id])
        return _decided(session, referral, referral.outcome)


def _decided(session: Session, referral: Referral, outcome: TriageOutcome) -> Standing:
    handed = referral.hand_over or {}
    received = handed.get("acknowledged_on")
    declined = outcome == TriageOutcome.NOT_ACCEPTED
    return Standing(
        words=referral.state.label,
        next_step=NEXT[outcome],
        advice=(referral.advice or "") if declined else "",
        reason=reason_codes(referral.programme).get(referral.reason_code or "", "") if declined else "",
        to=_to(referral, outcome),
        received_on=date.fromisoformat(received) if received else None,
        reviewed=bool(handed.get("reviewed_on")),
        meeting_on=_meeting_on(session, referral.meeting_id),
    )


def _to(referral: Referral, outcome: TriageOutcome) -> str:
    if outcome == TriageOutcome.REFER_ELSEWHERE:
        return forums(referral.programme).get(referral.reason_code or "", "")
    return (referral.other_area or "") if outcome == TriageOutcome.TRANSFER_OUT else ""


def _meeting_on(session: Session, meeting_id: UUID | None) -> Any:
    meeting = session.get(Meeting, meeting_id) if meeting_id else None
    return meeting.starts_at if meeting else None
