"""What a contractor may read, and when: plain words only, the address from the evening before, nothing afterwards.

Refuses words that say why the work is done, and names of people who are not to be named (SAN-28).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Final

from marac import clock
from marac.vocabulary import WorksOrderState
from marac.workflows.deadlines import london

ADDRESS_FROM: Final = time(18, 0)  # the evening before, in London; a setting of the scheme may say another hour
TELLING: Final = (
    "abuse", "abused", "abusive", "abuser", "marac", "idva", "solace", "refuge", "domestic", "violence", "violent",
    "perpetrator", "victim", "survivor", "assault", "assaulted", "attack", "attacked", "stalk", "stalker", "stalking",
    "harass", "harassed", "harassment", "injunction", "non-molestation", "occupation order", "restraining", "bail",
    "police", "ex-partner", "ex partner", "her ex", "his ex", "husband", "wife", "boyfriend", "girlfriend", "partner",
    "sanctuary", "safe room", "panic room", "threat", "threats", "threatened", "arson", "weapon", "risk", "danger",
    "dangerous", "unsafe", "fear", "frightened", "hurt", "safeguarding", "court", "prison", "released", "anti-social",
)  # fmt: skip
PARTS: Final = ("area", "access", "what_to_say", "who_to_ring", "items")
AT_THE_DOOR: Final = (
    "Say you have come about the repairs.",
    "Say you have come from the council to check the doors and windows.",
    "Say the name of your firm and that you are expected. Nothing more.",
    "Ring when you are outside. Do not use the doorbell.",
)
PLAIN_ITEMS: Final[dict[str, str]] = {
    "sanctuary_room": "Reinforced room, complete", "safe_room_door": "Reinforced internal door, opening outwards",
    "safe_room_bolts": "Reinforced internal door: bolts and hinges",
    "safe_room_phone": "Phone or alarm point in the room with the reinforced door",
    "personal_alarm": "Personal alarm", "panic_alarm": "Monitored alarm",
}  # fmt: skip
"""Lines whose catalogue words would say why they are fitted, as a job card calls them."""
_WORDS = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(TELLING, key=len, reverse=True)))


def tells(text: str, names: Iterable[str] = ()) -> bool:
    """Whether a text says why, or holds a name (each part of three letters or more counts)."""
    said = _plain(text)
    parts = {part for name in names for part in re.split(r"[\s'-]+", _plain(name)) if len(part) > 2}
    return bool(_WORDS.search(said)) or any(re.search(rf"\b{re.escape(part)}\b", said) for part in parts)


def first_telling(texts: Mapping[str, str], names: Iterable[str] = ()) -> str:
    """The first field whose words tell; empty when none does."""
    held = list(names)
    return next((field for field, text in texts.items() if tells(text, held)), "")


def _plain(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    return "".join(sign for sign in spelt if not unicodedata.combining(sign) and sign not in "\u200b\u200c\u200d\u00ad")


def address_opens_at(window_from: datetime, hour: time = ADDRESS_FROM) -> datetime:
    """The evening before the work, on a London clock."""
    return london(clock.to_london(window_from).date() - timedelta(days=1), hour)


def shows_address(state: WorksOrderState, window_from: datetime, now: datetime, hour: time = ADDRESS_FROM) -> bool:
    """Whether the full address stands on the card: accepted, from the evening before, until completion (SAN-28)."""
    return state is WorksOrderState.ACCEPTED and now >= address_opens_at(window_from, hour)


def card_words(item: str, usual: str) -> str:
    """What a job card calls a line of works."""
    return PLAIN_ITEMS.get(item, usual)


def reference_of(letters: str) -> str:
    """A job's own number in words a van driver reads out; it leads to nothing else."""
    return f"Job {letters[:4]} {letters[4:]}".strip()
