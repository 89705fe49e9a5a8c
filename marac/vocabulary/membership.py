"""Words about belonging: joining, deputies, guests, agreements between agencies, why an account is closed."""

from marac.vocabulary.word import Word


class RequestState(Word):
    """Of what two people decide together: somebody joining, a new role, a deputy."""

    ASKED = "asked", "Waiting for approval"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Not approved"
    ENDED = "ended", "Ended"


class SuspendedFor(Word):
    """Why an account is suspended."""

    BY_HAND = "by_hand", "Suspended by somebody"
    NOT_USED = "not_used", "Not used for a long time"


class GuestKind(Word):
    """In what part somebody is asked in."""

    GUEST = "guest", "Guest, to speak about the case"
    OBSERVER = "observer", "Observer, to watch and learn"


class AgreementStanding(Word):
    """Where an agency stands with its information sharing agreement (DA-49)."""

    NOT_RECORDED = "not_recorded", "Not recorded"
    IN_FORCE = "in_force", "In force"
    ENDS_SOON = "ends_soon", "Ends soon"
    EXPIRED = "expired", "Expired"


class Hold(Word):
    """What stands between somebody who signed in and their work."""

    AGREEMENT = "agreement", "The agency's information sharing agreement has expired"
    ATTESTATION = "attestation", "The agency has not confirmed who works there"
    CONFIDENTIALITY = "confidentiality", "The confidentiality agreement is to be read and agreed"


class StillHere(Word):
    """What an agency lead says of one person in one role, each quarter."""

    YES = "yes", "Still here, and this is the right role"
    WRONG_ROLE = "wrong_role", "Still here, but not in this role: end the role"
    LEFT = "left", "Has left: close the account"
