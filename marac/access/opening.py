"""What opens for whom at which stage: the stage x compartment table, and the grants it gives the vault.

Refuses to open anything that GRANTS does not first make visible. Location and contact open by reveal unless named here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, object_session

from marac.access.policy import GRANTS, asked, holds, may, require, require_holds, require_step_up, rule
from marac.access.relations import Actor, other_side
from marac.access.reveal_rules import REVEALED, at_stage
from marac.crypto import vault
from marac.crypto.envelope import Place
from marac.errors import NotAllowed, NotFound
from marac.models import Action, Agency, Case, Referral
from marac.vocabulary import CaseState as S, Permission as P, ProgrammeSlug, ReferralState, Role

_PEOPLE = frozenset({"identity", "children", "perpetrator"})
_STORY = _PEOPLE | {"risk", "summary"}
_OWN = frozenset({"research:own", "private:own"})
_ROOM = _STORY | {"research:*", "minutes", "actions", "documents"}
DRAFTING = _STORY | {"contact", "location", "equality", "documents"}

_REPRESENTATIVE: dict[S, frozenset[str]] = {
    S.RECEIVED: _STORY | {"actions"},  # a case put off still has its actions
    S.LISTED: _STORY | _OWN | {"actions"},
    S.RESEARCHED: _STORY | _OWN | {"actions"},
    S.IN_MEETING: _ROOM | _OWN,
    S.HEARD: _STORY | _OWN | {"research:*", "actions"},
    S.ISSUED: _ROOM | _OWN,
    S.ACTIONS_OPEN: _ROOM | _OWN,
    S.REVIEW_DUE: _ROOM | _OWN,
    S.LAPSED: _OWN | {"actions", "identity", "perpetrator"},  # whose mark is to be lifted from the agency's file
    S.CLOSED: _OWN,
}
_PANEL_STAGES: dict[S, frozenset[str]] = {
    S.RECEIVED: _STORY | {"contact", "minutes", "actions", "documents"},
    S.LISTED: _STORY | _OWN | {"contact", "minutes", "actions", "documents"},
    **dict.fromkeys(
        (S.RESEARCHED, S.IN_MEETING, S.HEARD, S.ISSUED, S.ACTIONS_OPEN, S.REVIEW_DUE, S.LAPSED),
        _ROOM | _OWN | {"contact"},
    ),
    S.CLOSED: _STORY | {"minutes", "actions", "documents"},
}
_ENDED = (S.LAPSED, S.CLOSED)
OPENS: dict[Role, dict[S, frozenset[str]]] = {
    Role.REPRESENTATIVE: _REPRESENTATIVE,
    Role.DEPUTY: _REPRESENTATIVE,
    Role.IDVA: {
        stage: held if stage in _ENDED else held | {"contact", "documents"} for stage, held in _REPRESENTATIVE.items()
    },
    Role.COORDINATOR: _PANEL_STAGES,
    Role.CHAIR: _PANEL_STAGES,
    # who is spoken of, and nothing that was written down; the rest is said in the room (DA-51)
    Role.GUEST: dict.fromkeys((S.LISTED, S.RESEARCHED, S.IN_MEETING, S.HEARD), frozenset({"identity", "perpetrator"})),
}  # fmt: skip

# What a role may write without thereby being able to read it (a row is sealed whole at birth).
_MEMBER_SEALS = _OWN | {"actions", "risk"}
SEALS: dict[Role, frozenset[str]] = {
    Role.REPRESENTATIVE: _MEMBER_SEALS,
    Role.DEPUTY: _MEMBER_SEALS,
    Role.IDVA: _MEMBER_SEALS | {"identity", "contact", "summary", "documents"},
    Role.COORDINATOR: DRAFTING | _OWN | {"research:*", "private:*", "minutes", "actions"},
    Role.CHAIR: frozenset({"minutes", "actions", "risk", "summary", "research:*", "private:*"}),
    Role.GUEST: frozenset(),
}

# What is left for an agency that works only with the person said to be causing harm: who that is, and its own (CM-19).
_OTHER_SIDE = frozenset({"perpetrator", "actions"}) | _OWN
_MEMBERS = (Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA, Role.REFERRER)
_KEEP_LOCATION = (ProgrammeSlug.COMMUNITY_MARAC,)  # panels where only their core agencies learn where somebody is


def open_case(actor: Actor, case: Case) -> frozenset[str]:
    """Grant this unit of work what the actor may open and seal in a case at its stage; returns what opens."""
    session = object_session(case)
    if session is None:
        raise NotFound
    drafting = _is_drafting(actor, case)
    if not drafting:
        require(actor, P.CASE_READ, case)
    return open_stage(session, actor, case.id, case.state, drafting=drafting)


def open_stage(session: Session, actor: Actor, case_id: UUID, stage: S, *, drafting: bool = False) -> frozenset[str]:
    """The same for a case already known to be visible: one row of OPENS, and the role's SEALS."""
    return open_stages(session, actor, {case_id: stage}, drafting=drafting)[case_id]


