"""Words about how long a record is kept, what stops its disposal, and its erasure."""

from marac.vocabulary.word import Word


class RetentionState(Word):
    """Where a record stands between its closing and its erasure."""

    COUNTING = "counting", "Kept until its date"
    PROPOSED = "proposed", "Erasure proposed"
    COOLING = "cooling", "Erasure approved"
    ERASING = "erasing", "Being erased"
    ERASED = "erased", "Erased"


class RetentionBasis(Word):
    """Which line of the schedule gives the date."""

    CLOSED_CASE = "closed_case", "Years from closure"
    NOT_HEARD = "not_heard", "Referral that no meeting heard"
    CHILD = "child", "A child is recorded"
    MEASURES = "measures", "Home security that is still fitted"
    SCHEME = "scheme", "Sanctuary request without works"
    KEPT_LONGER = "kept_longer", "Kept longer, for a reason on record"


class HoldKind(Word):
    """Why nothing of a record may be disposed of (DA-48)."""

    DEATH_REVIEW = "death_review", "Death or safeguarding review"
    COURT = "court", "Court case"
    SUBJECT_ACCESS = "subject_access", "Subject access request"
    COMPLAINT = "complaint", "Complaint"
