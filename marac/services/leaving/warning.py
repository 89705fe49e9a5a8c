"""What is said beside a box in which an address was typed, while the words stay inside: it may be saved all the same.

Answers with kinds, never with what was found. An address that is not held anywhere yet is told by its shape.
"""

from sqlalchemy.orm import Session

from marac import audit
from marac.access import Actor
from marac.models import Case
from marac.services.leaving import checking
from marac.services.leaving.checking import Texts
from marac.vocabulary import SecretKind
from marac.workflows.place_words import EMAIL, PHONE, looks_like_place

MOVE = "Everyone who may read this reads it, and it stops the minutes. Move it to the address box on the People tab"
AN_ADDRESS = (SecretKind.POSTCODE, SecretKind.STREET, SecretKind.BUILDING)
SHAPES = ((looks_like_place, SecretKind.STREET), (PHONE.search, SecretKind.PHONE), (EMAIL.search, SecretKind.EMAIL))


def list_warnings(session: Session, actor: Actor, case: Case, texts: Texts) -> dict[str, str]:
    """Where words say where somebody is, or have the shape of an address -> what to tell who typed them."""
    kinds: dict[str, set[SecretKind]] = {
        where: {kind for told, kind in SHAPES if told(words or "")} for where, words in texts.items()
    }
    for one in checking.check(session, actor, case, texts):
        kinds[one.where].add(SecretKind.STREET if one.kind in AN_ADDRESS else one.kind)
    return {where: _words(found) for where, found in kinds.items() if found}


def _words(kinds: set[SecretKind]) -> str:
    """A guess typed in the shape of an address reads the same whether it is one of the case or not."""
    return f"This looks like {' and '.join(kind.label for kind in SecretKind if kind in kinds)}. {MOVE}."


def warn_of(session: Session, actor: Actor, case: Case, texts: Texts) -> dict[str, str]:
    """The same for words that were saved just now: that somebody was warned is recorded, since asking again and again
    would be a way to guess an address.
    """
    found = list_warnings(session, actor, case, texts)
    if found:
        audit.record(session, actor, "leaving:warned", case, kinds=len(found))
    return found
