"""What needs a fresh second factor, in one table: the door asks before the page runs, whatever the service asks."""

from typing import Final, NamedTuple

from flask import request

from marac import access
from marac.access import Actor

EVERY: Final = frozenset({"GET", "POST"})
SENT: Final = frozenset({"POST"})


class Row(NamedTuple):
    """One page: what kind of act it is, its endpoint, how it is asked for, and which of its addresses are meant."""

    act: str
    endpoint: str
    methods: frozenset[str] = EVERY
    only: str = ""


ASKED: Final = (
    Row("reveal", "cases.reveal"),
    Row("reveal", "outside_referrers.show_code"),
    Row("export", "documents.of_meeting", SENT),
    Row("export", "letters.of_request", SENT),
    Row("export", "papers.download"),
    Row("export", "research.to_print"),
    Row("export", "transfers.fetch"),
    Row("export", "transfers.send"),
    Row("circulate", "minutes.move", SENT, only="issue"),
    Row("circulate", "releasing.circulate_actions"),
    Row("circulate", "releasing.recall", SENT),
    Row("grant", "outside_referrers.invite"),
    Row("grant", "outside_referrers.send_again"),
    Row("grant", "transfers.areas_page", SENT),
    Row("grant", "transfers.check_area", SENT),
    Row("user admin", "admin.invite"),
    Row("user admin", "admin.suspend"),
    Row("user admin", "admin.restore"),
    *(Row("user admin", f"members.{one}", SENT) for one in ("approve", "refuse", "send_again", "end_role")),
    Row("user admin", "members.code"),
    Row("user admin", "members.left"),
    Row("user admin", "attesting.answer"),
    Row("grant", "deputies.name"),
    Row("grant", "deputies.approve", SENT),
    Row("grant", "deputies.refuse", SENT),
    Row("grant", "guest_passes.let_in"),
    Row("grant", "agreements.record"),
    Row("user admin", "factor_resets.ask"),
    Row("user admin", "factor_resets.approve"),
)


def ask(actor: Actor) -> None:
    """StepUpNeeded when this request is for a page of the table and the person's last factor is too old."""
    values = {str(value) for value in (request.view_args or {}).values()}
    for row in ASKED:
        if row.endpoint == request.endpoint and request.method in row.methods and (not row.only or row.only in values):
            access.require_step_up(actor)
