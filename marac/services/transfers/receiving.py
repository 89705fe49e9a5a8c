"""Taking in a case from another area: the file is opened and read strictly, a person looks, then it is a referral.

Until then only the file as it came is held, sealed to our key. The same file twice is one case (DA-34).
"""

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import area_keys
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import OtherArea, Referral, Transfer, TransferFile
from marac.services import moving
from marac.services.casework import people
from marac.services.referring import referrals
from marac.services.transfers import areas, packet, receipts
from marac.vocabulary import Permission as P, PersonRole, ProgrammeSlug, ReferralKind, TransferDirection

POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b", re.IGNORECASE)
PHONE = re.compile(r"(?:\+44|0)[\d\s]{9,14}")
MOST_BYTES = area_keys.MOST_BYTES
MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class Came:
    """A file that was opened: what it says, and whether a checked area signed it. `transfer` once it was taken in."""

    file_id: UUID
    packet: dict[str, Any]
    area: OtherArea | None
    transfer: Transfer | None

    @property
    def trusted(self) -> bool:
        """Whether we know whose it is: their key is registered and its fingerprint was compared by phone."""
        return self.area is not None and self.area.checked_at is not None


def upload(session: Session, actor: Actor, content: bytes) -> UUID:
    """Hold a file that came; returns the id it waits under. RuleBroken, and nothing is held, unless it reads.

    A file that is held already answers with the same id.
    """
    access.require_holds(actor, P.TRANSFER_RECEIVE)
    _open(session, actor, content)
    digest = sha256(content).digest()
    waiting: list[TransferFile] = list(session.scalars(_waiting(actor)))
    for held in waiting:
        if held.digest == digest:
            return held.id
    if len(waiting) >= MOST_WAITING:
        raise RuleBroken("file", "Too many files are waiting. Take in or refuse the others first")
    held = TransferFile(
        partnership_id=actor.partnership_id, user_id=actor.user_id, content=content, digest=digest, came_at=clock.now()
    )  # fmt: skip
    session.add(held)
    session.flush()
    audit.record(session, actor, "transfer:came", held, bytes=len(content))
    return held.id


def list_waiting(session: Session, actor: Actor) -> list[TransferFile]:
    """Files that nobody has decided about yet, the oldest first."""
    access.require_holds(actor, P.TRANSFER_RECEIVE)
    return list(session.scalars(_waiting(actor).order_by(TransferFile.came_at)))


def look(session: Session, actor: Actor, file_id: UUID) -> Came:
    """What a waiting file says; looking at it is in the trail."""
    held = _held(session, actor, file_id)
    told, area = _open(session, actor, held.content)
    audit.record(session, actor, "transfer:looked", held)
    return Came(held.id, told, area, _already(session, actor, told))


def refuse(session: Session, actor: Actor, file_id: UUID) -> None:
    """It is not ours, or not from whom it says: the file goes and no case is made."""
    held = _held(session, actor, file_id)
    audit.record(session, actor, "transfer:refused", held)
    session.delete(held)
    moving.flush(session)


def take_in(session: Session, keyring: Keyring, actor: Actor, file_id: UUID, *, sure: bool) -> Transfer:
    """Make a referral of a waiting file, or answer with the one that the same packet already made.

    `sure` is the person's word that they compared the sender by phone, where no checked area signed it.
    """
    held = _held(session, actor, file_id)
    told, area = _open(session, actor, held.content)
    earlier = _already(session, actor, told)
    if earlier is None:
        if not sure and (area is None or area.checked_at is None):
            raise RuleBroken("sure", "Phone the area on a number you found yourself, and confirm that they sent this")
        earlier = _make(session, keyring, actor, digest=held.digest, told=told, area=area)
    session.delete(held)
    moving.flush(session)
    return earlier


def receipt(session: Session, actor: Actor, transfer: Transfer) -> bytes:
    """What to send back: that we have the file, signed with our key."""
    access.require(actor, P.TRANSFER_READ, transfer)
    if transfer.direction != TransferDirection.IN:
        raise WrongState
    key, on = areas.need_own_key(session, actor), clock.to_london(transfer.made_at).date()
    audit.record(session, actor, "transfer:receipt_given", transfer)
    return receipts.write(key, transfer.packet_id, transfer.digest, on)


def _waiting(actor: Actor) -> Any:
    mine = access.rule(actor, P.TRANSFER_RECEIVE, TransferFile)
    return select(TransferFile).where(mine, TransferFile.transfer_id.is_(None))


def _held(session: Session, actor: Actor, file_id: UUID) -> TransferFile:
    held: TransferFile | None = session.scalar(_waiting(actor).where(TransferFile.id == file_id))
    if held is None:
        raise NotFound
    return held


def _open(session: Session, actor: Actor, content: bytes) -> tuple[dict[str, Any], OtherArea | None]:
    """The packet, and the area whose key signed it if we know that key. RuleBroken for anything else."""
    key = areas.need_own_key(session, actor)
    signature, signed = area_keys.open_file(content, key.secret, key.owner, [key.private, *key.older])
    told = packet.read(signed)
    sender = told["sender"]["key"]
    if not area_keys.signed_by(sender, signature, signed):
        raise RuleBroken("file", area_keys.DAMAGED)
    if told["receiver"]["key"] not in areas.own_public(session, actor):  # re-sealed by somebody it was sent to
        raise RuleBroken("file", area_keys.DAMAGED)
    known = [area for area in areas.list_areas(session, actor) if area.public_key == sender]
    return told, known[0] if known else None


