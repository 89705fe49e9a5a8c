"""Words about a Community MARAC case between its first hearing and its closure."""

from marac.vocabulary.word import Word


class PowerDecision(Word):
    """What the panel decided about one power (CM-12)."""

    USED = "used", "Used"
    REJECTED = "rejected", "Considered and rejected"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class CareAct(Word):
    """Whether a safeguarding concern under section 42 was raised for an adult at risk (CM-13)."""

    REFERRED = "referred", "Concern raised"
    ALREADY_OPEN = "already_open", "An enquiry is open already"
    NOT_REFERRED = "not_referred", "No concern raised, because"


class ClosureOutcome(Word):
    """How a case ended, for the returns."""

    RESOLVED = "resolved", "Behaviour stopped"
    RISK_REDUCED = "risk_reduced", "Risk reduced, one agency goes on"
    STATUTORY_PLAN = "statutory_plan", "Risk held by a statutory plan"
    MOVED_AWAY = "moved_away", "The person at risk moved away"
    HARM_MOVED = "harm_moved", "The person said to be causing harm moved away"
    DISENGAGED = "disengaged", "The person at risk no longer wants help"
    DIED = "died", "The person at risk died"


class CaseReviewOutcome(Word):
    """Where an application for an ASB Case Review stands."""

    APPLIED = "applied", "Applied for"
    THRESHOLD_MET = "threshold_met", "Threshold met, review to be held"
    THRESHOLD_NOT_MET = "threshold_not_met", "Threshold not met"
    REVIEWED = "reviewed", "Reviewed"
    APPEALED = "appealed", "Appealed"
