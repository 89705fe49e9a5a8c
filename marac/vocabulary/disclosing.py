"""Words about what is handed out on request, and about cases that must be kept as they are."""

from marac.vocabulary.word import Word


class DisclosureKind(Word):
    """What sort of request it is; the clock follows from it."""

    SUBJECT_ACCESS = "subject_access", "Subject access request"
    COURT = "court", "Court order or request"
    POLICE = "police", "Police request"
    DEATH_REVIEW = "death_review", "Domestic abuse related death review"
    SOLICITOR = "solicitor", "Solicitor's request"
    HEALTH = "health", "Copy for a health record"
    OTHER = "other", "Another request"


class DisclosureState(Word):
    """Life of a request. Nobody releases what they prepared."""

    RECEIVED = "received", "Being prepared"
    PREPARED = "prepared", "Waiting for release"
    AGREED = "agreed", "Agreed by one, waiting for a second"
    RELEASED = "released", "Released"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn by who asked"


class DisclosureStanding(Word):
    """Who asks, as far as it matters for safety."""

    VICTIM = "victim", "The victim-survivor, or somebody who acts for them"
    PERPETRATOR = "perpetrator", "The alleged perpetrator, or somebody who acts for them"
    CHILD = "child", "A child, or somebody who acts for a child"
    OTHER_PERSON = "other_person", "Another person"
    AUTHORITY = "authority", "A court, the police, a review or a public body"
    NOT_KNOWN = "not_known", "Not known"


class DisclosureProof(Word):
    """How it is known who asks."""

    NOT_SEEN = "not_seen", "Not seen yet"
    DOCUMENT = "document", "Identity document seen"
    KNOWN = "known", "Known to us in person"
    OFFICIAL = "official", "Official request, checked by phoning back"
    AUTHORITY_TO_ACT = "authority_to_act", "Signed authority to act, and identity seen"


class DisclosureAnswer(Word):
    """What the answer is."""

    NEITHER = "neither", "Neither confirm nor deny"
    PASSAGES = "passages", "Hand over what may be handed over"
    NOTHING = "nothing", "Say that nothing is held"


class PassageSource(Word):
    """Where a passage was found."""

    PERSON = "person", "Who they are"
    CASE = "case", "Case"
    REFERRAL = "referral", "Referral"
    ASSESSMENT = "assessment", "Risk assessment"
    INCIDENT = "incident", "Incident"
    RESEARCH = "research", "Agency research"
    MINUTES = "minutes", "Minutes"
    ACTION = "action", "Action"
    CONTACT = "contact", "Telling the person"
    PAPER = "paper", "Document"


class PassageApproval(Word):
    """Whether the agency whose information it is agrees that it is handed out (DA-45)."""

    NOT_NEEDED = "not_needed", "Not needed"
    NOT_ASKED = "not_asked", "Not asked yet"
    ASKED = "asked", "Asked"
    AGREED = "agreed", "Agreed"
    OBJECTED = "objected", "Objects"


class HoldReason(Word):
    """Why a case is kept as it is, whatever its dates say."""

    DEATH_REVIEW = "death_review", "Death review"
    SUBJECT_ACCESS = "subject_access", "Subject access request"
    COURT = "court", "Court proceedings"
    POLICE = "police", "Police investigation"
    COMPLAINT = "complaint", "Complaint"


OPEN_DISCLOSURES = (DisclosureState.RECEIVED, DisclosureState.PREPARED, DisclosureState.AGREED)
