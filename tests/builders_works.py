"""Homes surveyed, works ordered, jobs done: a Sanctuary request walked through the field by the services themselves."""

import secrets
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.models import ContactMethod, SanctuaryRequest, WorksOrder
from marac.services.keeping.deployment import unit_of_work
from marac.services.moving import advance
from marac.services.sanctuary import (
    address_flags,
    approvals,
    job_cards,
    lines as fitted,
    requests,
    signing_off,
    specifying,
    surveys,
    visits,
    works_orders,
)
from marac.services.sanctuary.job_cards import Finished
from marac.services.sanctuary.surveys import Tap
from marac.services.sanctuary.visits import Slot
from marac.services.sanctuary.works_orders import Job
from marac.vocabulary import ApprovalDecision, Funder, LineResult, PersonRole
from marac.workflows.deadlines import london
from tests.builders import actor_for
from tests.builders_sanctuary import Scheme, a_permitted_request

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x54\xbf\xff\xd9"
)
"""As little of a picture as is kept as one."""
GPS = b"\xff\xe1\x00\x22Exif\x00\x00GPS 51.5033N 0.0597W HERE!"
LOCK, LIGHT = "lock_change_cylinder", "security_light"
HOME = {
    "home_kind": "house", "entry_points": ["front_door", "ground_window"], "alarms": "working", "way_out": "Front door",
    "needs_help": "", "arson_threat": "no", "safe_room": "no", "survey_summary": "",
}  # fmt: skip
PLAN = {"alarms_checked": True, "shown_how": True, "escape_explained": True, "resident_confirms": True,
        "keys_to_resident": True, "keys_count": "3", "snags": "", "satisfied": "5"}  # fmt: skip
STILL_THERE = {"still_at_address": "yes", "incidents_since": ["none"], "measures_working": "yes",
               "feels_safer_before": "1", "feels_safer_after": "4"}  # fmt: skip


def the_request(session: Session, who: Any, reference: str) -> SanctuaryRequest:
    """The request, opened for whoever works on it."""
    request = requests.get_request(session, actor_for(who), reference)
    access.open_request(actor_for(who), request)
    return request


def let_visit(
    scheme: Scheme, reference: str, answer: str = "yes", *, code_word: str = "", interpreter: str = ""
) -> None:
    """The person was asked whether somebody may come to the home."""
    with unit_of_work(scheme.house) as session:
        request = session.scalars(select(SanctuaryRequest).where(SanctuaryRequest.reference == reference)).one()
        access.open_for("load", request.partnership_id, [request.case_id])
        for contact in session.scalars(select(ContactMethod).where(ContactMethod.case_id == request.case_id)):
            contact.rules = {**(contact.rules or {}), "visit": {"answer": answer, "detail": ""}}
            if contact.role == PersonRole.VICTIM and (code_word or interpreter):
                contact.code_word, contact.person.interpreter = code_word or None, interpreter or None


def a_tap(item: str = LOCK, room: str = "front_door", **facts: Any) -> Tap:
    """One tap with a key of its own."""
    return Tap(**{"key": secrets.token_hex(16), "item": item, "room": room, **facts})


def at(days: int, hour: int) -> datetime:
    """So many days from now, at an hour of the London clock."""
    return london(clock.today() + timedelta(days=days), time(hour))


def a_booked_survey(scheme: Scheme, **factors: str) -> str:
    """A survey booked for tomorrow at ten; the reference of its request."""
    reference, officer = a_permitted_request(scheme, **factors), actor_for(scheme.officer)
    let_visit(scheme, reference)
    with scheme.work(scheme.officer) as session:
        slot = Slot(at(1, 10), scheme.surveyor.id, safe_to_attend=True, lone_worker_plan="Rings in at eleven")
        visits.book_survey(session, officer, the_request(session, scheme.officer, reference), slot)
    return reference


def a_surveyed_home(scheme: Scheme, *taps: Tap, home: dict[str, Any] | None = None) -> str:
    """A survey that is done, with a lock and a light to fit unless told."""
    reference, surveyor = a_booked_survey(scheme), actor_for(scheme.surveyor)
    with scheme.work(scheme.surveyor) as session:
        request = the_request(session, scheme.surveyor, reference)
        for tap in taps or (a_tap(), a_tap(LIGHT, "outside")):
            surveys.add_line(session, surveyor, request, tap)
        surveys.save_home(session, surveyor, request, {**HOME, **(home or {})})
        surveys.finish_survey(session, surveyor, request)
    return reference