def open_stages(
    session: Session, actor: Actor, stages: Mapping[UUID, S], *, drafting: bool = False
) -> dict[UUID, frozenset[str]]:
    """The same for the cases of a list, which come from `visible`: what opens in each; one grant for all at a stage.

    Where the actor's agency works only with the person said to be causing harm, next to nothing opens (CM-19).
    """
    against = _on_other_side(session, actor) if stages else frozenset()
    alike: dict[tuple[S, bool], list[UUID]] = {}
    for case_id, stage in stages.items():
        alike.setdefault((stage, case_id in against), []).append(case_id)
    opened: dict[UUID, frozenset[str]] = {}
    for (stage, opposed), case_ids in alike.items():
        opens, seals = _at_stage(actor.role, stage)
        if opposed:
            opens, seals = opens & _OTHER_SIDE, seals & _OTHER_SIDE
        elif drafting:
            opens, seals = (
                opens | (DRAFTING if stage is S.RECEIVED else DRAFTING - REVEALED - {"documents"}),
                seals | DRAFTING,
            )
        _grant(actor, case_ids, opens, seals)
        opened |= dict.fromkeys(case_ids, opens)
    return opened


def _on_other_side(session: Session, actor: Actor) -> frozenset[UUID]:
    """The cases in which the actor's agency is marked so; read once in a unit of work."""
    if actor.role not in _MEMBERS or actor.agency_id is None:
        return frozenset()
    held = session.info.setdefault("other_side", {})
    if actor.agency_id not in held:
        held[actor.agency_id] = frozenset(session.scalars(other_side(actor)))
    found: frozenset[UUID] = held[actor.agency_id]
    return found


def locates(session: Session, actor: Actor, case_id: UUID, programme: ProgrammeSlug) -> bool:
    """Whether the actor may learn where people of a case are: never from the side of who is said to cause harm, and at
    some panels only who runs the panel and core agencies.
    """
    if case_id in _on_other_side(session, actor):
        return False
    if programme not in _KEEP_LOCATION or actor.role not in _MEMBERS:
        return True
    agency = session.get(Agency, actor.agency_id) if actor.agency_id else None
    return agency is not None and agency.panels.get(programme) == "core"


def _grant(actor: Actor, case_ids: list[UUID], opens: frozenset[str], seals: frozenset[str]) -> None:
    unit = vault.current()
    for compartments, seal in ((opens, False), (seals, True)):
        named = [_named(actor, compartment) for compartment in compartments]
        unit.grant_many("case", actor.partnership_id, case_ids, named, open=not seal, seal=seal)


def _at_stage(role: Role, stage: S) -> tuple[frozenset[str], frozenset[str]]:
    """What opens and what may be sealed; at a stage without a row (joined, erased) nothing is."""
    opens = OPENS.get(role, {}).get(stage)
    return (frozenset(), frozenset()) if opens is None else (opens, SEALS[role])


def open_new_case(actor: Actor, case_id: UUID) -> None:
    """Grant the person who starts a referral the drafting compartments of the case that is being made for it."""
    require_holds(actor, P.REFERRAL_CREATE)
    opens, seals = _at_stage(actor.role, S.RECEIVED)
    _grant(actor, [case_id], opens | DRAFTING, seals | DRAFTING)


