"""The live meeting: a clock that can be paused, who came late, names on the shared screen, joint actions, keys."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ADDED = (
    ("user_account", lambda: sa.Column("shortcut_keys", sa.String(120), server_default="", nullable=False)),
    ("meeting", lambda: sa.Column("names_shown", sa.Boolean(), server_default=sa.false(), nullable=False)),
    ("agenda_item", lambda: sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True)),
    ("agenda_item", lambda: sa.Column("paused_seconds", sa.Integer(), server_default="0", nullable=False)),
    ("attendance", lambda: sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True)),
    ("action", lambda: sa.Column("joint_id", sa.Uuid(), nullable=True)),
)


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column())


def downgrade() -> None:
    for table, column in reversed(ADDED):
        op.drop_column(table, column().name)
