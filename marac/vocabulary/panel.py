"""Words about cases at a panel: stages, meetings, agenda, research, minutes."""

from marac.vocabulary.word import Word


class CaseState(Word):
    """Stage of a case; with the role it decides which compartments open."""

    RECEIVED = "received", "Being decided"
    LISTED = "listed", "Listed, research open"
    RESEARCHED = "researched", "Listed, research closed"
    IN_MEETING = "in_meeting", "Being heard"
    HEARD = "heard", "Heard, minutes not issued"
    ISSUED = "issued", "Heard, flag live"
    LAPSED = "lapsed", "Twelve months over"
    ACTIONS_OPEN = "actions_open", "Plan under way"
    REVIEW_DUE = "review_due", "Review due"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Joined to another case"
    ERASED = "erased", "Erased"


class MeetingState(Word):
    """Life of one dated sitting of a panel."""

    SCHEDULED = "scheduled", "Booked"
    PUBLISHED = "agenda_published", "Agenda published"
    RESEARCH_CLOSED = "research_closed", "Research closed"
    IN_PROGRESS = "in_progress", "In progress"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


AGENDA_IS_OUT = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED)
NOT_BEGUN = (MeetingState.SCHEDULED, *AGENDA_IS_OUT)


class MeetingKind(Word):
    """Type of sitting."""

    ROUTINE = "routine", "Routine"
    EXTRA = "extra", "Extra"
    EMERGENCY = "emergency", "Emergency"
    ASYNCHRONOUS = "asynchronous", "Without a room, until a closing date"


class MeetingPlace(Word):
    """How a meeting is held; an address is never stored here."""

    ONLINE = "online", "Online"
    IN_PERSON = "in_person", "In person"
    HYBRID = "hybrid", "In person and online"


class SeriesRule(Word):
    """How the days of a series of meetings are found."""

    NTH_WEEKDAY = "nth_weekday", "On a weekday of the month"
    EVERY_K_WEEKS = "every_k_weeks", "Every so many weeks"
    AD_HOC = "ad_hoc", "When needed: each day is chosen"


class MeetingChangeKind(Word):
    """What happened to a booked meeting."""

    MOVED = "moved", "Moved"
    CANCELLED = "cancelled", "Cancelled"


class AgendaItemState(Word):
    """Life of one case at one meeting."""

    LISTED = "listed", "Listed"
    IN_PROGRESS = "in_progress", "Now"
    HEARD = "heard", "Done"
    DEFERRED = "deferred", "Deferred"
    REMOVED = "removed", "Removed"


class Outcome(Word):
    """What a meeting decided about one item."""

    HEARD = "heard", "Heard"
    BRING_BACK = "bring_back", "Heard and bring back"
    DEFERRED = "deferred", "Deferred"
    TRANSFERRED = "transferred", "Transferred"
    NOT_HEARD = "not_heard", "Not heard"


class DeferralReason(Word):
    """Why a case is put off or taken off (DA-35). That consent was withdrawn is not among them: it is never enough."""

    REFERRER_ABSENT = "referrer_absent", "The referrer is absent and has briefed nobody"
    INFORMATION_MISSING = "information_missing", "Key agency information is missing"
    MOVED = "moved", "The victim-survivor has moved: transfer to another area"
    DIED = "died", "Somebody in the case has died"
    REMAND = "remand", "The alleged perpetrator is on long remand"
    DUPLICATE = "duplicate", "The same case is listed twice"
    CRITERIA = "criteria", "The criteria are no longer met"
    OVERRAN = "overran", "The meeting ran out of time"
    OTHER = "other", "Another reason"


class ResearchState(Word):
    """Life of one agency's reply on one case."""

    REQUESTED = "requested", "Not answered"
    IN_PROGRESS = "in_progress", "Started"
    RETURNED = "returned", "Known"
    NIL_RETURN = "nil_return", "Not known"
    RELEASED = "released", "Opened to the meeting"


UNANSWERED = (ResearchState.REQUESTED, ResearchState.IN_PROGRESS)


class MinutesState(Word):
    """Life of the minutes of one meeting."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "With the chair"
    APPROVED = "approved", "Approved"
    ISSUED = "issued", "Circulated"


class MinuteHeading(Word):
    """Sections of the minutes of one item; each is saved with a revision of its own."""

    VIEWS = "views", "Her or his views"
    INFORMATION = "information", "Information shared"
    RISK_VICTIM = "risk_victim", "Risk to the victim-survivor"
    RISK_CHILDREN = "risk_children", "Risk to children"
    RISK_ADULTS = "risk_adults", "Risk to other adults"
    RISK_PERPETRATOR = "risk_perpetrator", "The alleged perpetrator"
    RISK_STAFF = "risk_staff", "Risk to professionals"
    WHAT_WORKED = "what_worked", "Since last time: what changed and did it work"
    NO_ACTION = "no_action", "No further action because"


class AgendaChangeKind(Word):
    """What was changed about a case after the agenda was published."""

    ADDED = "added", "Added"
    TAKEN_OFF = "taken_off", "Taken off"
    DEFERRED = "deferred", "Deferred"
    MOVED = "moved", "Moved to another place in the order"
    MINUTES = "minutes", "Given another number of minutes"


class AttendanceState(Word):
    """Who came."""

    INVITED = "invited", "Invited"
    PRESENT = "present", "Present"
    DEPUTY = "deputy", "Deputy present"
    APOLOGIES = "apologies", "Apologies"
    ABSENT = "absent", "Absent"


class DocumentKind(Word):
    """What a document is that leaves the system on paper or as a file."""

    AGENDA = "agenda", "Agenda"
    BRIEF = "brief", "Chair's brief"
    MINUTES = "minutes", "Minutes"
    ACTIONS = "actions", "Action list"
    ATTENDANCE = "attendance", "Attendance and confidentiality"
    RESEARCH = "research", "Research sheet"
    REFERRAL = "referral", "Blank referral and risk checklist"
    WORKS_ORDER = "works_order", "Works order"
    LANDLORD_LETTER = "landlord_letter", "Request to the landlord"
    INELIGIBLE_NOTICE = "ineligible_notice", "Notice that the scheme is not suitable"
    CASE_LIST = "case_list", "List of cases"
    HOUSING_BENEFIT_LETTER = "housing_benefit_letter", "Housing benefit evidence letter"
    DISCLOSURE = "disclosure", "Disclosure"
    DISCLOSURE_LETTER = "disclosure_letter", "Letter in answer to a request"
    CHRONOLOGY = "chronology", "Chronology"


class DocumentReason(Word):
    """Why names stand in a document, where initials are the rule (DA-57)."""

    ROOM = "room", "For the room, without devices"
    OWN_RECORDS = "own_records", "To match with our own records"
    OWN_FILE = "own_file", "For our own case file"
    COURT = "court", "Asked for by a court or a review"


class DocumentState(Word):
    """Whether a copy may still be used."""

    RELEASED = "released", "In use"
    RECALLED = "recalled", "Recalled"
