"""The resident signs off what was fitted, with the keys; and one day the measures end. Marks nothing done by itself."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import SanctuaryRequest
from marac.services.casework import naming
from marac.services.moving import advance, flush
from marac.services.sanctuary import address_flags, consequences, lines as fitted
from marac.vocabulary import LineResult, SanctuaryState as S
from marac.workflows.works import all_done

MOST_KEYS = 50
TICKS = ("alarms_checked", "shown_how", "escape_explained", "resident_confirms", "keys_to_resident")


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said when somebody moves out: the day, what came back, the landlord, the keys."""

    moved_out_on: date | None
    back: tuple[UUID, ...]
    not_back_because: str
    landlord_told: str
    keys_ended: str


def results_of(session: Session, request: SanctuaryRequest) -> list[str | None]:
    """How each line that stands has ended; nothing is opened for it."""
    return [row.result for row in fitted.list_rows(session, request)]


def ready_for_sign_off(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """Every line is fitted or not needed; part or not fitted keeps the request open (SAN-29)."""
    advance(session, actor, request, "ask_sign_off", results=results_of(session, request))


def mark_installed(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """Everything was fitted in jobs that came before the approval: nothing is left for a contractor to report."""
    results = results_of(session, request)
    if not results or not all(results):
        raise RuleBroken("results", "A job is still to be done. Order it, or wait for the contractor")
    advance(session, actor, request, "install")
    request.installed_at = clock.now()
    flush(session)


def order_again(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """Something is missing: back to ordering."""
    if all_done(results_of(session, request)):
        raise RuleBroken("results", "Everything is fitted")
    advance(session, actor, request, "order_again")


def sign_off(session: Session, actor: Actor, request: SanctuaryRequest, typed: dict[str, Any]) -> None:
    """What the resident says: shown how, told how to get out, content; alarms, snags, and every key (SAN-30)."""
    access.open_request(actor, request)
    keys = str(typed.get("keys_count") or "").strip()
    if keys and not (keys.isdecimal() and int(keys) <= MOST_KEYS):
        raise RuleBroken("keys_count", f"Enter how many keys, from 0 to {MOST_KEYS}")
    said: dict[str, Any] = {name: bool(typed.get(name)) for name in TICKS}
    said["keys_count"] = int(keys) if keys else None
    advance(session, actor, request, "sign_off", **said)
    now = clock.now()
    request.sign_off = {
        **said, "snags": str(typed.get("snags") or "").strip(), "satisfied": str(typed.get("satisfied") or ""),
        "on": clock.to_london(now).date().isoformat(), "by": naming.signature(session, actor),
    }  # fmt: skip
    request.signed_off_at = now
    flush(session)


def portable_out(session: Session, actor: Actor, request: SanctuaryRequest) -> list[fitted.LineShown]:
    """Portable things that were fitted and have not come back."""
    return [
        line
        for line in fitted.list_lines(session, actor, request)
        if line.portable and line.row.result in (LineResult.FITTED, LineResult.PART_FITTED) and line.row.back_on is None
    ]


def end_measures(session: Session, actor: Actor, request: SanctuaryRequest, said: Ending) -> None:
    """Portable things back, flags asked to be lifted, landlord told, keys accounted for; fixed works stay (SAN-31)."""
    access.open_request(actor, request)
    out = portable_out(session, actor, request)
    missing = [line for line in out if line.id not in said.back]
    moved_on = said.moved_out_on or request.moved_out_on
    if moved_on is not None and moved_on > clock.today():
        raise RuleBroken("moved_out_on", "The date must be today or earlier")
    facts = {
        "moved_out_on": moved_on, "portable_out": len(out),
        "portable_back": not missing or said.not_back_because.strip(),
        "landlord_told": said.landlord_told, "keys_ended": said.keys_ended,
    }  # fmt: skip
    before = request.state
    advance(session, actor, request, "end_measures", **facts)
    for line in out:
        if line.id in said.back:
            line.row.back_on = clock.today()
    request.moved_out_on = moved_on
    request.ending = {
        "not_back_because": said.not_back_because.strip() if missing else "", "landlord_told": said.landlord_told,
        "keys": said.keys_ended.strip(), "by": naming.signature(session, actor),
    }  # fmt: skip
    if before == S.FOLLOW_UP:
        consequences.drop_follow_ups(session, request, advance)
    address_flags.ask_removal(session, actor, request)
    audit.record(session, actor, "measures:ended", request, back=len(out) - len(missing), not_back=len(missing))
    flush(session)