def open_unfinished(actor: Actor, referral: Referral) -> frozenset[str]:
    """Grant the writer of an urgent referral that was accepted meanwhile what they still fill in (DA-18).

    In a case that was there before, or that somebody else referred too, what is masked stays masked.
    """
    require(actor, P.REFERRAL_EDIT, referral)
    case, session, other = referral.case, object_session(referral), aliased(Referral)
    shared = exists().where(other.case_id == case.id, other.id != referral.id)
    masked = session is None or session.scalar(select(shared))
    opens, seals = _at_stage(actor.role, case.state)
    opens, seals = opens | (DRAFTING - REVEALED - {"documents"} if masked else DRAFTING), seals | DRAFTING
    _grant(actor, [case.id], opens, seals)
    return opens


def open_draft(actor: Actor, case: Case) -> None:
    """Grant a person what they alone typed into a page of a case they may see now, and nobody else's (DA-43)."""
    if actor.user_id is None:
        raise NotAllowed
    if not _is_drafting(actor, case):
        require(actor, P.CASE_READ, case)
    own = f"draft:{actor.user_id.hex}"
    vault.current().grant("case", actor.partnership_id, case.id, own, open=True, seal=True)


def may_reveal(actor: Actor, case: Case, compartment: str) -> bool:
    """Whether values of a masked compartment may be asked for by the actor at the case's stage, one at a time."""
    session = object_session(case)
    if session is None or not may(actor, P.LOCATION_REVEAL, case) or not at_stage(session, actor, case, compartment):
        return False
    return compartment != "location" or locates(session, actor, case.id, case.programme)


def reveal(actor: Actor, case: Case, compartment: str) -> None:
    """Grant one masked compartment in this unit of work; the service records reason and value shown.

    NotAllowed at a stage where it stays shut for the role; StepUpNeeded without a second factor confirmed just now.
    """
    require(actor, P.LOCATION_REVEAL, case)
    if not may_reveal(actor, case, compartment):
        raise NotAllowed
    require_step_up(actor)
    for family in (compartment, "perpetrator", "children"):
        vault.current().grant("case", actor.partnership_id, case.id, family, open=True, purpose="reveal")


def open_evidence(actor: Actor, action: Action) -> None:
    """Grant the agency of an action to add, not to read back, a paper that shows it was done."""
    require(actor, P.ACTION_UPDATE, action)
    vault.current().grant("case", actor.partnership_id, action.case_id, "documents", open=False, seal=True)


def open_retention(actor: Actor, partnership_id: UUID, case_ids: Iterable[UUID]) -> None:
    """Grant why records are kept longer or held, and nothing else of the cases, to who keeps the schedule. The cases
    come from `visible`."""
    require_holds(actor, P.HOLD_PLACE)
    vault.current().grant_many("case", partnership_id, case_ids, ["retention"], open=True, seal=True)


def open_staff(actor: Actor, *, seal: bool = False) -> None:
    """Names of colleagues: for those whose work names them. Writing them is for inviting and for attendance."""
    require_holds(actor, P.HOME_READ)
    writes = (P.USER_INVITE, P.MEETING_PUBLISH, P.AGREEMENT_KEEP, P.ATTENDANCE_RECORD, P.ATTENDANCE_AGREE)
    if seal and not any(holds(actor, permission) for permission in writes):
        raise NotAllowed
    vault.current().grant("staff", actor.partnership_id, actor.partnership_id, "staff", open=True, seal=seal)
    makes_accounts = (P.USER_INVITE, P.USER_APPROVE, P.REFERRER_INVITE, P.MEETING_PUBLISH)
    if seal and any(holds(actor, permission) for permission in makes_accounts):
        vault.current().grant("staff", actor.partnership_id, actor.partnership_id, "totp", open=False, seal=True)


