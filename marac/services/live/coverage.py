"""Does every risk that was written down have an action, or a reason for none (DA-25, DA-27)? Says what lacks one.

Reads only. Refuses to judge what the action is worth.
"""

import re
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Action, AgendaItem
from marac.services.live import notes
from marac.vocabulary import ActionState, MinuteHeading as H, Permission as P, Protects
from marac.workflows.hearing import record_of

MET_BY: Final = {
    H.RISK_VICTIM: Protects.VICTIM, H.RISK_CHILDREN: Protects.CHILDREN, H.RISK_ADULTS: Protects.OTHER_ADULTS,
    H.RISK_PERPETRATOR: Protects.PERPETRATOR, H.RISK_STAFF: Protects.STAFF,
}  # fmt: skip
NOTHING: Final = re.compile(
    r"\s*(none|nil|n/?a|no (known |identified |specific )?(risks?|children|others?)|not known)\b", re.IGNORECASE
)
SHORT: Final = 60  # a longer text that begins so still says something


def list_uncovered(session: Session, actor: Actor, item: AgendaItem) -> tuple[H, ...]:
    """The risk sections of an item that say something and have neither an action nor a reason for none.

    What stands under "No further action because" is a reason for all of them.
    """
    written = notes.get_notes(session, actor, item)
    if H.NO_ACTION in written and written[H.NO_ACTION].text.strip():
        return ()
    agreed = access.rule(actor, P.ACTION_READ, Action), Action.item_id == item.id
    met = set(session.scalars(select(Action.protects).where(*agreed, Action.state != ActionState.WITHDRAWN)))
    return tuple(
        heading for heading, whom in MET_BY.items()
        if heading in written and says_something(written[heading].text) and whom not in met
    )  # fmt: skip


def says_something(text: str) -> bool:
    """False for an empty section and for "None known" and the like."""
    return bool(text.strip()) and not (len(text) <= SHORT and NOTHING.match(text))


def gap_lines(session: Session, actor: Actor, item: AgendaItem) -> list[str]:
    """The same as lines for the list of gaps at the end of a meeting."""
    record = record_of(item.case.programme)
    uncovered = list_uncovered(session, actor, item)
    return [f"{record.label(heading)}: no action and no reason for none" for heading in uncovered]
