"""Words of a Sanctuary request in the office: its stages and exits, priority, gates, landlord, approval, clocks."""

from marac.vocabulary.word import Word


class SanctuaryState(Word):
    """Stage of one request, in the order it is worked, then the ways out of the line."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Sent"
    IN_TRIAGE = "in_triage", "Triage"
    INELIGIBLE = "ineligible", "Not suitable"
    AWAITING_INFORMATION = "awaiting_information", "Waiting for information"
    LANDLORD_PERMISSION = "landlord_permission", "Landlord permission"
    SURVEY_BOOKED = "survey_booked", "Survey booked"
    SURVEY_DONE = "survey_done", "Survey done"
    FIRE_CONSULT = "fire_consult", "Fire review"
    SPECIFICATION = "specification", "Specification and quotes"
    APPROVAL = "approval", "Approval"
    WORKS_ORDERED = "works_ordered", "Works ordered"
    INSTALLED = "installed", "Installed"
    SIGN_OFF = "sign_off", "Sign-off"
    SAFETY_PLAN_AND_MARKERS = "safety_plan_and_markers", "Safety plan and address flags"
    FOLLOW_UP = "follow_up", "Follow-up at 1, 3 and 6 months"
    CLOSED = "closed", "Closed"
    REMOVED_ENDED = "removed_ended", "Removed or ended"
    WITHDRAWN = "withdrawn_by_victim", "Withdrawn by the person"
    FROZEN = "perpetrator_returned_or_has_right", "Stopped: person causing harm is there or has a right to be"
    MOVED = "moved", "Moved"
    REFUGE = "refuge", "Went to refuge"
    DUPLICATE = "duplicate", "Same as another request"
    DIED = "died", "Person has died"
    ON_HOLD = "on_hold", "On hold"


class SanctuaryPriority(Word):
    """How fast each stage must be; highest first. Emergency counts clock hours, the others working days (SAN-24)."""

    EMERGENCY = "emergency", "Emergency"
    URGENT = "urgent", "Urgent"
    STANDARD = "standard", "Standard"


class SanctuaryPhase(Word):
    """What a stage means for who opens what: still being written, being worked, over."""

    WRITTEN = "written", "Being written"
    WORKED = "worked", "Being worked"
    ENDED = "ended", "Over"


class GateAnswer(Word):
    """Answer to one rule of eligibility. Unknown waits for information, it never refuses (SAN-21)."""

    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"
    NOT_APPLICABLE = "not_applicable", "Does not apply"


class GateResult(Word):
    """What one rule says of a request."""

    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    UNKNOWN = "unknown", "Not known"


class TriageResult(Word):
    """What all rules together say."""

    ELIGIBLE = "eligible", "Eligible"
    AWAITING = "awaiting_information", "Waiting for information"
    INELIGIBLE = "ineligible", "Not eligible"


class InterimSafety(Word):
    """What keeps the person safe until the home is secure (SAN-23)."""

    STAY_WITH_OTHERS = "stay_with_others", "Staying with others"
    EMERGENCY_ACCOMMODATION = "emergency_accommodation", "Emergency accommodation"
    REFUGE = "refuge", "Refuge"
    POLICE_PATROL_OR_MARKER = "police_patrol_or_marker", "Police patrol or marker"
    EMERGENCY_LOCK_CHANGE = "emergency_lock_change", "Emergency lock change"
    NONE_NEEDED = "none_needed_with_reason", "None needed, because"


class LandlordState(Word):
    """How the landlord's answer stands (SAN-25)."""

    NOT_ASKED = "not_asked", "Not asked yet"
    NOT_NEEDED = "not_needed", "Not needed: they own the home"
    ASKED = "asked", "Asked, no answer yet"
    GRANTED = "granted", "Agreed"
    GRANTED_WITH_CONDITIONS = "granted_with_conditions", "Agreed, with conditions"
    REFUSED = "refused", "Refused"
    NO_REPLY = "no_reply", "No reply, escalated"


class ApprovalDecision(Word):
    """What a budget holder decided on the cost (SAN-27)."""

    APPROVED = "approved", "Approved"
    SENT_BACK = "sent_back", "Sent back to be changed"
    DECLINED = "declined", "Not approved"


class PauseWhy(Word):
    """Why the clock of a stage stands still: only where the scheme cannot act."""

    INFORMATION = "information", "Waiting for information"
    LANDLORD = "landlord", "Waiting for the landlord"
    ON_HOLD = "on_hold", "On hold"
    SAFETY = "safety", "Stopped for safety"


class SanctuaryOutcome(Word):
    """How a request ended, for the return. Who could not be reached is never counted as stayed."""

    STAYED = "stayed", "Stayed at home"
    UNREACHABLE = "unreachable", "Could not be reached"
    NOT_SUITABLE = "not_suitable", "Not suitable"
    WITHDREW = "withdrew", "Withdrawn by the person"
    MOVED = "moved", "Moved"
    REFUGE = "refuge", "Went to refuge"
    STOPPED = "stopped", "Stopped for safety"
    DUPLICATE = "duplicate", "Same as another request"
    DIED = "died", "Person has died"
    NOT_SENT = "not_sent", "Never sent"
