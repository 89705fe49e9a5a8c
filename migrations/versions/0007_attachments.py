"""Papers that come with a referral or a case: what they are and what stands in them, sealed apart."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def upgrade() -> None:
    op.create_table(
        "paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents_sealed", sa.LargeBinary(), nullable=False),
        sealed("documents_sealed", "ck_paper_documents_sealed"),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_paper_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_paper_case_id_case_file")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_paper_referral_id_referral")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_paper_agency_id_agency")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_paper_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.create_index(op.f("ix_paper_case_id"), "paper", ["case_id"])
    op.create_index(op.f("ix_paper_referral_id"), "paper", ["referral_id"])
    op.create_table(
        "paper_content",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("documents_sealed", sa.LargeBinary(), nullable=False),
        sealed("documents_sealed", "ck_paper_content_documents_sealed"),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_paper_content_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_paper_content_case_id_case_file")),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_paper_content_paper_id_paper"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_content")),
        sa.UniqueConstraint("paper_id", "part", name=op.f("uq_paper_content_paper_id_part")),
    )
    op.create_index(op.f("ix_paper_content_case_id"), "paper_content", ["case_id"])


def downgrade() -> None:
    op.drop_table("paper_content")
    op.drop_table("paper")
