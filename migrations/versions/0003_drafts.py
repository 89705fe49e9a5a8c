"""What somebody typed and has not saved yet: sealed, one per person and page."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.String(length=120), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("draft_sealed", sa.LargeBinary(), nullable=False),
        sealed("draft_sealed", "ck_draft_draft_sealed"),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_draft_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_draft_case_id_case_file")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("user_id", "page", name=op.f("uq_draft_user_id_page")),
    )
    op.create_index(op.f("ix_draft_case_id"), "draft", ["case_id"])


def downgrade() -> None:
    op.drop_table("draft")
