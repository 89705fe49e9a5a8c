"""The words of the field, once each: roles, permissions, states, outcomes, compartments; with the label people read.

Refuses to decide anything: rules that use words live in workflows/ and access/. Values are frozen (they are stored);
labels may change. Follows the partnership's glossary.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A stored value with the label shown to people."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make the member; the label defaults to the value in sentence case."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label or value.replace("_", " ").capitalize()
        return word


class ProgrammeSlug(Word):
    """The three programmes of a partnership."""

    DA_MARAC = "da_marac", "Domestic abuse MARAC"
    COMMUNITY_MARAC = "community_marac", "Community MARAC"
    SANCTUARY = "sanctuary", "Sanctuary Scheme"


class Role(Word):
    """What a person is in one membership. Several may be held; one is active."""

    REFERRER = "referrer", "Referrer"
    REPRESENTATIVE = "representative", "Agency representative"
    DEPUTY = "deputy", "Deputy representative"
    IDVA = "idva", "IDVA"
    COORDINATOR = "coordinator", "Coordinator"
    CHAIR = "chair", "Chair"
    SANCTUARY_OFFICER = "sanctuary_officer", "Sanctuary officer"
    CRIME_PREVENTION_OFFICER = "crime_prevention_officer", "Crime-prevention officer"
    CONTRACTOR = "contractor", "Contractor"
    SERVICE_MANAGER = "service_manager", "Service manager"
    AGENCY_ADMIN = "agency_admin", "Agency lead"
    SYSTEM_ADMIN = "system_admin", "System administrator"
    AUDITOR = "auditor", "Auditor"
    SYSTEM = "system", "System"


class Permission(Word):
    """What may be asked of `access`; noun:verb."""

    HOME_READ = "home:read", "See your work"
    REFERRAL_CREATE = "referral:create", "Start a referral"
    REFERRAL_READ = "referral:read", "Read a referral"
    REFERRAL_EDIT = "referral:edit", "Fill in a referral"
    REFERRAL_SUBMIT = "referral:submit", "Send a referral"
    REFERRAL_DECIDE = "referral:decide", "Decide a referral"
    CASE_READ = "case:read", "Read a case"
    CASE_UPDATE = "case:update", "Update safe contact and wishes"
    CASE_LIST = "case:list", "List a case for a meeting"
    CASE_CLOSE = "case:close", "Close a case"
    CASE_RESTRICT = "case:restrict", "Restrict a case to named people"
    LOCATION_REVEAL = "location:reveal", "Show one address or phone, with a reason"
    PERSON_MATCH = "person:match", "Search for a person across cases"
    PERSON_LINK = "person:link", "Confirm or reject that two people are the same"
    MEETING_READ = "meeting:read", "See meetings"
    MEETING_SCHEDULE = "meeting:schedule", "Schedule a meeting"
    MEETING_PUBLISH = "meeting:publish", "Publish an agenda"
    MEETING_RUN = "meeting:run", "Run a meeting"
    MEETING_CANCEL = "meeting:cancel", "Cancel a meeting"
    ATTENDANCE_RECORD = "attendance:record", "Record attendance"
    ATTENDANCE_AGREE = "attendance:agree", "Agree confidentiality for oneself"
    RESEARCH_READ = "research:read", "Read research"
    RESEARCH_WRITE = "research:write", "Answer research for one's agency"
    RESEARCH_CHASE = "research:chase", "See and chase research replies"
    RESEARCH_RELEASE = "research:release", "Open research to the meeting"
    MINUTES_READ = "minutes:read", "Read minutes"
    MINUTES_WRITE = "minutes:write", "Write minutes"
    MINUTES_APPROVE = "minutes:approve", "Approve minutes"
    MINUTES_ISSUE = "minutes:issue", "Circulate minutes"
    ACTION_READ = "action:read", "Read actions"
    ACTION_CREATE = "action:create", "Assign actions"
    ACTION_UPDATE = "action:update", "Report on an action"
    ACTION_WITHDRAW = "action:withdraw", "Withdraw or re-open an action"
    FLAG_CONFIRM = "flag:confirm", "Confirm flag and tag"
    USER_READ = "user:read", "See user accounts"
    USER_INVITE = "user:invite", "Invite a user"
    USER_SUSPEND = "user:suspend", "Suspend a user"
    AGENCY_READ = "agency:read", "See agencies"
    SETTING_READ = "setting:read", "See settings"
    AUDIT_READ = "audit:read", "Read the audit trail"
    REPORT_READ = "report:read", "Read aggregate reports"
    JOB_RUN = "job:run", "Run timed jobs"


class PersonRole(Word):
    """Who a person is in one case; picks the compartment of their identity."""

    VICTIM = "victim", "Victim-survivor"
    PERPETRATOR = "perpetrator", "Alleged perpetrator"
    CHILD = "child", "Child"
    OTHER_AT_RISK = "other_at_risk", "Other person at risk"


class ReferralState(Word):
    """Life of one referral."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Received"
    RETURNED = "returned_for_information", "More information asked for"
    ACCEPTED = "accepted", "Listed"
    ALERT_ONLY = "alert_only", "Noted by agencies, not discussed"
    TRANSFERRED_OUT = "transferred_out", "Transferred to another area"
    REFERRED_ELSEWHERE = "referred_elsewhere", "Passed to another forum"
    NOT_ACCEPTED = "not_accepted", "Not listed"
    MERGED = "merged_duplicate", "Same as another referral"
    WITHDRAWN = "withdrawn", "Withdrawn before sending"


