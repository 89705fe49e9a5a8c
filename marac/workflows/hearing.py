"""What a hearing goes through and must put on record, per programme: tables of words. Decides and stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from marac.vocabulary import MinuteHeading as H, Outcome, ProgrammeSlug

_RISKS = (H.RISK_VICTIM, H.RISK_CHILDREN, H.RISK_ADULTS, H.RISK_PERPETRATOR, H.RISK_STAFF)


@dataclass(frozen=True, slots=True)
class HearingRecord:
    """What one panel records of a case: kinds of risk each of which must be written, aims to tick, words for headings.

    An aim that is not ticked is a gap before the minutes go out, never a block.
    """

    risks: tuple[H, ...]
    covered: Mapping[str, str]
    headings: Mapping[H, str]
    advocate: str
    """Who speaks for the person, where the panel has a word for it."""
    outcomes: tuple[Outcome, ...] = tuple(Outcome)
    reviews: bool = False
    """Whether a case stays on the agenda until it is resolved; listed again it is then no repeat by itself."""

    def label(self, heading: H) -> str:
        """What this panel calls a section of its minutes."""
        return self.headings.get(heading, heading.label)


RECORDS: Final[Mapping[ProgrammeSlug, HearingRecord]] = {
    ProgrammeSlug.DA_MARAC: HearingRecord(
        risks=_RISKS,
        covered={
            "views": "Her or his views",
            "at_risk": "Children and adults at risk",
            "perpetrator": "Alleged perpetrator: where, and the plan",
            "staff": "Risk to staff",
            "needs": "Needs and equality",
            "telling": "Who tells them, and how safely",
            "flag": "Flag and tag",
        },
        headings={},
        advocate="IDVA",
    ),
    ProgrammeSlug.COMMUNITY_MARAC: HearingRecord(
        risks=(H.RISK_VICTIM, H.RISK_ADULTS, H.RISK_PERPETRATOR, H.RISK_STAFF),
        covered={
            "views": "Her or his views",
            "at_risk": "Children and adults at risk",
            "perpetrator": "Person said to be causing harm: behaviour, needs, support",
            "staff": "Risk to staff",
            "powers": "Powers considered, each with its reason",
            "care_act": "Safeguarding (section 42) decided",
            "landlord": "Landlord and place",
            "advocate": "Named advocate",
            "telling": "Who tells them, and how safely",
            "review": "Next review",
        },
        headings={
            H.RISK_VICTIM: "Risk to the person at risk",
            H.RISK_CHILDREN: "Children in the homes, if any",
            H.RISK_ADULTS: "Neighbours and others affected",
            H.RISK_PERPETRATOR: "The person said to be causing harm",
            H.RISK_STAFF: "Risk to workers who visit",
        },
        advocate="Advocate",
        outcomes=(Outcome.HEARD, Outcome.BRING_BACK, Outcome.DEFERRED, Outcome.NOT_HEARD),
        reviews=True,
    ),
}


def record_of(programme: ProgrammeSlug) -> HearingRecord:
    """What the panel of a programme records; a programme without panels has the first panel's."""
    return RECORDS.get(programme, RECORDS[ProgrammeSlug.DA_MARAC])
