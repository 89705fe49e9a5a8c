"""Records: thin mapped classes. Nothing here decides, queries, opens or commits."""

from marac.models.actions import Action, Flag
from marac.models.agendas import AgendaChange, AgendaGuest, AgendaVersion, AgendaVersionLine
from marac.models.cases import (
    Address,
    Case,
    CaseAgency,
    CasePerson,
    ContactMethod,
    NamedPerson,
    PersonLink,
    PersonToken,
    PossibleMatch,
    Wall,
)
from marac.models.checklists import ChecklistDefinition
from marac.models.community import CaseIncident as CaseIncident, RoutingQuestion as RoutingQuestion
from marac.models.disclosure import (
    CaseHold as CaseHold,
    Disclosure as Disclosure,
    DisclosureCase as DisclosureCase,
    DisclosurePassage as DisclosurePassage,
    PageCheck as PageCheck,
)
from marac.models.documents import AddressOverride, IssuedDocument, MinutesPage, MinutesVersion
from marac.models.drafts import Draft
from marac.models.factors import (
    FactorReset as FactorReset,
    IdentityProvider as IdentityProvider,
    LinkedIdentity as LinkedIdentity,
    Passkey as Passkey,
    PasswordLink as PasswordLink,
    RecoveryCode as RecoveryCode,
    SigninChallenge as SigninChallenge,
)
from marac.models.membership import (
    AgencyAgreement as AgencyAgreement,
    Attestation as Attestation,
    Delegation as Delegation,
    GuestPass as GuestPass,
    JoinRequest as JoinRequest,
)
from marac.models.outside_referrers import OutsideReferrer
from marac.models.panels import AgendaItem, Attendance, Meeting, MinuteNote, Minutes, Research
from marac.models.papers import Paper as Paper, PaperContent as PaperContent
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
from marac.models.quality import SampleAudit as SampleAudit, SampledCase as SampledCase
from marac.models.referrals import Assessment, Referral
from marac.models.reporting import EnteredFigure as EnteredFigure, PublishedYear as PublishedYear
from marac.models.retention import (
    ErasedFigure as ErasedFigure,
    ErasureEntry as ErasureEntry,
    KeptLonger as KeptLonger,
    LegalHold as LegalHold,
    Retention as Retention,
)
from marac.models.sanctuary import (
    AddressFlag as AddressFlag,
    Approval as Approval,
    LandlordPermission as LandlordPermission,
    SanctuaryRequest as SanctuaryRequest,
    StageClock as StageClock,
)
from marac.models.sanctuary_works import (
    FollowUp as FollowUp,
    HomePhoto as HomePhoto,
    Visit as Visit,
    WorksLine as WorksLine,
    WorksOrder as WorksOrder,
)
from marac.models.scheduling import MeetingChange, MeetingSeries
from marac.models.telling import Telling as Telling
from marac.models.trail import (
    AuditCheckpoint,
    AuditEntry,
    AuditHead,
    Deadline,
    IntegrityMark,
    JobRun,
    Lease,
    Message,
    TrailAlert,
    TrailWatch,
)
from marac.models.transfers import (
    AreaKey as AreaKey,
    OtherArea as OtherArea,
    Transfer as Transfer,
    TransferFile as TransferFile,
)
from marac.models.walls import (
    Declaration as Declaration,
    Glass as Glass,
    Restriction as Restriction,
    WallReason as WallReason,
)

__all__ = [
    "Action",
    "Address",
    "AddressOverride",
    "Agency",
    "AgendaChange",
    "AgendaGuest",
    "AgendaItem",
    "AgendaVersion",
    "AgendaVersionLine",
    "Assessment",
    "Attendance",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditHead",
    "Case",
    "CaseAgency",
    "CasePerson",
    "ChecklistDefinition",
    "ContactMethod",
    "Deadline",
    "Draft",
    "Flag",
    "IntegrityMark",
    "Invitation",
    "IssuedDocument",
    "JobRun",
    "Lease",
    "Meeting",
    "MeetingChange",
    "MeetingSeries",
    "Membership",
    "Message",
    "MinuteNote",
    "Minutes",
    "MinutesPage",
    "MinutesVersion",
    "NamedPerson",
    "OnceKey",
    "OutsideReferrer",
    "Paper",
    "PaperContent",
    "Partnership",
    "PersonLink",
    "PersonToken",
    "PossibleMatch",
    "Programme",
    "Referral",
    "Research",
    "Setting",
    "SigninAttempt",
    "SigninSession",
    "TrailAlert",
    "TrailWatch",
    "User",
    "Wall",
]
