"""Sending a case to another area: the packet is made, fetched, receipted, handed over and checked (DA-34).

The new address is typed for the packet alone. It is sealed to the other area at once and kept nowhere here, so that no
minutes, no log and nobody of this area can show it.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import area_keys
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import (
    Action,
    AgendaItem,
    Case,
    Deadline,
    Flag,
    Meeting,
    MinuteNote,
    OtherArea,
    Referral,
    Transfer,
    TransferFile,
)
from marac.services import local, moving
from marac.services.casework import naming, people
from marac.services.casework.involvement import latest_item
from marac.services.casework.safe_contact import contact_of
from marac.services.leaving import checking
from marac.services.transfers import areas, packet, receipts
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    CaseState,
    ContactChannel,
    Permission as P,
    PersonRole,
    ReferralState,
    TransferDirection,
)
from marac.workflows.deadlines import london, offset

RECEIPT: Final = "transfer_receipt"
OVER: Final = (CaseState.LAPSED, CaseState.CLOSED)
UNSENT: Final = (ReferralState.DRAFT, ReferralState.WITHDRAWN)


LABELS: Final = {"reason": "Why the case moves", "contact": "Who answers here"}


@dataclass(frozen=True, slots=True)
class Move:
    """What the coordinator types for the other area. The new address and contact leave in the packet alone."""

    reason: str
    contact: str
    new_address: str = ""
    new_contact: str = ""
    perpetrator_stays: bool = True


def send(session: Session, actor: Actor, case: Case, area: OtherArea, move: Move) -> Transfer:
    """Make the sealed packet of a case for one area; it waits to be fetched. The receipt is due in a working day.

    NotAllowed or StepUpNeeded for who may not; RuleBroken until the area's fingerprint was checked by phone.
    """
    opened = access.open_case(actor, case)
    access.require(actor, P.TRANSFER_SEND, case)
    access.require(actor, P.AREA_KEEP, area)
    access.require_step_up(actor)
    if area.checked_at is None or area.retired_at is not None:
        raise RuleBroken("area", "Check this area's fingerprint by phone before you send anything to it")
    for field, words in (("reason", "Say why the case moves to the other area"), ("contact", "Say who answers here")):
        if not getattr(move, field).strip():
            raise RuleBroken(field, words)
    if not {"identity", "risk", "minutes", "documents"} <= opened:
        raise WrongState(f"case {case.id} is not open enough to be sent")
    for field in ("reason", "contact"):
        checking.require_clean(session, actor, case, {LABELS[field]: getattr(move, field)}, field=field)
    key, packet_id = areas.need_own_key(session, actor), uuid4()
    ends = {"sender": {"area": key.area, "key": key.public_key, "reference": case.reference, "contact": move.contact},
            "receiver": {"area": area.name, "key": area.public_key}}  # fmt: skip
    content = packet.written({**ends, **_told(session, actor, case, move), "packet_id": packet_id.hex})
    sealed = area_keys.seal_for(area.public_key, content, key.secret, key.owner, key.private)
    transfer = _transfer(actor, case, area, packet_id=packet_id, sealed=sealed, keeps_flag=move.perpetrator_stays)
    return _keep(session, actor, transfer, sealed)


def _transfer(
    actor: Actor, case: Case, area: OtherArea, *, packet_id: UUID, sealed: bytes, keeps_flag: bool
) -> Transfer:
    return Transfer(
        partnership_id=case.partnership_id, case_id=case.id, area_id=area.id, direction=TransferDirection.OUT,
        packet_id=packet_id, digest=sha256(sealed).digest(), made_at=clock.now(), made_by_id=actor.user_id,
        keeps_flag=keeps_flag, area_name=area.name,
    )  # fmt: skip


def _keep(session: Session, actor: Actor, transfer: Transfer, sealed: bytes) -> Transfer:
    """The sealed file waits to be fetched, and the clock of its receipt runs."""
    session.add(transfer)
    session.flush()
    place = {"partnership_id": transfer.partnership_id, "transfer_id": transfer.id}
    session.add(
        TransferFile(
            **place, user_id=actor.user_id, content=sealed, digest=transfer.digest, came_at=transfer.made_at
        )
    )  # fmt: skip
    due_at = _receipt_due(session, session.get_one(Case, transfer.case_id))
    session.add(Deadline(partnership_id=transfer.partnership_id, subject_id=transfer.id, rule=RECEIPT, due_at=due_at))
    audit.record(session, actor, "transfer:sent", transfer, area=transfer.area_id)
    moving.flush(session)
    return transfer


def _receipt_due(session: Session, case: Case) -> Any:
    today = clock.today()
    days = local.rules_of(session, case.partnership_id, case.programme).value(
        "follow_up.transfer_receipt_working_days", today
    )
    return london(offset(today, f"D+{days}", local.closures(session, case.partnership_id)), time(17))


def fetch(session: Session, actor: Actor, transfer: Transfer) -> bytes:
    """The sealed file, to be carried to the other area by the secure route. Each fetch is in the trail."""
    access.require(actor, P.TRANSFER_SEND, transfer)
    access.require_step_up(actor)
    held = session.scalar(select(TransferFile).where(TransferFile.transfer_id == transfer.id))
    if held is None:
        raise NotFound
    audit.record(session, actor, "transfer:fetched", transfer)
    return held.content


def take_receipt(session: Session, actor: Actor, transfer: Transfer, content: bytes) -> Transfer:
    """The receipt file that the other area sent back: signed by its key, about exactly this file."""
    access.require(actor, P.TRANSFER_SEND, transfer)
    area = transfer.area
    if area is None or not receipts.confirms(content, area.public_key, transfer.packet_id, transfer.digest):
        raise RuleBroken("file", "This is not the receipt of this transfer from that area")
    return _received(session, actor, transfer, f"{area.name}, by signed receipt", "file")


def record_receipt(session: Session, actor: Actor, transfer: Transfer, *, who: str) -> Transfer:
    """They said by phone that they have it."""
    access.require(actor, P.TRANSFER_SEND, transfer)
    if not who.strip():
        raise RuleBroken("who", "Enter who confirmed it there")
    return _received(session, actor, transfer, who.strip(), "phone")


def _received(session: Session, actor: Actor, transfer: Transfer, who: str, by: str) -> Transfer:
    """The file has done its work and goes."""
    if transfer.receipted_at is not None or transfer.direction != TransferDirection.OUT:
        raise WrongState
    access.open_case(actor, transfer.case)
    transfer.receipted_at, transfer.received_by = clock.now(), who
    for held in session.scalars(select(TransferFile).where(TransferFile.transfer_id == transfer.id)):
        session.delete(held)
    for due in session.scalars(select(Deadline).where(Deadline.subject_id == transfer.id, Deadline.rule == RECEIPT)):
        due.met_at = clock.now()
    audit.record(session, actor, "transfer:receipted", transfer, by=by)
    moving.flush(session)
    return transfer


def record_hand_over(session: Session, actor: Actor, transfer: Transfer, *, text: str) -> Transfer:
    """IDVA to IDVA: who spoke to whom, as early as possible."""
    access.require(actor, P.TRANSFER_SEND, transfer)
    if not text.strip():
        raise RuleBroken("hand_over", "Say which IDVA spoke to which, and when")
    access.open_case(actor, transfer.case)
    transfer.hand_over, transfer.handed_over_at = text.strip(), clock.now()
    audit.record(session, actor, "transfer:handed_over", transfer)
    moving.flush(session)
    return transfer


def check(session: Session, actor: Actor, transfer: Transfer) -> Transfer:
    """The chair has checked that the hand-over took place. RuleBroken before it was recorded."""
    access.require(actor, P.TRANSFER_CHECK, transfer)
    if transfer.handed_over_at is None or transfer.receipted_at is None:
        raise RuleBroken("check", "The receipt and the hand-over between IDVAs are not both recorded yet")
    transfer.checked_at, transfer.checked_by_id = clock.now(), actor.user_id
    audit.record(session, actor, "transfer:checked", transfer)
    moving.flush(session)
    return transfer


def has_left(session: Session, actor: Actor, transfer: Transfer) -> Transfer:
    """The alleged perpetrator no longer lives here: our own flag need not be kept beyond its twelve months."""
    access.require(actor, P.TRANSFER_SEND, transfer)
    if not transfer.keeps_flag:
        raise WrongState
    transfer.keeps_flag = False
    if transfer.case.state in OVER:
        flags = select(Flag).where(Flag.case_id == transfer.case_id, Flag.lift_on >= clock.today())
        for flag in session.scalars(flags):
            flag.lift_on = clock.today() - timedelta(days=1)  # the timetable asks each agency tonight
    audit.record(session, actor, "transfer:flag_released", transfer)
    moving.flush(session)
    return transfer


# --- what is told ---


def _told(session: Session, actor: Actor, case: Case, move: Move) -> dict[str, Any]:
    who = people.people_of(session, case.id)
    written = {
        "case": _case(case), "referrals": [_referral(one) for one in _referrals(session, actor, case)],
        "meetings": [_meeting(session, actor, one) for one in _heard(session, actor, case)],
    }  # fmt: skip
    return {
        "format": packet.FORMAT, "version": packet.VERSION, "made_on": clock.today().isoformat(),
        "reason": move.reason.strip(), "new_address": move.new_address.strip(),
        "new_contact": move.new_contact.strip(), "perpetrator_stays": move.perpetrator_stays,
        "people": [_person(one) for one in who], "contact": _contact(session, case),
        **checking.clear(session, case.partnership_id, [case.id], written),
    }  # fmt: skip


def _person(one: Any) -> dict[str, Any]:
    texts = {name: (getattr(one, name) or "")[: packet.LINE] for name in packet.PERSON_TEXTS}
    aliases = [str(alias)[: packet.LINE] for alias in (one.aliases or ())][:20]
    if one.role != PersonRole.PERPETRATOR:
        texts["whereabouts"] = ""  # where she is now is what the new address says, and no more
    return {"role": one.role.value, "aliases": aliases, "born_on": _day(one.born_on), **texts,
            "approximate_age": one.approximate_age}  # fmt: skip


def _contact(session: Session, case: Case) -> dict[str, Any]:
    held = contact_of(session, case)
    ways = {one.value: people.rule_on(held.rules if held else None, one) for one in ContactChannel}
    rules = {name: {"answer": answer.value, "detail": detail[: packet.LINE]} for name, (answer, detail) in ways.items()}
    texts = {name: (getattr(held, name, None) or "") for name in packet.CONTACT_TEXTS}
    return {"rules": rules, **texts, "do_not_contact": bool(held and held.do_not_contact),
            "checked_on": _day(held.checked_on if held else None)}  # fmt: skip


def _case(case: Case) -> dict[str, Any]:
    flags = {name: [str(one) for one in (getattr(case, name) or ())] for name in ("care_flags", "stop_flags")}
    texts = {name: getattr(case, name) or "" for name in packet.CASE_TEXTS}
    return {**texts, **flags, "last_heard_on": _day(case.last_heard_on)}


def _referrals(session: Session, actor: Actor, case: Case) -> list[Referral]:
    sent = access.visible(actor, P.REFERRAL_READ, Referral).where(Referral.case_id == case.id)
    return list(session.scalars(sent.where(Referral.state.not_in(UNSENT)).order_by(Referral.started_at)))


def _referral(one: Referral) -> dict[str, Any]:
    on = clock.to_london(one.submitted_at or one.started_at).date()
    texts = {name: getattr(one, name) or "" for name in packet.REFERRAL_TEXTS}
    return {"on": on.isoformat(), "kind": one.kind.value, "criteria": list(one.criteria or ()), **texts}


def _heard(session: Session, actor: Actor, case: Case) -> list[AgendaItem]:
    items = access.visible(actor, P.CASE_READ, AgendaItem).join(Meeting, Meeting.id == AgendaItem.meeting_id)
    heard = items.where(AgendaItem.case_id == case.id, AgendaItem.state == AgendaItemState.HEARD)
    return list(session.scalars(heard.order_by(Meeting.starts_at)))


def _meeting(session: Session, actor: Actor, item: AgendaItem) -> dict[str, Any]:
    notes = session.scalars(select(MinuteNote).where(MinuteNote.item_id == item.id))
    agreed = access.visible(actor, P.ACTION_READ, Action).where(Action.item_id == item.id)
    names = naming.agency_names(session, item.partnership_id)
    kept = session.scalars(agreed.where(Action.state != ActionState.WITHDRAWN).order_by(Action.agreed_at))
    return {
        "on": clock.to_london(item.meeting.starts_at).date().isoformat(),
        "outcome": item.outcome.label if item.outcome else "",
        "notes": [{"heading": one.heading.label, "text": one.text} for one in notes if one.text],
        "actions": [
            {"text": one.text or "", "agency": names[one.agency_id], "due_on": one.due_on.isoformat(),
             "state": one.state.label} for one in kept
        ],
    }  # fmt: skip


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def last_meeting(session: Session, case: Case) -> Meeting | None:
    """The newest meeting of a case, for the page that sends it: whether the agenda is out changes what to do."""
    item = latest_item(session, case.id)
    return item.meeting if item is not None else None
