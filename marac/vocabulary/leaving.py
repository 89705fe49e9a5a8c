"""Words about what leaves: what could say where somebody is, and what it would leave in."""

from marac.vocabulary.word import Word


class SecretKind(Word):
    """What the address check found. It says the kind, never the value."""

    POSTCODE = "postcode", "a postcode"
    STREET = "street", "an address"
    BUILDING = "building", "a building"
    PHONE = "phone", "a phone number"
    EMAIL = "email", "an e-mail address"
    SCHOOL = "school", "a school or nursery"
    REFUGE = "refuge", "which refuge"
    WORKPLACE = "workplace", "a place of work"
    NEW_NAME = "new_name", "a new name"
    VEHICLE = "vehicle", "a vehicle"


class LeavingAs(Word):
    """What words leave in. Each is checked first."""

    MINUTES = "minutes", "Minutes"
    ACTIONS = "actions", "Actions of a meeting"
    PACK = "pack", "Printed papers of a meeting"
    LETTER = "letter", "Letter"
    JOB = "job", "Job card"
    TRANSFER = "transfer", "Transfer to another area"
    EXPORT = "export", "Export"
    DISCLOSURE = "disclosure", "Disclosure"
    MESSAGE = "message", "Message or calendar entry"
