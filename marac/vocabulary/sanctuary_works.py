"""Words about making a home secure: lines of works, orders, visits, what came of it. None of them says why."""

from marac.vocabulary.word import Word


class WorksGroup(Word):
    """Where on a home a line of works is."""

    DOORS = "doors", "Doors"
    LETTERBOX = "letterbox", "Letterbox"
    WINDOWS = "windows", "Windows"
    OUTSIDE = "outside", "Outside"
    CAMERAS = "cameras", "Cameras"
    ALARMS = "alarms", "Alarms"
    FIRE = "fire", "Fire safety"
    SAFE_ROOM = "safe_room", "Safe room"
    OTHER = "other", "Other"


class Room(Word):
    """Where in the home a surveyor stands."""

    FRONT_DOOR = "front_door", "Front door"
    COMMUNAL = "communal", "Shared entrance"
    HALL = "hall", "Hall and stairs"
    LIVING_ROOM = "living_room", "Living room"
    KITCHEN = "kitchen", "Kitchen"
    BEDROOM = "bedroom", "Bedrooms"
    BATHROOM = "bathroom", "Bathroom"
    BACK = "back", "Back and balcony"
    OUTSIDE = "outside", "Outside"


class CostBand(Word):
    """A planning guess of what one of a thing costs; not confirmed for any of them."""

    A = "A", "under £50"
    B = "B", "£50 to £150"
    C = "C", "£150 to £400"
    D = "D", "£400 to £1,000"
    E = "E", "£1,000 to £2,500"
    F = "F", "over £2,500"


class Funder(Word):
    """Who pays for one line; a request may have several."""

    HOMELESSNESS = "homelessness_prevention", "Homelessness prevention"
    SAFE_ACCOMMODATION = "safe_accommodation", "Safe accommodation grant"
    LANDLORD = "landlord", "Landlord"
    POLICE = "police", "Police or MOPAC"
    FIRE_BRIGADE = "fire_brigade", "Fire brigade"
    CHARITY = "charity", "Charity"


class LineResult(Word):
    """How one line ended. Part and not fitted keep the request open (SAN-29)."""

    FITTED = "fitted", "Fitted"
    PART_FITTED = "part_fitted", "Part fitted"
    NOT_FITTED = "not_fitted", "Not fitted"
    NOT_NEEDED = "not_needed", "Not needed"


class WorksOrderState(Word):
    """Life of one order to a contractor."""

    OFFERED = "offered", "To accept"
    ACCEPTED = "accepted", "Accepted"
    COMPLETED = "completed", "Completed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class VisitKind(Word):
    """Why an officer goes somewhere."""

    SURVEY = "survey", "Home survey"
    SIGN_OFF = "sign_off", "Sign-off"
    PROTECTIVE_SECURITY = "protective_security", "Protective security visit"
    VISUAL_AUDIT = "visual_audit", "Environmental visual audit"


class VisitState(Word):
    """Whether the officer went."""

    BOOKED = "booked", "Booked"
    DONE = "done", "Done"
    NOT_IN = "not_in", "No answer"
    CANCELLED = "cancelled", "Cancelled"


class FollowUpState(Word):
    """How one follow-up ended. Three attempts without an answer is unreachable, never a success (SAN-32)."""

    DUE = "due", "Due"
    DONE = "done", "Done"
    UNREACHABLE = "unreachable", "Could not be reached"
    NOT_NEEDED = "not_needed", "No longer needed"


class AtHome(Word):
    """Whether the person is still at the address, as they said at a follow-up."""

    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_KNOWN = "not_known", "Not known"
