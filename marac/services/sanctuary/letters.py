"""Papers of one request: to the contractor, the landlord, whoever asked, and Housing Benefit. Each says what it must.

What goes outside names neither maker nor office, and no reason (SAN-28, SAN-34, SAN-35). Keeps no file, only its hash.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken
from marac.models import Address, CasePerson, IssuedDocument, Partnership, SanctuaryRequest, WorksOrder
from marac.services.casework import naming, people, safe_contact
from marac.services.leaving import checking
from marac.services.minuting import documents, pdf, word_files
from marac.services.minuting.document_blocks import (
    Block,
    Content,
    bullets,
    facts,
    heading,
    long_day,
    text,
    time_of_day,
    words_of,
)
from marac.services.minuting.documents import Made
from marac.services.moving import flush
from marac.services.sanctuary import consequences, job_cards, lines as fitted, triage, works_orders
from marac.vocabulary import (
    ContactChannel,
    DocumentKind as K,
    DocumentState,
    LineResult,
    Permission as P,
    PersonRole,
    SanctuaryState as S,
)
from marac.workflows.job_cards import card_words

OUTSIDE: Final = (K.WORKS_ORDER, K.LANDLORD_LETTER)
PLAIN_MARKING: Final = "OFFICIAL. Do not copy."
SOCIAL: Final = ("council", "housing_association")
RESIDENT_GATE: Final = "perpetrator_lives_elsewhere"
SIGNED_OFF: Final = (S.SAFETY_PLAN_AND_MARKERS, S.FOLLOW_UP)
PRIVATE: Final = (K.HOUSING_BENEFIT_LETTER, K.LANDLORD_LETTER)
"""Papers that hold an address: a second factor confirmed just now is asked for."""
ABOUT_THE_HOME: Final = ("Property", "Home", "Who to ring")
REACHES: Final[dict[K, ContactChannel | None]] = {
    K.WORKS_ORDER: None, K.LANDLORD_LETTER: None, K.INELIGIBLE_NOTICE: None, K.HOUSING_BENEFIT_LETTER: None,
}  # fmt: skip
"""By which way each letter reaches the person it is about: none of these does. One that did would be asked for."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One paper: whether it may be made now, or why not in words for the page."""

    kind: K
    why_not: str


def list_letters(session: Session, actor: Actor, request: SanctuaryRequest) -> list[Offered]:
    """Every paper of a request, with what stands in its way."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    return [Offered(kind, _why_not(session, actor, request, kind)) for kind in LETTERS]


def _why_not(session: Session, actor: Actor, request: SanctuaryRequest, kind: K) -> str:
    """What stands in the way: its own condition, then the contact rules of the person it would reach (DA-14)."""
    refused = LETTERS[kind][0](session, actor, request)
    channel = REACHES[kind]
    if refused or channel is None:
        return refused
    return safe_contact.why_not_reach(session, people.victim_of(session, request.case_id), channel)


def make_letter(session: Session, actor: Actor, request: SanctuaryRequest, kind: K, *, in_word: bool = False) -> Made:
    """One numbered copy. RuleBroken beside `kind` with what stands in its way; StepUpNeeded for one with an address."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    if kind not in LETTERS or actor.user_id is None:
        raise NotAllowed
    _why, write = LETTERS[kind]
    refused = _why_not(session, actor, request, kind)
    if refused:
        raise RuleBroken("kind", refused)
    if kind in PRIVATE:
        access.require_step_up(actor)
    for_whom, content = write(session, actor, request)
    _require_clean(session, actor, request, kind, content)
    marking = PLAIN_MARKING if kind in OUTSIDE else ""
    frame = documents.framed(session, actor, request, content, for_whom=for_whom, marking=marking)
    made = (word_files if in_word else pdf).render(frame)
    entry = _register(session, actor, request, kind=kind, copy=frame["copy"], made=made)
    media = word_files.MEDIA if in_word else "application/pdf"
    return Made(f"casework-{entry.copy_number}.{'docx' if in_word else 'pdf'}", media, made, entry)


def _require_clean(
    session: Session, actor: Actor, request: SanctuaryRequest, kind: K, content: Content
) -> None:  # fmt: skip
    """What was typed into a letter does not say where somebody is; the home stands only in its own line."""
    texts = {
        f"Part {place} of the letter": written
        for place, written in enumerate(words_of(block for block in content.blocks if block["block"] != "facts"), 1)
    } | {label: said for block in content.blocks if block["block"] == "facts" for label, said in block["rows"]
         if label not in ABOUT_THE_HOME}  # fmt: skip
    checking.require_clean(session, actor, request.case, texts, field="kind")


