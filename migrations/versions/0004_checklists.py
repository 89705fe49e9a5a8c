"""Risk tools and official wording that a partnership loads for itself."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checklist_definition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_checklist_definition_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_definition")),
        sa.UniqueConstraint(
            "partnership_id", "tool", "version", name=op.f("uq_checklist_definition_partnership_id_tool_version")
        ),
    )


def downgrade() -> None:
    op.drop_table("checklist_definition")
