"""Is each risk that was written down met by an action, or by a reason for none (DA-25, DA-27)? A rule of words.

Opens and stores nothing. Refuses to judge what the action is worth.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from marac.vocabulary import MinuteHeading as H, Protects

MET_BY: Final = {
    H.RISK_VICTIM: Protects.VICTIM, H.RISK_CHILDREN: Protects.CHILDREN, H.RISK_ADULTS: Protects.OTHER_ADULTS,
    H.RISK_PERPETRATOR: Protects.PERPETRATOR, H.RISK_STAFF: Protects.STAFF,
}  # fmt: skip
NOTHING: Final = re.compile(
    r"\s*(none|nil|n/?a|no (known |identified |specific )?(risks?|children|others?)|not known)\b", re.IGNORECASE
)
SHORT: Final = 60  # a longer text that begins so still says something


def says_something(text: str) -> bool:
    """False for an empty section and for "None known" and the like."""
    return bool(text.strip()) and not (len(text) <= SHORT and NOTHING.match(text))


def raised(written: Mapping[H, str]) -> tuple[H, ...]:
    """The sections that say that there is a risk, in their order."""
    return tuple(heading for heading in MET_BY if says_something(written.get(heading, "")))


def unmet(written: Mapping[H, str], protected: Collection[Protects], reasons: Iterable[str]) -> tuple[H, ...]:
    """The risks raised with neither an action for whom they are about nor a reason of their own.

    `reasons` are the headings that have one. What stands under "No further action because" is a reason for all.
    """
    if written.get(H.NO_ACTION, "").strip():
        return ()
    settled = set(reasons)
    return tuple(one for one in raised(written) if MET_BY[one] not in protected and one.value not in settled)
