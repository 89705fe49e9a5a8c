"""Words about what follows: actions, flags, messages."""

from marac.vocabulary.word import Word


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


class TellingState(Word):
    """Has the victim-survivor been told what was agreed, and how safely (DA-33)."""

    ASKED = "asked", "To be told"
    NOT_REACHED = "not_reached", "Not reached yet"
    TOLD = "told", "Told"
    UNSAFE = "unsafe", "Not safe to tell"


class TransferDirection(Word):
    """Which way a case goes between two areas (DA-34)."""

    OUT = "out", "Sent to another area"
    IN = "in", "Received from another area"


class Protects(Word):
    """Whom an action protects; with the aims of a MARAC."""

    VICTIM = "victim", "Victim-survivor"
    CHILDREN = "children", "Children"
    OTHER_ADULTS = "other_adults", "Other adults"
    STAFF = "staff", "Professionals"
    PERPETRATOR = "perpetrator", "Alleged perpetrator"


class Template(Word):
    """Messages the system sends; none names a person, case, agency or programme."""

    INVITATION = "invitation", "You have been invited"
    REFERRAL_WAITING = "referral_waiting", "Something is waiting for a decision"
    REFERRAL_URGENT = "referral_urgent", "Something urgent is waiting"
    REFERRAL_DECIDED = "referral_decided", "There is an answer to what you sent"
    RESEARCH_ASKED = "research_asked", "Answers are asked for"
    ACTIONS_ASSIGNED = "actions_assigned", "There are actions for your agency"
    ACTIONS_DUE = "actions_due", "Actions of your agency are due, or overdue"
    ACTION_ESCALATED = "action_escalated", "Something overdue has been escalated to you"
    MINUTES_READY = "minutes_ready", "A document waits for approval"
    MINUTES_ISSUED = "minutes_issued", "A document has been circulated"
    FLAG_ASKED = "flag_asked", "A confirmation is asked for"
    MEETING_CHANGED = "meeting_changed", "A meeting has a new time, or does not take place"
    REMINDER = "reminder", "Something is due"
    AGENDA_CHANGED = "agenda_changed", "An agenda has changed"
    GLASS_BROKEN = "glass_broken", "Somebody used urgent access: please look at it now"
    GLASS_ASKED = "glass_asked", "Somebody needs your agreement now"
    WALL_WAITING = "wall_waiting", "Somebody needs your decision"
    REGISTER_DUE = "register_due", "Please check the details on your account"
    SCHEME_WAITING = "scheme_waiting", "Something is waiting for you"
    SCHEME_DECIDED = "scheme_decided", "There is an answer to what you asked for"
    SCHEME_STOPPED = "scheme_stopped", "Something has stopped and needs you today"
    JOB_OFFERED = "job_offered", "There is a job to accept"
    JOB_CHANGED = "job_changed", "A job has changed"
    MEMBERSHIP_WAITING = "membership_waiting", "Something about accounts waits for you"
    ACCOUNT_UNUSED = "account_unused", "Your account closes soon unless you sign in"
    AGREEMENT_ENDING = "agreement_ending", "An agreement ends soon, or has ended"
    PASSWORD_LINK = "password_link", "You asked for a new password"
    ACCOUNT_CHANGED = "account_changed", "How you sign in was changed"
    FACTOR_RESET = "factor_reset", "Somebody asked to change how you sign in"