def _already(session: Session, actor: Actor, told: dict[str, Any]) -> Transfer | None:
    """The transfer that this packet made before, if the actor may see it; else it is as if it had never come."""
    same = (Transfer.packet_id == UUID(told["packet_id"]), Transfer.direction == TransferDirection.IN)
    found = session.scalar(select(Transfer).where(Transfer.partnership_id == actor.partnership_id, *same))
    if found is not None:
        access.require(actor, P.TRANSFER_READ, found)
    return found


def _make(
    session: Session, keyring: Keyring, actor: Actor, *, digest: bytes, told: dict[str, Any], area: OtherArea | None
) -> Transfer:
    referral = referrals.start_referral(session, keyring, actor, ProgrammeSlug.DA_MARAC)
    name = area.name if area is not None else told["sender"]["area"]
    _fill(session, referral, told, name)
    referrals.receive_transfer(session, actor, referral)
    transfer = Transfer(
        partnership_id=referral.partnership_id, case_id=referral.case_id, referral_id=referral.id,
        area_id=area.id if area else None, direction=TransferDirection.IN, packet_id=UUID(told["packet_id"]),
        digest=digest, made_at=clock.now(), made_by_id=actor.user_id, area_name=name,
    )  # fmt: skip
    session.add(transfer)
    session.flush()
    audit.record(session, actor, "transfer:taken_in", transfer, known=area is not None)
    return transfer


# --- what was told, in its places ---


def _fill(session: Session, referral: Referral, told: dict[str, Any], area: str) -> None:
    for one in told["people"]:
        facts = _person(one)
        if one["role"] == PersonRole.VICTIM:
            people.update_person(
                session, people.victim_of(session, referral.case_id), **facts, **_contact(told), **_place(told)
            )
        else:
            people.add_person(session, referral.case, PersonRole(one["role"]), **facts)
    newest = told["referrals"][-1] if told["referrals"] else {}
    referral.kind = ReferralKind.TRANSFER_IN
    referral.other_area, referral.earlier_papers = area, earlier_papers(told)
    referral.what_happened = newest.get("what_happened") or told["reason"]
    referral.why_now = f"Moved here from {area}. {told['reason']}"
    referral.wishes, referral.judgement = told["case"]["wishes"] or None, told["case"]["why_high_risk"] or None
    referral.criteria = newest.get("criteria") or None
    referral.case.care_flags = list(told["case"]["care_flags"]) or None
    referral.case.stop_flags = list(told["case"]["stop_flags"]) or None
    session.flush()


def _person(one: dict[str, Any]) -> dict[str, Any]:
    facts = {name: one[name] for name in packet.PERSON_TEXTS}
    return {**facts, "aliases": one["aliases"], "approximate_age": one["approximate_age"],
            "born_on": _day(one["born_on"])}  # fmt: skip


def _contact(told: dict[str, Any]) -> dict[str, Any]:
    """The rules as they came. Nobody here has checked them: they are to be checked before use (DA-14)."""
    held, phone = told["contact"], PHONE.search(told["new_contact"])
    facts = {name: held[name] for name in packet.CONTACT_TEXTS}
    number = {"phone": phone[0].strip()} if phone else {}
    return {**facts, "rules": held["rules"], "do_not_contact": held["do_not_contact"], "checked_on": None, **number,
            "trusted_contact": told["new_contact"] if not phone else ""}  # fmt: skip


def _place(told: dict[str, Any]) -> dict[str, Any]:
    """The new address is local here: masked like every address, and marked confidential."""
    found = POSTCODE.search(told["new_address"])
    words = told["new_address"].replace(found[0], "") if found else told["new_address"]
    street = ", ".join(part.strip() for part in re.split(r"[,\n]", words) if part.strip())
    return {"street": street[:200], "postcode": found[1].upper() if found else "", "confidential": True}


def earlier_papers(told: dict[str, Any]) -> str:
    """The other area's referrals, minutes and plans as one text, to be read with the referral."""
    sender = told["sender"]
    lines = [f"From {sender['area']}, their reference {sender['reference']}, who answers there: {sender['contact']}."]
    for one in told["referrals"]:
        lines += [f"\nReferral of {one['on']}", one["what_happened"], one["why_now"]]
    for one in told["meetings"]:
        lines += [f"\nMeeting of {one['on']}: {one['outcome']}"]
        lines += [f"{note['heading']}: {note['text']}" for note in one["notes"]]
        lines += [f"Action, {act['agency']}, by {act['due_on']}: {act['text']} ({act['state']})"
                  for act in one["actions"]]  # fmt: skip
    if told["perpetrator_stays"]:
        lines.append("\nThe alleged perpetrator still lives there; that area keeps its flag.")
    return "\n".join(line for line in lines if line.strip() or line.startswith("\n"))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def role_label(one: dict[str, Any]) -> str:
    """How a page names the role of somebody in a packet."""
    return PersonRole(one["role"]).label
