"""Words about referrals: programmes, states, ways in, outcomes."""

from marac.vocabulary.word import Word


class ProgrammeSlug(Word):
    """The three programmes of a partnership."""

    DA_MARAC = "da_marac", "Domestic abuse MARAC"
    COMMUNITY_MARAC = "community_marac", "Community MARAC"
    SANCTUARY = "sanctuary", "Sanctuary Scheme"


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


class Answer(Word):
    """Answer to one checklist question; don't know is counted, never a silent no (DA-9)."""

    YES = "yes", "Yes"
    NO = "no", "No"
    DONT_KNOW = "dont_know", "Don't know"


class Grade(Word):
    """How high a risk was graded, by a tool or by a professional; lowest first."""

    STANDARD = "standard", "Standard"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


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


class PaperKind(Word):
    """What a paper attached to a referral or a case is."""

    CHECKLIST = "checklist", "Risk checklist, filled in on paper"
    STALKING = "stalking_screen", "Stalking screen"
    SEVERITY = "severity_grid", "Severity of abuse grid"
    NO_CONSENT = "no_consent_record", "Record of sharing without consent"
    EARLIER = "earlier_papers", "Papers from an earlier panel or another area"
    COURT = "court_order", "Court order"
    EVIDENCE = "evidence", "Shows that an action was done"
    OTHER = "other", "Something else"


class LawfulBasis(Word):
    """Why sharing is lawful without consent (DA-15)."""

    VITAL_INTERESTS = "vital_interests", "Vital interests: to protect life"
    PUBLIC_TASK = "public_task", "Public task: safeguarding"
    CRIME_PREVENTION = "crime_prevention", "Preventing or detecting crime (Crime and Disorder Act s115)"
    SAFEGUARDING = "safeguarding", "Safeguarding children or adults at risk (DPA 2018 Sch 1 para 18)"


class OutsideStanding(Word):
    """All that a referrer outside the membership is told of what they sent (DA-42)."""

    NOT_SENT = "not_sent", "Not sent yet"
    WITHDRAWN = "withdrawn", "Withdrawn before sending"
    RECEIVED = "received", "Received"
    LISTED = "listed", "Listed"
    HEARD = "heard", "Heard"
    NOT_LISTED = "not_listed", "Not listed"
