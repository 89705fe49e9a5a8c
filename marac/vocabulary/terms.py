"""What a programme calls things: our own fixed phrases turned into its words. Never applied to what people typed."""

import re
from typing import Final

from marac.vocabulary.referring import ProgrammeSlug

TERMS: Final[dict[ProgrammeSlug, tuple[tuple[str, str], ...]]] = {
    ProgrammeSlug.COMMUNITY_MARAC: (
        ("an alleged perpetrator's", "a person's who is said to be causing harm"),
        ("alleged perpetrator's name", "name of the person said to be causing harm"),
        ("alleged perpetrators", "people said to be causing harm"),
        ("an alleged perpetrator", "a person said to be causing harm"),
        ("alleged perpetrator", "person said to be causing harm"),
        ("perpetrator", "person said to be causing harm"),
        ("victim-survivors", "people at risk"),
        ("victim-survivor", "person at risk"),
        ("DASH risk checklist", "risk matrix"),
        ("the DASH", "the risk matrix"),
        ("DASH", "risk matrix"),
        ("checklist", "matrix"),
        ("through the IDVA only", "through the named advocate only"),
        ("the coordinator and the IDVA service", "the coordinator"),
        ("the IDVA service", "the named advocate"),
        ("the IDVA", "the named advocate"),
        ("IDVA", "named advocate"),
        ("domestic abuse", "anti-social behaviour"),
    ),
}


def said(programme: ProgrammeSlug | None, text: str) -> str:
    """One of our own phrases in the words of a programme; capitals at the start of it are kept."""
    for word, instead in TERMS.get(programme, ()) if programme else ():
        text = re.sub(rf"(?<![\w-]){re.escape(word)}(?!\w)", instead, text)
        text = re.sub(rf"(?<![\w-]){re.escape(_capital(word))}(?!\w)", _capital(instead), text)
    return text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