PURPOSES: dict[str, frozenset[str]] = {
    "match": frozenset({"identity", "perpetrator", "children", "contact", "location"}),
    "index": frozenset({"identity", "perpetrator", "children", "contact", "location"}),
    "rules": frozenset({"summary"}),
    "tell": frozenset({"risk"}),
    "cover": frozenset({"minutes"}),  # whether each risk raised was met: how many, never what
    "complete": _PEOPLE | {"equality"},  # what was not known yet; no answer that was given is shown
    "count": frozenset({"risk"}),  # how often a code was recorded, over many cases: no name, no case
    "statistics": _PEOPLE | {"equality"},  # the return: how many, never who
    "gates": frozenset({"risk"}),  # whether works may go on, whoever goes to the home
    "places": _PEOPLE | {"contact", "location"},
    "freeze": frozenset({"minutes", "actions"}),  # an approved version of the minutes is written, whoever approves it
    "lint": _PEOPLE | {"contact", "location", "minutes", "actions"},  # what must not leave; never shown
    "override": frozenset({"minutes"}),
    "disclose": _STORY | {"research:*", "minutes", "actions", "documents"},  # never where somebody is
    "job_card": _PEOPLE | {"contact", "location"},  # no name, and not the address before its hour, stands on a card
    "load": DRAFTING | {"research:*", "private:*", "minutes", "actions", "works", "audit-detail", "disclosed:*"},
    "retain": frozenset({"identity", "children"}),  # initials for the review list, and how old the youngest child is
    "keep": frozenset({"retention"}),  # the row that counts the date is born sealed
    "reseal": DRAFTING | {"research:*", "private:*", "minutes", "actions", "works", "disclosed:*"},
    "explain": frozenset({"audit-detail"}),  # why somebody is kept out or let in: written by whoever says it
    "screen": frozenset({"identity", "perpetrator", "children", "contact", "location"}),
}
STAFF_PURPOSES: dict[str, frozenset[str]] = {
    "signin": frozenset({"staff", "totp"}),
    "mail": frozenset({"staff"}),
    "alert": frozenset({"staff"}),
    "load": frozenset({"staff", "totp", "diary", "register"}),
    "reseal": frozenset({"staff"}),
    "screen": frozenset({"staff"}),
}


def open_for(purpose: str, partnership_id: UUID, case_ids: Iterable[UUID]) -> None:
    """Grant a named system purpose its few compartments of these cases; counted apart in the audit entry."""
    asked()
    writes = purpose in ("load", "reseal", "places", "freeze", "explain", "override", "keep", "complete")
    vault.current().grant_many("case", partnership_id, case_ids, PURPOSES[purpose], seal=writes, purpose=purpose)


@contextmanager
def apart() -> Iterator[None]:
    """A system purpose opens for the length of this block, and not for the rest of the request."""
    with vault.current().apart():
        yield


def open_for_drill(place: Place) -> None:
    """Grant one sealed value of a scratch copy, to see that it opens. Never over HTTP."""
    asked()
    vault.current().grant(place.kind, place.partnership, place.owner, place.compartment, open=True, purpose="drill")


def open_staff_for(purpose: str, partnership_id: UUID) -> None:
    """The same for staff details: sign-in (before there is an actor), mail, loading."""
    asked()
    writes = purpose not in ("mail", "screen")
    for compartment in STAFF_PURPOSES[purpose]:
        vault.current().grant(
            "staff", partnership_id, partnership_id, compartment, open=True, seal=writes, purpose=purpose
        )


def _named(actor: Actor, compartment: str) -> str:
    family, _, whose = compartment.partition(":")
    if whose != "own":
        return compartment
    return f"{family}:{actor.agency_id.hex}" if actor.agency_id else f"{family}:-"


def _is_drafting(actor: Actor, case: Case) -> bool:
    mine = GRANTS[actor.role].get(P.REFERRAL_EDIT)
    if mine is None:
        return False
    if case.last_heard_on is not None:
        return False  # a live case: a question about it, or a further incident, opens no form
    session, earlier = object_session(case), aliased(Referral)
    open_drafts = exists().where(
        Referral.case_id == case.id,
        ~exists().where(earlier.case_id == case.id, earlier.submitted_at < Referral.started_at),
        or_(
            Referral.state.in_((ReferralState.DRAFT, ReferralState.RETURNED)),
            and_(Referral.state == ReferralState.SUBMITTED, Referral.urgent),  # sent now, finished later (DA-18)
        ),
        rule(actor, P.REFERRAL_EDIT, Referral),
    )
    return bool(session and session.scalar(select(open_drafts)))
