"""Records: thin mapped classes. Nothing here decides, queries, opens or commits."""

from marac.models.actions import Action, Flag
from marac.models.cases import (
    Address,
    Case,
    CaseAgency,
    CasePerson,
    ContactMethod,
    NamedPerson,
    PersonLink,
    PersonToken,
    Wall,
)
from marac.models.panels import AgendaItem, Attendance, Meeting, MinuteNote, Minutes, Research
from marac.models.partnership import (
    Agency,
    Invitation,
    Membership,
    OnceKey,
    Partnership,
    Programme,
    Setting,
    SigninAttempt,
    SigninSession,
    User,
)
from marac.models.referrals import Assessment, Referral
from marac.models.trail import AuditEntry, AuditHead, Deadline, JobRun, Lease, Message

__all__ = [
    "Action",
    "Address",
    "Agency",
    "AgendaItem",
    "Assessment",
    "Attendance",
    "AuditEntry",
    "AuditHead",
    "Case",
    "CaseAgency",
    "CasePerson",
    "ContactMethod",
    "Deadline",
    "Flag",
    "Invitation",
    "JobRun",
    "Lease",
    "Meeting",
    "Membership",
    "Message",
    "MinuteNote",
    "Minutes",
    "NamedPerson",
    "OnceKey",
    "Partnership",
    "PersonLink",
    "PersonToken",
    "Programme",
    "Referral",
    "Research",
    "Setting",
    "SigninAttempt",
    "SigninSession",
    "User",
    "Wall",
]
