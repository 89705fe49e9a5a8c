"""Words about who is kept out of a case, whom a restricted one is for, and who went in for want of anybody else."""

from marac.vocabulary.word import Word


class WallState(Word):
    """Where a wall stands. It holds from its first moment until it is lifted, decided or not."""

    PROVISIONAL = "provisional", "To be confirmed"
    STANDING = "standing", "In force"
    LIFTED = "lifted", "Lifted"


class WallSource(Word):
    """Where a wall comes from."""

    SCREENED = "screened", "Found by comparison"
    DECIDED = "decided", "Decided by who runs the panel"
    DECLARED = "declared", "Declared by the person"
    JOINED = "joined", "Came with a case that was joined"


class GlassCategory(Word):
    """Why somebody goes into a case that is not theirs."""

    DANGER = "danger", "Somebody may be in danger now"
    CHILD = "child", "A child may be at risk now"
    CONTACT = "contact", "The person, or somebody for them, has made contact"
    CUSTODY = "custody", "The alleged perpetrator is in custody or about to be released"


class GlassOutcome(Word):
    """What came of looking at such a use."""

    JUSTIFIED = "justified", "It was needed"
    NOT_JUSTIFIED = "not_justified", "It was not needed"
