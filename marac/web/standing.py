"""How a referral stands, as a page: the outcome and what to do next for its sender; the next step for who decides."""

from typing import Any

from flask import render_template

from marac import access
from marac.access import Actor
from marac.models import Referral
from marac.services import moving
from marac.services.deciding import handing_over, triage
from marac.services.referring import outside_referrers, referrals
from marac.services.referring.standing import standing_of
from marac.vocabulary import Permission as P, ReferralState
from marac.web import referral_layout


def page(session: Any, actor: Actor, referral: Referral) -> Any:
    """The page of a referral for everybody who does not fill it in now."""
    opened = referrals.open_referral(session, actor, referral)
    steps = {step.name for step in moving.available(actor, referral)}
    awaited = handing_over.awaited(session, referral) if triage.may_decide(actor, referral) else None
    own = access.may(actor, P.REFERRAL_SUBMIT, referral)
    return render_template(
        "referrals/standing.html", referral=referral, standing=referral_layout.standing(referral),
        told=standing_of(session, actor, referral), own=own,
        sections=referral_layout.sections(session, referral, opened) if "risk" in opened else [],
        decides="accept" in steps, reviews="review" in steps, awaited=awaited,
        confirms="uphold" in steps and awaited is not None and referral.decided_by_id != actor.user_id,
        answers=own and referral.state == ReferralState.RETURNED and bool(opened),
        hand_over=(referral.hand_over or {}) if "risk" in opened else {},
        case=referral.case if opened else None, sender=outside_referrers.sender_of(session, actor, referral),
    )  # fmt: skip
