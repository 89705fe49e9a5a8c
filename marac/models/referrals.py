"""Referrals and risk assessments. Narrative, scores and criteria are sealed; outcome codes for returns are plain."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.vocabulary import (
    AsbType,
    Grade,
    LawfulBasis,
    ProgrammeSlug,
    ReferralAbout,
    ReferralKind,
    ReferralState,
    TriageOutcome,
)


class Referral(Base):
    """A request that a panel hears a case, made by one agency on one date. A draft is a referral too."""

    __tablename__ = "referral"
    __seal_table__ = "referral"
    __table_args__ = (Index("ix_referral_inbox", "partnership_id", "programme", "state"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    reference: Mapped[str] = mapped_column(String(7), unique=True)
    state: Mapped[ReferralState] = mapped_column(word(ReferralState))
    kind: Mapped[ReferralKind] = mapped_column(word(ReferralKind))
    urgent: Mapped[bool] = mapped_column(default=False)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decide_by_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[TriageOutcome | None] = mapped_column(word(TriageOutcome), nullable=True)
    reason_code: Mapped[str | None] = mapped_column(String(60))
    meeting_id: Mapped[UUID | None] = mapped_column(ForeignKey("meeting.id"))

    criteria = Sealed("risk", kind=list)
    judgement = Sealed("risk")
    escalation = Sealed("risk")
    what_happened = Sealed("risk")
    happened_on = Sealed("risk", kind=date)
    why_now = Sealed("risk")
    tried = Sealed("risk")
    wishes = Sealed("risk")
    no_children = Sealed("risk", kind=bool)
    pets = Sealed("risk")
    weapons = Sealed("risk")
    orders = Sealed("risk")
    staff_safety = Sealed("risk")
    crime_reference = Sealed("risk")
    officer_in_case = Sealed("risk")
    court = Sealed("risk")
    features = Sealed("risk", kind=list)
    history = Sealed("risk")
    support = Sealed("risk")
    earlier_marac = Sealed("risk")
    feared = Sealed("risk")
    safe_to_talk_to = Sealed("risk")
    not_safe_to_talk_to = Sealed("risk")
    agencies_known = Sealed("risk")
    agencies_to_invite = Sealed("risk")
    referrer_role = Sealed("risk")
    referrer_phone = Sealed("risk")
    discussed = Sealed("risk")
    presented_by = Sealed("risk")
    manager_name = Sealed("risk")
    manager_on = Sealed("risk", kind=date)
    support_contact = Sealed("risk")
    police_contact = Sealed("risk")
    police_contact_why = Sealed("risk")
    told_police_record = Sealed("risk")
    told = Sealed("risk")
    told_why_not = Sealed("risk")
    consent = Sealed("risk")
    sharing_basis = Sealed("risk", kind=LawfulBasis)
    sharing_reason = Sealed("risk")
    sharing_proportionate = Sealed("risk")
    sharing_decided_by = Sealed("risk")
    sharing_decided_on = Sealed("risk", kind=date)
    done_tasks = Sealed("risk", kind=list)
    question = Sealed("risk")
    answer = Sealed("risk")
    exchange = Sealed("risk", kind=list)
    other_area = Sealed("risk")
    earlier_papers = Sealed("risk")
    decision_reason = Sealed("risk")
    advice = Sealed("risk")
    emergency_need = Sealed("risk")
    told_by = Sealed("risk")
    danger_now = Sealed("risk")
    contact_still_safe = Sealed("risk")
    children_present = Sealed("risk")
    would_be_crime = Sealed("risk")
    hand_over = Sealed("risk", kind=dict)
    no_conflict = Sealed("risk", kind=list)
    about = Sealed("risk", kind=ReferralAbout)
    asb_type = Sealed("risk", kind=AsbType)
    asb_subtypes = Sealed("risk", kind=list)
    cuckooing = Sealed("risk", kind=list)
    hate_strands = Sealed("risk", kind=list)
    vulnerability = Sealed("risk", kind=list)
    asb_first_on = Sealed("risk", kind=date)
    asb_last_on = Sealed("risk", kind=date)
    asb_frequency = Sealed("risk")
    asb_place = Sealed("risk")
    evidence = Sealed("risk")
    no_incidents = Sealed("risk", kind=bool)
    steps_tried = Sealed("risk", kind=list)
    early_steps = Sealed("risk")
    early_steps_why_not = Sealed("risk")
    enforcement = Sealed("risk")
    offender_status = Sealed("risk")
    person_tests = Sealed("risk", kind=list)
    stalled = Sealed("risk")
    asked_of_panel = Sealed("risk")
    care_concern = Sealed("risk")
    care_concern_on = Sealed("risk", kind=date)
    care_concern_reference = Sealed("risk")
    care_concern_why_not = Sealed("risk")
    child_referral = Sealed("risk")
    will_attend = Sealed("risk")

    case: Mapped[Case] = relationship()
    assessments: Mapped[list["Assessment"]] = relationship(back_populates="referral", order_by="Assessment.made_at")


class Assessment(Base):
    """One completed version of a risk checklist; answers and score are sealed, tool and version plain."""

    __tablename__ = "assessment"
    __seal_table__ = "assessment"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)
    checklist: Mapped[str] = mapped_column(String(40))
    checklist_version: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    answers = Sealed("risk", kind=dict)
    score = Sealed("risk", kind=int)
    unknown = Sealed("risk", kind=int)
    red_flags = Sealed("risk", kind=list)
    professional = Sealed("risk", kind=dict)
    criteria_met = Sealed("risk", kind=list)
    tool_grade = Sealed("risk", kind=Grade)
    professional_grade = Sealed("risk", kind=Grade)
    grade_reason = Sealed("risk")
    grade_agreed_by = Sealed("risk")
    made_on = Sealed("risk", kind=date)
    made_where = Sealed("risk")

    referral: Mapped[Referral | None] = relationship(back_populates="assessments")