class ReferralKind(Word):
    """How the referral reached the panel (counted in returns)."""

    NEW = "new", "New"
    REPEAT = "repeat", "Repeat"
    TRANSFER_IN = "transfer_in", "Transfer in"
    EMERGENCY = "emergency", "Emergency"


class CaseState(Word):
    """Stage of a case; with the role it decides which compartments open."""

    RECEIVED = "received", "Being decided"
    LISTED = "listed", "Listed, research open"
    RESEARCHED = "researched", "Listed, research closed"
    IN_MEETING = "in_meeting", "Being heard"
    HEARD = "heard", "Heard, minutes not issued"
    ISSUED = "issued", "Heard, flag live"
    LAPSED = "lapsed", "Twelve months over"
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


class MeetingKind(Word):
    """Type of sitting."""

    ROUTINE = "routine", "Routine"
    EXTRA = "extra", "Extra"
    EMERGENCY = "emergency", "Emergency"


class MeetingPlace(Word):
    """How a meeting is held; an address is never stored here."""

    ONLINE = "online", "Online"
    IN_PERSON = "in_person", "In person"
    HYBRID = "hybrid", "In person and online"


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


class ResearchState(Word):
    """Life of one agency's reply on one case."""

    REQUESTED = "requested", "Not answered"
    IN_PROGRESS = "in_progress", "Started"
    RETURNED = "returned", "Known"
    NIL_RETURN = "nil_return", "Not known"
    RELEASED = "released", "Opened to the meeting"


class MinutesState(Word):
    """Life of the minutes of one meeting."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "With the chair"
    APPROVED = "approved", "Approved"
    ISSUED = "issued", "Circulated"


class ActionState(Word):
    """Life of one action (DA-28 keeps the two kinds of non-completion apart)."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETE = "complete", "Done"
    NO_LONGER_POSSIBLE = "no_longer_possible", "Cannot be done: circumstances changed"
    NOT_DONE = "not_done", "Not done"
    TRANSFERRED = "transferred", "Handed to another agency"
    WITHDRAWN = "withdrawn", "Withdrawn"


LIVE_ACTIONS = (ActionState.OPEN, ActionState.ACCEPTED, ActionState.IN_PROGRESS)


class FlagState(Word):
    """Flag and tag on an agency's own file, twelve months from the hearing (DA-32)."""

    ADD_REQUESTED = "add_requested", "To be added"
    ADDED = "added", "On file"
    REMOVE_REQUESTED = "remove_requested", "To be lifted"
    REMOVED = "removed", "Lifted"


class Protects(Word):
    """Whom an action protects; with the aims of a MARAC."""

    VICTIM = "victim", "Victim-survivor"
    CHILDREN = "children", "Children"
    OTHER_ADULTS = "other_adults", "Other adults"
    STAFF = "staff", "Professionals"
    PERPETRATOR = "perpetrator", "Alleged perpetrator"


class SafeToUse(Word):
    """Answer per contact method. Not asked behaves as No (DA-14)."""

    YES = "yes", "Yes"
    ONLY_BETWEEN = "only_between", "Only between"
    NO = "no", "No"
    NOT_ASKED = "not_asked", "Not asked"


