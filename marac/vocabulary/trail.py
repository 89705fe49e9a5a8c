"""Words of those who watch the trail: what an alert is about, why somebody is looked up."""

from marac.vocabulary.word import Word


class AlertRule(Word):
    """What an alert is about; the table of thresholds is in workflows/alerts.py."""

    OWN_NAME = "own_name", "Looked at a case with their own name or household in it"
    MANY_CASES = "many_cases", "Opened many different cases within an hour"
    ODD_HOURS = "odd_hours", "Opened a case at night"
    CLOSED_CASE = "closed_case", "Opened a closed case"
    MANY_REVEALS = "many_reveals", "Showed many hidden values within an hour"
    SAME_SEARCH = "same_search", "Searched for nearly the same again and again"
    ONE_CASE = "one_case", "Many people of one agency opened one case"
    BREAK_GLASS = "break_glass", "Used emergency access"
    EXPORT = "export", "Took a file out of the service"
    NEW_DEVICE = "new_device", "Showed a hidden value from a device not seen before"
    AUDIT_GAP = "audit_gap", "The trail is not as it was written"
    CHECKPOINT_LATE = "checkpoint_late", "The trail's newest checkpoint is too old"
    INTEGRITY = "integrity", "A record was changed outside the service"


class AlertState(Word):
    """Life of an alert."""

    OPEN = "open", "To look into"
    LOOKED_INTO = "looked_into", "Looked into"


class SampleReason(Word):
    """Why information governance asks who looked at somebody's case."""

    SPOT_CHECK = "spot_check", "Planned spot check"
    COMPLAINT = "complaint", "A complaint or concern"
    SUBJECT_REQUEST = "subject_request", "The person asked who has looked"
    ALERT = "alert", "An alert"
    INCIDENT = "incident", "A data incident"
