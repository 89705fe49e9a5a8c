"""Cases and the people in them: sealed under a key of the case's own, so that one case can be erased alone.

Columns and constraints only; who may open which compartment is decided in access.py.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.partnership import Agency
from marac.vocabulary import (
    CaseState,
    InvolvementBasis,
    LinkDecision,
    PersonRole,
    ProgrammeSlug,
    WallSource,
    WallState,
)


class Case(Base):
    """One victim-survivor with the same alleged perpetrator(s). `state` is also the stage that access reads."""

    __tablename__ = "case_file"
    __seal_table__ = "case_file"
    __key_owner__ = "id"
    __table_args__ = (Index("ix_case_file_list", "partnership_id", "programme", "state"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    reference: Mapped[str] = mapped_column(String(7), unique=True)
    state: Mapped[CaseState] = mapped_column(word(CaseState))
    opened_on: Mapped[date]
    last_referral_on: Mapped[date | None]
    last_heard_on: Mapped[date | None]
    flag_until_on: Mapped[date | None]
    review_on: Mapped[date | None]
    restricted: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"))

    wishes = Sealed("summary")
    wishes_on = Sealed("summary", kind=date)
    wishes_by = Sealed("summary")
    why_high_risk = Sealed("summary")
    needs = Sealed("summary", kind=list)
    stop_flags = Sealed("summary", kind=list)
    care_flags = Sealed("summary", kind=list)
    who_tells = Sealed("summary")
    marks = Sealed("summary", kind=list)
    acted_today = Sealed("summary", kind=list)
    advocate = Sealed("summary")
    powers = Sealed("summary", kind=dict)  # key of a power -> decision, reason, who, when (CM-12)
    case_review = Sealed("summary", kind=dict)  # the application for an ASB Case Review: where it is, how it went
    closing = Sealed("summary", kind=dict)  # how the case ended (CM-14)

    people: Mapped[list["CasePerson"]] = relationship(back_populates="case", order_by="CasePerson.position")


class CaseAgency(Base):
    """Why an agency may see a case (need to know): it referred it, is listed or consulted for it, or is granted it."""

    __tablename__ = "case_agency"
    __table_args__ = (
        UniqueConstraint("case_id", "agency_id", "basis"),
        Index("ix_case_agency_of", "agency_id", "case_id"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    basis: Mapped[InvolvementBasis] = mapped_column(word(InvolvementBasis))
    since_on: Mapped[date]
    until_on: Mapped[date | None]

    agency: Mapped[Agency] = relationship()


class Wall(Base):
    """A conflict of interest: this user, or this agency, never learns that the case exists. It holds until `until_at`.

    `person_id` is whom in the case it is about; with `everywhere` it holds in every case where that person appears.
    """

    __tablename__ = "wall"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_person.id", ondelete="SET NULL"), index=True)
    everywhere: Mapped[bool] = mapped_column(default=False)
    state: Mapped[WallState] = mapped_column(word(WallState), default=WallState.STANDING)
    source: Mapped[WallSource] = mapped_column(word(WallSource), default=WallSource.DECIDED)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decide_by_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    lift_asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    lift_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))


class NamedPerson(Base):
    """Who may see a restricted case."""

    __tablename__ = "named_person"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)


class CasePerson(Base):
    """A person as known in this case. The role picks the compartment that seals who they are.

    `to_perpetrators` maps the id (hex) of each alleged perpetrator of the case to what they are to this person (DA-36).
    """

    __tablename__ = "case_person"
    __seal_table__ = "case_person"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    role: Mapped[PersonRole] = mapped_column(word(PersonRole))
    position: Mapped[int] = mapped_column(default=1)

    full_name = Sealed("identity", by="role")
    aliases = Sealed("identity", by="role", kind=list)
    born_on = Sealed("identity", by="role", kind=date)
    approximate_age = Sealed("identity", by="role", kind=int)
    sex = Sealed("identity", by="role")
    relationship_to_victim = Sealed("identity", by="role")
    relationship_to_perpetrator = Sealed("identity", by="role")
    whereabouts = Sealed("identity", by="role")
    occupation = Sealed("identity", by="role")
    school = Sealed("identity", by="role")
    lives_with = Sealed("identity", by="role")
    unborn = Sealed("identity", by="role", kind=bool)
    language = Sealed("identity", by="role")
    interpreter_needed = Sealed("identity", by="role")
    interpreter = Sealed("identity", by="role")
    dialect = Sealed("identity", by="role")
    interpreter_sex = Sealed("identity", by="role")
    interpreter_outside = Sealed("identity", by="role")
    communication_needs = Sealed("identity", by="role")
    not_known = Sealed("identity", by="role", kind=bool)
    other_born_on = Sealed("identity", by="role")
    nhs_number = Sealed("identity", by="role")
    gp = Sealed("identity", by="role")
    professionals = Sealed("identity", by="role")
    nationality = Sealed("identity", by="role")
    no_recourse = Sealed("identity", by="role")
    to_perpetrators = Sealed("identity", by="role", kind=dict)
    witnessed = Sealed("identity", by="role")
    plan = Sealed("identity", by="role")
    contact_arrangements = Sealed("identity", by="role")
    staff_member = Sealed("identity", by="role")
    vehicles = Sealed("identity", by="role")
    triggers = Sealed("identity", by="role")
    offender_management = Sealed("identity", by="role")
    markers = Sealed("identity", by="role")
    perpetrator_programme = Sealed("identity", by="role")
    aware_of_report = Sealed("identity", by="role")
    community_roles = Sealed("identity", by="role", kind=list)
    consent_to_share = Sealed("identity", by="role")
    consent_on = Sealed("identity", by="role", kind=date)
    consent_how = Sealed("identity", by="role")
    informed_of_referral = Sealed("identity", by="role")
    informed_why_not = Sealed("identity", by="role")
    consent_to_support_contact = Sealed("identity", by="role")
    sharing_basis = Sealed("identity", by="role")
    sharing_reason = Sealed("identity", by="role")
    sharing_authoriser = Sealed("identity", by="role")
    sharing_on = Sealed("identity", by="role", kind=date)
    care_act = Sealed("risk", kind=dict)  # the section 42 decision on an adult at risk, either way (CM-13)
    notes = Sealed("risk")
    mental_health = Sealed("risk")
    substance_use = Sealed("risk")
    ethnicity = Sealed("equality")
    disability = Sealed("equality")
    sexual_orientation = Sealed("equality")
    gender_same_as_registered = Sealed("equality")
    religion = Sealed("equality")
    pregnant = Sealed("equality")
    marital_status = Sealed("equality")
    care_experience = Sealed("equality")

    case: Mapped[Case] = relationship(back_populates="people")
    addresses: Mapped[list["Address"]] = relationship(back_populates="person", order_by="Address.position")
    contact: Mapped["ContactMethod | None"] = relationship(back_populates="person", uselist=False)


class Address(Base):
    """Where a person lives, lived, works or learns. One is made empty with everyone, so that having one does not show.

    `known_to` says of each alleged perpetrator (id as hex) if they know the place. No refuge is ever written here.
    """

    __tablename__ = "address"
    __seal_table__ = "address"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id"), index=True)
    role: Mapped[PersonRole] = mapped_column(word(PersonRole))
    position: Mapped[int] = mapped_column(default=1)

    house_number = Sealed("location", by="role")
    street = Sealed("location", by="role")
    postcode = Sealed("location", by="role")
    not_known = Sealed("location", by="role", kind=bool)
    confidential = Sealed("location", by="role", kind=bool)
    known_to_perpetrator = Sealed("location", by="role")
    tenure = Sealed("location", by="role")
    landlord = Sealed("location", by="role")
    place = Sealed("location", by="role")
    place_name = Sealed("location", by="role")
    from_on = Sealed("location", by="role", kind=date)
    until_on = Sealed("location", by="role", kind=date)
    known_to = Sealed("location", by="role", kind=dict)
    known_to_others = Sealed("location", by="role")
    in_refuge = Sealed("location", by="role", kind=bool)
    refuge_contact = Sealed("location", by="role")

    person: Mapped[CasePerson] = relationship(back_populates="addresses")


class ContactMethod(Base):
    """How to reach a person, and the rules for doing so safely (DA-14). The rules are open to whoever may know the
    person; the number and the address are not.
    """

    __tablename__ = "contact_method"
    __seal_table__ = "contact_method"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id"), index=True, unique=True)
    role: Mapped[PersonRole] = mapped_column(word(PersonRole))

    phone = Sealed("contact", by="role")
    phones = Sealed("contact", by="role", kind=list)
    email = Sealed("contact", by="role")
    emails = Sealed("contact", by="role", kind=list)
    code_word = Sealed("contact", by="role")
    trusted_contact = Sealed("contact", by="role")
    new_name = Sealed("contact", by="role")
    rules = Sealed("identity", by="role", kind=dict)
    do_not_contact = Sealed("identity", by="role", kind=bool)
    withheld_number = Sealed("identity", by="role")
    perpetrator_present = Sealed("identity", by="role")
    times = Sealed("identity", by="role")
    who_may_answer = Sealed("identity", by="role")
    what_to_say = Sealed("identity", by="role")
    through = Sealed("identity", by="role")
    checked_on = Sealed("identity", by="role", kind=date)
    checked_by = Sealed("identity", by="role")

    person: Mapped[CasePerson] = relationship(back_populates="contact")


class PersonToken(Base):
    """Blind-index tokens of people, rebuilt from the sealed values; in no backup, deleted at erasure. A row is its own
    key, kept in the order of tokens, so that who was added when does not show.
    """

    __tablename__ = "person_token"
    __unversioned__ = True
    __table_args__ = ({"sqlite_with_rowid": False},)

    id = None  # type: ignore[assignment]
    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id"), primary_key=True, index=True)


class PossibleMatch(Base):
    """Two people whom the nightly comparison found alike and nobody has decided about; it goes when somebody does."""

    __tablename__ = "possible_match"
    __unversioned__ = True
    __table_args__ = (UniqueConstraint("person_id", "other_person_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id", ondelete="CASCADE"))
    other_person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id", ondelete="CASCADE"), index=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonLink(Base):
    """A person's decision that two people in two cases are, or are not, the same (DA-10)."""

    __tablename__ = "person_link"
    __table_args__ = (UniqueConstraint("person_id", "other_person_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id"))
    other_person_id: Mapped[UUID] = mapped_column(ForeignKey("case_person.id"), index=True)
    decision: Mapped[LinkDecision] = mapped_column(word(LinkDecision))
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
