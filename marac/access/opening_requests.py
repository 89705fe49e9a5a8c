"""What of a Sanctuary request opens for whom while it is written, worked and over.

A request has a case of its own that nobody reads as a case: this is its only door. Refuses a contractor everything.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from marac.access.policy import require, require_holds
from marac.access.relations import Actor
from marac.crypto import vault
from marac.models import SanctuaryRequest
from marac.vocabulary import Permission as P, Role, SanctuaryPhase as Phase, SanctuaryState as S

_FORM: Final = frozenset(
    {"identity", "children", "perpetrator", "contact", "location", "risk", "works", "documents", "equality"}
)
_OUTCOME: Final = frozenset({"identity", "documents"})
_SUPPORT: Final = frozenset({"identity", "children", "perpetrator", "contact", "risk", "works", "documents"})
_WHOLE: Final = _FORM - {"equality"}
_REQUESTER: Final = {Phase.WRITTEN: _FORM, Phase.WORKED: _OUTCOME, Phase.ENDED: _OUTCOME}
_SCHEME: Final = {Phase.WRITTEN: _FORM, Phase.WORKED: _WHOLE, Phase.ENDED: _WHOLE - {"contact"}}

REQUEST_OPENS: Final[dict[Role, dict[Phase, frozenset[str]]]] = {
    Role.REFERRER: _REQUESTER,
    Role.REPRESENTATIVE: _REQUESTER,
    Role.DEPUTY: _REQUESTER,
    Role.IDVA: {Phase.WRITTEN: _FORM, Phase.WORKED: _SUPPORT, Phase.ENDED: _SUPPORT - {"contact"}},
    Role.COORDINATOR: _SCHEME,
    Role.SANCTUARY_OFFICER: _SCHEME,
    Role.CRIME_PREVENTION_OFFICER: {Phase.WORKED: frozenset({"identity", "contact", "location", "works"})},
    Role.SERVICE_MANAGER: {Phase.WORKED: frozenset({"works"})},
    Role.TEAM_LEADER: {Phase.WORKED: frozenset({"works"})},
}

# What may be written without being read back: whoever learns of danger writes it down, whatever else they may see.
REQUEST_SEALS: Final[dict[Role, frozenset[str]]] = {
    Role.REFERRER: frozenset({"documents", "risk"}),
    Role.REPRESENTATIVE: frozenset({"documents", "risk"}),
    Role.DEPUTY: frozenset({"documents", "risk"}),
    Role.IDVA: frozenset({"documents", "risk", "works", "contact"}),
    Role.COORDINATOR: _FORM,
    Role.SANCTUARY_OFFICER: _FORM,
    Role.CRIME_PREVENTION_OFFICER: frozenset({"works", "documents", "risk"}),
    Role.SERVICE_MANAGER: frozenset({"works", "risk"}),
    Role.TEAM_LEADER: frozenset({"works", "risk"}),
}

_OVER: Final = (S.CLOSED, S.REMOVED_ENDED, S.DUPLICATE, S.DIED)
PHASE_OF: Final[Mapping[S, Phase]] = (
    dict.fromkeys(S, Phase.WORKED) | {S.DRAFT: Phase.WRITTEN} | dict.fromkeys(_OVER, Phase.ENDED)
)


def open_request(actor: Actor, request: SanctuaryRequest) -> frozenset[str]:
    """Grant this unit of work what the actor may open and seal of a request in its phase; returns what opens."""
    require(actor, P.SANCTUARY_READ, request)
    return open_requests(actor, {request.case_id: request.state})[request.case_id]


def open_requests(actor: Actor, stages: Mapping[UUID, S]) -> dict[UUID, frozenset[str]]:
    """The same for the requests of a list, which come from `visible`: their case ids and stages."""
    opened: dict[UUID, frozenset[str]] = {}
    for case_id, stage in stages.items():
        opens = REQUEST_OPENS.get(actor.role, {}).get(PHASE_OF[stage], frozenset())
        seals = opens if stage == S.DRAFT else REQUEST_SEALS.get(actor.role, frozenset())
        vault.current().grant_many("case", actor.partnership_id, [case_id], opens)
        vault.current().grant_many("case", actor.partnership_id, [case_id], seals, open=False, seal=True)
        opened[case_id] = opens
    return opened


def open_new_request(actor: Actor, case_id: UUID) -> None:
    """Grant the person who starts a request the form of the case that is being made for it."""
    require_holds(actor, P.SANCTUARY_CREATE)
    vault.current().grant_many("case", actor.partnership_id, [case_id], _FORM, seal=True)
    vault.current().grant("case", actor.partnership_id, case_id, "summary", open=False, seal=True)  # at birth, empty