def _register(
    session: Session, actor: Actor, request: SanctuaryRequest, *, kind: K, copy: str, made: bytes
) -> IssuedDocument:
    entry = IssuedDocument(
        partnership_id=request.partnership_id, request_id=request.id, kind=kind, state=DocumentState.RELEASED,
        copy_number=copy, agency_id=actor.agency_id, user_id=actor.user_id, named=kind in PRIVATE, made_at=clock.now(),
        destroy_on=documents.destroy_on(session, request), sha256=hashlib.sha256(made).hexdigest(),
    )  # fmt: skip
    session.add(entry)
    flush(session)
    keys: dict[str, Any] = {"kind": kind, "copy": copy.lower(), "sha256": entry.sha256, "named": entry.named}
    audit.record(session, actor, "document:made", entry, case_id=request.case_id, **keys)
    return entry


def list_copies(session: Session, actor: Actor, request: SanctuaryRequest) -> list[tuple[IssuedDocument, str]]:
    """The copies made of a request's papers with who made them, newest first."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    mine = select(IssuedDocument).where(IssuedDocument.request_id == request.id)
    entries = session.scalars(mine.order_by(IssuedDocument.made_at.desc())).all()
    who = naming.colleagues(session, actor, [entry.user_id for entry in entries])
    return [(entry, who.get(entry.user_id, "")) for entry in entries]


# --- to the contractor: no address, no name, no reason --------------------


def _live_order(session: Session, actor: Actor, request: SanctuaryRequest) -> WorksOrder | None:
    orders = works_orders.list_orders(session, actor, request)
    return next((order for order in orders if order.state in consequences.LIVE), None)


def _no_order(session: Session, actor: Actor, request: SanctuaryRequest) -> str:
    return "" if _live_order(session, actor, request) else "There is no job now. Order works first"


def _works_order(session: Session, actor: Actor, request: SanctuaryRequest) -> tuple[str, Content]:
    order = _live_order(session, actor, request)
    if order is None:
        raise NotAllowed
    hour = job_cards.address_hour(session, request.partnership_id)
    access.open_order(actor, order, now=clock.now(), hour=hour)
    day = f"{long_day(order.window_from)}, {time_of_day(order.window_from)} to {time_of_day(order.window_until)}"
    blocks: list[Block] = [
        facts(("Job", order.code or ""), ("When", day), ("Area", order.area or ""), ("Getting in", order.access or ""),
              ("At the door", order.what_to_say or ""), ("Who to ring", order.who_to_ring or "")),
        text("The address is on the job card from the evening before, after the job was accepted."),
        heading("To fit"),
        bullets(". ".join(part for part in (one["words"], one["room"], one["note"]) if part)
                for one in order.lines or ()),
        text("Hand every key to the resident, and to nobody else."),
    ]  # fmt: skip
    return naming.short(order.agency.name), Content("Works order", tuple(blocks))


# --- to the landlord: home security works, and no reason --------------------


def _landlord_not_asked(session: Session, actor: Actor, request: SanctuaryRequest) -> str:
    if triage.gate_facts(session, request)["landlord_consent"] != "yes":
        return "The person has not agreed that the landlord is asked"
    if not _fixed(session, actor, request) and not request.landlord:
        return "Ask the landlord first, so that it is known who is written to"
    return "" if works_orders.home_of(session, request) else "There is no address to write about"


def _fixed(session: Session, actor: Actor, request: SanctuaryRequest) -> list[str]:
    lines = fitted.list_lines(session, actor, request)
    return [card_words(one.works.key, one.works.words) for one in lines if one.works.landlord]


def _to_landlord(session: Session, actor: Actor, request: SanctuaryRequest) -> tuple[str, Content]:
    works = _fixed(session, actor, request)
    asked_of = request.landlord.asked_of if request.landlord else ""
    blocks: list[Block] = [
        facts(("To", asked_of or "The landlord"), ("Property", works_orders.home_of(session, request))),
        text("We would like your permission to carry out home security works at this property. The works are paid for "
             "by a public scheme. They are done by an approved contractor and made good afterwards."),
        heading("Works"),
        bullets(works or ["Locks and other home security, to be agreed after a visit"]),
        text("Please answer in writing whether you agree, and on what conditions, and say in what role you answer. "
             "Please do not contact the tenant about this letter."),
    ]  # fmt: skip
    return naming.short(asked_of or "The landlord"), Content("Permission for home security works", tuple(blocks))


# --- to whoever asked: not suitable, and what else there is --------------------


def _not_declined(session: Session, actor: Actor, request: SanctuaryRequest) -> str:
    return "" if request.notice else "The scheme has not said that it is not suitable"


def _notice(session: Session, actor: Actor, request: SanctuaryRequest) -> tuple[str, Content]:
    said, decided = dict(request.notice or {}), dict(request.decision or {})
    blocks: list[Block] = [
        facts(("Request", request.reference), ("Asked by", naming.short(request.agency.name))),
        text(str(said.get("text", ""))),
        heading("Why"), text(str(decided.get("reason", ""))),
        heading("What was offered instead"), bullets([str(one) for one in decided.get("alternatives", ())]),
        text("If you think that this is wrong, or something has changed, answer this notice or ask again."),
    ]  # fmt: skip
    return "", Content("The scheme is not suitable", tuple(blocks))


# --- to Housing Benefit: written evidence for the exemption --------------------


def _not_exempt(session: Session, actor: Actor, request: SanctuaryRequest) -> str:
    """The exemption holds for a social tenant whose home was adapted, and where the other person does not live."""
    home = _home(session, request)
    if home is None or home.tenure not in SOCIAL:
        return "Only for a tenant of the council or of a housing association"
    if request.signed_off_at is None or request.state not in SIGNED_OFF:
        return "The work is not signed off yet, or the request is over"
    if RESIDENT_GATE in triage.gate_facts(session, request)["failed_gates"]:
        return "The person causing harm lives there"
    return ""


def _home(session: Session, request: SanctuaryRequest) -> Address | None:
    mine = select(Address).join(CasePerson).where(Address.case_id == request.case_id, Address.role == PersonRole.VICTIM)
    return session.scalar(mine.order_by(CasePerson.position, Address.position).limit(1))


def _benefit_letter(session: Session, actor: Actor, request: SanctuaryRequest) -> tuple[str, Content]:
    place = session.get_one(Partnership, request.partnership_id).name
    tenant = session.scalar(
        select(CasePerson)
        .where(CasePerson.case_id == request.case_id, CasePerson.role == PersonRole.VICTIM)
        .order_by(CasePerson.position)
        .limit(1)
    )
    done = (LineResult.FITTED, LineResult.PART_FITTED)
    works = [one.words for one in fitted.list_lines(session, actor, request) if one.row.result in done]
    signed_on = request.signed_off_at or clock.now()
    blocks: list[Block] = [
        text("To: Housing Benefit and Universal Credit housing costs"),
        facts(("Tenant", (tenant.full_name if tenant else "") or ""), ("Home", works_orders.home_of(session, request)),
              ("Adapted on", long_day(signed_on))),
        text(f"The {place} Sanctuary Scheme has adapted this home so that the tenant can stay in it safely. The "
             "tenant is a person who has been, or is at risk of being, subjected to domestic violence by somebody "
             "who does not live there. The tenant rents the home from a social landlord."),
        text("This is written evidence for the Housing Benefit and Universal Credit (Victims of Domestic Abuse and "
             "Victims of Modern Slavery) (Amendment) Regulations 2021 (SI 2021/991), in force since 1 October 2021: no "
             "reduction is made for bedrooms that the household does not need."),
        heading("What was fitted"), bullets(works),
        text("Please do not write to the tenant about this letter before you have asked the scheme how that is safe."),
    ]  # fmt: skip
    return "", Content("Evidence of a home adapted under a sanctuary scheme", tuple(blocks))


Why = Callable[[Session, Actor, SanctuaryRequest], str]
Write = Callable[[Session, Actor, SanctuaryRequest], tuple[str, Content]]
LETTERS: Final[dict[K, tuple[Why, Write]]] = {
    K.WORKS_ORDER: (_no_order, _works_order),
    K.LANDLORD_LETTER: (_landlord_not_asked, _to_landlord),
    K.INELIGIBLE_NOTICE: (_not_declined, _notice),
    K.HOUSING_BENEFIT_LETTER: (_not_exempt, _benefit_letter),
}