def price(session: Session, scheme: Scheme, request: SanctuaryRequest, each: str = "80") -> None:
    """Every line at one price, paid by the grant."""
    rows = fitted.list_rows(session, request)
    typed = {"lines": {row.id.hex: (each, Funder.SAFE_ACCOMMODATION) for row in rows}, "vat": "20",
             "quotes": [("A firm", "200")], "no_quote_why": ""}  # fmt: skip
    specifying.save_costs(session, actor_for(scheme.officer), request, typed)


def a_request_to_approve(scheme: Scheme, *taps: Tap) -> str:
    """Specified, priced and sent for approval."""
    reference, officer = a_surveyed_home(scheme, *taps), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        if fitted.needs_fire_review(fitted.list_lines(session, officer, request)):
            specifying.ask_fire_review(session, officer, request)
            specifying.record_fire_review(
                session, officer, request, advice="Keep the way out", adviser="Fire adviser", advised_on=clock.today()
            )  # fmt: skip
        else:
            specifying.specify(session, officer, request)
        price(session, scheme, request)
        specifying.send_for_approval(session, officer, request)
    return reference


def an_approved_request(scheme: Scheme, *taps: Tap) -> str:
    """The manager agreed to the cost."""
    reference, manager = a_request_to_approve(scheme, *taps), actor_for(scheme.manager)
    with scheme.work(scheme.manager) as session:
        request = the_request(session, scheme.manager, reference)
        approvals.decide(session, manager, request, ApprovalDecision.APPROVED, APPROVAL)
    return reference


APPROVAL = {"funder": "Safe accommodation grant", "order_number": "PO 4711", "because": ""}


def a_job(scheme: Scheme, request: SanctuaryRequest, session: Session, **facts: Any) -> Job:
    """What the officer says to the contractor: the day after tomorrow, nine to one, every line unless told."""
    lines = [row.id for row in fitted.list_rows(session, request)]
    usual: dict[str, Any] = {
        "agency_id": scheme.contractor.agency_id, "window_from": at(2, 9), "window_until": at(2, 13), "area": "E1W",
        "access": "Second floor, blue door", "what_to_say": "Say you have come about the repairs.",
        "who_to_ring": "Repairs desk, 020 7946 0999", "line_ids": lines,
    }  # fmt: skip
    return Job(**{**usual, **facts})


def order(scheme: Scheme, reference: str, **facts: Any) -> str:
    """Offer the job; its token."""
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        job, officer = a_job(scheme, request, session, **facts), actor_for(scheme.officer)
        return works_orders.order_works(session, officer, scheme.house.keyring, request, job).token


def an_ordered_job(scheme: Scheme, *taps: Tap) -> tuple[str, str]:
    """A job that waits to be accepted: the reference of its request, and its token."""
    reference = an_approved_request(scheme, *taps)
    return reference, order(scheme, reference)


def the_order(session: Session, scheme: Scheme, token: str) -> WorksOrder:
    """The job, as its contractor gets it."""
    return job_cards.get_order(session, actor_for(scheme.contractor), token)


def accept(scheme: Scheme, token: str) -> None:
    """The contractor takes it."""
    with scheme.work(scheme.contractor) as session:
        job_cards.accept_job(session, actor_for(scheme.contractor), the_order(session, scheme, token))


def finish(scheme: Scheme, token: str, *results: LineResult) -> None:
    """Every line fitted, or as told in their order, with a photo that says where it was taken."""
    with scheme.work(scheme.contractor) as session:
        contractor, job = actor_for(scheme.contractor), the_order(session, scheme, token)
        card = job_cards.read_card(session, contractor, job)
        ids = [line.id for line in card.lines] if card else []
        said = dict(zip(ids, results or [LineResult.FITTED] * len(ids), strict=True))
        notes = dict.fromkeys(ids, "The part did not come")
        job_cards.finish_job(session, contractor, job, Finished(said, notes, JPEG[:2] + GPS + JPEG[2:]))


def an_installed_home(scheme: Scheme, *taps: Tap) -> str:
    """Everything is fitted; not signed off yet."""
    reference, token = an_ordered_job(scheme, *taps)
    accept(scheme, token)
    finish(scheme, token)
    return reference


def a_signed_off_home(scheme: Scheme, *taps: Tap) -> str:
    """The resident signed off; safety plan and flags come next."""
    reference, officer = an_installed_home(scheme, *taps), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        signing_off.ready_for_sign_off(session, officer, request)
        signing_off.sign_off(session, officer, request, dict(PLAN))
    return reference


def a_home_followed_up(scheme: Scheme, *taps: Tap) -> str:
    """Follow-ups were made: one, three and six months from today."""
    reference, officer = a_signed_off_home(scheme, *taps), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        asked = address_flags.ask_for(session, officer, request, ("police", "fire"))
        advance(session, officer, request, "begin_follow_up", safety_plan="Rings a neighbour", **asked)
    return reference
