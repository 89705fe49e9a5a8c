"""Cases of the demo that moved: one to another area with its receipt, one from there. The other area is invented."""

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.crypto import area_keys
from marac.crypto.keyring import Keyring
from marac.models import AgendaItem, Case, OtherArea, Partnership
from marac.services.demo.borough import Borough
from marac.services.demo.household import Person, household
from marac.services.demo.tables import days_after, source, table
from marac.services.demo.telling import Telling
from marac.services.transfers import areas, packet, receiving, sending
from marac.services.transfers.sending import Move
from marac.vocabulary import Outcome, PersonRole, ReferralKind, Role

OWNER = b"another area"
STRANGER = 90_900  # the number of a household that no case of the demo has


def write_moves(session: Session, keyring: Keyring, borough: Borough, seed: int) -> None:
    """Both areas know each other's key by phone; one case went, was receipted and handed over; another came."""
    coordinator, words = borough.actor(Role.COORDINATOR), table("words")["moves"]
    ours = areas.make_own_key(session, keyring, session.get_one(Partnership, borough.id))
    secret = keyring.deployment_secret("demo-other-area")
    theirs, private = area_keys.make_key(secret, OWNER)
    area = areas.add_area(session, coordinator, name=words["area"], public_key=theirs)
    areas.check_area(session, coordinator, area, by_phone=True)
    _send(session, coordinator, area, words)
    content = packet.written(_told(seed, {"area": words["area"], "key": theirs}, {"area": "Here", "key": ours}))
    sealed = area_keys.seal_for(ours, content, secret, OWNER, private)
    receiving.take_in(session, keyring, coordinator, receiving.upload(session, coordinator, sealed), sure=True)


def _send(session: Session, coordinator: Actor, area: OtherArea, words: dict[str, Any]) -> None:
    moved = select(Case).join(AgendaItem, AgendaItem.case_id == Case.id).where(
        AgendaItem.outcome == Outcome.TRANSFERRED, Case.partnership_id == area.partnership_id
    )  # fmt: skip
    case = session.scalars(moved.limit(1)).one()
    move = Move(words["reason"], words["contact"], words["new_address"], words["new_contact"])
    transfer = sending.send(session, coordinator, case, area, move)
    sending.fetch(session, coordinator, transfer)
    sending.record_receipt(session, coordinator, transfer, who=words["received_by"])
    sending.record_hand_over(session, coordinator, transfer, text=words["hand_over"])


def _told(seed: int, sender: dict[str, str], receiver: dict[str, str]) -> dict[str, Any]:
    """What the other area tells of one household, with one referral and one meeting there."""
    today, words = clock.today(), table("words")["moves"]
    people = household(seed, STRANGER, today)
    telling = Telling(people, source(f"moved/{seed}"))
    heard_on = days_after(today, -40)
    return {
        "format": packet.FORMAT, "version": packet.VERSION, "packet_id": uuid4().hex, "made_on": today.isoformat(),
        "sender": {**sender, "reference": words["reference"], "contact": words["answers"]}, "receiver": receiver,
        "reason": words["came_because"], "new_address": _address(people.victim), "new_contact": "",
        "perpetrator_stays": True, "people": [_person(one) for one in people.people],
        "contact": _contact(people.victim),
        "case": {"why_high_risk": telling.story("high_risk"), "wishes": telling.story("wishes"), "care_flags": [],
                 "stop_flags": [], "last_heard_on": heard_on.isoformat()},
        "referrals": [{"on": days_after(today, -50).isoformat(), "kind": ReferralKind.NEW.value, "criteria": [],
                       "what_happened": telling.story("opening", "event"), "why_now": telling.story("why_now")}],
        "meetings": [{"on": heard_on.isoformat(), "outcome": Outcome.TRANSFERRED.label, "actions": [],
                      "notes": [{"heading": "Risk", "text": telling.minutes("risk_victim")}]}],
    }  # fmt: skip


def _address(person: Person) -> str:
    place = person.address
    return ", ".join(str(place[part]) for part in ("house_number", "street", "postcode") if place.get(part))


def _person(one: Person) -> dict[str, Any]:
    texts = {name: one.identity.get(name) or "" for name in packet.PERSON_TEXTS}
    if one.role is not PersonRole.PERPETRATOR:
        texts["whereabouts"] = ""
    born: date | None = one.identity.get("born_on")
    return {"role": one.role.value, "aliases": [], "born_on": born.isoformat() if born else "", **texts,
            "approximate_age": one.identity.get("approximate_age")}  # fmt: skip


def _contact(victim: Person) -> dict[str, Any]:
    held = victim.contact
    rules = {way: {"answer": str(said["answer"]), "detail": said.get("detail") or ""}
             for way, said in held["rules"].items()}  # fmt: skip
    return {"rules": rules, "do_not_contact": False, "checked_on": "",
            **{name: held.get(name) or "" for name in packet.CONTACT_TEXTS}}  # fmt: skip
