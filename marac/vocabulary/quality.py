"""Words about auditing the work on a sample of cases."""

from marac.vocabulary.word import Word


class SampleState(Word):
    """Life of an audit: once closed it stands."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class SampleAnswer(Word):
    """How far a case meets a principle."""

    YES = "yes", "Yes"
    PARTLY = "partly", "Partly"
    NO = "no", "No"
    NOT_APPLICABLE = "not_applicable", "Does not apply"
