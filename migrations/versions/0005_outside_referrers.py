"""One-time links for referrers outside the membership."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    first = "get_byte(staff_sealed,0)=197"
    if op.get_bind().dialect.name != "postgresql":
        first = "hex(substr(staff_sealed,1,1))='C5'"
    op.create_table(
        "outside_referrer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column(
            "programme",
            sa.Enum(
                "da_marac",
                "community_marac",
                "sanctuary",
                name="programme_slug",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("address_token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(f"{first} and length(staff_sealed)>=98", name=op.f("ck_outside_referrer_staff_sealed")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["user_account.id"], name=op.f("fk_outside_referrer_account_id_user_account")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_outside_referrer_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_outside_referrer_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("fk_outside_referrer_referral_id_referral")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_outside_referrer_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_referrer")),
        sa.UniqueConstraint("account_id", name=op.f("uq_outside_referrer_account_id")),
        sa.UniqueConstraint("referral_id", name=op.f("uq_outside_referrer_referral_id")),
    )
    for column in ("address_token", "partnership_id", "user_id"):
        op.create_index(op.f(f"ix_outside_referrer_{column}"), "outside_referrer", [column], unique=False)


def downgrade() -> None:
    op.drop_table("outside_referrer")