class ContactChannel(Word):
    """Ways in which a person may or may not be reached."""

    PHONE = "phone", "Phone"
    VOICEMAIL = "voicemail", "Voicemail"
    TEXT = "text", "Text message"
    EMAIL = "email", "E-mail"
    LETTER = "letter", "Letter"
    VISIT = "visit", "Visit"
    THROUGH = "through", "Through someone else"


class Answer(Word):
    """Answer to one checklist question; don't know is counted, never a silent no (DA-9)."""

    YES = "yes", "Yes"
    NO = "no", "No"
    DONT_KNOW = "dont_know", "Don't know"


class Criterion(Word):
    """Ways in to a DA MARAC; any one is enough (DA-6)."""

    VISIBLE_HIGH_RISK = "visible_high_risk", "Visible high risk"
    PROFESSIONAL_JUDGEMENT = "professional_judgement", "Professional judgement"
    POTENTIAL_ESCALATION = "potential_escalation", "Potential escalation"
    REPEAT = "repeat", "Repeat"


class TriageOutcome(Word):
    """Decision on a referral (DA-17)."""

    ACCEPT = "accept_next_meeting", "List for a meeting"
    ACCEPT_EMERGENCY = "accept_emergency", "Emergency meeting"
    ACCEPT_REPEAT = "accept_repeat", "Repeat of a known case"
    ACCEPT_TRANSFER_IN = "accept_transfer_in", "Transfer from another MARAC"
    RETURN = "return_for_information", "Ask the referrer for more"
    ALERT_ONLY = "alert_only", "Alert agencies only"
    TRANSFER_OUT = "transfer_out", "Transfer to another area"
    REFER_ELSEWHERE = "refer_elsewhere", "Pass to another forum"
    NOT_ACCEPTED = "not_accepted", "Do not list, with advice"
    MERGE = "merge_duplicate", "Same as a referral already here"


class InvolvementBasis(Word):
    """Why an agency may see a case."""

    REFERRED = "referred", "Referred it"
    LISTED = "listed", "Core agency, listed"
    CONSULTED = "consulted", "Consulted for it"
    GRANTED = "granted", "Granted by the chair"
    SUPPORTS = "supports", "Supports the person"


class AttendanceState(Word):
    """Who came."""

    INVITED = "invited", "Invited"
    PRESENT = "present", "Present"
    DEPUTY = "deputy", "Deputy present"
    APOLOGIES = "apologies", "Apologies"
    ABSENT = "absent", "Absent"


class UserState(Word):
    """Life of an account."""

    INVITED = "invited", "Invited"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"


class LinkDecision(Word):
    """A person's decision on a possible match."""

    SAME = "same", "Same person"
    DIFFERENT = "different", "Different people"


class RevealReason(Word):
    """Why a masked value is opened."""

    SAFETY_PLANNING = "safety_planning", "Safety planning or visit"
    AGREED_CONTACT = "agreed_contact", "Making contact by the agreed method"
    OWN_RECORDS = "own_records", "Checking our records"
    AT_PANEL = "at_panel", "At the panel"
    OTHER = "other", "Something else"


class LawfulBasis(Word):
    """Why sharing is lawful without consent (DA-15)."""

    VITAL_INTERESTS = "vital_interests", "Vital interests: to protect life"
    PUBLIC_TASK = "public_task", "Public task: safeguarding"
    CRIME_PREVENTION = "crime_prevention", "Preventing or detecting crime (Crime and Disorder Act s115)"
    SAFEGUARDING = "safeguarding", "Safeguarding children or adults at risk (DPA 2018 Sch 1 para 18)"


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


class Template(Word):
    """Messages the system sends; none names a person, case, agency or programme."""

    INVITATION = "invitation", "You have been invited"
    REFERRAL_WAITING = "referral_waiting", "Something is waiting for a decision"
    REFERRAL_URGENT = "referral_urgent", "Something urgent is waiting"
    REFERRAL_DECIDED = "referral_decided", "There is an answer to what you sent"
    RESEARCH_ASKED = "research_asked", "Answers are asked for"
    ACTIONS_ASSIGNED = "actions_assigned", "There are actions for your agency"
    MINUTES_READY = "minutes_ready", "A document waits for approval"
    MINUTES_ISSUED = "minutes_issued", "A document has been circulated"
    FLAG_ASKED = "flag_asked", "A confirmation is asked for"
