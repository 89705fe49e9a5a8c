"""Words about signing in: what a one-time challenge is for, and how far the reset of a second factor has come."""

from marac.vocabulary.word import Word


class ChallengePurpose(Word):
    """What one challenge may answer; it counts for nothing else."""

    ADD_PASSKEY = "add_passkey", "Add a passkey"
    SIGN_IN = "sign_in", "Sign in with a passkey"
    SECOND_STEP = "second_step", "A passkey after the password"
    CONFIRM = "confirm", "Confirm who one is"
    AGENCY_SIGN_IN = "agency_sign_in", "Sign in with an agency's own account"
    AGENCY_LINK = "agency_link", "Link an agency's own account"


class ResetState(Word):
    """How far the reset of somebody's second factor has come: two people, then the person."""

    ASKED = "asked", "Waits for approval"
    APPROVED = "approved", "Approved"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
