"""The words of the field, once each: roles, permissions, states, outcomes, compartments; with the label people read.

Refuses to decide anything: rules that use words live in workflows/ and access/. Values are frozen (they are stored);
labels may change. Follows the partnership's glossary.
"""

from marac.vocabulary.closing import (
    CareAct as CareAct,
    CaseReviewOutcome as CaseReviewOutcome,
    ClosureOutcome as ClosureOutcome,
    PowerDecision as PowerDecision,
)
from marac.vocabulary.community import (
    AsbSubtype as AsbSubtype,
    AsbType as AsbType,
    CommunityRole as CommunityRole,
    CuckooingKind as CuckooingKind,
    HateStrand as HateStrand,
    NeedTest as NeedTest,
    PersonTest as PersonTest,
    ReferralAbout as ReferralAbout,
    RoutingAnswer as RoutingAnswer,
    StepOutcome as StepOutcome,
    StepTried as StepTried,
    Vulnerability as Vulnerability,
)
from marac.vocabulary.disclosing import (
    OPEN_DISCLOSURES as OPEN_DISCLOSURES,
    DisclosureAnswer as DisclosureAnswer,
    DisclosureKind as DisclosureKind,
    DisclosureProof as DisclosureProof,
    DisclosureStanding as DisclosureStanding,
    DisclosureState as DisclosureState,
    HoldReason as HoldReason,
    PassageApproval as PassageApproval,
    PassageSource as PassageSource,
)
from marac.vocabulary.following import (
    LIVE_ACTIONS as LIVE_ACTIONS,
    ActionState as ActionState,
    FlagState as FlagState,
    Protects as Protects,
    TellingState as TellingState,
    Template as Template,
    TransferDirection as TransferDirection,
)
from marac.vocabulary.leaving import (
    LeavingAs as LeavingAs,
    SecretKind as SecretKind,
)
from marac.vocabulary.membership import (
    AgreementStanding as AgreementStanding,
    GuestKind as GuestKind,
    Hold as Hold,
    RequestState as RequestState,
    StillHere as StillHere,
    SuspendedFor as SuspendedFor,
)
from marac.vocabulary.panel import (
    AGENDA_IS_OUT as AGENDA_IS_OUT,
    NOT_BEGUN as NOT_BEGUN,
    UNANSWERED as UNANSWERED,
    AgendaChangeKind as AgendaChangeKind,
    AgendaItemState as AgendaItemState,
    AttendanceState as AttendanceState,
    CaseState as CaseState,
    DeferralReason as DeferralReason,
    DocumentKind as DocumentKind,
    DocumentReason as DocumentReason,
    DocumentState as DocumentState,
    MeetingChangeKind as MeetingChangeKind,
    MeetingKind as MeetingKind,
    MeetingPlace as MeetingPlace,
    MeetingState as MeetingState,
    MinuteHeading as MinuteHeading,
    MinutesState as MinutesState,
    Outcome as Outcome,
    ResearchState as ResearchState,
    SeriesRule as SeriesRule,
)
from marac.vocabulary.people import (
    ContactChannel as ContactChannel,
    InvolvementBasis as InvolvementBasis,
    KnowsPlace as KnowsPlace,
    LinkDecision as LinkDecision,
    LinkReason as LinkReason,
    Permission as Permission,
    PersonRole as PersonRole,
    PhoneKind as PhoneKind,
    PlaceKind as PlaceKind,
    RevealReason as RevealReason,
    Role as Role,
    SafeToUse as SafeToUse,
    UserState as UserState,
)
from marac.vocabulary.quality import SampleAnswer as SampleAnswer, SampleState as SampleState
from marac.vocabulary.referring import (
    Answer as Answer,
    Criterion as Criterion,
    Grade as Grade,
    LawfulBasis as LawfulBasis,
    OutsideStanding as OutsideStanding,
    PaperKind as PaperKind,
    ProgrammeSlug as ProgrammeSlug,
    ReferralKind as ReferralKind,
    ReferralState as ReferralState,
    TriageOutcome as TriageOutcome,
)
from marac.vocabulary.retaining import (
    HoldKind as HoldKind,
    RetentionBasis as RetentionBasis,
    RetentionState as RetentionState,
)
from marac.vocabulary.sanctuary import (
    ApprovalDecision as ApprovalDecision,
    GateAnswer as GateAnswer,
    GateResult as GateResult,
    InterimSafety as InterimSafety,
    LandlordState as LandlordState,
    PauseWhy as PauseWhy,
    SanctuaryOutcome as SanctuaryOutcome,
    SanctuaryPhase as SanctuaryPhase,
    SanctuaryPriority as SanctuaryPriority,
    SanctuaryState as SanctuaryState,
    TriageResult as TriageResult,
)
from marac.vocabulary.sanctuary_works import (
    AtHome as AtHome,
    CostBand as CostBand,
    FollowUpState as FollowUpState,
    Funder as Funder,
    LineResult as LineResult,
    Room as Room,
    VisitKind as VisitKind,
    VisitState as VisitState,
    WorksGroup as WorksGroup,
    WorksOrderState as WorksOrderState,
)
from marac.vocabulary.signing_in import ChallengePurpose as ChallengePurpose, ResetState as ResetState
from marac.vocabulary.terms import said as said
from marac.vocabulary.trail import AlertRule as AlertRule, AlertState as AlertState, SampleReason as SampleReason
from marac.vocabulary.walls import (
    GlassCategory as GlassCategory,
    GlassOutcome as GlassOutcome,
    WallSource as WallSource,
    WallState as WallState,
)
from marac.vocabulary.word import Word as Word
