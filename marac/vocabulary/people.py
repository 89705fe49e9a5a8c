"""Words about people: roles, permissions, accounts, contact, links between people."""

from marac.vocabulary.word import Word


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
    TEAM_LEADER = "team_leader", "Team leader"
    STEERING_GROUP = "steering_group", "Steering group"
    GUEST = "guest", "Guest or observer"
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
    CONTACT_UPDATE = "contact:update", "Keep how to contact safely, and the places of a case"
    CASE_LIST = "case:list", "List a case for a meeting"
    CASE_CLOSE = "case:close", "Close a case"
    CASE_RESTRICT = "case:restrict", "Restrict a case to named people"
    WALL_DECIDE = "wall:decide", "See who is kept out of a case, keep somebody out, confirm or lift what was found"
    WALL_LIFT = "wall:lift", "Ask to lift a wall; a second person has to agree"
    GLASS_BREAK = "glass:break", "Open a case that is not theirs in an emergency, for an hour"
    GLASS_READ = "glass:read", "See uses of emergency access"
    GLASS_APPROVE = "glass:approve", "Agree that an address is shown in an emergency"
    GLASS_REVIEW = "glass:review", "Review uses of emergency access"
    CASE_REVIEW = "case:review", "Review a case: score again, powers considered, advocate, safeguarding"
    CASE_OVERRIDE = "case:override", "Close a case over what is still open, with a reason"
    CASE_URGENT = "case:urgent", "Call an urgent meeting for a case"
    INCIDENT_RECORD = "incident:record", "Record an incident on a case"
    ASSESSMENT_CREATE = "assessment:create", "Add a risk assessment to a case"
    LOCATION_REVEAL = "location:reveal", "Show one address or phone, with a reason"
    ADDRESS_OVERRIDE = "address:override", "Let words leave although the address check found something"
    PAPER_READ = "paper:read", "Read an attached paper"
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
    ACTION_OVERSEE = "action:oversee", "Be told whose actions are long overdue, without what they say"
    LIBRARY_EDIT = "library:edit", "Add or retire a usual action"
    FLAG_CONFIRM = "flag:confirm", "Confirm flag and tag"
    FLAG_FOLLOW = "flag:follow", "See which agencies have not confirmed flag and tag"
    TELLING_READ = "telling:read", "See who tells the person, and how it stands"
    TELLING_REPORT = "telling:report", "Say whether the person was told"
    TELLING_ASSIGN = "telling:assign", "Choose who tells the person"
    AREA_KEEP = "area:keep", "Register other areas"
    TRANSFER_READ = "transfer:read", "See transfers between areas"
    TRANSFER_SEND = "transfer:send", "Send a case to another area"
    TRANSFER_RECEIVE = "transfer:receive", "Take in a case from another area"
    TRANSFER_CHECK = "transfer:check", "Check that a transfer was handed over"
    REFERRER_INVITE = "referrer:invite", "Ask somebody outside to refer"
    DISCLOSURE_READ = "disclosure:read", "See the register of disclosures"
    DISCLOSURE_PREPARE = "disclosure:prepare", "Record a request for disclosure, and prepare the answer"
    DISCLOSURE_RELEASE = "disclosure:release", "Release an answer that somebody else prepared"
    DISCLOSURE_DECIDE = "disclosure:decide", "Decide that a request is not answered with neither confirm nor deny"
    DISCLOSURE_AGREE = "disclosure:agree", "Say whether one's agency's information may be handed out"
    CASE_HOLD = "case:hold", "Keep a case from erasure and change, and make its chronology"
    USER_READ = "user:read", "See user accounts"
    USER_INVITE = "user:invite", "Invite a user"
    USER_SUSPEND = "user:suspend", "Suspend a user"
    USER_APPROVE = "user:approve", "Approve who joins, and new roles"
    USER_ATTEST = "user:attest", "Say each quarter who still works here"
    DEPUTY_NAME = "deputy:name", "Name a deputy for oneself"
    DEPUTY_APPROVE = "deputy:approve", "Approve a deputy"
    GUEST_VISIT = "guest:visit", "See the one case or meeting one is asked in for"
    AGREEMENT_READ = "agreement:read", "See information sharing agreements"
    AGREEMENT_KEEP = "agreement:keep", "Record an information sharing agreement"
    FACTOR_ASK = "factor:ask", "Ask for a colleague's second factor to be reset"
    FACTOR_APPROVE = "factor:approve", "Approve the reset of a second factor"
    AGENCY_READ = "agency:read", "See agencies"
    SETTING_READ = "setting:read", "See settings"
    CHECKLIST_LOAD = "checklist:load", "Load a risk tool"
    AUDIT_READ = "audit:read", "Read the audit trail"
    TRAIL_READ = "trail:read", "See who has looked at a case"
    ALERT_ANSWER = "alert:answer", "Look into an alert"
    REPORT_READ = "report:read", "Read aggregate reports"
    QUALITY_REVIEW = "quality:review", "Audit a sample of cases against the ten principles"
    CASE_EXPORT = "case:export", "Make a file of the list of cases"
    REPORT_ENTER = "report:enter", "Type a figure of the annual report with its source"
    REPORT_PUBLISH = "report:publish", "Publish the figures of a year"
    SANCTUARY_CREATE = "sanctuary:create", "Start a Sanctuary request"
    SANCTUARY_READ = "sanctuary:read", "See a Sanctuary request"
    SANCTUARY_EDIT = "sanctuary:edit", "Fill in and send a Sanctuary request"
    SANCTUARY_DECIDE = "sanctuary:decide", "Triage a Sanctuary request and see it through"
    SANCTUARY_SURVEY = "sanctuary:survey", "Survey a home and sign the works off"
    SANCTUARY_APPROVE = "sanctuary:approve", "Approve what a Sanctuary request costs"
    SANCTUARY_SUPPORT = "sanctuary:support", "Make the safety plan, see to flags and follow up"
    SANCTUARY_STOP = "sanctuary:stop", "Say that works must stop, or that the person no longer wants or needs them"
    ORDER_READ = "order:read", "See a works order"
    ORDER_WORK = "order:work", "Accept and complete a works order"
    VISIT_READ = "visit:read", "See the diary of visits"
    VISIT_BOOK = "visit:book", "Book a visit"
    RETENTION_READ = "retention:read", "See which records are due to be erased, and the disposal log"
    RETENTION_DECIDE = "retention:decide", "Keep a record longer; propose, approve or cancel its erasure"
    HOLD_PLACE = "hold:place", "Place or lift a legal hold"
    JOB_RUN = "job:run", "Run timed jobs"
    JOB_READ = "job:read", "See how timed jobs run"


class UserState(Word):
    """Life of an account."""

    INVITED = "invited", "Invited"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    LEFT = "left", "Left"


class PersonRole(Word):
    """Who a person is in one case; picks the compartment of their identity."""

    VICTIM = "victim", "Victim-survivor"
    PERPETRATOR = "perpetrator", "Alleged perpetrator"
    CHILD = "child", "Child"
    OTHER_AT_RISK = "other_at_risk", "Other person at risk"


class InvolvementBasis(Word):
    """Why an agency may see a case."""

    REFERRED = "referred", "Referred it"
    LISTED = "listed", "Core agency, listed"
    CONSULTED = "consulted", "Consulted for it"
    GRANTED = "granted", "Granted by the chair"
    SUPPORTS = "supports", "Supports the person"
    PERPETRATOR_SIDE = "perpetrator_side", "Works only with the person said to be causing harm"


class LinkDecision(Word):
    """A person's decision on a possible match."""

    SAME = "same", "Same person"
    DIFFERENT = "different", "Different people"


class LinkReason(Word):
    """Why a decision on a match is changed."""

    NEW_INFORMATION = "new_information", "New information came in"
    DECIDED_IN_ERROR = "decided_in_error", "It was decided in error"
    AGENCY_CONFIRMED = "agency_confirmed", "An agency checked its records"


class RevealReason(Word):
    """Why a masked value is opened."""

    SAFETY_PLANNING = "safety_planning", "Safety planning or visit"
    AGREED_CONTACT = "agreed_contact", "Making contact by the agreed method"
    OWN_RECORDS = "own_records", "Checking our records"
    AT_PANEL = "at_panel", "At the panel"
    OTHER = "other", "Something else"


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


class PlaceKind(Word):
    """What a place is to a person. Each is named on pages by this word, never by where it is."""

    CURRENT = "current", "Current address"
    USUAL = "usual", "Usual address"
    TEMPORARY = "temporary", "Temporary address"
    FORMER = "former", "Former address"
    WORK = "work", "Place of work"
    SCHOOL = "school", "School or nursery"
    OTHER = "other", "Another place"


class KnowsPlace(Word):
    """Whether an alleged perpetrator knows a place. Nothing recorded counts as not known."""

    YES = "yes", "Knows it"
    NO = "no", "Does not know it"
    NOT_KNOWN = "not_known", "Not known"


class PhoneKind(Word):
    """Whose or which phone a number rings."""

    MOBILE = "mobile", "Mobile"
    HOME = "home", "Home phone"
    WORK = "work", "Work phone"
    TRUSTED = "trusted", "Trusted friend"
    OTHER = "other", "Another phone"
